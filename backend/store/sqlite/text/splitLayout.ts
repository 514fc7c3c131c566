import { dictionaryColumn, differenceColumn, hexColumn, numberColumn, wordsColumn } from './splitText';
import { VarintReader } from '../format/varint';

/**
 * What is known of all columns, as numbers in a row, `fields` for each: objects here would cost as much as the lines. Shape `s` (from
 * 0) has the columns from `first[s]` to before `first[s + 1]`; its end stands where one more column would.
 */
export interface Layout {
  bytes: number;
  lines: number;
  /** Lines of each shape, counted from 1; those of none come first. */
  rows: Uint32Array;
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
export const fixedStart = 0;
export const fixedEnd = 1;
export const columnKind = 2;
/** how numbers are written; where the words of a dictionary begin in `words`; */
export const writingField = 3;
/** bits of a number, digits of a hexadecimal id, words of a dictionary, bytes of all words; */
export const widthField = 4;
/** where the next value lies: an index, a bit, a byte of `meta`. */
export const nextField = 5;
export const fields = 6;
/** The kind of what stands at the end of a shape. */
export const shapeEnd = 9;

/** Collects the columns of a layout. One is used for layout after layout: what `columns` and `bases` answer holds until the next `clear`. */
export class ColumnList {
  private numbers = new Int32Array(fields * 1024);
  private firsts = new Float64Array(1024);
  count = 0;

  clear(): void {
    this.count = 0;
  }

  add(start: number, end: number, kind: number, writing: number, width: number, next: number, base: number): void {
    if (this.count === this.firsts.length) {
      this.numbers = copied(this.numbers, new Int32Array(this.numbers.length * 2));
      this.firsts = copied(this.firsts, new Float64Array(this.firsts.length * 2));
    }
    const { numbers } = this;
    const c = this.count * fields;
    numbers[c + fixedStart] = start;
    numbers[c + fixedEnd] = end;
    numbers[c + columnKind] = kind;
    numbers[c + writingField] = writing;
    numbers[c + widthField] = width;
    numbers[c + nextField] = next;
    this.firsts[this.count++] = base;
  }

  get columns(): Int32Array {
    return this.numbers.subarray(0, this.count * fields);
  }

  get bases(): Float64Array {
    return this.firsts.subarray(0, this.count);
  }
}

function copied<T extends Int32Array | Float64Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

const list = new ColumnList();
let words = new Uint32Array(4096);

/**
 * @param meta and @param indexes the frames A and B of a split text (`splitText.ts`). The layout holds until the next one is read. Throws an Error when they
 * are damaged.
 */
export function readLayout(meta: Uint8Array, indexes: Uint8Array): Layout {
  const reader = new VarintReader(meta);
  const bytes = reader.read();
  const lines = reader.read();
  const shapeCount = reader.read();
  if (lines > indexes.length) {
    throw new RangeError('a split text has more lines than it says the shapes of');
  }
  const rows = new Uint32Array(256);
  for (let i = 0; i < lines; i++) {
    rows[indexes[i]]++;
  }
  const next = { index: lines, bit: 0, loose: 0, word: 0 };
  const first = new Uint32Array(shapeCount + 1);
  list.clear();
  for (let s = 0; s < shapeCount; s++) {
    for (let count = reader.read(); count > 0; count--) {
      readColumn(reader, rows[s + 1], next);
    }
    const end = reader.skipBytes();
    list.add(reader.position - end, reader.position, shapeEnd, 0, 0, 0, 0);
    first[s + 1] = list.count;
  }
  const looseLengths = Array.from({ length: reader.read() }, () => reader.read());
  const looseBytes = reader.skipBytes();
  const looseStart = reader.position - looseBytes;
  const { columns, bases } = list;
  for (let c = 0; c < columns.length; c += fields) {
    columns[c + nextField] += columns[c + columnKind] === wordsColumn ? looseStart : 0;
  }
  return { bytes, lines, rows, first, columns, bases, words, looseLengths, looseAt: looseStart + next.loose };
}

/** Adds a column with `rows` values to the list. `next` is where its values, and words, begin, and moves on behind them. */
function readColumn(reader: VarintReader, rows: number, next: { index: number; bit: number; loose: number; word: number }): void {
  const fixed = reader.skipBytes();
  const end = reader.position;
  const kind = reader.read();
  switch (kind) {
    case dictionaryColumn: {
      const count = reader.read();
      const at = next.word;
      for (; next.word < at + 2 * count; next.word += 2) {
        if (next.word === words.length) {
          words = copied(words, new Uint32Array(words.length * 2));
        }
        const length = reader.skipBytes();
        words[next.word] = reader.position - length;
        words[next.word + 1] = reader.position;
      }
      list.add(end - fixed, end, kind, at, count, next.index, 0);
      next.index += rows;
      break;
    }
    case numberColumn:
    case differenceColumn: {
      const writing = reader.read();
      const base = reader.read();
      const width = reader.read();
      list.add(end - fixed, end, kind, writing, width, next.bit, base);
      next.bit += Math.ceil((width * rows) / 8) * 8;
      break;
    }
    case hexColumn: {
      const digits = reader.read();
      list.add(end - fixed, end, kind, 0, digits, next.bit, 0);
      next.bit += Math.ceil((4 * digits * rows) / 8) * 8;
      break;
    }
    case wordsColumn: {
      const length = reader.read();
      list.add(end - fixed, end, kind, 0, length, next.loose, 0);
      next.loose += length;
      break;
    }
    default:
      throw new Error(`a split text has a column of kind ${kind}`);
  }
}
