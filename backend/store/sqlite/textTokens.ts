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

/** The tokens of one text, line after line; its memory is used again for the next. */
export class Tokens {
  starts = new Uint32Array(1 << 16);
  ends = new Uint32Array(1 << 16);
  count = 0;
  private frame = Buffer.alloc(4096);

  /** Adds the tokens of the line `[from, to)`; answers its frame, in which a byte above 0x80 stands for a token of that kind. Undefined when there are too many. */
  addLine(text: Uint8Array, from: number, to: number): string | undefined {
    const first = this.count;
    let length = 0;
    for (let i = from; i < to; ) {
      if (length + digitsMax > this.frame.length || this.count - first > tokensPerLineMax) {
        this.count = first;
        return undefined;
      }
      const start = i;
      let kinds = 0;
      let changes = 0;
      for (let kind = classes[text[i]], last = kind; kind !== 0; kind = i < to ? classes[text[i]] : 0) {
        changes += (kind ^ last) & digit;
        kinds |= kind;
        last = kind;
        i++;
      }
      if (i === start) {
        this.frame[length++] = text[i++];
      } else if ((kinds & digit) === 0 || (changes > changesMax && kinds > (digit | hexLetter))) {
        length = this.add(length, wordToken, start, i);
      } else if (kinds === (digit | hexLetter) && i - start >= hexMin) {
        length = this.add(length, hexToken, start, i);
      } else {
        length = this.addParts(text, length, start, i);
      }
    }
    return this.frame.toString('latin1', 0, length);
  }

  /** Numbers and words that touch, such as `2025T12` and `ssh2`; long numbers in pieces. */
  private addParts(text: Uint8Array, length: number, from: number, to: number): number {
    for (let i = from; i < to; ) {
      const start = i;
      const isDigit = classes[text[i]] === digit;
      while (i < to && (classes[text[i]] === digit) === isDigit && !(isDigit && i - start === digitsMax)) {
        i++;
      }
      if (length === this.frame.length) {
        this.frame = Buffer.concat([this.frame, Buffer.alloc(this.frame.length)]);
      }
      length = this.add(length, isDigit ? numberToken : wordToken, start, i);
    }
    return length;
  }

  private add(length: number, kind: number, start: number, end: number): number {
    if (this.count === this.starts.length) {
      this.starts = doubled(this.starts);
      this.ends = doubled(this.ends);
    }
    this.starts[this.count] = start;
    this.ends[this.count++] = end;
    this.frame[length] = tokenMark + kind;
    return length + 1;
  }
}

function doubled(numbers: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const longer = new Uint32Array(numbers.length * 2);
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
