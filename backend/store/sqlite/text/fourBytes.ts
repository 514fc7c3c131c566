/**
 * What four bytes are, told at once: each of these answers the highest bit of each byte that is of a kind (the first byte is the lowest). Letters are those of
 * ASCII, and all bytes beyond it.
 */
const highest = 0x80808080 | 0;
/** What these answer when all four are of the kind. */
export const allMarked = highest;
const others = 0x7f7f7f7f;

export function lettersOf(four: number): number {
  const lower = (four | 0x20202020) & others;
  return ((lower + 0x1f1f1f1f) & ~(lower + 0x05050505) | four) & highest;
}

export function digitsOf(four: number): number {
  const ascii = four & others;
  return (ascii + 0x50505050) & ~(ascii + 0x46464646) & ~four & highest;
}

/** Digits and `a` to `f`. */
export function hexDigitsOf(four: number): number {
  const ascii = four & others;
  return digitsOf(four) | ((ascii + 0x1f1f1f1f) & ~(ascii + 0x19191919) & ~four & highest);
}

/** All bits up to the highest of the first byte that is marked; all bits when none is. */
export function untilFirst(marks: number): number {
  return ((marks & -marks) - 1) | 0;
}

/** How many bytes stand before the first that is marked; `marks` is not 0. */
export function beforeFirst(marks: number): number {
  return (31 - Math.clz32(marks & -marks)) >> 3;
}

/** The number that up to eight digits at `[start, start + length)` are. */
export function numberOf(view: DataView, start: number, length: number): number {
  if (length <= 4) {
    return fourDigits(view.getInt32(start, true) << (32 - 8 * length));
  }
  return (Math.imul(fourDigits(view.getInt32(start, true) << (64 - 8 * length)), 10_000) + fourDigits(view.getInt32(start + length - 4, true))) | 0;
}

/** Bytes of zero count as zeros. */
function fourDigits(four: number): number {
  const pairs = (Math.imul(four & 0x0f0f0f0f, 10 * 0x100 + 1) >>> 8) & 0x00ff00ff;
  return Math.imul(pairs, 100 * 0x10000 + 1) >>> 16;
}

/** The number that four hexadecimal digits are, of which the first is the highest byte; the letters are small ones. */
export function hexOf(four: number): number {
  const digits = (four & 0x0f0f0f0f) + Math.imul((four >>> 6) & 0x01010101, 9);
  const pairs = (digits | (digits >>> 4)) & 0x00ff00ff;
  return (pairs | (pairs >>> 8)) & 0xffff;
}
