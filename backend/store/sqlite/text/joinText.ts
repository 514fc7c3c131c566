import { bitsAt, bitsSlack } from '../format/bits';
import type { WantedFields } from './fieldPieces';
import { withFields } from './splitFields';
import { linesWith } from './splitLines';
import { columnKind, fields, fixedEnd, fixedStart, nextField, readLayout, widthField, writingField, type Layout } from './splitLayout';
import { dictionaryColumn, differenceColumn, headBytes, hexColumn, numberColumn, splitVersion, wordEnd, wordsColumn } from './splitText';
import { hiddenOne } from './tokenNumbers';
import { Scratch, decompress } from '../format/zstd';

/** The three frames of a split text (`splitText.ts`). */
interface Frames {
  meta: Uint8Array;
  indexes: Uint8Array;
  bits: Uint8Array;
}

const metaScratch = new Scratch();
const indexScratch = new Scratch();
const bitScratch = new Scratch();

/** Whether packed text is split, and not one zstd frame. */
export function isSplit(packed: Uint8Array): boolean {
  return packed[0] === splitVersion;
}

/** The three frames of a split text, compressed as they are. */
export function packedFrames(packed: Uint8Array): Frames {
  const view = Buffer.from(packed.buffer, packed.byteOffset, packed.length);
  const indexesAt = headBytes + view.readUInt32LE(1);
  const bitsStart = indexesAt + view.readUInt32LE(5);
  return { meta: packed.subarray(headBytes, indexesAt), indexes: packed.subarray(indexesAt, bitsStart), bits: packed.subarray(bitsStart) };
}

/** The text that `splitText` was given; in the memory of `into` when there is one. Throws an Error when the bytes are damaged. */
export function joinText(packed: Uint8Array, into?: Scratch): Uint8Array {
  const frames = unpackFrames(packed, slack);
  return joinAll(frames, readLayout(frames.meta, frames.indexes), into);
}

function joinAll(frames: Frames, layout: Layout, into: Scratch | undefined): Uint8Array {
  const text = memoryFor(layout, into);
  if (writeLines(text, viewOf(frames.meta, frames.meta.length), layout, frames, undefined, undefined) !== layout.bytes) {
    throw new Error('a split text has another length than it says');
  }
  return bytesOf(text, layout.bytes);
}

/** A part of a split text: where its lines begin, with the end of the last, and which lines these are (undefined: all). */
export interface JoinedPart {
  text: Uint8Array;
  offsets: Uint32Array;
  lines?: Uint32Array;
}

/** With more lines than this share of them the rest costs less than choosing. */
const chosenShareMax = 0.75;

/** Lines [from, to) of a text. */
export interface Rows {
  from: number;
  to: number;
}

/** Which lines of a text are wanted. */
export interface LinesWanted {
  /** Only lines that fulfil these (`wordConditions` of splitLines.ts). */
  conditions: Buffer[][];
  rows?: Rows;
}

/**
 * The lines that are wanted, in the memory of `into` when there is one; the whole text when these are most. Throws an Error when the bytes are
 * damaged.
 */
export function joinLines(packed: Uint8Array, { conditions, rows }: LinesWanted, into?: Scratch): JoinedPart | { text: Uint8Array } {
  const frames = unpackFrames(packed, slack);
  const layout = readLayout(frames.meta, frames.indexes);
  const keep = linesWith(layout, frames.meta, frames.indexes, conditions);
  if (rows) {
    keep.fill(0, 0, rows.from).fill(0, rows.to);
  }
  const lines = numbersOf(keep);
  if (lines.length > chosenShareMax * layout.lines) {
    return { text: joinAll(frames, layout, into) };
  }
  const offsets = new Uint32Array(lines.length + 1);
  return { text: joinPart(frames.meta, layout, frames, into, offsets, keep.subarray(0, lines.length === 0 ? 0 : lines[lines.length - 1] + 1)), offsets, lines };
}

/** The numbers of the lines that are marked with 1. */
function numbersOf(keep: Uint8Array): Uint32Array {
  const numbers = new Uint32Array(keep.length);
  let count = 0;
  for (let line = 0; line < keep.length; line++) {
    numbers[count] = line;
    count += keep[line];
  }
  return numbers.subarray(0, count);
}

/** Room behind `meta` for what stands between the columns that are left, of all shapes together; a shape that finds none stays whole. */
const piecesBytesMax = 128 * 1024;

/**
 * The lines without the fields that nobody looks at (`splitFields.ts`), and where each begins, with the end of the last; in the memory of `into` when there
 * is one. Throws an Error when the bytes are damaged.
 */
export function joinFields(packed: Uint8Array, wanted: WantedFields, into?: Scratch): JoinedPart {
  const frames = unpackFrames(packed, piecesBytesMax + slack);
  const layout = readLayout(frames.meta, frames.indexes);
  const room = new Uint8Array(frames.meta.buffer, frames.meta.byteOffset, frames.meta.length + piecesBytesMax);
  const offsets = new Uint32Array(layout.lines + 1);
  return { text: joinPart(room, withFields(layout, room, frames.meta.length, wanted), frames, into, offsets, undefined), offsets };
}

const partScratch = new Scratch();

/** Less than the whole: in memory of its own, if it is not told where, so that a few lines do not hold on to room for all of them. */
function joinPart(meta: Uint8Array, layout: Layout, frames: Frames, into: Scratch | undefined, offsets: Uint32Array, keep: Uint8Array | undefined): Uint8Array {
  const text = memoryFor(layout, into ?? partScratch);
  const end = writeLines(text, viewOf(meta, meta.length), layout, frames, offsets, keep);
  if (!(end <= layout.bytes)) {
    throw new Error('a split text has another length than it says');
  }
  return into ? bytesOf(text, end) : bytesOf(text, end).slice();
}

function unpackFrames(packed: Uint8Array, metaSlack: number): Frames {
  const { meta, indexes, bits } = packedFrames(packed);
  return { meta: decompress(meta, metaScratch, metaSlack), indexes: decompress(indexes, indexScratch), bits: decompress(bits, bitScratch, slack) };
}

function memoryFor({ bytes }: Layout, into: Scratch | undefined): DataView {
  return viewOf(into ? into.take(bytes + slack) : Buffer.allocUnsafe(bytes + slack), bytes);
}

const bytesOf = (view: DataView, length: number): Uint8Array => new Uint8Array(view.buffer, view.byteOffset, length);

/** Bytes that are written, and read, behind the end at most. */
const slack = Math.max(8, bitsSlack);

const viewOf = (memory: Uint8Array, bytes: number): DataView => new DataView(memory.buffer, memory.byteOffset, bytes + slack);

/**
 * Writes line after line, or those that `keep` marks with 1, as far as it reaches; answers how many bytes they are, and notes in `offsets` where each ends. Both views reach `slack`
 * bytes further than what they show.
 */
function writeLines(out: DataView, meta: DataView, layout: Layout, { indexes, bits }: Frames, offsets: Uint32Array | undefined, keep: Uint8Array | undefined): number {
  const { looseLengths } = layout;
  const lines = keep ? keep.length : layout.lines;
  const writer = new LineWriter(out, meta, layout, indexes, viewOf(bits, bits.length));
  const skipped = new Uint32Array(layout.first.length);
  let { looseAt } = layout;
  let at = 0;
  for (let line = 0, nextLoose = 0, written = 0; line < lines; line++) {
    const shape = indexes[line];
    const kept = keep === undefined || keep[line] === 1;
    if (shape === 0) {
      const length = looseLengths[nextLoose++];
      at = kept ? copy(meta, looseAt, looseAt + length, out, at) : at;
      looseAt += length;
    } else if (kept) {
      if (skipped[shape] > 0) {
        writer.skip(shape, skipped[shape]);
        skipped[shape] = 0;
      }
      at = writer.write(shape, at);
    } else {
      skipped[shape]++;
    }
    if (kept && offsets) {
      offsets[++written] = at;
    }
  }
  return at;
}

/** Puts the lines of shapes together, each shape's in their order. */
class LineWriter {
  constructor(
    private readonly out: DataView,
    private readonly meta: DataView,
    private readonly layout: Layout,
    private readonly indexes: Uint8Array,
    private readonly bits: DataView
  ) {}

  /** Writes the next line of a shape; answers where it ends. */
  write(shape: number, at: number): number {
    const { out, meta, indexes, bits } = this;
    const { first, columns, bases, words } = this.layout;
    const end = first[shape];
    for (let k = first[shape - 1]; k < end; k++) {
      const c = k * fields;
      at = copy(meta, columns[c + fixedStart], columns[c + fixedEnd], out, at);
      const next = columns[c + nextField];
      const width = columns[c + widthField];
      switch (columns[c + columnKind]) {
        case dictionaryColumn: {
          const word = columns[c + writingField] + 2 * indexes[next];
          columns[c + nextField] = next + 1;
          at = copy(meta, words[word], words[word + 1], out, at);
          break;
        }
        case numberColumn:
          columns[c + nextField] = next + width;
          at = writeNumber(out, at, bases[k] + bitsAt(bits, next, width), columns[c + writingField]);
          break;
        case differenceColumn:
          columns[c + nextField] = next + width;
          bases[k] += unzigzag(bitsAt(bits, next, width));
          at = writeNumber(out, at, bases[k], columns[c + writingField]);
          break;
        case hexColumn:
          columns[c + nextField] = next + 4 * width;
          at = writeHex(out, at, bits, next, width);
          break;
        case wordsColumn: {
          const stop = wordStop(meta, next);
          at = copy(meta, next, stop, out, at);
          columns[c + nextField] = stop + 1;
        }
      }
    }
    return at;
  }

  /** Steps over the next `rows` lines of a shape. */
  skip(shape: number, rows: number): void {
    const { first, columns, bases } = this.layout;
    for (let k = first[shape - 1]; k < first[shape]; k++) {
      const c = k * fields;
      const width = columns[c + widthField];
      switch (columns[c + columnKind]) {
        case dictionaryColumn:
          columns[c + nextField] += rows;
          break;
        case numberColumn:
          columns[c + nextField] += rows * width;
          break;
        case hexColumn:
          columns[c + nextField] += rows * 4 * width;
          break;
        case differenceColumn:
          for (let r = 0; r < rows; r++) {
            bases[k] += unzigzag(bitsAt(this.bits, columns[c + nextField], width));
            columns[c + nextField] += width;
          }
          break;
        case wordsColumn:
          for (let r = 0; r < rows; r++) {
            columns[c + nextField] = wordStop(this.meta, columns[c + nextField]) + 1;
          }
      }
    }
  }
}

const unzigzag = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);

function wordStop(meta: DataView, from: number): number {
  let stop = from;
  while (meta.getUint8(stop) !== wordEnd) {
    stop++;
  }
  return stop;
}

/** Four bytes at a time, and eight at least, so that some behind the end are written as well; what comes next writes over them. */
function copy(from: DataView, start: number, end: number, to: DataView, at: number): number {
  to.setUint32(at, from.getUint32(start, true), true);
  to.setUint32(at + 4, from.getUint32(start + 4, true), true);
  for (let i = start + 8, k = at + 8; i < end; i += 4, k += 4) {
    to.setUint32(k, from.getUint32(i, true), true);
  }
  return at + end - start;
}

/** The two hexadecimal, and the two decimal, digits of small numbers as they lie in memory. */
const hexPairs = Uint16Array.from({ length: 256 }, (_, byte) => Buffer.from(byte.toString(16).padStart(2, '0')).readUInt16LE());
const decimalPairs = Uint16Array.from({ length: 100 }, (_, value) => Buffer.from(String(value).padStart(2, '0')).readUInt16LE());

/** The digits of numbers below a thousand as they lie in memory, and how many they are: most numbers are small, and loops over one to three digits are guessed wrong. */
const smallMax = 1_000;
const smallDigits = Uint32Array.from({ length: smallMax }, (_, value) => Buffer.from(String(value).padEnd(4)).readUInt32LE());
const smallLengths = Uint8Array.from({ length: smallMax }, (_, value) => String(value).length);

function writeHex(out: DataView, at: number, bits: DataView, bit: number, digits: number): number {
  if ((bit & 7) === 0) {
    for (let i = 0, k = bit >>> 3; i < digits; i += 2, k++) {
      out.setUint16(at + i, hexPairs[bits.getUint8(k)], true);
    }
  } else {
    for (let i = 0; i < digits; i += 2) {
      out.setUint16(at + i, hexPairs[bitsAt(bits, bit + 4 * i, 8)], true);
    }
  }
  return at + digits;
}

/** Writes the digits of a number as `writing` says; answers where they end. */
function writeNumber(out: DataView, at: number, value: number, writing: number): number {
  if (writing === 0 && value < smallMax) {
    out.setUint32(at, smallDigits[value], true);
    return at + smallLengths[value];
  }
  const end = at + (writing === 0 ? digitsOf(value) : writing === hiddenOne ? digitsOf(value) - 1 : writing);
  let i = end - 2;
  for (; i >= at && value >= 0x7fff_ffff; i -= 2) {
    const rest = Math.floor(value / 100);
    out.setUint16(i, decimalPairs[value - rest * 100], true);
    value = rest;
  }
  let small = value | 0;
  for (; i >= at; i -= 2) {
    const rest = (small / 100) | 0;
    out.setUint16(i, decimalPairs[small - rest * 100], true);
    small = rest;
  }
  if (i === at - 1) {
    out.setUint8(at, 0x30 + (small % 10));
  }
  return end;
}

function digitsOf(value: number): number {
  if (value < 10_000) {
    return value < 100 ? (value < 10 ? 1 : 2) : value < 1_000 ? 3 : 4;
  }
  let digits = 5;
  for (let limit = 100_000; value >= limit; limit *= 10) {
    digits++;
  }
  return digits;
}
