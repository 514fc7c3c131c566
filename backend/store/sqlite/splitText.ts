import { BitWriter, bitLength } from './bits';
import { Tokens, hexToken, numberToken, tokenKind } from './textTokens';
import { TokenDictionary, type Found } from './tokenDictionary';
import { VarintWriter } from './varint';
import { compress, levelDense } from './zstd';

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

/** How numbers are written: 0 as they are, up to 14 with zeros to that width, or with a 1 before their digits, which is not shown. */
export const hiddenOne = 255;
export const wordEnd = 0x20;

export const shapesMax = 254;
/** Lines that are worth a shape of their own. */
const shapeLinesMin = 4;
/** More text than a block has only when one line is larger than it; memory for tokens is several times as much. */
const splitBytesMax = 1024 * 1024;

interface Shape {
  frame: string;
  /** First token of each of its lines. */
  firsts: number[];
}

const tokens = new Tokens();
const dictionary = new TokenDictionary();
const meta = new VarintWriter();
const loose = new VarintWriter();
const indexes = new VarintWriter();
const bits = new BitWriter();

/** Undefined when the lines have too little in common. `offsets` has a number more than there are lines. */
export function splitText(text: Uint8Array, offsets: Uint32Array): Uint8Array | undefined {
  const count = offsets.length - 1;
  if (text.length > splitBytesMax || count < shapeLinesMin) {
    return undefined;
  }
  const { shapes, shapeOf } = shapesOf(text, offsets);
  if (shapes.length === 0) {
    return undefined;
  }
  [meta, loose, indexes].forEach((writer) => writer.clear());
  bits.clear();
  [text.length, count, shapes.length].forEach((value) => meta.write(value));
  indexes.append(shapeOf);
  shapes.forEach((shape) => writeShape(text, shape));
  const shapeless = Array.from({ length: count }, (_, i) => i).filter((i) => shapeOf[i] === 0);
  meta.write(shapeless.length);
  for (const i of shapeless) {
    meta.write(offsets[i + 1] - offsets[i]);
    loose.append(text.subarray(offsets[i], offsets[i + 1]));
  }
  meta.writeBytes(loose.bytes());
  const frames = [compress(meta.bytes(), levelDense), compress(indexes.bytes(), levelDense), compress(bits.result())];
  const head = Buffer.alloc(headBytes);
  head[0] = splitVersion;
  head.writeUInt32LE(frames[0].length, 1);
  head.writeUInt32LE(frames[1].length, 5);
  return Buffer.concat([head, ...frames]);
}

/** The frames that enough lines have, and the number of each line's shape. */
function shapesOf(text: Uint8Array, offsets: Uint32Array): { shapes: Shape[]; shapeOf: Uint8Array } {
  const count = offsets.length - 1;
  tokens.count = 0;
  const byFrame = new Map<string, Shape>();
  const shapeOfLine: Array<Shape | undefined> = [];
  for (let i = 0; i < count; i++) {
    const first = tokens.count;
    const frame = tokens.addLine(text, offsets[i], offsets[i + 1]);
    let shape: Shape | undefined;
    if (frame !== undefined) {
      shape = byFrame.get(frame);
      if (!shape) {
        shape = { frame, firsts: [] };
        byFrame.set(frame, shape);
      }
      shape.firsts.push(first);
    }
    shapeOfLine.push(shape);
  }
  const shapes = [...byFrame.values()].filter(({ firsts }) => firsts.length >= shapeLinesMin).sort((a, b) => b.firsts.length - a.firsts.length).slice(0, shapesMax);
  const numbers = new Map(shapes.map((shape, i) => [shape, i + 1]));
  return { shapes, shapeOf: Uint8Array.from(shapeOfLine, (shape) => (shape && numbers.get(shape)) ?? 0) };
}

/** What stands before the next column. */
const fixed = new VarintWriter();
const columns = new VarintWriter();

function writeShape(text: Uint8Array, { frame, firsts }: Shape): void {
  const rows = Uint32Array.from(firsts);
  let columnCount = 0;
  fixed.clear();
  columns.clear();
  for (let k = 0; k < frame.length; k++) {
    const kind = tokenKind(frame.charCodeAt(k));
    if (kind === 0) {
      fixed.append(Uint8Array.of(frame.charCodeAt(k)));
      continue;
    }
    if (allEqual(text, rows)) {
      fixed.append(text.subarray(tokens.starts[rows[0]], tokens.ends[rows[0]]));
    } else {
      columns.writeBytes(fixed.bytes());
      fixed.clear();
      writeColumn(text, rows, kind);
      columnCount++;
    }
    for (let r = 0; r < rows.length; r++) {
      rows[r]++;
    }
  }
  meta.write(columnCount);
  meta.append(columns.bytes());
  meta.writeBytes(fixed.bytes());
}

function allEqual(text: Uint8Array, rows: Uint32Array): boolean {
  const { starts, ends } = tokens;
  const start = starts[rows[0]];
  const length = ends[rows[0]] - start;
  for (let r = 1; r < rows.length; r++) {
    const other = starts[rows[r]];
    if (ends[rows[r]] - other !== length) {
      return false;
    }
    for (let i = 0; i < length; i++) {
      if (text[start + i] !== text[other + i]) {
        return false;
      }
    }
  }
  return true;
}

/** The way that takes the fewest bits. */
function writeColumn(text: Uint8Array, rows: Uint32Array, kind: number): void {
  const found = dictionary.fill(text, tokens, rows);
  const numbers = kind === numberToken ? numbersOf(text, rows) : undefined;
  if (numbers && !(found && found.bits <= numbers.width * rows.length)) {
    writeNumbers(numbers);
  } else if (found) {
    writeDictionary(text, found);
  } else if (kind === hexToken && allOneLength(rows)) {
    writeHex(text, rows);
  } else {
    writeWords(text, rows);
  }
}

function writeDictionary(text: Uint8Array, { words, ranks }: Found): void {
  columns.write(dictionaryColumn);
  columns.write(words.length);
  for (const token of words) {
    columns.writeBytes(text.subarray(tokens.starts[token], tokens.ends[token]));
  }
  indexes.append(ranks);
}

function allOneLength(rows: Uint32Array): boolean {
  const { starts, ends } = tokens;
  const length = ends[rows[0]] - starts[rows[0]];
  return rows.every((row) => ends[row] - starts[row] === length);
}

function writeHex(text: Uint8Array, rows: Uint32Array): void {
  const { starts, ends } = tokens;
  columns.write(hexColumn);
  columns.write(ends[rows[0]] - starts[rows[0]]);
  for (const row of rows) {
    for (let i = starts[row]; i < ends[row]; i++) {
      bits.write(text[i] <= 0x39 ? text[i] - 0x30 : text[i] - 0x57, 4);
    }
  }
  bits.align();
}

const blank = Uint8Array.of(wordEnd);

function writeWords(text: Uint8Array, rows: Uint32Array): void {
  let length = 0;
  for (const row of rows) {
    const word = text.subarray(tokens.starts[row], tokens.ends[row]);
    loose.append(word);
    loose.append(blank);
    length += word.length + 1;
  }
  columns.write(wordsColumn);
  columns.write(length);
}

/** A column of numbers: what is written of each (`first` plus what they are more, or their differences), and how wide. */
interface Numbers {
  kind: number;
  writing: number;
  first: number;
  width: number;
  values: Float64Array;
}

function numbersOf(text: Uint8Array, rows: Uint32Array): Numbers {
  const { starts, ends } = tokens;
  const writing = writingOf(text, rows);
  const values = new Float64Array(rows.length);
  let least = Infinity;
  let most = 0;
  let widest = 0;
  for (let r = 0; r < rows.length; r++) {
    let value = writing === hiddenOne ? 1 : 0;
    for (let i = starts[rows[r]]; i < ends[rows[r]]; i++) {
      value = value * 10 + text[i] - 0x30;
    }
    values[r] = value;
    least = Math.min(least, value);
    most = Math.max(most, value);
    widest = Math.max(widest, r === 0 ? 0 : zigzag(value - values[r - 1]));
  }
  const plain = bitLength(most - least);
  const difference = bitLength(widest);
  const first = values[0];
  return difference < plain
    ? { kind: differenceColumn, writing, first, width: difference, values: values.map((value, r) => (r === 0 ? 0 : zigzag(value - values[r - 1]))) }
    : { kind: numberColumn, writing, first: least, width: plain, values: values.map((value) => value - least) };
}

const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);

function writingOf(text: Uint8Array, rows: Uint32Array): number {
  const { starts, ends } = tokens;
  if (allOneLength(rows)) {
    return ends[rows[0]] - starts[rows[0]];
  }
  return rows.some((row) => text[starts[row]] === 0x30 && ends[row] - starts[row] > 1) ? hiddenOne : 0;
}

function writeNumbers({ kind, writing, first, width, values }: Numbers): void {
  [kind, writing, first, width].forEach((value) => columns.write(value));
  for (let r = 0; r < values.length; r++) {
    bits.write(values[r], width);
  }
  bits.align();
}
