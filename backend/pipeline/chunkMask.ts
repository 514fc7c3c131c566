import type { Stage } from '../../src/logql/ast';
import type { Chunk, Hint } from '../store/store';
import { labelHints, leadingHints } from './hints';

/**
 * Finds the entries of a chunk that can't pass, by searching the text of many at once: far cheaper than line by line, since most
 * lines of most queries fail their first filter.
 */
export class ChunkMask {
  private readonly byLabel: Array<{ label: string; needles: PreparedHint }>;
  private readonly needles: PreparedHint[];

  constructor(stages: readonly Stage[]) {
    this.needles = leadingHints(stages).filter((hint) => hint.kind === 'any').map(prepare);
    this.byLabel = labelHints(stages).map(({ label, hint }) => ({ label, needles: prepare(hint) }));
  }

  /**
   * Tells which entries of a chunk may pass; undefined when all may.
   * @param comesElsewhere whether entries of this chunk may have a label that is not found in their lines.
   */
  of(chunk: Chunk, comesElsewhere: (label: string) => boolean): EntryMask | undefined {
    const needles = [...this.needles];
    for (const { label, needles: hint } of this.byLabel) {
      if (!comesElsewhere(label)) {
        needles.push(hint);
      }
    }
    return needles.length === 0 || chunk.text.length === 0 ? undefined : new EntryMask(chunk, needles);
  }
}

/** Entries are searched by runs of so many: a query for the last hundred lines looks at the end of a chunk of thousands only. */
const runShift = 8;
const runLength = 1 << runShift;

/** Which entries of one chunk may pass. Looks at the text of the chunk when it is asked, so it must not be asked once that memory is used for the next. */
class EntryMask {
  private readonly mask: Uint8Array;
  private readonly searched: Uint8Array;

  constructor(
    private readonly chunk: Chunk,
    private readonly needles: PreparedHint[]
  ) {
    this.mask = new Uint8Array(chunk.count);
    this.searched = new Uint8Array(Math.ceil(chunk.count / runLength));
  }

  passes(entry: number): boolean {
    const run = entry >> runShift;
    if (this.searched[run] === 0) {
      this.searched[run] = 1;
      this.search(run * runLength, Math.min(this.chunk.count, (run + 1) * runLength));
    }
    return this.mask[entry] === 1;
  }

  private search(from: number, to: number): void {
    const { chunk, mask } = this;
    const offsets = chunk.offsets.subarray(from, to + 1);
    const text = Buffer.from(chunk.text.buffer, chunk.text.byteOffset + offsets[0], offsets[to - from] - offsets[0]);
    let passing: Uint8Array | undefined;
    let lowered: Buffer | undefined;
    for (const { texts, ignoreCase } of this.needles) {
      const found = new Uint8Array(to - from);
      const searched = ignoreCase ? (lowered ??= asciiLower(text)) : text;
      for (const needle of texts) {
        markLines(offsets, searched, needle, found);
      }
      passing = passing ? passing.map((passes, i) => passes & found[i]) : found;
      if (!passing.includes(1)) {
        return;
      }
    }
    mask.set(passing!, from);
  }
}

interface PreparedHint {
  texts: Buffer[];
  ignoreCase: boolean;
}

function prepare({ texts, ignoreCase }: Hint): PreparedHint {
  return { texts: texts.map((text) => Buffer.from(ignoreCase ? text.toLowerCase() : text, 'utf8')), ignoreCase };
}

/** Memory of the text in lower case, used for one chunk after the other. */
let loweredWords = new Int32Array(0);

/** A copy with ASCII letters lower-cased, four bytes at a time; valid until the next call. */
function asciiLower(text: Uint8Array): Buffer {
  const count = (text.length + 3) >> 2;
  if (loweredWords.length < count || loweredWords.length > loweredWordsMax) {
    loweredWords = new Int32Array(count);
  }
  const words = loweredWords;
  new Uint8Array(words.buffer, 0, text.length).set(text);
  for (let i = 0; i < count; i++) {
    const word = words[i];
    const low = word & 0x7f7f7f7f;
    // the high bit of each byte says whether it is a letter from A (0x41: 0x3f more sets the bit) to Z (0x5a: 0x25 more does not)
    words[i] = word | (((low + 0x3f3f3f3f) & ~(low + 0x25252525) & ~word & 0x80808080) >>> 2);
  }
  return Buffer.from(words.buffer, 0, text.length);
}

/** A longer text is let go of with the next one. */
const loweredWordsMax = 256 * 1024;

/** Marks the lines that contain the needle. A find across the end of a line does not count. The text begins at `offsets[0]`. */
function markLines(offsets: Uint32Array, text: Buffer, needle: Buffer, found: Uint8Array): void {
  const count = found.length;
  const start = offsets[0];
  let line = 0;
  let from = 0;
  while (from < text.length) {
    const at = text.indexOf(needle, from);
    if (at < 0) {
      return;
    }
    if (offsets[line + 1] <= start + at) {
      line = lineAt(offsets, line + 1, count, start + at);
    }
    if (start + at + needle.length <= offsets[line + 1]) {
      found[line] = 1;
      from = offsets[line + 1] - start;
    } else {
      from = at + 1;
    }
  }
}

/** The line that position `at` is in, looked for from `low` on: near ones first, then by halves. */
function lineAt(offsets: Uint32Array, low: number, count: number, at: number): number {
  let step = 1;
  while (low + step < count && offsets[low + step] <= at) {
    low += step;
    step *= 2;
  }
  let high = Math.min(count, low + step);
  while (low + 1 < high) {
    const middle = (low + high) >> 1;
    if (offsets[middle] <= at) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}
