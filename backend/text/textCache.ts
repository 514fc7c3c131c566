import type { Source } from './source';

/** Slots, a power of two: more than the values of a few fields that take few. */
const slots = 1_024;
/** Longer texts are rarely met again, and cost more to compare. */
const lengthMax = 24;

/**
 * Texts cut from lines, remembered by their bytes: levels, methods and names of services come again and again, and the same string
 * object is also looked up faster in maps. A text that hashes alike replaces the one before.
 */
export class TextCache {
  private readonly texts: string[] = new Array<string>(slots).fill('');

  /** Bytes `[start, end)`, which must be ASCII, as text. */
  ascii(source: Source, start: number, end: number): string {
    const length = end - start;
    if (length > lengthMax) {
      return source.ascii(start, end);
    }
    const { bytes } = source;
    let hash = length;
    for (let i = start; i < end; i++) {
      hash = (Math.imul(hash, 31) + bytes[i]) | 0;
    }
    const slot = (hash ^ (hash >>> 15)) & (slots - 1);
    const known = this.texts[slot];
    if (known.length === length && sameText(known, bytes, start)) {
      return known;
    }
    return (this.texts[slot] = source.ascii(start, end));
  }
}

function sameText(text: string, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) !== bytes[start + i]) {
      return false;
    }
  }
  return true;
}
