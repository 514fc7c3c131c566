import { BitWriter } from '../format/bits';
import { hexOf } from './fourBytes';
import { Tokens, hexToken, numberToken, tokenKind, type Frame } from './textTokens';
import { TokenDictionary } from './tokenDictionary';
import { TokenNumbers } from './tokenNumbers';
import { VarintWriter } from '../format/varint';
import { compress, levelSplit } from '../format/zstd';

/**
 * The text of a block as columns, for blocks at rest: lines of one frame (`textTokens.ts`) differ only in their tokens, and the tokens that
 * stand at one place of a frame are alike: the same word, one of a few, numbers of one size, ids. The same text as one zstd
 * frame is half as large again. `joinText.ts` puts it together.
 *
 *   u8 1 (a zstd frame starts with 0x28), u32 bytes of A, u32 bytes of B, then three zstd frames A, B, C (little endian)
 *
 *   A, as varints: bytes of the text, lines, shapes, each shape; the lines of no shape (their number, their lengths); what words and
 *      lines of no shape are made of, as bytes
 *      a shape: columns, each column: the bytes before it, its kind, what the kind needs; the bytes behind the last
 *   B  a byte for each line: its shape, 0 for none; then an index for each value of each `dictionary` column
 *   C  bits, each column from a new byte on
 */
export const splitVersion = 1;
export const headBytes = 9;

/** Kinds of columns, and what each notes in A. Words by number: the words as bytes, the usual first. */
export const dictionaryColumn = 0;
/** Whole numbers: how they are written, the least, bits of what they are more. */
export const numberColumn = 1;
/** Whole numbers: how they are written, the first, bits of the zigzag differences. */
export const differenceColumn = 2;
/** Digits of hexadecimal ids; 4 bits each. */
export const hexColumn = 3;
/** Bytes; the words, each with a blank behind, which no word contains. */
export const wordsColumn = 4;

export const wordEnd = 0x20;

export const shapesMax = 254;
/** Lines that are worth a shape of their own. */
const shapeLinesMin = 4;
/** More text than a block has only when one line is larger than it; memory for tokens is several times as much. */
const splitBytesMax = 1024 * 1024;

/** What is known of the lines of one frame. */
interface Shape {
  frame: Frame;
  lines: number;
  /** From 1 for the shape with the most lines; 0 for those that are none. */
  number: number;
}

const tokens = new Tokens();
const dictionary = new TokenDictionary();
const numbers = new TokenNumbers();
const meta = new VarintWriter();
const loose = new VarintWriter();
const indexes = new VarintWriter();
const bits = new BitWriter();

/** Undefined when the lines have too little in common. `offsets` has a number more than there are lines. */
export function splitText(text: Uint8Array, offsets: Uint32Array): Uint8Array | undefined {
  const count = offsets.length - 1;
  if (text.length > splitBytesMax || count < shapeLinesMin || !coversAll(text, offsets)) {
    return undefined;
  }
  tokens.load(text);
  const { shapes, shapeOf, rows } = shapesOf(offsets);
  if (shapes.length === 0) {
    return undefined;
  }
  for (const writer of [meta, loose, indexes]) {
    writer.clear();
  }
  bits.clear();
  for (const value of [text.length, count, shapes.length]) {
    meta.write(value);
  }
  indexes.append(shapeOf);
  let at = 0;
  for (const { frame, lines } of shapes) {
    writeShape(frame, rows.subarray(at, at + lines));
    at += lines;
  }
  writeShapeless(offsets, shapeOf, count - at);
  const frames = [compress(meta.bytes(), levelSplit), compress(indexes.bytes(), levelSplit), compress(bits.result())];
  const head = Buffer.alloc(headBytes);
  head[0] = splitVersion;
  head.writeUInt32LE(frames[0].length, 1);
  head.writeUInt32LE(frames[1].length, 5);
  return Buffer.concat([head, ...frames]);
}

/** Whether the lines are the whole text, one behind the other. */
function coversAll(text: Uint8Array, offsets: Uint32Array): boolean {
  const last = offsets.length - 1;
  if (offsets[0] !== 0 || offsets[last] !== text.length) {
    return false;
  }
  for (let i = 0; i < last; i++) {
    if (offsets[i] > offsets[i + 1]) {
      return false;
    }
  }
  return true;
}

/** The frames that enough lines have, the number of each line's shape, and the first token of each line that has one: shape after shape. */
function shapesOf(offsets: Uint32Array): { shapes: Shape[]; shapeOf: Uint8Array; rows: Int32Array } {
  const count = offsets.length - 1;
  // by hash; a line whose frame shares one with another has no shape
  const byHash = new Map<number, Shape>();
  const shapeOfLine: Array<Shape | undefined> = [];
  const firsts = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    firsts[i] = tokens.count;
    const length = tokens.addLine(offsets[i], offsets[i + 1]);
    if (length < 0) {
      shapeOfLine.push(undefined);
      continue;
    }
    const hash = tokens.frameHash(length);
    let shape = byHash.get(hash);
    if (!shape) {
      shape = { frame: tokens.takeFrame(length), lines: 0, number: 0 };
      byHash.set(hash, shape);
    }
    const same = tokens.hasFrame(shape.frame, length);
    shape.lines += same ? 1 : 0;
    shapeOfLine.push(same ? shape : undefined);
  }
  const shapes = [...byHash.values()].filter(({ lines }) => lines >= shapeLinesMin).sort((a, b) => b.lines - a.lines).slice(0, shapesMax);
  return { shapes, ...inOrder(shapes, shapeOfLine, firsts) };
}

/** Numbers the shapes, and puts the first tokens of lines in their order. */
function inOrder(shapes: Shape[], shapeOfLine: Array<Shape | undefined>, firsts: Int32Array): { shapeOf: Uint8Array; rows: Int32Array } {
  const ends = new Int32Array(shapes.length + 1);
  for (let s = 0, at = 0; s < shapes.length; s++) {
    shapes[s].number = s + 1;
    ends[s + 1] = at;
    at += shapes[s].lines;
  }
  const shapeOf = new Uint8Array(firsts.length);
  const rows = new Int32Array(firsts.length);
  for (let i = 0; i < firsts.length; i++) {
    const shape = shapeOfLine[i]?.number ?? 0;
    if (shape > 0) {
      shapeOf[i] = shape;
      rows[ends[shape]++] = firsts[i];
    }
  }
  return { shapeOf, rows };
}

function writeShapeless(offsets: Uint32Array, shapeOf: Uint8Array, count: number): void {
  meta.write(count);
  for (let i = 0; i < shapeOf.length; i++) {
    if (shapeOf[i] === 0) {
      meta.write(offsets[i + 1] - offsets[i]);
      loose.appendPart(tokens.bytes, offsets[i], offsets[i + 1]);
    }
  }
  meta.writeAll(loose);
}

/** What stands before the next column. */
const fixed = new VarintWriter();
const columns = new VarintWriter();

/** @param rows the first token of each line. */
function writeShape({ length, fours }: Frame, rows: Int32Array): void {
  const frame = new Uint8Array(fours.buffer, 0, length);
  const { bytes, starts, lengths } = tokens;
  let columnCount = 0;
  fixed.clear();
  columns.clear();
  for (let k = 0, column = 0; k < frame.length; k++) {
    const kind = tokenKind(frame[k]);
    if (kind === 0) {
      fixed.write(frame[k]);
      continue;
    }
    if (allEqual(rows, column)) {
      const first = rows[0] + column;
      fixed.appendPart(bytes, starts[first], starts[first] + lengths[first]);
    } else {
      columns.writeAll(fixed);
      fixed.clear();
      writeColumn(rows, column, kind);
      columnCount++;
    }
    column++;
  }
  meta.write(columnCount);
  meta.append(columns.bytes());
  meta.writeAll(fixed);
}

function allEqual(rows: Int32Array, column: number): boolean {
  const { lengths, marks } = tokens;
  const length = lengths[rows[0] + column];
  const mark = marks[rows[0] + column];
  for (let r = 1; r < rows.length; r++) {
    const token = rows[r] + column;
    if (marks[token] !== mark || lengths[token] !== length) {
      return false;
    }
  }
  return true;
}

/** The way that takes the fewest bits. */
function writeColumn(rows: Int32Array, column: number, kind: number): void {
  const wordBits = dictionary.fill(tokens, rows, column);
  if (kind === numberToken) {
    numbers.fill(tokens, rows, column);
    if (wordBits > numbers.width * rows.length) {
      writeNumbers();
      return;
    }
  }
  if (wordBits < Infinity) {
    columns.write(dictionaryColumn);
    dictionary.write(tokens, columns, indexes);
  } else if (kind === hexToken && allOneLength(rows, column)) {
    writeHex(rows, column);
  } else {
    writeWords(rows, column);
  }
}

function writeNumbers(): void {
  columns.write(numbers.differences ? differenceColumn : numberColumn);
  columns.write(numbers.writing);
  columns.write(numbers.base);
  columns.write(numbers.width);
  numbers.write(bits);
}

function allOneLength(rows: Int32Array, column: number): boolean {
  const { lengths } = tokens;
  const length = lengths[rows[0] + column];
  for (let r = 1; r < rows.length; r++) {
    if (lengths[rows[r] + column] !== length) {
      return false;
    }
  }
  return true;
}

function writeHex(rows: Int32Array, column: number): void {
  const { view, starts, lengths } = tokens;
  const digits = lengths[rows[0] + column];
  columns.write(hexColumn);
  columns.write(digits);
  bits.reserve(4 * digits * rows.length);
  const rest = digits & 3;
  for (let r = 0; r < rows.length; r++) {
    let i = starts[rows[r] + column];
    for (const end = i + digits - rest; i < end; i += 4) {
      bits.write(hexOf(view.getInt32(i)), 16);
    }
    if (rest > 0) {
      bits.write(hexOf(view.getInt32(i) & (-1 << (32 - 8 * rest))) >>> (16 - 4 * rest), 4 * rest);
    }
  }
  bits.align();
}

function writeWords(rows: Int32Array, column: number): void {
  const { bytes, starts, lengths } = tokens;
  let length = 0;
  for (let r = 0; r < rows.length; r++) {
    const token = rows[r] + column;
    loose.appendPart(bytes, starts[token], starts[token] + lengths[token]);
    loose.write(wordEnd);
    length += lengths[token] + 1;
  }
  columns.write(wordsColumn);
  columns.write(length);
}
