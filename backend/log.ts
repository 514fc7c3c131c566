import pino, { type Logger } from 'pino';

export const logLevels: readonly string[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

/**
 * The server's log on stderr. Secrets never reach it: request headers and bodies are not logged at all, and what is logged whole
 * (errors, settings) passes this list.
 */
export function makeLog(level: string, format: 'logfmt' | 'json'): Logger {
  const redact = { paths: ['password', 'token', 'authorization', '*.password', '*.token', '*.authorization', 'headers'], censor: '<secret>' };
  const options = { level, base: undefined, redact, timestamp: pino.stdTimeFunctions.isoTime };
  const stderr = pino.destination({ dest: 2, sync: true });
  return format === 'json' ? pino({ ...options, formatters: { level: (label) => ({ level: label }) } }, stderr) : pino(options, { write: (line: string) => stderr.write(logfmtLine(line)) });
}

const levelLabels: Record<number, string> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };

/** A JSON line of pino as `ts=.. level=.. msg=.. key=value`, the form Loki's operators read. */
function logfmtLine(line: string): string {
  const { time, level, msg, err, ...rest } = JSON.parse(line) as { time: string; level: number; msg?: string; err?: { message?: string; stack?: string } };
  const pairs: Array<[string, unknown]> = [['ts', time], ['level', levelLabels[level] ?? level], ['msg', msg], ...Object.entries(rest)];
  if (err) {
    pairs.push(['err', err.stack ?? err.message]);
  }
  return `${pairs.filter(([, value]) => value !== undefined).map(([key, value]) => `${key}=${logfmtValue(value)}`).join(' ')}\n`;
}

function logfmtValue(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text !== '' && /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}
