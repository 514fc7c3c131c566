import { badRequest } from '../model/errors';

/**
 * Walks JSON bytes without building objects, so that a hostile body costs no more memory than its own length: nesting is bounded and a
 * million empty arrays leave nothing behind. Strings can be unescaped in place (the text never gets longer), so the body must belong
 * to the caller and not be read as JSON again.
 */

/** Deepest nesting that is walked. Real bodies have fewer than ten levels. */
const depthMax = 100;

const quote = 0x22;
const backslash = 0x5c;
const textDecoder = new TextDecoder();

export interface ByteRange {
  start: number;
  end: number;
}

export class JsonCursor {
  private depth = 0;

  constructor(
    readonly bytes: Uint8Array,
    public at = 0,
    private readonly end = bytes.length
  ) {}

  /** The next byte that is not white space, not consumed; 0 at the end. */
  peek(): number {
    while (this.at < this.end) {
      const byte = this.bytes[this.at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) {
        return byte;
      }
      this.at++;
    }
    return 0;
  }

  isObject = (): boolean => this.peek() === 0x7b;
  isArray = (): boolean => this.peek() === 0x5b;
  isString = (): boolean => this.peek() === quote;
  isNull = (): boolean => this.peek() === 0x6e;

  /** Calls `member` for each key; it must consume the value (`skip` does when nothing else). */
  object(member: (key: string) => void): void {
    this.container(0x7b, 0x7d, 'an object', () => {
      if (!this.isString()) {
        throw this.error('a key in double quotes');
      }
      const key = this.text();
      this.byte(0x3a, '":"');
      member(key);
    });
  }

  /** As `object`, where `null` may stand instead; whether an object was there. */
  objectOrNull(member: (key: string) => void): boolean {
    if (this.isNull()) {
      this.skip();
      return false;
    }
    this.object(member);
    return true;
  }

  /** Calls `item` for each element; it must consume it. */
  array(item: (index: number) => void): void {
    let index = 0;
    this.container(0x5b, 0x5d, 'an array', () => item(index++));
  }

  /** A string as a JavaScript string. */
  text(): string {
    const { start, end } = this.string();
    return textDecoder.decode(this.bytes.subarray(start, end));
  }

  /** A string as a range of the body, unescaped in place. */
  string(): ByteRange {
    if (!this.isString()) {
      throw this.error('a string');
    }
    const start = ++this.at;
    const { bytes, end } = this;
    for (let i = start; i < end; i++) {
      const byte = bytes[i];
      if (byte === quote) {
        this.at = i + 1;
        return { start, end: i };
      }
      if (byte === backslash) {
        return { start, end: this.unescape(i) };
      }
      if (byte < 0x20) {
        this.at = i;
        throw this.error('no control character inside a string');
      }
    }
    this.at = end;
    throw this.error('a closing double quote');
  }

  /** Passes over one value of any kind and says where it was. Changes nothing in the body, so that one can come back. */
  skip(): ByteRange {
    const first = this.peek();
    const start = this.at;
    if (first === 0x7b) {
      this.container(0x7b, 0x7d, 'an object', () => {
        if (!this.isString()) {
          throw this.error('a key in double quotes');
        }
        this.skipString();
        this.byte(0x3a, '":"');
        this.skip();
      });
    } else if (first === 0x5b) {
      this.array(() => this.skip());
    } else if (first === quote) {
      this.skipString();
    } else {
      this.literal();
    }
    return { start, end: this.at };
  }

  /** A value as text: strings unescaped, everything else as it is written. */
  anyText(): string {
    if (this.isString()) {
      return this.text();
    }
    const { start, end } = this.skip();
    return textDecoder.decode(this.bytes.subarray(start, end));
  }

  /** A number, or a string that holds one, as written. */
  numberText(): string {
    const text = this.anyText();
    if (!/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)) {
      throw this.error('a number');
    }
    return text;
  }

  /** Nothing but white space may follow. */
  finish(): void {
    if (this.peek() !== 0 || this.at < this.end) {
      throw this.error('the end of the body');
    }
  }

  error(expected: string): Error {
    const found = this.at < this.end ? JSON.stringify(String.fromCharCode(this.bytes[this.at])) : 'the end';
    return badRequest(`invalid JSON at byte ${this.at}: expected ${expected}, found ${found}`);
  }

  private container(open: number, close: number, what: string, each: () => void): void {
    if (this.peek() !== open) {
      throw this.error(what);
    }
    if (++this.depth > depthMax) {
      throw badRequest(`invalid JSON at byte ${this.at}: nested deeper than ${depthMax} levels`);
    }
    this.at++;
    if (this.peek() === close) {
      this.at++;
    } else {
      for (;;) {
        each();
        const next = this.peek();
        if (next === close) {
          this.at++;
          break;
        }
        this.byte(0x2c, `"," or "${String.fromCharCode(close)}"`);
      }
    }
    this.depth--;
  }

  private byte(expected: number, name: string): void {
    if (this.peek() !== expected) {
      throw this.error(name);
    }
    this.at++;
  }

  private skipString(): void {
    const { bytes, end } = this;
    for (let i = this.at + 1; i < end; i++) {
      if (bytes[i] === quote) {
        this.at = i + 1;
        return;
      }
      if (bytes[i] === backslash) {
        i++;
      }
    }
    this.at = end;
    throw this.error('a closing double quote');
  }

  private literal(): void {
    const start = this.at;
    const { bytes, end } = this;
    // true, false, null and numbers: a run of letters, digits, signs and dots.
    while (this.at < end && ((bytes[this.at] >= 0x61 && bytes[this.at] <= 0x7a) || (bytes[this.at] >= 0x2b && bytes[this.at] <= 0x39 && bytes[this.at] !== 0x2c) || bytes[this.at] === 0x45)) {
      this.at++;
    }
    const text = textDecoder.decode(bytes.subarray(start, Math.min(this.at, start + 400)));
    if (!/^(true|false|null|-?\d+(\.\d+)?([eE][+-]?\d+)?)$/.test(text)) {
      this.at = start;
      throw this.error('a value');
    }
  }

  /** Unescapes from the first backslash on, writing over the text itself; answers where the text ends and moves behind the quote. */
  private unescape(firstBackslash: number): number {
    const { bytes, end } = this;
    let to = firstBackslash;
    let i = firstBackslash;
    while (i < end) {
      const byte = bytes[i];
      if (byte === quote) {
        this.at = i + 1;
        return to;
      }
      if (byte !== backslash) {
        if (byte < 0x20) {
          this.at = i;
          throw this.error('no control character inside a string');
        }
        bytes[to++] = byte;
        i++;
        continue;
      }
      const kind = bytes[i + 1];
      if (kind === 0x75) {
        let code = this.hex(i + 2);
        i += 6;
        if (code >= 0xd800 && code < 0xdc00 && bytes[i] === backslash && bytes[i + 1] === 0x75) {
          const low = this.hex(i + 2);
          if (low >= 0xdc00 && low < 0xe000) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            i += 6;
          }
        }
        to = writeUtf8(bytes, to, code);
      } else {
        bytes[to++] = this.simpleEscape(kind, i);
        i += 2;
      }
    }
    this.at = end;
    throw this.error('a closing double quote');
  }

  private simpleEscape(kind: number, at: number): number {
    switch (kind) {
      case 0x6e:
        return 0x0a;
      case 0x74:
        return 0x09;
      case 0x72:
        return 0x0d;
      case 0x62:
        return 0x08;
      case 0x66:
        return 0x0c;
      case quote:
      case backslash:
      case 0x2f:
        return kind;
      default:
        this.at = at;
        throw this.error('a valid escape');
    }
  }

  private hex(at: number): number {
    const text = String.fromCharCode(...this.bytes.subarray(at, Math.min(at + 4, this.end)));
    if (!/^[0-9a-fA-F]{4}$/.test(text)) {
      this.at = at;
      throw this.error('four hexadecimal digits');
    }
    return parseInt(text, 16);
  }
}

/** Half of a surrogate pair alone is no character: it becomes U+FFFD, as everywhere. */
function writeUtf8(bytes: Uint8Array, to: number, code: number): number {
  const point = code >= 0xd800 && code < 0xe000 ? 0xfffd : code;
  if (point < 0x80) {
    bytes[to++] = point;
  } else if (point < 0x800) {
    bytes[to++] = 0xc0 | (point >> 6);
    bytes[to++] = 0x80 | (point & 63);
  } else if (point < 0x10000) {
    bytes[to++] = 0xe0 | (point >> 12);
    bytes[to++] = 0x80 | ((point >> 6) & 63);
    bytes[to++] = 0x80 | (point & 63);
  } else {
    bytes[to++] = 0xf0 | (point >> 18);
    bytes[to++] = 0x80 | ((point >> 12) & 63);
    bytes[to++] = 0x80 | ((point >> 6) & 63);
    bytes[to++] = 0x80 | (point & 63);
  }
  return to;
}
