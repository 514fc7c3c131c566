/**
 * The last resort of Loki's `detected_level`: level words anywhere in a line. Most lines that are neither JSON nor logfmt come here and most
 * hold none of the words, so what counts is how fast they are passed over: twelve bytes at a time, by three reads of four bytes.
 *
 * Numbers are kept to 32 bits by `| 0`: without it the loops below take twice as long, since V8 keeps their counters as tagged numbers
 * and looks for overflow at each step.
 */

/**
 * The words, each as it may be written (in lower case or in capitals), and the levels they tell. Of several in a line the first of this
 * list counts.
 */
export const levelWords = [
  ['info', 'info'],
  ['error', 'error'],
  ['err:', 'error'],
  ['warning', 'warn'],
  ['warn:', 'warn'],
  ['critical:', 'critical'],
  ['debug:', 'debug'],
] as const;
/** Value of a line that holds none of them. */
export const noWord: number = levelWords.length;

interface WordBytes {
  bytes: Uint8Array;
  /** Place in `levelWords`. */
  rank: number;
}

/** The words by their first letter, without regard to case. */
const byLetter: WordBytes[][] = Array.from({ length: 32 }, () => []);
levelWords.forEach(([word], rank) => {
  for (const text of [word, word.toUpperCase()]) {
    byLetter[text.charCodeAt(0) & 31].push({ bytes: Buffer.from(text), rank });
  }
});

/** Bytes at the head of a word that are looked for: as many as the shortest has. */
const headBytes = 4;
/** Of three bytes that follow each other one is looked at; it and the two behind it are looked up in `marks`. */
const stride = headBytes - 1;
/** Bytes taken at once. */
const stepBytes = 4 * stride;

/** By `slotOf` three bytes: 1 when they may be what is looked at of a word. Of others one in 140 to 280, by the kind of lines, falls together with such. */
const marks = new Uint8Array(1 << 14);

/** Where three bytes (the low ones of `three`) are in `marks`: a hash of their low five bits, which are the same for capitals. */
const slotOf = (three: number): number => Math.imul(three & 0x1f1f1f, 0x5bd1e995) >>> 18;

for (const [word] of levelWords) {
  for (let skipped = 0; skipped < stride; skipped++) {
    // The byte behind a word of four letters may be any.
    for (let after = 0; after < 32; after++) {
      const [a, b, c = after] = Buffer.from(word).subarray(skipped, skipped + 3);
      marks[slotOf(a | (b << 8) | (c << 16))] = 1;
    }
  }
}

/**
 * Place in `levelWords` of the first of them that is in `body[start .. end)`, or `noWord`.
 * @param view the same bytes as `body`.
 */
export function wordIn(body: Uint8Array, view: DataView, start: number, end: number): number {
  const last = (end - stepBytes) | 0;
  if (last < start) {
    return wordFrom(body, start, end - headBytes, end);
  }
  let best = noWord;
  for (let at = start | 0; ; at = (at + stepBytes) | 0) {
    if (at > last) {
      if (at >= last + stepBytes) {
        return best;
      }
      // The rest together with what is before it: looking twice does no harm.
      at = last;
    }
    if (mayHoldWord(view, at)) {
      best = Math.min(best, wordFrom(body, Math.max(start, at - stride + 1), Math.min(at + stepBytes, end) - 1, end));
      if (best === 0) {
        return best;
      }
    }
  }
}

/** Whether a word may begin in the twelve bytes at `at`, or in the two before. */
function mayHoldWord(view: DataView, at: number): boolean {
  const a = view.getInt32(at, true);
  const b = view.getInt32(at + 4, true);
  const c = view.getInt32(at + 8, true);
  return (marks[slotOf(a)] | marks[slotOf((a >>> 24) | (b << 8))] | marks[slotOf((b >>> 16) | (c << 16))] | marks[slotOf(c >>> 8)]) !== 0;
}

/** The first of the words that begin at `from` to `to`. */
function wordFrom(body: Uint8Array, from: number, to: number, end: number): number {
  let best = noWord;
  for (let at = from; at <= to; at++) {
    const candidates = byLetter[body[at] & 31];
    for (let k = 0; k < candidates.length; k++) {
      const { bytes, rank } = candidates[k];
      if (rank < best && startsWith(body, at, end, bytes)) {
        best = rank;
      }
    }
  }
  return best;
}

function startsWith(body: Uint8Array, at: number, end: number, bytes: Uint8Array): boolean {
  if (end - at < bytes.length) {
    return false;
  }
  for (let i = 0; i < bytes.length; i++) {
    if (body[at + i] !== bytes[i]) {
      return false;
    }
  }
  return true;
}
