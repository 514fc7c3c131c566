import type { Stage } from '../../src/logql/ast';
import type { Chunk, Hint } from '../store/store';
import { labelHints, leadingHints } from './hints';

/**
 * Finds the entries of a chunk that can't pass, by searching its whole text at once: far cheaper than line by line, since most
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
   * 1 for every entry that may pass; undefined when all may.
   * @param comesElsewhere whether entries of this chunk may have a label that is not found in their lines.
   */
  of(chunk: Chunk, comesElsewhere: (label: string) => boolean): Uint8Array | undefined {
    const needles = [...this.needles];
    for (const { label, needles: hint } of this.byLabel) {
      if (!comesElsewhere(label)) {
        needles.push(hint);
      }
    }
    if (needles.length === 0 || chunk.text.length === 0) {
      return undefined;
    }
    const text = Buffer.from(chunk.text.buffer, chunk.text.byteOffset, chunk.text.byteLength);
    let mask: Uint8Array | undefined;
    let lowered: Buffer | undefined;
    for (const { texts, ignoreCase } of needles) {
      const found = new Uint8Array(chunk.count);
      const searched = ignoreCase ? (lowered ??= asciiLower(text)) : text;
      for (const needle of texts) {
        markLines(chunk.offsets, chunk.count, searched, needle, found);
      }
      if (mask) {
        for (let i = 0; i < found.length; i++) {
          mask[i] &= found[i];
        }
      } else {
        mask = found;
      }
    }
    return mask;
  }
}

interface PreparedHint {
  texts: Buffer[];
  ignoreCase: boolean;
}

function prepare({ texts, ignoreCase }: Hint): PreparedHint {
  return { texts: texts.map((text) => Buffer.from(ignoreCase ? text.toLowerCase() : text, 'utf8')), ignoreCase };
}

function asciiLower(text: Buffer): Buffer {
  const lowered = Buffer.allocUnsafe(text.length);
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    lowered[i] = c >= 0x41 && c <= 0x5a ? c | 0x20 : c;
  }
  return lowered;
}

/** Marks the lines that contain the needle. A find across the end of a line does not count. */
function markLines(offsets: Uint32Array, count: number, text: Buffer, needle: Buffer, found: Uint8Array): void {
  let line = 0;
  let from = offsets[0];
  const end = offsets[count];
  while (from < end) {
    const at = text.indexOf(needle, from);
    if (at < 0 || at >= end) {
      return;
    }
    if (offsets[line + 1] <= at) {
      line = lineAt(offsets, line + 1, count, at);
    }
    if (at + needle.length <= offsets[line + 1]) {
      found[line] = 1;
      from = offsets[line + 1];
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
