/** A syslog message; a field the sender left out is undefined. */
export interface SyslogMessage {
  facility: string;
  severity: string;
  tsNs: bigint | undefined;
  hostname: string | undefined;
  appName: string | undefined;
  procId: string | undefined;
  msgId: string | undefined;
  /** Structured data: parameters by element, e.g. `origin` or `exampleSDID@32473`. */
  data: Array<{ id: string; params: Array<readonly [string, string]> }>;
  message: string;
}

const severities = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'informational', 'debug'];
const facilities = [
  'kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp', 'ntp', 'security', 'console', 'solaris-cron',
  'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7',
];

interface Priority {
  facility: string;
  severity: string;
  rest: string;
}

function readPriority(text: string): Priority | undefined {
  const [whole, digits] = /^<(\d{1,3})>/.exec(text) ?? [];
  const value = Number(digits);
  return whole === undefined || value > 191 ? undefined : { facility: facilities[value >> 3], severity: severities[value & 7], rest: text.slice(whole.length) };
}

/** RFC 5424. Undefined when the text is no such message. */
export function parseRfc5424(text: string): SyslogMessage | undefined {
  const priority = readPriority(text);
  const header = priority && /^\d{1,2} (\S{1,48}) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32})(?: |$)/.exec(priority.rest);
  if (!priority || !header) {
    return undefined;
  }
  const [time, hostname, appName, procId, msgId] = header.slice(1).map((field) => (field === '-' ? undefined : field));
  const tsNs = time === undefined ? undefined : readTime(time);
  const data = readData(priority.rest, header[0].length);
  if (!data || (time !== undefined && tsNs === undefined)) {
    return undefined;
  }
  // A message may begin with a byte order mark that says it is UTF-8 (RFC 5424 6.4).
  const message = priority.rest.slice(data.end).replace(/^ /, '').replace(/^\ufeff/, '');
  return { facility: priority.facility, severity: priority.severity, tsNs, hostname, appName, procId, msgId, data: data.elements, message };
}

/** RFC 3339 with up to nine digits of a fraction. */
function readTime(text: string): bigint | undefined {
  const [, seconds, fraction = '', zone] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  const ms = seconds === undefined ? NaN : Date.parse(seconds + zone);
  return Number.isNaN(ms) ? undefined : BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** `-` or elements `[id name="value" ...]`; in values `\"`, `\\` and `\]` are escaped. */
function readData(text: string, start: number): { elements: SyslogMessage['data']; end: number } | undefined {
  if (text[start] === '-' || start >= text.length) {
    return { elements: [], end: Math.min(start + 1, text.length) };
  }
  const elements: SyslogMessage['data'] = [];
  let at = start;
  while (text[at] === '[') {
    const element = /^\[([^\s=\]"]{1,32})((?: [^\s=\]"]{1,32}="(?:[^"\\\]]|\\.)*")*)\]/.exec(text.slice(at));
    if (!element) {
      return undefined;
    }
    const params = [...element[2].matchAll(/ ([^\s=\]"]+)="((?:[^"\\\]]|\\.)*)"/g)].map(([, name, value]) => [name, value.replace(/\\(["\\\]])/g, '$1')] as const);
    elements.push({ id: element[1], params });
    at += element[0].length;
  }
  return at > start ? { elements, end: at } : undefined;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** RFC 3164 and what senders make of it: `<34>Oct 11 22:14:15 host app[12]: text`, also with an RFC 3339 time. */
export function parseRfc3164(text: string, now = new Date()): SyslogMessage | undefined {
  const priority = readPriority(text);
  if (!priority) {
    return undefined;
  }
  const { facility, severity } = priority;
  const time = /^(?:([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d)|(\d{4}-\d\d-\d\dT\S+)) /.exec(priority.rest);
  const rest = priority.rest.slice(time?.[0].length ?? 0);
  const [, hostname, tail] = (time && /^(\S+) ([^]*)$/.exec(rest)) || [undefined, undefined, rest];
  const [, appName, procId, message] = /^([^\s:[\]]{1,48})(?:\[([^\]\s]{1,128})\])?: ?([^]*)$/.exec(tail ?? '') ?? [undefined, undefined, undefined, tail];
  return { facility, severity, tsNs: time ? (time[6] ? readTime(time[6]) : yearlessTime(time, now)) : undefined, hostname, appName, procId, msgId: undefined, data: [], message: message ?? '' };
}

/** Of this year, in the agent's time zone; a date far in the future is of the year before. */
function yearlessTime([, month, day, hour, minute, second]: RegExpExecArray, now: Date): bigint | undefined {
  const index = months.indexOf(month);
  if (index < 0) {
    return undefined;
  }
  const date = new Date(now.getFullYear(), index, Number(day), Number(hour), Number(minute), Number(second));
  if (date.getTime() - now.getTime() > 86_400_000 * 30) {
    date.setFullYear(now.getFullYear() - 1);
  }
  return BigInt(date.getTime()) * 1_000_000n;
}
