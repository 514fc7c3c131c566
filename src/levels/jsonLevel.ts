import { equalsIgnoreCase, levelOfNumber, levelOfStatus, levelOfValue, unknown } from './words';

/** Keys that hold a level, lower case; compared without case. */
const levelKeys = ['level', 'lvl', 'severity', 'loglevel', 'log_level', 'levelname', 'level_name', 'log.level', 'severity_text', 'severitytext', '@l', 'priority'];
/** Keys that hold an HTTP status, for access logs written as JSON. */
const statusKeys = ['status', 'status_code', 'statuscode', 'http_status', 'response_status'];
/** Traefik's access log has the level `info` on every request: the status says more. */
const accessKey = 'downstreamstatus';

const keyLengthMax = Math.max(...[...levelKeys, ...statusKeys, accessKey].map((key) => key.length));

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
      if (kind === 'level') {
        const level = fieldLevel(bytes, value, stop);
        if (level !== unknown && depth <= 1) {
          return level;
        }
        inner ||= level;
      } else if (kind !== undefined && depth <= 1) {
        status ||= levelOfStatus(number(bytes, bytes[value] === 0x22 ? value + 1 : value, stop));
        if (kind === 'access' && status !== unknown) {
          return status;
        }
      }
      i = value - 1;
    }
  }
  return inner || status;
}

export function closingQuote(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at] !== 0x22) {
    at += bytes[at] === 0x5c ? 2 : 1;
  }
  return Math.min(at, end);
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

function keyKind(bytes: Uint8Array, start: number, length: number): 'level' | 'status' | 'access' | undefined {
  const first = bytes[start] | 0x20;
  if (first === 0x64) {
    return length === accessKey.length && equalsIgnoreCase(bytes, start, accessKey) ? 'access' : undefined;
  }
  // l, s, p, @ (whose lower case by the bit is a backquote), h, r: everything else is no key of ours.
  if (first !== 0x6c && first !== 0x73 && first !== 0x70 && first !== 0x60 && first !== 0x68 && first !== 0x72) {
    return undefined;
  }
  if (levelKeys.some((key) => key.length === length && equalsIgnoreCase(bytes, start, key))) {
    return 'level';
  }
  return statusKeys.some((key) => key.length === length && equalsIgnoreCase(bytes, start, key)) ? 'status' : undefined;
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
