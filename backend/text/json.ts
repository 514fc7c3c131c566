import { fieldNamesMax, jsonEscapedValue, labelNameLengthMax, plainValue, textValue, unwanted, type FieldNumber, type FieldSink, type ValueKind } from './fields';
import { FieldTable } from './fieldTable';
import {
  backslash, blockEnd, closeBrace, closeBracket, colon, comma, jsonErrors, nextToken, openBrace, openBracket, quote, scalarEnd, stringEnd, unescapeJson,
} from './jsonScan';
import { sanitizeLabelName, sanitizeLabelPart } from './labelName';
import { Rivals } from './rivals';
import { replacementToSpace, sliceWithSpaces, type Source } from './source';

/** Objects nested deeper than this are left out: no real line has them, and names grow with depth. */
export const jsonDepthMax = 128;

/**
 * Which labels a JSON line gives: every leaf but nulls and arrays, nested keys joined by `_`, names sanitised (Loki,
 * pkg/logql/log/parser.go). One instance per use: it remembers the names it has seen.
 */
export interface JsonFieldsOptions {
  /** Number of a label name, or `unwanted`. Asked once per name. */
  number: FieldNumber;
  /** Whether a name that starts so can be wanted; without it every nested object is looked at. */
  wantsPrefix?: (prefix: string) => boolean;
}

export class JsonFields {
  private root: Level;
  private rivals = new Rivals();
  private names = 0;
  private position = 0;
  private error: string | undefined;
  private source!: Source;
  private sink!: FieldSink;
  /** Look for the end of a nested object before going into it, as the original does: only matters in damaged lines. */
  private exact = false;
  /** Set by the fast way when the exact way could answer differently. */
  private doubtful = false;
  /** The sink wants nothing more of this line. */
  private satisfied = false;

  constructor(private readonly options: JsonFieldsOptions) {
    this.root = this.makeLevel('', 0);
  }

  /**
   * Hands every wanted leaf of the object in bytes `[start, end)` to the sink, in order. Answers the error of a damaged
   * line; what came before the damage was handed over. `undo` is called before a line is read a second time.
   */
  parse(source: Source, start: number, end: number, sink: FieldSink, undo: () => void): string | undefined {
    if (this.names > fieldNamesMax) {
      this.names = 0;
      this.rivals = new Rivals();
      this.root = this.makeLevel('', 0);
    }
    if (this.rivals.any) {
      this.rivals.nextLine();
    }
    this.source = source;
    this.sink = sink;
    this.exact = false;
    this.doubtful = false;
    this.satisfied = false;
    this.error = undefined;
    this.object(this.root, start, end);
    if (this.rivals.discovered) {
      undo();
      this.rivals.nextLine();
      this.doubtful = false;
      this.satisfied = false;
      this.error = undefined;
      this.object(this.root, start, end);
    }
    if (this.doubtful) {
      undo();
      this.exact = true;
      this.satisfied = false;
      this.error = undefined;
      this.object(this.root, start, end);
    }
    return this.error;
  }

  /** Reads the object at `at`; afterwards `position` is behind it, or `error` is set. */
  private object(level: Level, at: number, end: number): void {
    const bytes = this.source.bytes;
    let i = nextToken(bytes, at, end);
    if (i < 0 || bytes[i] !== openBrace) {
      return this.fail(jsonErrors.object);
    }
    i = nextToken(bytes, i + 1, end);
    if (i < 0) {
      return this.fail(jsonErrors.json);
    }
    if (bytes[i] === closeBrace) {
      this.position = i + 1;
      return;
    }
    for (;;) {
      if (bytes[i] !== quote) {
        if (bytes[i] === closeBrace) {
          this.position = i + 1;
          return;
        }
        return this.fail(jsonErrors.object);
      }
      this.member(level, i + 1, end);
      if (this.error !== undefined || this.satisfied) {
        return;
      }
      i = this.position;
      if (i >= end || bytes[i] <= 0x20) {
        i = nextToken(bytes, i, end);
        if (i < 0) {
          return this.fail(jsonErrors.array);
        }
      }
      if (bytes[i] === closeBrace) {
        this.position = i + 1;
        return;
      }
      if (bytes[i] !== comma) {
        return this.fail(jsonErrors.object);
      }
      i++;
      if (i >= end || bytes[i] <= 0x20) {
        i = nextToken(bytes, i, end);
        if (i < 0) {
          return this.fail(jsonErrors.array);
        }
      }
    }
  }

  /** Reads a key (from behind its quote) and its value; afterwards `position` is behind the value. */
  private member(level: Level, at: number, end: number): void {
    const bytes = this.source.bytes;
    const known = level.table.follow(bytes, at, end, quote);
    if (known) {
      return this.valueOf(level, known.value, at + known.bytes.length, end);
    }
    let hash = 0;
    let i = at;
    let escaped = false;
    for (; i < end; i++) {
      const c = bytes[i];
      if (c === quote) {
        break;
      }
      if (c === backslash) {
        escaped = true;
        i = stringEnd(bytes, i, end);
        if (i < 0) {
          return this.fail(jsonErrors.json);
        }
        break;
      }
      hash = (Math.imul(hash, 31) + c) | 0;
    }
    if (i >= end) {
      return this.fail(jsonErrors.json);
    }
    let name: Name;
    if (escaped) {
      const key = unescapeJson(bytes.toString('utf8', at, i));
      if (key === undefined) {
        return this.fail(jsonErrors.escape);
      }
      name = this.makeName(level, key);
    } else {
      name = level.table.get(bytes, at, i, hash);
    }
    this.valueOf(level, name, i, end);
  }

  /** Reads the colon and the value of a key whose closing quote is at `at`. */
  private valueOf(level: Level, name: Name, at: number, end: number): void {
    const bytes = this.source.bytes;
    let i = at + 1;
    if (bytes[i] !== colon || i >= end) {
      i = nextToken(bytes, i, end);
      if (i < 0 || bytes[i] !== colon) {
        return this.fail(jsonErrors.json);
      }
    }
    i++;
    if (i >= end || bytes[i] <= 0x20) {
      i = nextToken(bytes, i, end);
      if (i < 0) {
        return this.fail(jsonErrors.json);
      }
    }
    this.value(level, name, i, end);
  }

  private value(level: Level, name: Name, at: number, end: number): void {
    const bytes = this.source.bytes;
    switch (bytes[at]) {
      case quote:
        return this.string(name, at + 1, end);
      case openBrace:
        return this.nested(level, name, at, end);
      case openBracket: {
        const after = blockEnd(bytes, at, end, openBracket, closeBracket);
        if (after < 0) {
          return this.fail(jsonErrors.array);
        }
        if (level.depth > 0 && !this.exact && !bracesBalanced(bytes, at, after)) {
          this.doubtful = true;
        }
        this.position = after;
        return;
      }
      default:
        return this.scalar(level, name, at, end);
    }
  }

  private string(name: Name, at: number, end: number): void {
    const bytes = this.source.bytes;
    let high = 0;
    for (let i = at; i < end; i++) {
      const c = bytes[i];
      if (c === quote) {
        this.found(name, at, i, high < 0x80 ? plainValue : textValue);
        this.position = i + 1;
        return;
      }
      if (c === backslash) {
        const close = stringEnd(bytes, i, end);
        if (close < 0) {
          break;
        }
        this.found(name, at, close, jsonEscapedValue);
        this.position = close + 1;
        return;
      }
      high |= c;
    }
    this.fail(jsonErrors.string);
  }

  private scalar(level: Level, name: Name, at: number, end: number): void {
    const bytes = this.source.bytes;
    const after = scalarEnd(bytes, at, end);
    const c = bytes[at];
    if (c === 0x74 || c === 0x66) {
      if (!equals(bytes, at, after, 'true') && !equals(bytes, at, after, 'false')) {
        return this.fail(jsonErrors.unknown);
      }
    } else if (c === 0x6e || c === 0x75) {
      if (!equals(bytes, at, after, 'null')) {
        return this.fail(jsonErrors.unknown);
      }
      this.position = after;
      return;
    } else if (c !== 0x2d && (c < 0x30 || c > 0x39)) {
      return this.fail(jsonErrors.unknown);
    }
    if (level.depth > 0 && !this.exact && !plainScalar(bytes, at, after)) {
      this.doubtful = true;
    }
    this.found(name, at, after, textValue);
    this.position = after;
  }

  private nested(level: Level, name: Name, at: number, end: number): void {
    const bytes = this.source.bytes;
    const into = this.innerLevel(level, name);
    if (into && !this.exact) {
      this.object(into, at, end);
      // who stops inside has not seen whether the object ends
      this.doubtful ||= this.error !== undefined || (this.satisfied && blockEnd(bytes, at, end, openBrace, closeBrace) < 0);
      return;
    }
    const after = blockEnd(bytes, at, end, openBrace, closeBrace);
    if (after < 0) {
      return this.fail(jsonErrors.object);
    }
    if (into) {
      this.object(into, at, after);
    }
    this.position = after;
  }

  private found(name: Name, start: number, end: number, kind: ValueKind): void {
    if (this.rivals.any && this.rivals.isContested(name.number) && !this.rivals.allows(name.number, name.identity)) {
      return;
    }
    if (name.number !== unwanted && !this.sink.found(name.number, this.source, start, end, kind)) {
      this.satisfied = true;
    }
  }

  private fail(error: string): void {
    this.error = error;
  }

  private innerLevel(level: Level, name: Name): Level | undefined {
    if (name.inner === undefined) {
      const part = sanitizeLabelPart(name.key);
      const prefix = level.prefix === '' ? sanitizeLabelName(name.key) : `${level.prefix}_${part}`;
      const wanted =
        level.depth + 1 < jsonDepthMax && prefix.length < labelNameLengthMax && (!this.options.wantsPrefix || this.options.wantsPrefix(prefix));
      name.inner = wanted ? this.makeLevel(prefix, level.depth + 1) : null;
    }
    return name.inner ?? undefined;
  }

  private makeLevel(prefix: string, depth: number): Level {
    const level: Level = { prefix, depth, table: new FieldTable((key) => this.makeName(level, key)) };
    return level;
  }

  private makeName(level: Level, key: string): Name {
    this.names++;
    const label = level.prefix === '' ? sanitizeLabelName(key) : `${level.prefix}_${sanitizeLabelPart(key)}`;
    const number = label === '' || label.length > labelNameLengthMax ? unwanted : this.options.number(label);
    const identity = level.prefix === '' ? key : label;
    if (number !== unwanted) {
      this.rivals.note(number, identity);
    }
    return { key, identity, number, inner: undefined };
  }
}

/** What is known of the names below one path. */
interface Level {
  prefix: string;
  depth: number;
  table: FieldTable<Name>;
}

interface Name {
  key: string;
  /** What tells keys of one label apart: the key itself, or the path of a nested one. */
  identity: string;
  number: number;
  /** The level below when the value is an object; null when nothing below is wanted; undefined: not decided yet. */
  inner: Level | null | undefined;
}

function equals(bytes: Uint8Array, start: number, end: number, word: string): boolean {
  if (end - start !== word.length) {
    return false;
  }
  for (let i = 0; i < word.length; i++) {
    if (bytes[start + i] !== word.charCodeAt(i)) {
      return false;
    }
  }
  return true;
}

/** No brace, quote or bracket inside: those would count when the end of the object around is looked for. */
function plainScalar(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const c = bytes[i];
    if (c === openBrace || c === quote) {
      return false;
    }
  }
  return true;
}

/** Whether the braces of an array, outside of strings, pair up. */
function bracesBalanced(bytes: Uint8Array, start: number, end: number): boolean {
  let level = 0;
  for (let i = start; i < end; i++) {
    const c = bytes[i];
    if (c === quote) {
      i = stringEnd(bytes, i + 1, end);
      if (i < 0) {
        return false;
      }
    } else if (c === openBrace) {
      level++;
    } else if (c === closeBrace && --level < 0) {
      return false;
    }
  }
  return level === 0;
}

/** The inside of a JSON string in bytes as a label value: unescaped, unreadable characters as spaces, '' when an escape is invalid. */
export function jsonStringText(source: Source, start: number, end: number): string {
  const text = sliceWithSpaces(source, start, end);
  if (!text.includes('\\')) {
    return text;
  }
  const plain = unescapeJson(text);
  return plain === undefined ? '' : replacementToSpace(plain);
}
