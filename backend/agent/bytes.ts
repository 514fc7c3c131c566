import { isAscii, isUtf8 } from 'node:buffer';
import { goQuote } from '../../src/logql/units';

/**
 * Log lines are bytes; stages work on text. The mapping loses nothing: valid UTF-8 becomes its text, any other byte b becomes
 * the lone surrogate U+DC00 + b (the "surrogate escape" of Python's PEP 383), and back.
 */
export function textOfBytes(bytes: Buffer, start = 0, end = bytes.length): string {
  const part = start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end);
  if (isAscii(part)) {
    return part.toString('latin1');
  }
  return isUtf8(part) ? part.toString('utf8') : escapedText(part);
}

function escapedText(bytes: Buffer): string {
  let text = '';
  let from = 0;
  for (let i = 0; i < bytes.length; ) {
    const length = sequenceLength(bytes, i);
    if (length > 0) {
      i += length;
      continue;
    }
    text += bytes.toString('utf8', from, i) + String.fromCharCode(0xdc00 + bytes[i]);
    i++;
    from = i;
  }
  return text + bytes.toString('utf8', from);
}

/** Length of the valid UTF-8 sequence at `i`, 0 when there is none. */
function sequenceLength(bytes: Buffer, i: number): number {
  const first = bytes[i];
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  return length > 0 && i + length <= bytes.length && isUtf8(bytes.subarray(i, i + length)) ? length : 0;
}

const escapes = /(?<![\uD800-\uDBFF])[\uDC80-\uDCFF]/;
const escapesAll = /(?<![\uD800-\uDBFF])[\uDC80-\uDCFF]/g;

/** True when the text stands for bytes that are not UTF-8. */
export function hasRawBytes(text: string): boolean {
  return escapes.test(text);
}

/** The bytes of a text made by `textOfBytes` (or of any other text). */
export function bytesOfText(text: string): Buffer {
  if (!escapes.test(text)) {
    return Buffer.from(text, 'utf8');
  }
  const parts: Buffer[] = [];
  let from = 0;
  for (const match of text.matchAll(escapesAll)) {
    parts.push(Buffer.from(text.slice(from, match.index), 'utf8'), Buffer.from([match[0].charCodeAt(0) - 0xdc00]));
    from = match.index + 1;
  }
  parts.push(Buffer.from(text.slice(from), 'utf8'));
  return Buffer.concat(parts);
}

/** Length of `bytesOfText(text)` without making the bytes. */
export function byteLengthOfText(text: string): number {
  const length = Buffer.byteLength(text, 'utf8');
  // A lone surrogate counts as the 3 bytes of U+FFFD there, and stands for one byte here.
  return escapes.test(text) ? length - 2 * (text.match(escapesAll)?.length ?? 0) : length;
}

/** Go's strconv.Quote of a text of this file: raw bytes become \xNN. */
export function quoteText(text: string): string {
  if (!escapes.test(text)) {
    return goQuote(text);
  }
  return `"${text.replace(escapesSplit, (part) => (part.length === 1 && escapes.test(part) ? `\\x${(part.charCodeAt(0) - 0xdc00).toString(16)}` : goQuote(part).slice(1, -1)))}"`;
}

const escapesSplit = /(?<![\uD800-\uDBFF])[\uDC80-\uDCFF]|(?:(?!(?<![\uD800-\uDBFF])[\uDC80-\uDCFF])[^])+/g;
