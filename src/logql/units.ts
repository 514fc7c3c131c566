/**
 * Durations and byte sizes as LogQL writes them. Three dialects exist and all of them matter:
 * - Prometheus durations (`1d12h`, whole numbers, units from big to small): ranges `[5m]`, and first choice elsewhere.
 *   Source: prometheus/common model.ParseDuration.
 * - Go durations (`1.5h`, `-3ms`, `1h2m0.5s`): second choice for literals, and the only rule for label values.
 *   Source: Go time.ParseDuration.
 * - Humanised sizes (`10KB`, `1.5MiB`): literals and label values. Source: dustin/go-humanize ParseBytes.
 */

/** A number, or the reason there is none, worded as the Go libraries word it. */
export type UnitResult = { ok: true; value: number } | { ok: false; error: string };

/** Largest value of Go's time.Duration, about 292 years, rounded down to a millisecond. */
const durationMsMax = 9_223_372_036_854;

/** Position decides the order in which units must follow each other. */
const prometheusUnits = new Map<string, { position: number; ms: number }>([
  ['y', { position: 1, ms: 365 * 86_400_000 }],
  ['w', { position: 2, ms: 7 * 86_400_000 }],
  ['d', { position: 3, ms: 86_400_000 }],
  ['h', { position: 4, ms: 3_600_000 }],
  ['m', { position: 5, ms: 60_000 }],
  ['s', { position: 6, ms: 1_000 }],
  ['ms', { position: 7, ms: 1 }],
]);

/** Text as Go's %q prints it; enough for messages and for printing queries. */
export function goQuote(text: string): string {
  let out = '"';
  for (const char of text) {
    const code = char.codePointAt(0)!;
    const short = shortEscapes.get(char);
    if (short !== undefined) {
      out += short;
    } else if (code >= 0xd800 && code <= 0xdfff) {
      // Half a character: not text, and gone as soon as it is sent.
      out += '\ufffd';
    } else if (code < 0x20 || code === 0x7f) {
      out += '\\x' + code.toString(16).padStart(2, '0');
    } else if (code >= 0x80 && !printable.test(char)) {
      out += code > 0xffff ? '\\U' + code.toString(16).padStart(8, '0') : '\\u' + code.toString(16).padStart(4, '0');
    } else {
      out += char;
    }
  }
  return out + '"';
}

const shortEscapes = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\u0007', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
]);

/** Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols; of the spaces only U+0020. */
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u;

function fail(error: string): UnitResult {
  return { ok: false, error };
}

/** `1d12h`, `90s`, `0`. The value is in nanoseconds. */
export function parsePrometheusDuration(text: string): UnitResult {
  if (text === '0') {
    return { ok: true, value: 0 };
  }
  if (text === '') {
    return fail('empty duration string');
  }
  const invalid = () => fail(`not a valid duration string: ${goQuote(text)}`);
  const part = /([0-9]+)([^0-9]+)/y;
  let totalMs = 0;
  let lastPosition = 0;
  let at = 0;
  while (at < text.length) {
    part.lastIndex = at;
    const match = part.exec(text);
    if (match === null || match[1].length > 20) {
      return invalid();
    }
    const unit = prometheusUnits.get(match[2]);
    if (unit === undefined) {
      return fail(`unknown unit ${goQuote(match[2])} in duration ${goQuote(text)}`);
    }
    if (unit.position <= lastPosition) {
      return invalid();
    }
    lastPosition = unit.position;
    totalMs += Number(match[1]) * unit.ms;
    if (totalMs > durationMsMax) {
      return fail('duration out of range');
    }
    at = part.lastIndex;
  }
  return { ok: true, value: totalMs * 1e6 };
}

const goUnitNs = new Map<string, number>([
  ['ns', 1],
  ['us', 1e3],
  ['\u00b5s', 1e3],
  ['\u03bcs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
  ['m', 60e9],
  ['h', 3600e9],
]);

/** Text as Go's time package quotes it: byte by byte where it is not plain. */
function timeQuote(text: string): string {
  let out = '"';
  for (const char of text) {
    if (char >= ' ' && char <= '\x7f') {
      out += char === '"' || char === '\\' ? `\\${char}` : char;
    } else {
      for (const byte of new TextEncoder().encode(char)) {
        out += `\\x${byte.toString(16).padStart(2, '0')}`;
      }
    }
  }
  return `${out}"`;
}

/** Digits behind the point that Go reads; it stops where 64 bits would overflow. */
const fractionDigitsMax = 18;

/** `1.5h`, `-3ms`, `1h2m0.5s`. The value is in nanoseconds, rounded towards zero as Go does. */
export function parseGoDuration(text: string): UnitResult {
  const invalid = () => fail(`time: invalid duration ${timeQuote(text)}`);
  const negative = text.startsWith('-');
  const body = negative || text.startsWith('+') ? text.slice(1) : text;
  if (body === '0') {
    return { ok: true, value: 0 };
  }
  if (body === '') {
    return invalid();
  }
  const part = /([0-9]*)(?:\.([0-9]*))?([^0-9.]*)/y;
  let total = 0;
  let at = 0;
  while (at < body.length) {
    part.lastIndex = at;
    const [, whole, fraction = '', unitText] = part.exec(body)!;
    if ((whole === '' && fraction === '') || Number(whole) > 2 ** 63) {
      return invalid();
    }
    if (unitText === '') {
      return fail(`time: missing unit in duration ${timeQuote(text)}`);
    }
    const unit = goUnitNs.get(unitText);
    if (unit === undefined) {
      return fail(`time: unknown unit ${timeQuote(unitText)} in duration ${timeQuote(text)}`);
    }
    const digits = fraction.slice(0, fractionDigitsMax);
    // in this order, as Go: 1.001001ms is 1001001ns, which 0.001001 * 1e6 misses
    total += Number(whole || '0') * unit + Math.trunc(Number(digits) * (unit / 10 ** digits.length));
    if (total > durationMsMax * 1e6) {
      return invalid();
    }
    at = part.lastIndex;
  }
  return { ok: true, value: negative ? 0 - total : total };
}

/** A duration literal of a query: Prometheus' rules first, then Go's. The value is in nanoseconds. */
export function parseDuration(text: string): UnitResult {
  const first = parsePrometheusDuration(text);
  return first.ok ? first : parseGoDuration(text);
}

const bytesUnits = new Map<string, number>([
  ['', 1],
  ['b', 1],
]);
for (const [index, prefix] of ['k', 'm', 'g', 't', 'p', 'e'].entries()) {
  for (const suffix of ['', 'b']) {
    bytesUnits.set(prefix + suffix, 1000 ** (index + 1));
    bytesUnits.set(`${prefix}i${suffix}`, 1024 ** (index + 1));
  }
}

/** `10KB`, `1.5 MiB`, `42`: a whole number of bytes. Units ignore case; K is 1000, Ki is 1024. */
export function parseBytes(text: string): UnitResult {
  const [, digits, extra] = /^([\p{Nd}.,]*)([^]*)$/u.exec(text)!;
  const plain = digits.replaceAll(',', '');
  if (!/^(?:[0-9]+\.?[0-9]*|\.[0-9]+)$/.test(plain)) {
    return fail(`strconv.ParseFloat: parsing ${goQuote(plain)}: invalid syntax`);
  }
  const unit = bytesUnits.get(extra.trim().toLowerCase());
  if (unit === undefined) {
    return fail(`unhandled size name: ${extra.trim().toLowerCase()}`);
  }
  const value = Number(plain) * unit;
  if (value >= 2 ** 64) {
    return fail(`too large: ${text}`);
  }
  return { ok: true, value: Math.floor(value) };
}

/**
 * Nanoseconds the way Prometheus prints a duration: `1d12h`, `90s` as `1m30s`, `0s`. Below a millisecond nothing is
 * printed, as there. Source: prometheus/common model.Duration.String (years and weeks only when nothing remains).
 */
export function formatPrometheusDuration(ns: number): string {
  let ms = Math.trunc(Math.abs(ns) / 1e6);
  if (ms === 0) {
    return '0s';
  }
  let out = ns < 0 ? '-' : '';
  const units: Array<[string, number, boolean]> = [
    ['y', 365 * 86_400_000, true],
    ['w', 7 * 86_400_000, true],
    ['d', 86_400_000, false],
    ['h', 3_600_000, false],
    ['m', 60_000, false],
    ['s', 1000, false],
    ['ms', 1, false],
  ];
  for (const [unit, size, exact] of units) {
    if (exact && ms % size !== 0) {
      continue;
    }
    const count = Math.floor(ms / size);
    if (count > 0) {
      out += `${count}${unit}`;
      ms -= count * size;
    }
  }
  return out;
}

/** Nanoseconds the way Go prints a duration: `1h30m0s`, `1.5s`, `300ms`, `-2m0s`, `0s`. */
export function formatGoDuration(ns: number): string {
  const sign = ns < 0 ? '-' : '';
  const total = Math.round(Math.abs(ns));
  if (total === 0) {
    return '0s';
  }
  const decimals = (value: number, digits: number) => {
    const fraction = String(value % 10 ** digits).padStart(digits, '0').replace(/0+$/, '');
    return String(Math.floor(value / 10 ** digits)) + (fraction === '' ? '' : `.${fraction}`);
  };
  if (total < 1e3) {
    return `${sign}${total}ns`;
  }
  if (total < 1e6) {
    return `${sign}${decimals(total, 3)}\u00b5s`;
  }
  if (total < 1e9) {
    return `${sign}${decimals(total, 6)}ms`;
  }
  const hours = Math.floor(total / 3600e9);
  const minutes = Math.floor(total / 60e9) % 60;
  const seconds = decimals(total % 60e9, 9);
  return sign + (hours > 0 ? `${hours}h` : '') + (hours > 0 || minutes > 0 ? `${minutes}m` : '') + `${seconds}s`;
}

/** Bytes the way go-humanize prints them (powers of 1000): `512B`, `1.5kB`, `10MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 10) {
    return `${bytes}B`;
  }
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  const exponent = Math.min(Math.floor(Math.log(bytes) / Math.log(1000) + 1e-12), units.length - 1);
  const value = Math.floor((bytes / 1000 ** exponent) * 10 + 0.5) / 10;
  return (value < 10 ? value.toFixed(1) : value.toFixed(0)) + units[exponent];
}
