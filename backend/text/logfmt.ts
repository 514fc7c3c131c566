import { fieldNamesMax, labelNameLengthMax, logfmtQuotedValue, plainValue, textValue, unwanted, type FieldNumber, type FieldSink } from './fields';
import { FieldTable, type FieldEntry } from './fieldTable';
import { sanitizeLabelName } from './labelName';
import { Rivals } from './rivals';
import { replacementToSpace, sliceWithSpaces, type Source } from './source';

/**
 * `key=value` pairs of a line, tolerant as Loki's decoder (pkg/logql/log/logfmt): what can't be read is skipped up to the next
 * blank. Positions are bytes. A scanner stands on one pair at a time; nothing is decoded.
 */
export class LogfmtScanner<Field = unknown> {
  /** Known keys, tried before a key is read byte by byte. */
  keys: FieldTable<Field> | undefined;
  /** The known key of the pair; undefined when it was read, and `keyHash` is right. */
  known: FieldEntry<Field> | undefined;
  /** Key of the pair: `[keyStart, keyEnd)`; equal when there is none. */
  keyStart = 0;
  keyEnd = 0;
  /** `31 * hash + byte` over the key. */
  keyHash = 0;
  /** Value: `[valueStart, valueEnd)`; for `logfmtQuotedValue` with its quotes. */
  valueStart = 0;
  valueEnd = 0;
  valueKind: typeof plainValue | typeof textValue | typeof logfmtQuotedValue = plainValue;
  /** The last error; `at` counts from 1 as Loki reports it. */
  error: { at: number; message: string } | undefined;

  private source!: Source;
  private bytes!: Buffer;
  private start = 0;
  private at = 0;
  private end = 0;

  reset(source: Source, start: number, end: number): void {
    this.source = source;
    this.bytes = source.bytes;
    this.start = start;
    this.at = start;
    this.end = end;
    this.error = undefined;
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  /** Moves to the next pair. False when what stands there is not one (then `error` says why) or nothing is left. */
  next(): boolean {
    const bytes = this.bytes;
    const end = this.end;
    this.keyStart = this.keyEnd = this.valueStart = this.valueEnd = 0;
    this.valueKind = plainValue;
    let i = this.at;
    while (i < end && bytes[i] <= 0x20) {
      i++;
    }
    this.at = i;
    if (i >= end) {
      return false;
    }
    const start = i;
    this.known = this.keys?.follow(bytes, start, end, 0x3d);
    if (this.known) {
      this.keyStart = start;
      this.keyEnd = start + this.known.bytes.length;
      return this.value(this.keyEnd + 1);
    }
    let hash = 0;
    let high = 0;
    for (; i < end; i++) {
      const c = bytes[i];
      if (c === 0x3d || c === 0x22 || c <= 0x20) {
        break;
      }
      high |= c;
      hash = (Math.imul(hash, 31) + c) | 0;
    }
    this.at = i;
    const c = i < end ? bytes[i] : 0x20;
    if (c === 0x22 || (c === 0x3d && i === start)) {
      return this.unexpected(c);
    }
    this.keyStart = start;
    this.keyEnd = i;
    this.keyHash = hash;
    if (high >= 0x80 && this.source.slice(start, i).includes('\uFFFD')) {
      this.fail('invalid key');
      if (c === 0x3d) {
        this.skip();
      }
      return false;
    }
    return c === 0x3d ? this.value(i + 1) : true;
  }

  private value(at: number): boolean {
    const bytes = this.bytes;
    const end = this.end;
    this.at = at;
    if (at >= end || bytes[at] <= 0x20) {
      return true;
    }
    if (bytes[at] === 0x22) {
      return this.quoted(at);
    }
    let high = 0;
    let i = at;
    for (; i < end; i++) {
      const c = bytes[i];
      if (c <= 0x20) {
        break;
      }
      if (c === 0x3d || c === 0x22) {
        this.at = i;
        return this.unexpected(c);
      }
      high |= c;
    }
    this.at = i;
    this.valueStart = at;
    this.valueEnd = i;
    this.valueKind = high < 0x80 ? plainValue : textValue;
    return true;
  }

  private quoted(at: number): boolean {
    const bytes = this.bytes;
    const end = this.end;
    let escaped = false;
    let high = 0;
    for (let i = at + 1; i < end; i++) {
      const c = bytes[i];
      if (c === 0x5c) {
        escaped = true;
        i++;
      } else if (c === 0x22) {
        this.at = i + 1;
        if (!escaped) {
          this.valueStart = at + 1;
          this.valueEnd = i;
          this.valueKind = high < 0x80 ? plainValue : textValue;
          return true;
        }
        if (!escapesValid(bytes, at + 1, i)) {
          this.fail('invalid quoted value');
          return false;
        }
        this.valueStart = at;
        this.valueEnd = i + 1;
        this.valueKind = logfmtQuotedValue;
        return true;
      } else {
        high |= c;
      }
    }
    this.at = end;
    this.fail('unterminated quoted value');
    return false;
  }

  private unexpected(c: number): false {
    this.fail(`unexpected '${String.fromCharCode(c)}'`);
    this.skip();
    return false;
  }

  private skip(): void {
    while (this.at < this.end && this.bytes[this.at] > 0x20) {
      this.at++;
    }
  }

  private fail(message: string): void {
    this.error = { at: this.at - this.start + 1, message };
  }
}

export const logfmtErrorText = (error: { at: number; message: string }): string => `logfmt syntax error at pos ${error.at} : ${error.message}`;

/** The fields of logfmt lines as labels. One instance per use: it remembers the names it has seen. */
export class LogfmtFields {
  private table: FieldTable<number>;
  private rivals = new Rivals();
  private readonly scanner = new LogfmtScanner<number>();

  /** @param strict stop at the first bad pair and say so. @param keepEmpty hand over keys without a value. */
  constructor(
    private readonly number: FieldNumber,
    private readonly strict: boolean,
    private readonly keepEmpty: boolean
  ) {
    this.table = this.makeTable();
  }

  /** Hands every wanted pair of bytes `[start, end)` to the sink. Answers the error text in strict mode. */
  parse(source: Source, start: number, end: number, sink: FieldSink): string | undefined {
    if (this.table.size > fieldNamesMax) {
      this.table = this.makeTable();
    }
    const { scanner, rivals } = this;
    this.read(source, start, end, sink);
    if (rivals.discovered) {
      this.read(source, start, end, sink); // sets the contested labels anew
    }
    return this.strict && scanner.error ? logfmtErrorText(scanner.error) : undefined;
  }

  private read(source: Source, start: number, end: number, sink: FieldSink): void {
    const { scanner, rivals } = this;
    const bytes = source.bytes;
    if (rivals.any) {
      rivals.nextLine();
    }
    scanner.keys = this.table;
    scanner.reset(source, start, end);
    while (!scanner.done) {
      if (!scanner.next()) {
        if (this.strict) {
          break;
        }
        continue;
      }
      const number = scanner.known ? scanner.known.value : this.table.get(bytes, scanner.keyStart, scanner.keyEnd, scanner.keyHash);
      if (number !== unwanted && (this.keepEmpty || !this.valueEmpty())) {
        if (rivals.any && rivals.isContested(number) && !rivals.allows(number, bytes.toString('utf8', scanner.keyStart, scanner.keyEnd))) {
          continue;
        }
        if (!sink.found(number, source, scanner.valueStart, scanner.valueEnd, scanner.valueKind)) {
          break;
        }
      }
    }
  }

  /** A quoted value with escapes always has at least one character. */
  private valueEmpty(): boolean {
    return this.scanner.valueStart === this.scanner.valueEnd;
  }

  private makeTable(): FieldTable<number> {
    this.rivals = new Rivals();
    return new FieldTable((key) => {
      const label = sanitizeLabelName(key);
      const number = label === '' || label.length > labelNameLengthMax ? unwanted : this.number(label);
      if (number !== unwanted) {
        this.rivals.note(number, key);
      }
      return number;
    });
  }
}

const escapeLetters = new Set(['"', '\\', '/', "'", 'b', 'f', 'n', 'r', 't'].map((letter) => letter.charCodeAt(0)));

function escapesValid(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    if (bytes[i] !== 0x5c) {
      continue;
    }
    i++;
    if (bytes[i] === 0x75) {
      for (let k = 0; k < 4; k++) {
        i++;
        const c = bytes[i] | 0x20;
        if (i >= end || !((bytes[i] >= 0x30 && bytes[i] <= 0x39) || (c >= 0x61 && c <= 0x66))) {
          return false;
        }
      }
    } else if (!escapeLetters.has(bytes[i])) {
      return false;
    }
  }
  return true;
}

/** A quoted value with valid escapes (range with its quotes) as a label value; a lone surrogate becomes a space as all unreadable text. */
export function logfmtQuotedText(source: Source, start: number, end: number): string {
  return replacementToSpace(logfmtUnescaped(sliceWithSpaces(source, start + 1, end - 1)));
}

/** The text that valid escapes stand for; a lone surrogate is U+FFFD. */
export function logfmtUnescaped(text: string): string {
  const plain = text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gsu, (_, hex: string | undefined, letter: string) =>
    hex === undefined ? (controlLetters.get(letter) ?? letter) : String.fromCharCode(parseInt(hex, 16))
  );
  return plain.replace(/\p{Surrogate}/gu, '\uFFFD');
}

const controlLetters = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);
