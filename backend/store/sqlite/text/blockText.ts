import type { WantedFields } from './fieldPieces';
import { isSplit, joinFields, joinLines, joinText, type LinesWanted } from './joinText';
import { splitMayHold, type SplitNeedles } from './splitSearch';
import { splitText } from './splitText';
import { Scratch, compress, decompress, levelDense } from '../format/zstd';

/**
 * Share of its bytes that splitting must save over what a text was packed quickly to, since putting it together takes two to three times
 * as long as decompressing. Access logs, syslog, logfmt and Java save 0.4 to 0.55, JSON full of random ids 0.36.
 */
const splitSavesMin = 0.2;

/** A text as one zstd frame, quickly: for blocks that may be merged soon. */
export function packText(text: Uint8Array): Uint8Array {
  return compress(text);
}

const checked = new Scratch();

/**
 * A text packed for rest: split into columns where that saves enough, else as one frame, compressed harder. What was split is put
 * together again before it is believed.
 * @param offsets where its lines begin, and its end.
 * @param quick the same text as `packText` packed it.
 */
export function packDense(text: Uint8Array, offsets: Uint32Array, quick: Uint8Array): Uint8Array {
  const split = splitText(text, offsets);
  if (split && split.length <= quick.length * (1 - splitSavesMin) && Buffer.compare(joinText(split, checked), text) === 0) {
    return split;
  }
  return compress(text, levelDense);
}

/** The text, in the memory of `into` when there is one. Throws an Error when the bytes are damaged. */
export function unpackText(packed: Uint8Array, into?: Scratch): Uint8Array {
  return isSplit(packed) ? joinText(packed, into) : decompress(packed, into);
}

/** What of a text somebody looks at: some fields of its lines, or some lines. */
export interface PartWanted extends LinesWanted {
  fields?: WantedFields;
}

/** The text, or the part of it that is wanted where that costs less; with the offsets and numbers of its lines when it is not all. */
export function unpackPart(packed: Uint8Array, { fields, conditions, rows }: PartWanted, into?: Scratch): { text: Uint8Array; offsets?: Uint32Array; lines?: Uint32Array } {
  if (isSplit(packed) && fields) {
    return joinFields(packed, fields, into);
  }
  return isSplit(packed) && (conditions.length > 0 || rows) ? joinLines(packed, { conditions, rows }, into) : { text: unpackText(packed, into) };
}

/** False when the text can't hold what is looked for, as far as that is told without unpacking it (`splitSearch.ts`). */
export function textMayHold(packed: Uint8Array, needles: SplitNeedles): boolean {
  return !isSplit(packed) || splitMayHold(packed, needles);
}
