import { badRequest } from '../model/errors';
import { sameBytes } from './fieldTable';
import { blockEnd, closeBrace, closeBracket, colon, comma, isPlain, jsonErrors, nextToken, openBrace, openBracket, quote, scalarEnd, stringEnd, unescapeJson } from './jsonScan';

/** A step into a JSON value: a key of an object or an index of an array. */
export type PathStep = string | number;

const stepText = /[ \t\n]*(?:(\.)?[ \t\n]*([a-zA-Z_][a-zA-Z0-9_]*)|\[[ \t\n]*(?:(\d+)|"([^"\]]*)")[ \t\n]*\])[ \t\n]*/y;

/** Reads `a.b[0]["k"]` (Loki, pkg/logql/log/jsonexpr). Throws a RequestError. */
export function parseJsonPath(text: string): PathStep[] {
  const steps: PathStep[] = [];
  stepText.lastIndex = 0;
  while (stepText.lastIndex < text.length) {
    const at = stepText.lastIndex;
    const match = stepText.exec(text);
    const dotted = match?.[1] !== undefined;
    if (!match || (match[2] !== undefined && dotted !== steps.length > 0)) {
      throw badRequest(`cannot parse expression [${text}]: unexpected text at position ${at + 1}; write a path like a.b[0]["key"]`);
    }
    steps.push(match[2] ?? (match[3] !== undefined ? Number(match[3]) : match[4]));
  }
  if (steps.length === 0) {
    throw badRequest(`cannot parse expression [${text}]: the path is empty`);
  }
  return steps;
}

export type JsonValueKind = 'string' | 'object' | 'null' | 'other';

/** Takes values by the position of their path. A string's range is without its quotes. */
export type PathFound = (path: number, start: number, end: number, kind: JsonValueKind) => void;

/** All paths together as a tree, so that a line is read once. */
interface Node {
  paths: number[];
  keys: Map<string, Node>;
  /** The bytes of the keys, in their order: nearly all keys of a line are compared with them and make no texts. */
  keyBytes: Array<{ bytes: Uint8Array; node: Node }>;
  items: Map<number, Node>;
}

const makeNode = (): Node => ({ paths: [], keys: new Map(), keyBytes: [], items: new Map() });

function child(node: Node, step: PathStep): Node {
  const known = typeof step === 'number' ? node.items.get(step) : node.keys.get(step);
  if (known) {
    return known;
  }
  const made = makeNode();
  if (typeof step === 'number') {
    node.items.set(step, made);
  } else {
    node.keys.set(step, made);
    node.keyBytes.push({ bytes: Buffer.from(step, 'utf8'), node: made });
  }
  return made;
}

/** Paths deeper than any real line; also bounds the recursion. */
const pathStepsMax = 128;

/**
 * Finds the values at several paths in JSON text that may be damaged: what comes before the damage is found. Of a repeated
 * key the first counts.
 */
export class JsonPaths {
  private readonly root = makeNode();
  private readonly done: boolean[];
  private left = 0;
  private bytes!: Buffer;
  private end = 0;
  private found!: PathFound;
  private error: string | undefined;

  constructor(private readonly paths: PathStep[][]) {
    this.done = paths.map(() => false);
    paths.forEach((steps, path) => {
      if (steps.length > pathStepsMax) {
        throw badRequest(`a path of ${steps.length} steps is too deep, at most ${pathStepsMax} are possible`);
      }
      let node = this.root;
      for (const step of steps) {
        node = child(node, step);
      }
      node.paths.push(path);
    });
  }

  /** Reads bytes `[start, end)`. Answers the error of a value that a path leads to. */
  parse(bytes: Buffer, start: number, end: number, found: PathFound): string | undefined {
    this.bytes = bytes;
    this.end = end;
    this.found = found;
    this.error = undefined;
    this.done.fill(false);
    this.left = this.paths.length;
    for (let at = start; at >= 0 && at < end && this.left > 0; ) {
      const c = bytes[at];
      at = c === quote ? this.outerString(at) : c === openBrace || c === openBracket ? this.inside(this.root, at) : at + 1;
    }
    return this.error;
  }

  /** A text outside of any object: a key there is an error, anything else is passed over. Answers the position behind it, or -1 to stop. */
  private outerString(at: number): number {
    const close = stringEnd(this.bytes, at + 1, this.end);
    const sign = close < 0 ? -1 : nextToken(this.bytes, close + 1, this.end);
    if (sign >= 0 && this.bytes[sign] === colon) {
      this.fail(jsonErrors.json);
      return -1;
    }
    return sign < 0 ? -1 : close + 1;
  }

  /** Goes into the object or array at `at`. Answers the position behind it, or -1 to stop. */
  private inside(node: Node, at: number): number {
    if (this.bytes[at] === openBrace) {
      return this.object(node, at + 1);
    }
    return this.bytes[at] === openBracket && node.items.size > 0 ? this.array(node, at + 1) : this.valueEnd(at);
  }

  private object(node: Node, from: number): number {
    const bytes = this.bytes;
    let at = from;
    while (at < this.end) {
      const c = bytes[at];
      if (c === closeBrace) {
        return at + 1;
      }
      if (c !== quote) {
        at++;
        continue;
      }
      const close = stringEnd(bytes, at + 1, this.end);
      const sign = close < 0 ? -1 : nextToken(bytes, close + 1, this.end);
      if (sign < 0) {
        return -1;
      }
      if (bytes[sign] !== colon) {
        at = close + 1;
        continue;
      }
      const value = nextToken(bytes, sign + 1, this.end);
      const next = keyNode(node, bytes, at + 1, close);
      if (next === null) {
        return -1;
      }
      at = this.value(next, value);
      if (at < 0) {
        return -1;
      }
    }
    return -1;
  }

  private array(node: Node, from: number): number {
    const bytes = this.bytes;
    let at = nextToken(bytes, from, this.end);
    if (at >= 0 && bytes[at] === closeBracket) {
      return at + 1;
    }
    for (let index = 0; at >= 0; index++) {
      at = this.value(node.items.get(index), at);
      at = at < 0 ? -1 : nextToken(bytes, at, this.end);
      if (at < 0 || bytes[at] === closeBracket) {
        return at < 0 ? -1 : at + 1;
      }
      if (bytes[at] !== comma) {
        return -1;
      }
      at = nextToken(bytes, at + 1, this.end);
    }
    return -1;
  }

  /** The value at `at` (-1: there is none): reports it and goes into it when a path leads there. */
  private value(node: Node | undefined, at: number): number {
    if (!node) {
      return at < 0 ? -1 : this.valueEnd(at);
    }
    for (const path of node.paths) {
      if (!this.done[path]) {
        this.done[path] = true;
        this.report(path, at);
        if (--this.left === 0) {
          return -1;
        }
      }
    }
    return at < 0 ? -1 : node.keys.size + node.items.size > 0 ? this.inside(node, at) : this.valueEnd(at);
  }

  private report(path: number, at: number): void {
    if (at < 0) {
      this.error = jsonErrors.json;
      return;
    }
    const bytes = this.bytes;
    const end = this.valueEnd(at);
    switch (bytes[at]) {
      case quote:
        return end < 0 ? this.fail(jsonErrors.string) : this.found(path, at + 1, end - 1, 'string');
      case openBrace:
        return end < 0 ? this.fail(jsonErrors.object) : this.found(path, at, end, 'object');
      case openBracket:
        return end < 0 ? this.fail(jsonErrors.array) : this.found(path, at, end, 'other');
    }
    const word = bytes.toString('latin1', at, Math.min(end, at + 6));
    if (word === 'null') {
      return this.found(path, at, end, 'null');
    }
    return /^(?:true$|false$|[0-9-])/.test(word) ? this.found(path, at, end, 'other') : this.fail(jsonErrors.unknown);
  }

  private fail(error: string): void {
    this.error = error;
  }

  private valueEnd(at: number): number {
    switch (this.bytes[at]) {
      case quote: {
        const close = stringEnd(this.bytes, at + 1, this.end);
        return close < 0 ? -1 : close + 1;
      }
      case openBrace:
        return blockEnd(this.bytes, at, this.end, openBrace, closeBrace);
      case openBracket:
        return blockEnd(this.bytes, at, this.end, openBracket, closeBracket);
      default:
        return scalarEnd(this.bytes, at, this.end);
    }
  }
}

/** Where the key in bytes `[start, end)` leads; null for one with an escape that is none. */
function keyNode(node: Node, bytes: Buffer, start: number, end: number): Node | undefined | null {
  if (!isPlain(bytes, start, end)) {
    const key = unescapeJson(bytes.toString('utf8', start, end));
    return key === undefined ? null : node.keys.get(key);
  }
  for (const key of node.keyBytes) {
    if (key.bytes.length === end - start && sameBytes(key.bytes, bytes, start)) {
      return key.node;
    }
  }
  return undefined;
}
