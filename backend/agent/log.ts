/** Where the agent says what happens. Fields are printed after the message. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** A log of lines as Promtail writes them: logfmt (or JSON) with level, time and message first. */
export function makeLog(level: LogLevel, format: 'logfmt' | 'json', write: (line: string) => void): Log {
  const least = logLevels.indexOf(level);
  const at = (name: LogLevel) => (message: string, fields: LogFields = {}) => {
    if (logLevels.indexOf(name) < least) {
      return;
    }
    const all = Object.entries({ level: name, ts: new Date().toISOString(), msg: message, ...fields }).filter(([, value]) => value !== undefined);
    write(format === 'json' ? JSON.stringify(Object.fromEntries(all)) : all.map(([key, value]) => `${key}=${logfmtValue(String(value))}`).join(' '));
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function logfmtValue(text: string): string {
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}
