import { columnMark, type TokenKind, type WantedFields } from './fieldPieces';
import { ColumnList, columnKind, fields, fixedEnd, fixedStart, nextField, shapeEnd, widthField, writingField, type Layout } from './splitLayout';
import { dictionaryColumn, differenceColumn, numberColumn, wordsColumn } from './splitText';
import { digitsMax } from './textTokens';

/**
 * The layout of a split text without the fields that nobody looks at: the columns of these are left out of the shapes, so that putting the lines together
 * does not even read them. Shapes that are not plainly JSON or logfmt stay as they are.
 * @param room `meta`, and memory behind it for what stands between the columns that stay; a shape that finds none there stays as it is.
 * @param used bytes of `room` that are `meta`.
 */
export function withFields(layout: Layout, room: Uint8Array, used: number, wanted: WantedFields): Layout {
  const { columns, bases } = layout;
  const first = new Uint32Array(layout.first.length);
  list.clear();
  let free = used;
  const add = (column: number, start: number, end: number): void => {
    const c = column * fields;
    list.add(start, end, columns[c + columnKind], columns[c + writingField], columns[c + widthField], columns[c + nextField], bases[column]);
  };
  for (let s = 0; s + 1 < layout.first.length; s++) {
    const from = layout.first[s];
    const to = layout.first[s + 1];
    const pieces = wanted.of(lineOf(layout, room, from, to), (column) => kindOf(layout, room, from + column));
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
        add(k, columns[k * fields + fixedStart], columns[k * fields + fixedEnd]);
      }
    }
    first[s + 1] = list.count;
  }
  return { ...layout, first, columns: list.columns, bases: list.bases };
}

const list = new ColumnList();
let pieces = new Uint16Array(4096);

/** The line of a shape: its fixed bytes, and a mark for each column. Holds until the next one. */
function lineOf({ columns }: Layout, meta: Uint8Array, from: number, to: number): Uint16Array {
  let length = 0;
  for (let k = from; k < to; k++) {
    const c = k * fields;
    const end = columns[c + fixedEnd];
    if (length + end - columns[c + fixedStart] + 1 > pieces.length) {
      const longer = new Uint16Array(2 * (length + end - columns[c + fixedStart] + 1));
      longer.set(pieces);
      pieces = longer;
    }
    for (let i = columns[c + fixedStart]; i < end; i++) {
      pieces[length++] = meta[i];
    }
    if (columns[c + columnKind] !== shapeEnd) {
      pieces[length++] = columnMark + k - from;
    }
  }
  return pieces.subarray(0, length);
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
