/** A text as UTF-8 bytes from which strings are cut. Positions are bytes. */
export class Source {
  constructor(readonly bytes: Buffer) {}

  static ofText(text: string): Source {
    return new Source(Buffer.from(text, 'utf8'));
  }

  /** Views the same memory; nothing is copied. */
  static ofBytes(bytes: Uint8Array): Source {
    return new Source(Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  /** Bytes `[start, end)` that are known to be ASCII. */
  ascii(start: number, end: number): string {
    return this.bytes.toString('latin1', start, end);
  }

  /** Bytes `[start, end)` as text; what is not UTF-8 reads as U+FFFD. */
  slice(start: number, end: number): string {
    if (end - start > 64) {
      return this.bytes.toString('utf8', start, end);
    }
    const bytes = this.bytes;
    for (let i = start; i < end; i++) {
      if (bytes[i] >= 0x80) {
        return bytes.toString('utf8', start, end);
      }
    }
    return this.ascii(start, end);
  }
}

const replacement = '\uFFFD';

/**
 * Bytes as text where each byte that Go's decoder can't read (and U+FFFD itself) becomes a space, as Loki does with parsed
 * values: one space per byte, while JavaScript's decoder gives one U+FFFD per sequence.
 */
export function sliceWithSpaces(source: Source, start: number, end: number): string {
  const text = source.slice(start, end);
  return text.includes(replacement) ? decodeWithSpaces(source.bytes, start, end) : text;
}

/** Replaces U+FFFD by a space in a text that was decoded already. */
export function replacementToSpace(text: string): string {
  return text.includes(replacement) ? text.replaceAll(replacement, ' ') : text;
}

function decodeWithSpaces(bytes: Buffer, start: number, end: number): string {
  let text = '';
  let i = start;
  while (i < end) {
    const size = runeBytes(bytes, i, end);
    const rune = bytes.toString('utf8', i, i + size);
    text += rune === replacement ? ' ' : rune;
    i += size;
  }
  return text;
}

/** Length of the rune at `i`; 1 when the bytes there are not valid UTF-8. */
function runeBytes(bytes: Buffer, i: number, end: number): number {
  const first = bytes[i];
  const size = first < 0x80 ? 1 : first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 1;
  if (size === 1 || i + size > end) {
    return 1;
  }
  for (let k = 1; k < size; k++) {
    if ((bytes[i + k] & 0xc0) !== 0x80) {
      return 1;
    }
  }
  const second = bytes[i + 1];
  const overlongOrSurrogate =
    (first === 0xe0 && second < 0xa0) || (first === 0xed && second > 0x9f) || (first === 0xf0 && second < 0x90) || (first === 0xf4 && second > 0x8f);
  return overlongOrSurrogate ? 1 : size;
}
