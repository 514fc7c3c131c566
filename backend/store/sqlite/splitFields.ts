import type { NeededFields } from '../store';
import { columnMark, wantedPieces, type TokenKind } from './fieldPieces';
import { columnKind, fields, fixedEnd, fixedStart, nextField, shapeEnd, widthField, writingField, type Layout } from './splitLayout';
import { dictionaryColumn, differenceColumn, numberColumn, wordsColumn } from './splitText';
import { digitsMax } from './textTokens';

/**
 * The layout of a split text without the fields that nobody looks at: the columns of these are left out of the shapes, so that putting the lines together
 * does not even read them. Shapes that are not plainly JSON or logfmt stay as they are.
 * @param room `meta`, and memory behind it for what stands between the columns that stay; a shape that finds none there stays as it is.
 * @param used bytes of `room` that are `meta`.
 */
export function withFields(layout: Layout, room: Uint8Array, used: number, wanted: NeededFields): Layout {
  const first = new Uint32Array(layout.first.length);
  const columns: number[] = [];
  const bases: number[] = [];
  let free = used;
  const add = (column: number, start: number, end: number): void => {
    const from = column * fields;
    columns.push(start, end, ...layout.columns.subarray(from + columnKind, from + fields));
    bases.push(layout.bases[column] ?? 0);
  };
  for (let s = 0; s + 1 < layout.first.length; s++) {
    const from = layout.first[s];
    const to = layout.first[s + 1];
    const pieces = wantedPieces(lineOf(layout, room, from, to), (column) => kindOf(layout, room, from + column), wanted);
    if (pieces && free + pieces.length <= room.length) {
      let start = free;
      for (const piece of pieces) {
        if (piece < columnMark) {
          room[free++] = piece;
        } else {
          add(from + piece - columnMark, start, free);
          start = free;
        }
      }
      add(to - 1, start, free);
    } else {
      for (let k = from; k < to; k++) {
        add(k, layout.columns[k * fields + fixedStart], layout.columns[k * fields + fixedEnd]);
      }
    }
    first[s + 1] = bases.length;
  }
  return { ...layout, first, columns: Int32Array.from(columns), bases: Float64Array.from(bases) };
}

/** The line of a shape: its fixed bytes, and a mark for each column. */
function lineOf({ columns }: Layout, meta: Uint8Array, from: number, to: number): number[] {
  const line: number[] = [];
  for (let k = from; k < to; k++) {
    const c = k * fields;
    for (let i = columns[c + fixedStart]; i < columns[c + fixedEnd]; i++) {
      line.push(meta[i]);
    }
    if (columns[c + columnKind] !== shapeEnd) {
      line.push(columnMark + k - from);
    }
  }
  return line;
}

function kindOf({ columns, words, bases }: Layout, meta: Uint8Array, column: number): TokenKind {
  const c = column * fields;
  const writing = columns[c + writingField];
  const width = columns[c + widthField];
  const next = columns[c + nextField];
  switch (columns[c + columnKind]) {
    case dictionaryColumn:
      return wordsKind(meta, words.subarray(writing, writing + 2 * width));
    case wordsColumn:
      return { ascii: isAscii(meta, next, next + width), plainNumber: false };
    case numberColumn:
      return { ascii: true, plainNumber: writing === 0 || (writing <= digitsMax && bases[column] >= 10 ** (writing - 1)) };
    case differenceColumn:
      return { ascii: true, plainNumber: writing === 0 };
    default:
      return { ascii: true, plainNumber: false };
  }
}

function wordsKind(meta: Uint8Array, words: Uint32Array): TokenKind {
  let plainNumber = true;
  for (let w = 0; w < words.length; w += 2) {
    if (!isAscii(meta, words[w], words[w + 1])) {
      return { ascii: false, plainNumber: false };
    }
    plainNumber &&= isNumber(meta, words[w], words[w + 1]);
  }
  return { ascii: true, plainNumber };
}

function isAscii(bytes: Uint8Array, from: number, to: number): boolean {
  let high = 0;
  for (let i = from; i < to; i++) {
    high |= bytes[i];
  }
  return high < 0x80;
}

function isNumber(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    if (bytes[i] < 0x30 || bytes[i] > 0x39) {
      return false;
    }
  }
  return to - from === 1 || bytes[from] !== 0x30;
}
