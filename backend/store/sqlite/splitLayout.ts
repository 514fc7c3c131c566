import { dictionaryColumn, differenceColumn, hexColumn, numberColumn, wordsColumn } from './splitText';
import { VarintReader } from './varint';

/**
 * What is known of all columns, as numbers in a row, `fields` for each: objects here would cost as much as the lines. Shape `s` (from
 * 0) has the columns from `first[s]` to before `first[s + 1]`; its end stands where one more column would.
 */
export interface Layout {
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

/** @param meta and @param indexes the frames A and B of a split text (`splitText.ts`). Throws an Error when they are damaged. */
export function readLayout(meta: Uint8Array, indexes: Uint8Array): Layout {
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
      const count = reader.read();
      for (let i = 0; i < count; i++) {
        const length = reader.skipBytes();
        words.push(reader.position - length, reader.position);
      }
      next.index += rows;
      return [...place, kind, at, count, index];
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
    case wordsColumn: {
      const length = reader.read();
      next.loose += length;
      return [...place, kind, 0, length, loose];
    }
    default:
      throw new Error(`a split text has a column of kind ${kind}`);
  }
}
