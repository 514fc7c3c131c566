import { nsPerMs, nsPerSecond, parseRfc3339Ns } from '../model/time';

/** Reads the time out of a log line, wherever the usual writers put it. */

const months = new Map(['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'].map((name, i) => [name, i + 1]));

/** How far into a line a time is looked for. */
const headChars = 400;

interface Form {
  pattern: RegExp;
  read: (found: RegExpExecArray, year: number) => bigint | undefined;
}

const two = (text: string | number): string => String(text).padStart(2, '0');

function compose(year: string | number, month: string | number, day: string, clock: string, fraction = '', zone = 'Z'): bigint | undefined {
  const offset = zone === '' || /^(z|utc|gmt)$/i.test(zone) ? 'Z' : zone.replace(/^([+-]\d\d):?(\d\d)$/, '$1:$2');
  return parseRfc3339Ns(`${year}-${two(month)}-${two(day.trim())}T${clock}${fraction === '' ? '' : `.${fraction}`}${offset}`);
}

/** Tried in this order; the first that fits counts. */
const forms: Form[] = [
  // 2026-11-20T12:00:00.123Z, 2026-11-20 12:00:00,123 +0100
  {
    pattern: /(?<![\d.])(\d{4})-(\d\d)-(\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?\d*\s?(Z|UTC|[+-]\d\d:?\d\d)?(?!\d)/,
    read: ([, year, month, day, clock, fraction, zone]) => compose(year, month, day, clock, fraction, zone),
  },
  // [20/Nov/2026:12:00:00 +0000]
  {
    pattern: /(\d\d)\/([A-Za-z]{3})\/(\d{4}):(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))? ?([+-]\d{4})?/,
    read: ([, day, month, year, clock, fraction, zone]) => monthly(month, (number) => compose(year, number, day, clock, fraction, zone)),
  },
  // 2026/11/20 12:00:00 (nginx error log, Go)
  {
    pattern: /(?<!\d)(\d{4})\/(\d\d)\/(\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?/,
    read: ([, year, month, day, clock, fraction]) => compose(year, month, day, clock, fraction),
  },
  // Fri Nov 20 12:00:00.123456 2026 (Apache error log)
  {
    pattern: /[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,9}))? (\d{4})/,
    read: ([, month, day, clock, fraction, year]) => monthly(month, (number) => compose(year, number, day, clock, fraction)),
  },
  // Nov 20 12:00:00 (syslog, no year)
  {
    pattern: /^(?:<\d+>)?([A-Z][a-z]{2}) ([ \d]\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?/,
    read: ([, month, day, clock, fraction], year) => monthly(month, (number) => compose(year, number, day, clock, fraction)),
  },
  // E1120 12:00:00.000000 (klog, no year)
  {
    pattern: /^[IWEF](\d\d)(\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?/,
    read: ([, month, day, clock, fraction], year) => compose(year, month, day, clock, fraction),
  },
  // "time":1795176000123, ts=1795176000.123, or a number at the start: seconds, milliseconds, microseconds or nanoseconds
  {
    pattern: /(?:^|"?(?:@timestamp|timestamp|time|ts|t)"?\s*[:=]\s*"?)(\d{10}|\d{13}|\d{16}|\d{19})(?:\.(\d{1,9}))?(?!\d)/,
    read: ([, digits, fraction = '']) => {
      const unit = { 10: nsPerSecond, 13: nsPerMs, 16: 1_000n, 19: 1n }[digits.length] as bigint;
      return BigInt(digits) * unit + (digits.length === 10 ? BigInt(fraction.padEnd(9, '0')) : 0n);
    },
  },
];

function monthly(name: string, read: (month: number) => bigint | undefined): bigint | undefined {
  const month = months.get(name.toLowerCase());
  return month === undefined ? undefined : read(month);
}

/** @param year of times that carry none. */
export function lineTimeNs(line: string, year: number): bigint | undefined {
  const head = line.length > headChars ? line.slice(0, headChars) : line;
  for (const { pattern, read } of forms) {
    const found = pattern.exec(head);
    const ns = found ? read(found, year) : undefined;
    if (ns !== undefined) {
      return ns;
    }
  }
  return undefined;
}
