import { sanitizeLabelName } from '../../../text/labelName';
import type { NeededFields } from '../../store';

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

type KindOf = (column: number) => TokenKind;

const [blank, tab, quote, comma, colon, equals, backslash, braceOpen, braceClose, bracketOpen, bracketClose] = [...' \t",:=\\{}[]'].map((character) => character.charCodeAt(0));
const literal = /^(true|false|null|-?(0|[1-9][0-9]*)(\.[0-9]+)?)$/;
/** 1 for what keys of plain names consist of; `.` and `-` become `_` in a label. */
const plainKeys = new Uint8Array(columnMark);
for (const character of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-') {
  plainKeys[character.charCodeAt(0)] = 1;
}

/** The fields that are looked at, for many lines. */
export class WantedFields {
  private readonly lengths = new Uint8Array(256);

  constructor(private readonly needed: NeededFields) {
    for (const { length } of needed.names) {
      // a digit in front gets a `_` before it
      this.lengths[length & 255] = this.lengths[(length - 1) & 255] = 1;
    }
  }

  /** The line without its other fields, as numbers like `line`. @param kindOf what is known of a column. */
  of(line: Uint16Array, kindOf: KindOf): number[] | undefined {
    return this.needed.parser === 'json' ? jsonPieces(line, kindOf, this) : logfmtPieces(line, kindOf, this);
  }

  /** Whether `[from, to)` is a key of a plain name that nobody looks at. */
  without(line: Uint16Array, from: number, to: number): boolean {
    if (from === to || line[from] === dot || line[from] === minus) {
      return false;
    }
    for (let i = from; i < to; i++) {
      if (line[i] >= columnMark || plainKeys[line[i]] === 0) {
        return false;
      }
    }
    return this.lengths[(to - from) & 255] === 0 || !this.needed.names.has(sanitizeLabelName(String.fromCharCode(...line.subarray(from, to))));
  }
}

const [dot, minus] = [0x2e, 0x2d];

function isAscii(line: Uint16Array, from: number, to: number, kindOf: KindOf): boolean {
  for (let i = from; i < to; i++) {
    if (line[i] < columnMark ? line[i] >= 0x80 : !kindOf(line[i] - columnMark).ascii) {
      return false;
    }
  }
  return true;
}

/** Whether a backslash stands in `[from, to)`. */
function hasEscape(line: Uint16Array, from: number, to: number): boolean {
  const at = line.indexOf(backslash, from);
  return at >= 0 && at < to;
}

function take(kept: number[], line: Uint16Array, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    kept.push(line[i]);
  }
}

/** One object: its members are kept whole or go. Only texts, plain numbers and words go, so that whatever a parser could stumble over stays. */
function jsonPieces(line: Uint16Array, kindOf: KindOf, wanted: WantedFields): number[] | undefined {
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
    const goes = wanted.without(line, i + 1, keyEnd - 1) && isAscii(line, valueAt, valueEnd, kindOf) && isSimple(line, valueAt, valueEnd, kindOf);
    if (!goes) {
      if (kept.length > 1) {
        kept.push(comma);
      }
      take(kept, line, i, valueEnd);
    }
    const next = skipBlanks(valueEnd);
    if (line[next] !== comma && line[next] !== braceClose) {
      return undefined;
    }
    more = line[next] === comma;
    i = more ? skipBlanks(next + 1) : next;
  }
  kept.push(braceClose);
  return skipBlanks(i + 1) === line.length ? kept : undefined;
}

/** Behind the closing quote of a string that starts at `at`; -1 when it has none, or a control character. */
function stringEnd(line: Uint16Array, at: number): number {
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
function jsonValueEnd(line: Uint16Array, at: number): number {
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

/** Longer numbers stay. */
const literalMax = 32;

/** A string without escapes, a word of JSON, or a number that can't be written wrongly. */
function isSimple(line: Uint16Array, from: number, to: number, kindOf: KindOf): boolean {
  if (line[from] === quote) {
    return !hasEscape(line, from, to);
  }
  if (to - from === 1 && line[from] >= columnMark) {
    return kindOf(line[from] - columnMark).plainNumber;
  }
  return to - from <= literalMax && literal.test(String.fromCharCode(...line.subarray(from, to)));
}

/** Pairs with one blank between them; anything but `key`, `key=`, `key=value` and `key="value"` between blanks makes it undefined. */
function logfmtPieces(line: Uint16Array, kindOf: KindOf, wanted: WantedFields): number[] | undefined {
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
    const goes = keyEnd < end && wanted.without(line, i, keyEnd) && isAscii(line, keyEnd, end, kindOf) && !hasEscape(line, keyEnd, end);
    if (!goes) {
      if (kept.length > 0) {
        kept.push(blank);
      }
      take(kept, line, i, end);
    }
    i = end;
  }
  return kept;
}

/** Where what has neither blanks, quotes nor equals signs ends. */
function plainEnd(line: Uint16Array, from: number): number {
  let i = from;
  while (i < line.length && line[i] > blank && line[i] !== equals && line[i] !== quote) {
    i++;
  }
  return i;
}
