import { sanitizeLabelName } from '../../text/labelName';
import type { NeededFields } from '../store';

/**
 * Takes fields that nobody looks at out of the one line that stands for all lines of a shape (`splitText.ts`): bytes, with a number from `columnMark` on
 * where a column's token stands. A token has neither blanks, quotes nor backslashes, so the pairs of all these lines are the same ones. Where a line is not
 * plainly JSON or logfmt the answer is undefined: an error of the parser must stay one.
 */
export const columnMark = 256;

/** What is known of the tokens of a column. */
export interface TokenKind {
  /** Bytes above ASCII, which may be no UTF-8, do not occur. */
  ascii: boolean;
  /** Whole numbers without zeros in front. */
  plainNumber: boolean;
}

/** The line without its other fields, as numbers like `line`. @param kindOf what is known of a column. */
export function wantedPieces(line: readonly number[], kindOf: (column: number) => TokenKind, { parser, names }: NeededFields): number[] | undefined {
  const ascii: Test = (from, to) => line.slice(from, to).every((piece) => (piece < columnMark ? piece < 0x80 : kindOf(piece - columnMark).ascii));
  return parser === 'json' ? jsonPieces(line, kindOf, ascii, names) : logfmtPieces(line, ascii, names);
}

const [blank, tab, quote, comma, colon, equals, backslash, braceOpen, braceClose, bracketOpen, bracketClose] = [...' \t",:=\\{}[]'].map((character) => character.charCodeAt(0));
const plainKey = /^[a-zA-Z0-9_][a-zA-Z0-9_.-]*$/;
const literal = /^(true|false|null|-?(0|[1-9][0-9]*)(\.[0-9]+)?)$/;

type Test = (from: number, to: number) => boolean;

/** Whether `[from, to)` is a key without columns whose label is not wanted. */
function unwanted(line: readonly number[], from: number, to: number, names: ReadonlySet<string>): boolean {
  const pieces = line.slice(from, to);
  if (pieces.some((piece) => piece >= 0x80)) {
    return false;
  }
  const key = String.fromCharCode(...pieces);
  return plainKey.test(key) && !names.has(sanitizeLabelName(key));
}

/** One object: its members are kept whole or go. Only texts, plain numbers and words go, so that whatever a parser could stumble over stays. */
function jsonPieces(line: readonly number[], kindOf: (column: number) => TokenKind, ascii: Test, names: ReadonlySet<string>): number[] | undefined {
  const skipBlanks = (from: number): number => {
    let i = from;
    while (line[i] === blank || line[i] === tab) {
      i++;
    }
    return i;
  };
  const start = skipBlanks(0);
  if (line[start] !== braceOpen) {
    return undefined;
  }
  const kept: number[] = [braceOpen];
  let i = skipBlanks(start + 1);
  for (let more = line[i] !== braceClose; more; ) {
    const keyEnd = line[i] === quote ? stringEnd(line, i) : -1;
    const colonAt = keyEnd < 0 ? -1 : skipBlanks(keyEnd);
    if (colonAt < 0 || line[colonAt] !== colon) {
      return undefined;
    }
    const valueAt = skipBlanks(colonAt + 1);
    const valueEnd = jsonValueEnd(line, valueAt);
    if (valueEnd < 0) {
      return undefined;
    }
    const goes = unwanted(line, i + 1, keyEnd - 1, names) && ascii(valueAt, valueEnd) && isSimple(line, valueAt, valueEnd, kindOf);
    if (!goes) {
      kept.push(...(kept.length > 1 ? [comma] : []), ...line.slice(i, valueEnd));
    }
    const next = skipBlanks(valueEnd);
    if (line[next] !== comma && line[next] !== braceClose) {
      return undefined;
    }
    more = line[next] === comma;
    i = more ? skipBlanks(next + 1) : next;
  }
  return skipBlanks(i + 1) === line.length ? [...kept, braceClose] : undefined;
}

/** Behind the closing quote of a string that starts at `at`; -1 when it has none, or a control character. */
function stringEnd(line: readonly number[], at: number): number {
  for (let i = at + 1; i < line.length; i++) {
    if (line[i] === backslash) {
      i++;
    } else if (line[i] === quote) {
      return i + 1;
    } else if (line[i] < blank) {
      return -1;
    }
  }
  return -1;
}

/** Where a value ends: a string, all that stands in brackets, or whatever stands before the next comma, bracket or blank. */
function jsonValueEnd(line: readonly number[], at: number): number {
  if (line[at] === quote) {
    return stringEnd(line, at);
  }
  const nests = line[at] === braceOpen || line[at] === bracketOpen;
  let depth = 0;
  for (let i = at; i < line.length; i++) {
    switch (line[i]) {
      case quote:
        if (!nests) {
          return -1;
        }
        i = stringEnd(line, i) - 1;
        if (i < 0) {
          return -1;
        }
        break;
      case braceOpen:
      case bracketOpen:
        if (!nests) {
          return -1;
        }
        depth++;
        break;
      case braceClose:
      case bracketClose:
        depth--;
        if (depth <= 0) {
          return nests ? i + 1 : i > at ? i : -1;
        }
        break;
      case comma:
      case blank:
      case tab:
        if (!nests) {
          return i > at ? i : -1;
        }
    }
  }
  return -1;
}

/** A string without escapes, a word of JSON, or a number that can't be written wrongly. */
function isSimple(line: readonly number[], from: number, to: number, kindOf: (column: number) => TokenKind): boolean {
  if (line[from] === quote) {
    return !line.slice(from, to).includes(backslash);
  }
  if (to - from === 1 && line[from] >= columnMark) {
    return kindOf(line[from] - columnMark).plainNumber;
  }
  const pieces = line.slice(from, to);
  return pieces.every((piece) => piece < 0x80) && literal.test(String.fromCharCode(...pieces));
}

/** Pairs with one blank between them; anything but `key`, `key=`, `key=value` and `key="value"` between blanks makes it undefined. */
function logfmtPieces(line: readonly number[], ascii: Test, names: ReadonlySet<string>): number[] | undefined {
  const kept: number[] = [];
  for (let i = 0; i < line.length; ) {
    if (line[i] === blank) {
      i++;
      continue;
    }
    const keyEnd = plainEnd(line, i);
    let end = keyEnd;
    if (line[keyEnd] === equals && keyEnd > i) {
      end = line[keyEnd + 1] === quote ? stringEnd(line, keyEnd + 1) : plainEnd(line, keyEnd + 1);
    }
    if (end < 0 || (end < line.length && line[end] !== blank)) {
      return undefined;
    }
    const goes = keyEnd < end && unwanted(line, i, keyEnd, names) && ascii(keyEnd, end) && !line.slice(keyEnd, end).includes(backslash);
    if (!goes) {
      kept.push(...(kept.length > 0 ? [blank] : []), ...line.slice(i, end));
    }
    i = end;
  }
  return kept;
}

/** Where what has neither blanks, quotes nor equals signs ends. */
function plainEnd(line: readonly number[], from: number): number {
  let i = from;
  while (i < line.length && line[i] > blank && line[i] !== equals && line[i] !== quote) {
    i++;
  }
  return i;
}
