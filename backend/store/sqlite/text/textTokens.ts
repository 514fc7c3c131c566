import { allMarked, beforeFirst, digitsOf, hexDigitsOf, lettersOf, numberOf, untilFirst } from './fourBytes';
import { hashBytes, hashSlack, mixed } from './hashBytes';

/**
 * Cuts log lines into tokens: runs of letters and digits, with whatever stands between them as their frame. Lines of one frame are
 * written by one statement of a program, and their tokens are its variables.
 */
export const numberToken = 1;
export const hexToken = 2;
export const wordToken = 3;

/** Where frames write a token: above ASCII, which no frame holds, since such bytes count as letters. */
const tokenMark = 0x80;

const digit = 1;
const hexLetter = 2;
const letter = 4;
const classes = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  if (byte >= 0x30 && byte <= 0x39) {
    classes[byte] = digit;
  } else if (byte >= 0x61 && byte <= 0x66) {
    classes[byte] = hexLetter;
  } else if (byte >= 0x80 || (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a)) {
    classes[byte] = letter;
  }
}

/** Digits of one number: with a digit before them they are exact in a double, and fit 48 bits. */
export const digitsMax = 14;
/** Shorter runs of hexadecimal digits are more often words and numbers that touch. */
const hexMin = 4;
/** A run that changes between letters and digits more often is taken as one word, as base64 is. */
const changesMax = 4;
/** Lines with more tokens are not worth a frame of their own. */
export const tokensPerLineMax = 500;

/** What stands between the tokens of a line that has a frame; more is not worth one. */
const separatorsMax = 4096;
/** Room for a frame, with what is written behind it. */
const frameRoom = 4 * Math.ceil((separatorsMax + tokensPerLineMax + 16) / 4);
/** Longer numbers are not marked by their value. */
export const markDigitsMax = 8;

/** The bytes of a frame, by fours; what is more than `length` is zeros. */
export interface Frame {
  length: number;
  fours: Int32Array;
}

/** The tokens of one text, line after line; its memory is used again for the next. */
export class Tokens {
  /** The text, with room for a byte and for what `hashBytes` looks at behind it. */
  bytes = new Uint8Array(0);
  view = new DataView(this.bytes.buffer);
  starts = new Int32Array(1 << 16);
  lengths = new Int32Array(1 << 16);
  /**
   * The value of a number of up to `markDigitsMax` digits, else a hash of the bytes: tokens of one kind, length and mark are taken for the same. That two are
   * not comes with one in four thousand million, and is noticed when what was split is put together.
   */
  marks = new Int32Array(1 << 16);
  count = 0;
  /** The frame of the last line. */
  private readonly frame = new Uint8Array(frameRoom);
  private readonly frameView = new DataView(this.frame.buffer);
  private readonly frameFours = new Int32Array(this.frame.buffer);

  /** Starts over with a text. */
  load(text: Uint8Array): void {
    const size = text.length + 1 + Math.max(hashSlack, 4);
    if (this.bytes.length < size) {
      this.bytes = new Uint8Array(Math.max(size, 1.25 * this.bytes.length));
      this.view = new DataView(this.bytes.buffer);
    }
    this.bytes.set(text);
    this.count = 0;
  }

  /** Adds the tokens of the line `[from, to)` of the text; answers how long its frame is, -1 when there are too many. */
  addLine(from: number, to: number): number {
    this.reserve();
    const first = this.count;
    // so that runs end at the end of the line, without looking for it at each byte
    const behind = this.bytes[to];
    this.bytes[to] = 0;
    const length = this.cut(first, from, to);
    this.bytes[to] = behind;
    if (length < 0) {
      this.count = first;
      return -1;
    }
    this.frameView.setInt32(length, 0);
    return length;
  }

  private cut(first: number, from: number, to: number): number {
    const { view, frame, frameView, starts, lengths, marks } = this;
    let count = first | 0;
    let length = 0;
    let i = from | 0;
    while (length >= 0 && length < separatorsMax && count - first <= tokensPerLineMax) {
      // what stands before the next run: mostly less than four bytes
      const next = view.getInt32(i, true);
      const runs = lettersOf(next) | digitsOf(next);
      const gap = runs === 0 ? 4 : beforeFirst(runs);
      frameView.setInt32(length, next, true);
      length = (length + gap) | 0;
      i = (i + gap) | 0;
      if (i >= to) {
        break;
      }
      if (gap === 4) {
        continue;
      }
      const start = i;
      let hash = 0;
      let letters = 0;
      let digits = 0;
      let four = view.getInt32(i, true);
      let lettersHere = lettersOf(four);
      let digitsHere = digitsOf(four);
      while ((lettersHere | digitsHere) === allMarked) {
        letters |= lettersHere;
        digits |= digitsHere;
        hash = mixed(hash, four);
        i = (i + 4) | 0;
        four = view.getInt32(i, true);
        lettersHere = lettersOf(four);
        digitsHere = digitsOf(four);
      }
      const end = allMarked ^ (lettersHere | digitsHere);
      const inside = untilFirst(end);
      letters |= lettersHere & inside;
      digits |= digitsHere & inside;
      const rest = beforeFirst(end);
      hash = rest > 0 ? mixed(hash, four & (inside >>> 7)) : hash;
      i = (i + rest) | 0;
      const size = (i - start) | 0;
      if (digits === 0 || (letters === 0 && size <= digitsMax)) {
        starts[count] = start;
        lengths[count] = size;
        marks[count] = digits === 0 || size > markDigitsMax ? hash : numberOf(view, start, size);
        count = (count + 1) | 0;
        frame[length] = tokenMark + (digits === 0 ? wordToken : numberToken);
        length = (length + 1) | 0;
      } else {
        this.count = count;
        length = this.addMixed(first, length, start, i, hash);
        count = this.count;
      }
    }
    this.count = count;
    // the last bytes between may be those behind the line
    return i < to ? -1 : length - (i - to);
  }

  /** Room for the tokens of a line. */
  private reserve(): void {
    if (this.count + tokensPerLineMax + 1 > this.starts.length) {
      this.starts = doubled(this.starts);
      this.lengths = doubled(this.lengths);
      this.marks = doubled(this.marks);
    }
  }

  /** A hash of the last line's frame. */
  frameHash(length: number): number {
    return mixed(hashBytes(this.frameView, 0, length), length);
  }

  /** The last line's frame: a byte above 0x80 stands for a token of that kind. */
  takeFrame(length: number): Frame {
    return { length, fours: this.frameFours.slice(0, (length + 3) >> 2) };
  }

  /** Whether the last line has this frame. */
  hasFrame(frame: Frame, length: number): boolean {
    const { frameFours } = this;
    const { fours } = frame;
    for (let i = 0; i < fours.length; i++) {
      if (fours[i] !== frameFours[i]) {
        return false;
      }
    }
    return frame.length === length;
  }

  /** A run in which letters and digits touch, or with many digits. */
  private addMixed(first: number, length: number, start: number, end: number, hash: number): number {
    if (end - start >= hexMin && this.isHex(start, end)) {
      return this.add(first, length, hexToken, start, end, hash);
    }
    return this.changesOften(start, end) ? this.add(first, length, wordToken, start, end, hash) : this.addParts(first, length, start, end);
  }

  /** Whether there are letters of hexadecimal ids and digits, and nothing else. */
  private isHex(start: number, end: number): boolean {
    let letters = 0;
    for (let i = start; i < end; i += 4) {
      const four = this.view.getInt32(i, true);
      const inside = end - i < 4 ? (1 << (8 * (end - i))) - 1 : -1;
      if (((hexDigitsOf(four) ^ allMarked) & inside) !== 0) {
        return false;
      }
      letters |= lettersOf(four) & inside;
    }
    return letters !== 0;
  }

  /** Whether letters and digits take turns often. */
  private changesOften(start: number, end: number): boolean {
    const { bytes } = this;
    let last = classes[bytes[start]];
    let kinds = last;
    let changes = 0;
    for (let i = start + 1; i < end; i = (i + 1) | 0) {
      const kind = classes[bytes[i]];
      changes += (kind ^ last) & digit;
      kinds |= kind;
      last = kind;
    }
    return changes > changesMax && kinds > (digit | hexLetter);
  }

  /** Numbers and words that touch, such as `2025T12` and `ssh2`; long numbers in pieces. */
  private addParts(first: number, length: number, from: number, to: number): number {
    const { bytes } = this;
    for (let i = from; i < to && length >= 0; ) {
      const start = i;
      const isDigit = classes[bytes[i]] === digit;
      while (i < to && (classes[bytes[i]] === digit) === isDigit && !(isDigit && i - start === digitsMax)) {
        i++;
      }
      const mark = isDigit && i - start <= markDigitsMax ? numberOf(this.view, start, i - start) : hashBytes(this.view, start, i);
      length = this.add(first, length, isDigit ? numberToken : wordToken, start, i, mark);
    }
    return length;
  }

  /** Answers how long the frame of the line is then, -1 when it has too many tokens. */
  private add(first: number, length: number, kind: number, start: number, end: number, mark: number): number {
    const { count } = this;
    if (count - first > tokensPerLineMax || length < 0) {
      return -1;
    }
    this.starts[count] = start;
    this.lengths[count] = end - start;
    this.marks[count] = mark;
    this.count = count + 1;
    this.frame[length] = tokenMark + kind;
    return length + 1;
  }
}

function doubled(numbers: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(numbers.length * 2);
  longer.set(numbers);
  return longer;
}

/** The kind of token that a byte of a frame stands for; 0 when it stands for itself. */
export function tokenKind(frameByte: number): number {
  return frameByte > tokenMark ? frameByte - tokenMark : 0;
}

/** A part of a text, and whether it consists of hexadecimal digits. */
export interface CertainPart {
  bytes: Buffer;
  hex: boolean;
}

/** Shorter parts are in every text. */
const certainMin = 3;

/**
 * What of a text lies within one word, or one hexadecimal id, of any line that contains the text, whatever stands around it: letters beyond `a-f` with their
 * neighbours are never a number nor an id, and a run that changes between letters and digits often is never taken apart.
 */
export function certainParts(text: Uint8Array): CertainPart[] {
  const parts: CertainPart[] = [];
  const add = (from: number, to: number, hex: boolean): void => {
    if (to - from >= certainMin) {
      parts.push({ bytes: Buffer.from(text.subarray(from, to)), hex });
    }
  };
  for (let i = 0; i < text.length; ) {
    const start = i;
    let kinds = 0;
    let changes = 0;
    for (; i < text.length && classes[text[i]] !== 0; i++) {
      changes += i > start ? (classes[text[i]] ^ classes[text[i - 1]]) & digit : 0;
      kinds |= classes[text[i]];
    }
    if (changes > changesMax) {
      add(start, i, kinds === (digit | hexLetter));
    } else {
      eachWord(text, start, i, (from, to) => add(from, to, false));
    }
    i = i === start ? i + 1 : i;
  }
  return parts;
}

/** Runs without digits, of letters that are not all hexadecimal digits. */
function eachWord(text: Uint8Array, start: number, end: number, visit: (from: number, to: number) => void): void {
  for (let i = start; i < end; i++) {
    const from = i;
    let kinds = 0;
    for (; i < end && classes[text[i]] !== digit; i++) {
      kinds |= classes[text[i]];
    }
    if ((kinds & letter) !== 0) {
      visit(from, i);
    }
  }
}
