import { bitsAt, bitsSlack } from './bits';
import { dictionaryColumn, differenceColumn, headBytes, hexColumn, hiddenOne, numberColumn, splitVersion, wordEnd, wordsColumn } from './splitText';
import { VarintReader } from './varint';
import { Scratch, decompress } from './zstd';

/** The three frames of a split text (`splitText.ts`). */
interface Frames {
  meta: Uint8Array;
  indexes: Uint8Array;
  bits: Uint8Array;
}

/**
 * What is known of all columns, as numbers in a row, `fields` for each: objects here would cost as much as the lines. Shape `s` (from
 * 0) has the columns from `first[s]` to before `first[s + 1]`; its end stands where one more column would.
 */
interface Layout {
  bytes: number;
  lines: number;
  first: Uint32Array;
  columns: Int32Array;
  /** The least number of each column, or the number before. */
  bases: Float64Array;
  /** Start and end of each word of all dictionaries, in `meta`. */
  words: Uint32Array;
  /** Lengths of the lines of no shape, and where in `meta` the first of them begins. */
  looseLengths: number[];
  looseAt: number;
}

/** Fields of a column. The bytes before it, as places in `meta`; */
const fixedStart = 0;
const fixedEnd = 1;
const columnKind = 2;
/** how numbers are written; where the words of a dictionary begin in `words`; */
const writingField = 3;
/** bits of a number, digits of a hexadecimal id; where the next value lies: an index, a bit, a byte of `meta`. */
const widthField = 4;
const nextField = 5;
const fields = 6;
/** The kind of what stands at the end of a shape. */
const shapeEnd = 9;

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
  const { meta, indexes, bits } = packedFrames(packed);
  const frames = {
    meta: decompress(meta, metaScratch, slack),
    indexes: decompress(indexes, indexScratch),
    bits: decompress(bits, bitScratch, slack),
  };
  const layout = readLayout(frames);
  const { bytes } = layout;
  const text = into ? into.take(bytes + slack) : Buffer.allocUnsafe(bytes + slack);
  if (writeLines(viewOf(text, bytes), viewOf(frames.meta, frames.meta.length), layout, frames.indexes, viewOf(frames.bits, frames.bits.length)) !== bytes) {
    throw new Error('a split text has another length than it says');
  }
  return text.subarray(0, bytes);
}

/** Bytes that are written, and read, behind the end at most. */
const slack = Math.max(8, bitsSlack);

const viewOf = (memory: Uint8Array, bytes: number): DataView => new DataView(memory.buffer, memory.byteOffset, bytes + slack);

function readLayout({ meta, indexes }: Frames): Layout {
  const reader = new VarintReader(meta);
  const bytes = reader.read();
  const lines = reader.read();
  const shapeCount = reader.read();
  const rows = new Uint32Array(256);
  for (let i = 0; i < lines; i++) {
    rows[indexes[i]]++;
  }
  const next = { index: lines, bit: 0, loose: 0 };
  const first = new Uint32Array(shapeCount + 1);
  const columns: number[] = [];
  const bases: number[] = [];
  const words: number[] = [];
  for (let s = 0; s < shapeCount; s++) {
    for (let count = reader.read(); count > 0; count--) {
      columns.push(...readColumn(reader, rows[s + 1], next, words, bases));
      bases.length = columns.length / fields;
    }
    const end = reader.skipBytes();
    columns.push(reader.position - end, reader.position, shapeEnd, 0, 0, 0);
    first[s + 1] = bases.length = columns.length / fields;
  }
  const looseLengths = Array.from({ length: reader.read() }, () => reader.read());
  const looseBytes = reader.skipBytes();
  const looseStart = reader.position - looseBytes;
  for (let c = 0; c < columns.length; c += fields) {
    columns[c + nextField] += columns[c + columnKind] === wordsColumn ? looseStart : 0;
  }
  return { bytes, lines, first, columns: Int32Array.from(columns), bases: Float64Array.from(bases, (base) => base ?? 0), words: Uint32Array.from(words), looseLengths, looseAt: looseStart + next.loose };
}

/** The fields of a column with `rows` values. `next` is where its values begin, and moves on behind them. */
function readColumn(reader: VarintReader, rows: number, next: { index: number; bit: number; loose: number }, words: number[], bases: number[]): number[] {
  const fixed = reader.skipBytes();
  const place = [reader.position - fixed, reader.position];
  const kind = reader.read();
  const { index, bit, loose } = next;
  switch (kind) {
    case dictionaryColumn: {
      const at = words.length;
      for (let count = reader.read(); count > 0; count--) {
        const length = reader.skipBytes();
        words.push(reader.position - length, reader.position);
      }
      next.index += rows;
      return [...place, kind, at, 0, index];
    }
    case numberColumn:
    case differenceColumn: {
      const writing = reader.read();
      bases.push(reader.read());
      const width = reader.read();
      next.bit += Math.ceil((width * rows) / 8) * 8;
      return [...place, kind, writing, width, bit];
    }
    case hexColumn: {
      const digits = reader.read();
      next.bit += Math.ceil((4 * digits * rows) / 8) * 8;
      return [...place, kind, 0, digits, bit];
    }
    case wordsColumn:
      next.loose += reader.read();
      return [...place, kind, 0, 0, loose];
    default:
      throw new Error(`a split text has a column of kind ${kind}`);
  }
}

/** Writes line after line; answers how many bytes they are. Both views reach `slack` bytes further than what they show. */
function writeLines(out: DataView, meta: DataView, layout: Layout, indexes: Uint8Array, bits: DataView): number {
  const { lines, first, columns, bases, words, looseLengths } = layout;
  let { looseAt } = layout;
  let at = 0;
  for (let line = 0, nextLoose = 0; line < lines; line++) {
    const shape = indexes[line];
    if (shape === 0) {
      const length = looseLengths[nextLoose++];
      at = copy(meta, looseAt, looseAt + length, out, at);
      looseAt += length;
      continue;
    }
    const end = first[shape];
    for (let k = first[shape - 1]; k < end; k++) {
      const c = k * fields;
      at = copy(meta, columns[c + fixedStart], columns[c + fixedEnd], out, at);
      const next = columns[c + nextField];
      switch (columns[c + columnKind]) {
        case dictionaryColumn: {
          const word = columns[c + writingField] + 2 * indexes[next];
          columns[c + nextField] = next + 1;
          at = copy(meta, words[word], words[word + 1], out, at);
          break;
        }
        case numberColumn: {
          const width = columns[c + widthField];
          columns[c + nextField] = next + width;
          at = writeNumber(out, at, bases[k] + bitsAt(bits, next, width), columns[c + writingField]);
          break;
        }
        case differenceColumn: {
          const width = columns[c + widthField];
          columns[c + nextField] = next + width;
          const value = bases[k] + unzigzag(bitsAt(bits, next, width));
          bases[k] = value;
          at = writeNumber(out, at, value, columns[c + writingField]);
          break;
        }
        case hexColumn: {
          const digits = columns[c + widthField];
          columns[c + nextField] = next + 4 * digits;
          at = writeHex(out, at, bits, next, digits);
          break;
        }
        case wordsColumn: {
          const stop = wordStop(meta, next);
          at = copy(meta, next, stop, out, at);
          columns[c + nextField] = stop + 1;
        }
      }
    }
  }
  return at;
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
