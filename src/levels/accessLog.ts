import { classes } from './byteClasses';
import { isDigit } from './formats';

/**
 * A quick look at lines that may be an access log's: `10.0.0.1 - - [20/Nov/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 ...`. What stands before the
 * first quote is only checked for not telling a level by itself, three pairs of bytes at a time; going from word to word takes
 * four times as long. Counters are kept to 32 bits by `| 0` (see `levels.ts`).
 */

// What a pair of bytes means for the head of such a line. Two sums are compared: that of three pairs, which ends the fast loop, and that
// of all pairs before the quote.
/** HAProxy's times have four slashes; three are only a date. */
const slash = 1;
/** A word that begins with a plus: one may be there, the zone of the time. */
const plus = 4;
/** Sums from here on are none of such a head. */
const other = 8;
/** The second byte of the pair is a quote; it only ends the fast loop. */
const quote = 16;

/** By two bytes of seven bits each, the first in the low ones. What a pair means depends on its first byte only by whether that ends a word. */
const pairs = new Uint8Array(1 << 14);
for (let second = 0; second < 128; second++) {
  const from = second << 7;
  const inside = meaning(second, false);
  const behindSeparator = meaning(second, true);
  pairs.fill(inside, from, from + 128);
  for (let first = 0; first < 128 && behindSeparator !== inside; first++) {
    if (classes[first] !== 0) {
      pairs[from | first] = behindSeparator;
    }
  }
}

function meaning(second: number, behindSeparator: boolean): number {
  const char = String.fromCharCode(second);
  if (char === '"') {
    return quote;
  }
  // A colour, an object, a pair, a column of Gin's.
  if ('\u001b{=|'.includes(char)) {
    return other;
  }
  const opensWord = behindSeparator && classes[second] === 0;
  if (opensWord && !'-0123456789'.includes(char)) {
    return char === '+' ? plus : other;
  }
  return char === '/' ? slash : 0;
}

/**
 * Where the first quoted text of a line opens when the words before it are numbers, times and addresses that tell no level; else 0.
 * @param view the same bytes as `bytes`.
 * @param start where the line begins; its first byte has to be a digit.
 * @param stop where to give up.
 */
export function requestStart(bytes: Uint8Array, view: DataView, start: number, stop: number): number {
  let sum = 0;
  let at = start | 0;
  for (const last = (stop - 4) | 0; at <= last; at = (at + 3) | 0) {
    const four = view.getInt32(at, true);
    const three = pairs[indexOf(four)] + pairs[indexOf(four >>> 8)] + pairs[indexOf(four >>> 16)];
    if (three >= other || (four & 0x80808080) !== 0) {
      break;
    }
    sum = (sum + three) | 0;
  }
  for (; ((at + 1) | 0) < stop && sum < other; at = (at + 1) | 0) {
    const second = bytes[at + 1];
    if (second === 0x22) {
      return sum < plus || isZone(bytes, at - 7) ? at + 1 : 0;
    }
    if (((second | bytes[at]) & 0x80) !== 0) {
      return 0;
    }
    sum = (sum + pairs[bytes[at] | (second << 7)]) | 0;
  }
  return 0;
}

const indexOf = (pair: number): number => (pair & 0x7f) | ((pair >>> 1) & 0x3f80);

/** Whether ` +0000] ` stands at `at`. Then it is the one word with a plus, and the rest of the sum are slashes. */
function isZone(bytes: Uint8Array, at: number): boolean {
  for (let i = at + 2; i < at + 6; i++) {
    if (!isDigit(bytes[i])) {
      return false;
    }
  }
  return bytes[at] === 0x20 && bytes[at + 1] === 0x2b && bytes[at + 6] === 0x5d && bytes[at + 7] === 0x20;
}
