/**
 * Byte scanning of JSON with the tolerance and the words of the scanner Loki uses (buger/jsonparser): only structure is
 * checked, scalars are whatever stands up to the next delimiter. Positions are bytes into `bytes`; `end` is exclusive.
 */

/** The error texts a user reads in `__error_details__`. */
export const jsonErrors = {
  json: 'Malformed JSON error',
  string: `Value is string, but can't find closing '"' symbol`,
  array: `Value is array, but can't find closing ']' symbol`,
  object: `Value looks like object, but can't find closing '}' symbol`,
  value: `Value looks like Number/Boolean/None, but can't find its end: ',' or '}' symbol`,
  unknown: 'Unknown value type',
  escape: 'Encountered an invalid escape sequence in a string',
} as const;

export const quote = 0x22;
export const backslash = 0x5c;
export const openBrace = 0x7b;
export const closeBrace = 0x7d;
export const openBracket = 0x5b;
export const closeBracket = 0x5d;
export const comma = 0x2c;
export const colon = 0x3a;

/** First byte that is not white space, or -1. */
export function nextToken(bytes: Uint8Array, at: number, end: number): number {
  for (let i = at; i < end; i++) {
    const c = bytes[i];
    if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) {
      return i;
    }
  }
  return -1;
}

/** Position of the quote that closes a string whose content starts at `at`, or -1. */
export function stringEnd(bytes: Uint8Array, at: number, end: number): number {
  for (let i = at; i < end; i++) {
    const c = bytes[i];
    if (c === quote) {
      return i;
    }
    if (c === backslash) {
      i++;
    }
  }
  return -1;
}

/** Whether bytes `[start, end)` are ASCII without escapes. */
export function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    if (bytes[i] >= 0x80 || bytes[i] === backslash) {
      return false;
    }
  }
  return true;
}

/** Position after the block that opens at `at`, counting only `open` and `close` outside of strings; -1 when it never closes. */
export function blockEnd(bytes: Uint8Array, at: number, end: number, open: number, close: number): number {
  let level = 0;
  for (let i = at; i < end; i++) {
    const c = bytes[i];
    if (c === quote) {
      i = stringEnd(bytes, i + 1, end);
      if (i < 0) {
        return -1;
      }
    } else if (c === open) {
      level++;
    } else if (c === close && --level === 0) {
      return i + 1;
    }
  }
  return -1;
}

/** End of a number, boolean or null: the next delimiter or the end. */
export function scalarEnd(bytes: Uint8Array, at: number, end: number): number {
  for (let i = at; i < end; i++) {
    const c = bytes[i];
    if (c === comma || c === closeBrace || c === closeBracket || c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) {
      return i;
    }
  }
  return end;
}

function hexValue(c: number): number {
  return c >= 0x30 && c <= 0x39 ? c - 0x30 : c >= 0x41 && c <= 0x46 ? c - 0x37 : c >= 0x61 && c <= 0x66 ? c - 0x57 : -1;
}

/** The code unit of `\uXXXX` in a string, or -1. */
function escapedUnit(text: string, at: number): number {
  if (at + 6 > text.length) {
    return -1;
  }
  let unit = 0;
  for (let i = at + 2; i < at + 6; i++) {
    const digit = hexValue(text.charCodeAt(i));
    if (digit < 0) {
      return -1;
    }
    unit = unit * 16 + digit;
  }
  return unit;
}

const simpleEscapes = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

/** The text without its JSON escapes, or undefined when one of them is invalid (a lone surrogate among them). */
export function unescapeJson(text: string): string | undefined {
  let out = '';
  let from = 0;
  for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', from)) {
    out += text.slice(from, at);
    const simple = simpleEscapes.get(text[at + 1]);
    if (simple !== undefined) {
      out += simple;
      from = at + 2;
      continue;
    }
    if (text[at + 1] !== 'u') {
      return undefined;
    }
    const unit = escapedUnit(text, at);
    if (unit < 0) {
      return undefined;
    }
    if (unit < 0xd800 || unit > 0xdfff) {
      out += String.fromCharCode(unit);
      from = at + 6;
      continue;
    }
    // The scanner does not check that the second escape starts with `\u`, only that four hex digits stand where they would.
    const low = escapedUnit(text, at + 6);
    if (low < 0xdc00) {
      return undefined;
    }
    const point = 0x10000 + (unit - 0xd800) * 0x400 + (low - 0xdc00);
    out += point > 0x10ffff ? '\uFFFD' : String.fromCodePoint(point);
    from = at + 12;
  }
  return out + text.slice(from);
}
