import { codesOf, equalsIgnoreCase, levelOfNumber, levelOfStatus, levelOfValue, unknown } from './words';

/** Keys that hold a level, lower case; compared without case. */
const levelKeys = ['level', 'lvl', 'severity', 'loglevel', 'log_level', 'levelname', 'level_name', 'log.level', 'severity_text', 'severitytext', '@l', 'priority'];
/** Keys that hold an HTTP status, for access logs written as JSON. */
const statusKeys = ['status', 'status_code', 'statuscode', 'http_status', 'response_status'];
/** Traefik's access log has the level `info` on every request: the status says more. */
const accessKey = 'downstreamstatus';

/** What a key says of its value. */
const noKey = 0;
const isLevel = 1;
const isStatus = 2;
const isAccessStatus = 3;

interface Key {
  codes: number[];
  kind: number;
}

const keyLengthMax = 16;
/** Keys by first letter and length: few hang together. */
const bySlot: Key[][] = Array.from({ length: 32 * (keyLengthMax + 1) }, () => []);
const slotOf = (letter: number, length: number): number => (letter & 31) * (keyLengthMax + 1) + length;

for (const [kind, keys] of [[isLevel, levelKeys], [isStatus, statusKeys], [isAccessStatus, [accessKey]]] as const) {
  for (const key of keys) {
    bySlot[slotOf(key.charCodeAt(0), key.length)].push({ codes: codesOf(key), kind });
  }
}

/** How far into an object a level is looked for. */
const jsonBytesMax = 8_192;

/**
 * The level that an object `bytes[at .. end)` (its `{` at `at`) names in a field: one at the top wins over one further inside, a level over an
 * HTTP status. Reads broken JSON as far as it goes.
 */
export function jsonLevel(bytes: Uint8Array, at: number, end: number): number {
  const stop = Math.min(end, at + jsonBytesMax);
  let depth = 0;
  let inner = unknown;
  let status = unknown;
  for (let i = at; i < stop; i++) {
    const byte = bytes[i];
    if (byte === 0x7b || byte === 0x5b) {
      depth++;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
    } else if (byte === 0x22) {
      const keyStart = i + 1;
      i = closingQuote(bytes, keyStart, stop);
      const length = i - keyStart;
      if (length > keyLengthMax || length < 2) {
        continue;
      }
      const value = valueAfterColon(bytes, i + 1, stop);
      if (value === 0) {
        continue;
      }
      const kind = keyKind(bytes, keyStart, length);
      if (kind === isLevel) {
        const level = fieldLevel(bytes, value, stop);
        if (level !== unknown && depth <= 1) {
          return level;
        }
        inner ||= level;
      } else if (kind !== noKey && depth <= 1) {
        status ||= levelOfStatus(number(bytes, bytes[value] === 0x22 ? value + 1 : value, stop));
        if (kind === isAccessStatus && status !== unknown) {
          return status;
        }
      }
      i = value - 1;
    }
  }
  return inner || status;
}

/** Where the text that began at `from` closes: its quote, or `end`. A backslash takes the byte behind it along. */
export function closingQuote(bytes: Uint8Array, from: number, end: number): number {
  let at = from | 0;
  while (at < end) {
    const byte = bytes[at];
    if (byte === 0x22) {
      return at;
    }
    at = (at + (byte === 0x5c ? 2 : 1)) | 0;
  }
  return end;
}

/** Where the value starts when a colon follows, else 0. */
function valueAfterColon(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at] <= 0x20) {
    at++;
  }
  if (bytes[at] !== 0x3a || at >= end) {
    return 0;
  }
  at++;
  while (at < end && bytes[at] <= 0x20) {
    at++;
  }
  return at;
}

function keyKind(bytes: Uint8Array, start: number, length: number): number {
  const keys = bySlot[slotOf(bytes[start], length)];
  for (let k = 0; k < keys.length; k++) {
    if (equalsIgnoreCase(bytes, start, keys[k].codes)) {
      return keys[k].kind;
    }
  }
  return noKey;
}

function fieldLevel(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] === 0x22) {
    const close = closingQuote(bytes, at + 1, Math.min(end, at + 20));
    return levelOfValue(bytes, at + 1, close) || levelOfNumber(number(bytes, at + 1, end));
  }
  return levelOfNumber(number(bytes, at, end));
}

/** A whole number of at most four digits, or NaN. */
function number(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  let i = at;
  for (; i < end && i < at + 4; i++) {
    const digit = bytes[i] - 0x30;
    if (digit < 0 || digit > 9) {
      break;
    }
    value = value * 10 + digit;
  }
  return i === at ? NaN : value;
}
