import { badRequest } from '../model/errors';
import { makeLabels, type Labels } from '../model/labels';

/**
 * Reads the text of a stream's labels as pushes carry it: `{job="nginx", host="web1"}`. Names `[a-zA-Z_][a-zA-Z0-9_]*`; values
 * quoted as in Go (double or single quotes with escapes, backticks raw). A label without a value is absent, and a blank text has none, as in Loki.
 */

/** Cached texts: a client sends the same few thousand streams again and again. Above this the cache starts anew; a text with its labels takes a kilobyte. */
const cachedTextsMax = 8_000;
/** Texts longer than this are not worth keeping. */
const cachedTextCharsMax = 1_024;
/** Pairs read before a stream is refused: far above every limit in use, so that counting them stays cheap. */
export const labelPairsMax = 10_000;

/** Refuses a set of pairs that grows beyond every use before it is held in memory. */
export function checkPairCount(count: number): void {
  if (count > labelPairsMax) {
    throw badRequest(`more than ${labelPairsMax} labels in one set`);
  }
}

const cache = new Map<string, Labels>();

/** Throws a RequestError 400 in Loki's words when the text is not a label set. */
export function parseLabelsText(text: string): Labels {
  const cached = cache.get(text);
  if (cached) {
    return cached;
  }
  const labels = new LabelsReader(text).read();
  if (text.length <= cachedTextCharsMax) {
    if (cache.size >= cachedTextsMax) {
      cache.clear();
    }
    cache.set(text, labels);
  }
  return labels;
}

const simpleEscapes: Record<string, string> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', "'": "'", '"': '"' };

/** Labels from pairs with the checks that a text gets: valid names, no name twice, no empty values. */
export function labelsFromPairs(pairs: ReadonlyArray<readonly [string, string]>): Labels {
  const names = new Set<string>();
  for (const [name] of pairs) {
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) {
      throw badRequest(`couldn't parse labels: invalid label name ${shortened(JSON.stringify(name))}: letters, digits and _ are allowed, not starting with a digit`);
    }
    if (names.has(name)) {
      throw badRequest(`stream '${shortened(`{${pairs.map(([n, v]) => `${n}=${JSON.stringify(v)}`).join(', ')}}`)}' has duplicate label name: '${name}'`);
    }
    names.add(name);
  }
  return makeLabels(pairs.filter(([, value]) => value !== ''));
}

/** A text as an error quotes it: what the client sent, but not a megabyte of it. */
export function shortened(text: string): string {
  return text.length > quotedCharsMax ? `${text.slice(0, quotedCharsMax)}...` : text;
}

const quotedCharsMax = 4_000;

class LabelsReader {
  private at = 0;

  constructor(private readonly text: string) {}

  read(): Labels {
    const pairs: Array<[string, string]> = [];
    this.skipBlanks();
    if (this.at === this.text.length) {
      return makeLabels([]);
    }
    this.expect('{');
    for (;;) {
      this.skipBlanks();
      if (this.text[this.at] === '}') {
        break;
      }
      pairs.push(this.pair());
      checkPairCount(pairs.length);
      this.skipBlanks();
      if (this.text[this.at] === ',') {
        this.at++;
      } else if (this.text[this.at] !== '}') {
        throw this.error('"," or "}"');
      }
    }
    this.at++;
    this.skipBlanks();
    if (this.at < this.text.length) {
      throw this.error('end of input');
    }
    return labelsFromPairs(pairs);
  }

  private pair(): [string, string] {
    const found = /[a-zA-Z_][a-zA-Z0-9_]*/y;
    found.lastIndex = this.at;
    const name = found.exec(this.text)?.[0];
    if (name === undefined) {
      throw this.error('a label name');
    }
    this.at += name.length;
    this.skipBlanks();
    this.expect('=');
    this.skipBlanks();
    return [name, this.quoted()];
  }

  private quoted(): string {
    const quote = this.text[this.at];
    if (quote === '`') {
      const end = this.text.indexOf('`', this.at + 1);
      if (end < 0) {
        throw this.error('a closing `');
      }
      const value = this.text.slice(this.at + 1, end);
      this.at = end + 1;
      return value;
    }
    if (quote !== '"' && quote !== "'") {
      throw this.error('a quoted value');
    }
    this.at++;
    let value = '';
    let from = this.at;
    for (;;) {
      const char = this.text[this.at];
      if (char === undefined || char === '\n') {
        throw this.error(`a closing ${quote}`);
      }
      if (char === quote) {
        value += this.text.slice(from, this.at++);
        return value;
      }
      if (char === '\\') {
        value += this.text.slice(from, this.at) + this.escape();
        from = this.at;
      } else {
        this.at++;
      }
    }
  }

  /** One escape of Go's string literals; `at` stands on the backslash and is moved behind the escape. */
  private escape(): string {
    const kind = this.text[this.at + 1] ?? '';
    const simple = simpleEscapes[kind];
    if (simple !== undefined) {
      this.at += 2;
      return simple;
    }
    const found = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))/y;
    found.lastIndex = this.at;
    const match = found.exec(this.text);
    const code = match ? parseInt(match[1] ?? match[2] ?? match[3] ?? match[4], match[4] ? 8 : 16) : Infinity;
    if (!match || code > 0x10ffff) {
      throw this.error('a valid escape');
    }
    this.at += match[0].length;
    return String.fromCodePoint(code);
  }

  private skipBlanks(): void {
    while (this.at < this.text.length && ' \t\n\r'.includes(this.text[this.at])) {
      this.at++;
    }
  }

  private expect(char: string): void {
    if (this.text[this.at] !== char) {
      throw this.error(JSON.stringify(char));
    }
    this.at++;
  }

  private error(expected: string): Error {
    const found = this.at < this.text.length ? JSON.stringify(this.text[this.at]) : 'end of input';
    return badRequest(`couldn't parse labels: 1:${this.at + 1}: parse error: unexpected ${found} in label set ${shortened(this.text)}, expected ${expected}`);
  }
}
