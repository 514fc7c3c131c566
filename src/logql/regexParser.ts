/**
 * RE2 patterns to trees, with the errors of Go's regexp/syntax (flags Perl: `^` and `$` are the ends of the text unless
 * `(?m)`, negated classes match newlines, Unicode groups and Perl's classes are on).
 */
import { CharSet, charSet, foldRanges, invert, normalize, perlClasses, posixClasses, unicodeProperty } from './regexClass';
import { controlEscapes, placeEscapes } from './regexEscapes';

export type RegexNode =
  | { kind: 'empty' }
  /** `fold` is the letter in lower case when case does not count, for finding literals. */
  | { kind: 'set'; set: CharSet; char?: number; fold?: true }
  | { kind: 'beginText' | 'endText' | 'beginLine' | 'endLine' | 'word' | 'noWord' }
  | { kind: 'group'; index?: number; name?: string; node: RegexNode }
  | { kind: 'concat'; nodes: RegexNode[] }
  | { kind: 'alternate'; nodes: RegexNode[] }
  /** `max` is Infinity without a bound. */
  | { kind: 'repeat'; node: RegexNode; min: number; max: number; greedy: boolean };

export type RegexParsed = { ok: true; node: RegexNode; captures: Array<string | undefined> } | { ok: false; error: string };

/** Go's limits: one repeat, and repeats inside repeats multiplied. */
const repeatMax = 1_000;
/** Go's limit for the height of the tree. */
const heightMax = 1_000;

class RegexError extends Error {}

interface Flags {
  fold: boolean;
  multiLine: boolean;
  dotNewline: boolean;
  lazy: boolean;
}

/** An open parenthesis: what stood before it, and the flags to go back to. */
interface Frame {
  alternatives: RegexNode[];
  items: RegexNode[];
  flags: Flags;
  capture?: { index: number; name?: string };
}

export function parseRegex(pattern: string): RegexParsed {
  try {
    const parser = new RegexParser(pattern);
    const node = parser.parse();
    return { ok: true, node, captures: parser.captures };
  } catch (error) {
    if (!(error instanceof RegexError)) {
      throw error;
    }
    return { ok: false, error: error.message };
  }
}

class RegexParser {
  /** Names of the groups from 1; undefined for unnamed ones. */
  readonly captures: Array<string | undefined> = [];
  private at = 0;
  private flags: Flags = { fold: false, multiLine: false, dotNewline: false, lazy: false };
  private readonly stack: Frame[] = [];
  private items: RegexNode[] = [];
  private alternatives: RegexNode[] = [];
  /** Where the repetition just read starts; a second one right behind it is an error. */
  private lastRepeat = -1;
  private lastPosixEnd?: number;

  constructor(private readonly text: string) {}

  parse(): RegexNode {
    const { text } = this;
    while (this.at < text.length) {
      const repeatBefore = this.lastRepeat;
      this.lastRepeat = -1;
      this.readItem(repeatBefore);
    }
    if (this.stack.length > 0) {
      throw this.error('missing closing )', text);
    }
    return this.closeAlternatives();
  }

  private error(code: string, text: string): RegexError {
    return new RegexError(`error parsing regexp: ${code}: \`${text}\``);
  }

  private readItem(repeatBefore: number): void {
    const { text } = this;
    const char = text[this.at];
    switch (char) {
      case '(':
        if (text[this.at + 1] === '?') {
          this.readPerlGroup();
        } else {
          this.at++;
          this.captures.push(undefined);
          this.open({ index: this.captures.length });
        }
        return;
      case ')':
        this.close();
        return;
      case '|':
        this.at++;
        this.alternatives.push(concat(this.items));
        this.items = [];
        return;
      case '^':
        this.at++;
        this.items.push({ kind: this.flags.multiLine ? 'beginLine' : 'beginText' });
        return;
      case '$':
        this.at++;
        this.items.push({ kind: this.flags.multiLine ? 'endLine' : 'endText' });
        return;
      case '.':
        this.at++;
        this.items.push({ kind: 'set', set: charSet(this.flags.dotNewline ? [] : [10, 10], true) });
        return;
      case '[':
        this.readClass();
        return;
      case '*':
      case '+':
      case '?':
        this.repeat(this.at, this.at + 1, char === '+' ? 1 : 0, char === '?' ? 1 : Infinity, repeatBefore);
        return;
      case '{':
        this.readBraces(repeatBefore);
        return;
      case '\\':
        this.readEscape();
        return;
      default:
        this.literal(text.codePointAt(this.at)!);
        this.at += text.codePointAt(this.at)! > 0xffff ? 2 : 1;
    }
  }

  private literal(code: number): void {
    this.items.push(this.setOf([code, code], code));
  }

  private setOf(ranges: number[], char?: number): RegexNode {
    if (!this.flags.fold) {
      return { kind: 'set', set: charSet(ranges), ...(char !== undefined && { char }) };
    }
    const folded = foldRanges(ranges);
    const varies = char !== undefined && (folded.length > 2 || folded[0] !== folded[1]);
    return { kind: 'set', set: charSet(folded), ...(char !== undefined && { char }), ...(varies && { fold: true }) };
  }

  // -------------------------------------------------------------------------------------------- groups

  private open(capture?: Frame['capture'], flags = this.flags): void {
    if (this.stack.length >= heightMax) {
      throw this.error('expression nests too deeply', this.text);
    }
    this.stack.push({ alternatives: this.alternatives, items: this.items, flags: this.flags, capture });
    this.alternatives = [];
    this.items = [];
    this.flags = flags;
  }

  private close(): void {
    const frame = this.stack.pop();
    if (frame === undefined) {
      throw this.error('unexpected )', this.text);
    }
    this.at++;
    const node: RegexNode = { kind: 'group', ...frame.capture, node: this.closeAlternatives() };
    this.alternatives = frame.alternatives;
    this.items = frame.items;
    this.flags = frame.flags;
    this.items.push(node);
  }

  private closeAlternatives(): RegexNode {
    const last = concat(this.items);
    return this.alternatives.length === 0 ? last : { kind: 'alternate', nodes: [...this.alternatives, last] };
  }

  /** `(?P<name>`, `(?<name>`, `(?flags)` and `(?flags:`. */
  private readPerlGroup(): void {
    const { text } = this;
    const start = this.at;
    const rest = text.slice(start, start + 4);
    const nameStart = rest === '(?P<' ? start + 4 : rest.startsWith('(?<') && text.length > start + 3 ? start + 3 : -1;
    if (nameStart >= 0) {
      const end = text.indexOf('>', start);
      if (end < 0) {
        throw this.error('invalid named capture', text.slice(start));
      }
      const name = text.slice(nameStart, end);
      if (!/^[A-Za-z0-9_]+$/.test(name)) {
        throw this.error('invalid named capture', text.slice(start, end + 1));
      }
      this.captures.push(name);
      this.at = end + 1;
      this.open({ index: this.captures.length, name });
      return;
    }
    const match = /\(\?(?:([imsU]*)|([imsU]*)-([imsU]+))([:)])/y;
    match.lastIndex = start;
    const found = match.exec(text);
    if (found === null) {
      const bad = /\(\?[imsU]*(?:-[imsU]*)?/y;
      bad.lastIndex = start;
      const end = start + bad.exec(text)![0].length;
      const size = end < text.length && text.codePointAt(end)! > 0xffff ? 2 : 1;
      throw this.error('invalid or unsupported Perl syntax', text.slice(start, end + size));
    }
    const flags = { ...this.flags };
    setFlags(flags, found[1] ?? found[2], true);
    setFlags(flags, found[3] ?? '', false);
    this.at = start + found[0].length;
    if (found[4] === ':') {
      this.open(undefined, flags);
    } else {
      this.flags = flags;
    }
  }

  // -------------------------------------------------------------------------------------------- repetition

  private readBraces(repeatBefore: number): void {
    const braces = /\{(0|[1-9][0-9]*)(?:(,)(0|[1-9][0-9]*)?)?\}/y;
    braces.lastIndex = this.at;
    const found = braces.exec(this.text);
    if (found === null) {
      this.literal(0x7b);
      this.at++;
      return;
    }
    const min = Number(found[1]);
    const max = found[2] === undefined ? min : found[3] === undefined ? Infinity : Number(found[3]);
    if (min > repeatMax || (max !== Infinity && (max > repeatMax || min > max))) {
      throw this.error('invalid repeat count', found[0]);
    }
    this.repeat(this.at, this.at + found[0].length, min, max, repeatBefore);
  }

  private repeat(start: number, end: number, min: number, max: number, repeatBefore: number): void {
    const { text } = this;
    const lazy = text[end] === '?';
    this.at = end + (lazy ? 1 : 0);
    if (repeatBefore >= 0) {
      throw this.error('invalid nested repetition operator', text.slice(repeatBefore, this.at));
    }
    const node = this.items.pop();
    if (node === undefined) {
      throw this.error('missing argument to repetition operator', text.slice(start, this.at));
    }
    const repeat: RegexNode = { kind: 'repeat', node, min, max, greedy: lazy === this.flags.lazy };
    if (text[start] === '{' && (min >= 2 || max >= 2) && repeatSize(repeat) > repeatMax) {
      throw this.error('invalid repeat count', text.slice(start, this.at));
    }
    this.items.push(repeat);
    this.lastRepeat = start;
  }

  // -------------------------------------------------------------------------------------------- escapes

  private readEscape(): void {
    const { text } = this;
    const next = text[this.at + 1];
    const simple = placeEscapes.get(next);
    if (simple !== undefined) {
      this.items.push({ kind: simple });
      this.at += 2;
      return;
    }
    if (next === 'C') {
      throw this.error('invalid escape sequence', '\\C');
    }
    if (next === 'Q') {
      const end = text.indexOf('\\E', this.at + 2);
      const quoted = text.slice(this.at + 2, end < 0 ? text.length : end);
      for (const char of quoted) {
        this.literal(char.codePointAt(0)!);
      }
      this.at = end < 0 ? text.length : end + 2;
      return;
    }
    const set = this.readClassEscape();
    if (set !== undefined) {
      this.items.push({ kind: 'set', set });
      return;
    }
    this.literal(this.readCharEscape());
  }

  /** `\d`, `\pL`, `\p{Greek}` and their opposites; undefined (and nothing read) if something else follows. */
  private readClassEscape(): CharSet | undefined {
    const { text } = this;
    const letter = text[this.at] === '\\' ? text[this.at + 1] : undefined;
    if (letter === undefined) {
      return undefined;
    }
    const perl = perlClasses.get(letter.toLowerCase());
    if (perl !== undefined) {
      this.at += 2;
      return charSet(this.flags.fold ? foldRanges(perl) : perl, letter !== letter.toLowerCase());
    }
    return letter === 'p' || letter === 'P' ? this.readUnicodeClass(letter === 'P') : undefined;
  }

  private readUnicodeClass(negated: boolean): CharSet {
    const { text } = this;
    const start = this.at;
    let name: string;
    let end: number;
    if (text[start + 2] === '{') {
      const close = text.indexOf('}', start);
      if (close < 0) {
        throw this.error('invalid character class range', text.slice(start));
      }
      name = text.slice(start + 3, close);
      end = close + 1;
    } else {
      name = start + 2 < text.length ? String.fromCodePoint(text.codePointAt(start + 2)!) : '';
      end = start + 2 + name.length;
    }
    const outer = name.startsWith('^') ? !negated : negated;
    const properties = unicodeProperty(name.startsWith('^') ? name.slice(1) : name);
    if (properties === undefined) {
      throw this.error('invalid character class range', text.slice(start, end));
    }
    this.at = end;
    return { ranges: [], properties, negated: outer };
  }

  /** A backslash and what it stands for; the code point. */
  private readCharEscape(): number {
    const { text } = this;
    const start = this.at;
    if (start + 1 >= text.length) {
      throw this.error('trailing backslash at end of expression', '');
    }
    const escape = /\\(?:(0[0-7]{0,2}|[1-7][0-7]{1,2})|x([0-9A-Fa-f]{2})|x\{([0-9A-Fa-f]+)\}|([afnrtv])|([\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]))/y;
    escape.lastIndex = start;
    const found = escape.exec(text);
    const invalid = () => {
      const rest = /\\(?:x\{[0-9A-Fa-f]*[^]?|x[^]?[^]?|[^]?)/uy;
      rest.lastIndex = start;
      return this.error('invalid escape sequence', rest.exec(text)![0]);
    };
    if (found === null) {
      throw invalid();
    }
    this.at = start + found[0].length;
    const [, octal, hex, longHex, control, punctuation] = found;
    if (octal !== undefined) {
      return parseInt(octal, 8);
    }
    if (control !== undefined) {
      return controlEscapes.get(control)!;
    }
    if (punctuation !== undefined) {
      return punctuation.charCodeAt(0);
    }
    const code = parseInt(hex ?? longHex, 16);
    if (code > 0x10ffff) {
      throw invalid();
    }
    return code;
  }

  // -------------------------------------------------------------------------------------------- classes

  private readClass(): void {
    const { text } = this;
    const start = this.at;
    this.at++;
    const negated = text[this.at] === '^';
    if (negated) {
      this.at++;
    }
    const ranges: number[] = [];
    const properties: string[] = [];
    for (let first = true; first || text[this.at] !== ']'; first = false) {
      if (this.at >= text.length) {
        throw this.error('missing closing ]', text.slice(start));
      }
      const named = this.readPosixClass() ?? this.readClassEscape();
      if (named !== undefined) {
        addSet(named, ranges, properties);
        continue;
      }
      const from = this.at;
      const lo = this.readClassChar(start);
      let hi = lo;
      if (text[this.at] === '-' && this.at + 1 < text.length && text[this.at + 1] !== ']') {
        this.at++;
        hi = this.readClassChar(start);
        if (hi < lo) {
          throw this.error('invalid character class range', text.slice(from, this.at));
        }
      }
      ranges.push(...(this.flags.fold ? foldRanges([lo, hi]) : [lo, hi]));
    }
    this.at++;
    this.items.push({ kind: 'set', set: { ranges: normalize(ranges), properties, negated } });
  }

  private readClassChar(classStart: number): number {
    const { text } = this;
    if (this.at >= text.length) {
      throw this.error('missing closing ]', text.slice(classStart));
    }
    if (text[this.at] === '\\') {
      return this.readCharEscape();
    }
    const code = text.codePointAt(this.at)!;
    this.at += code > 0xffff ? 2 : 1;
    return code;
  }

  /** `[:alpha:]`, `[:^alpha:]`; undefined (and nothing read) if something else follows. */
  private readPosixClass(): CharSet | undefined {
    const { text } = this;
    if (!text.startsWith('[:', this.at)) {
      return undefined;
    }
    // Asked once for all, so that many `[:` without an end take linear time.
    this.lastPosixEnd ??= text.lastIndexOf(':]');
    if (this.lastPosixEnd < this.at + 2) {
      return undefined;
    }
    const close = text.indexOf(':]', this.at + 2);
    const whole = text.slice(this.at, close + 2);
    const name = whole.slice(2, -2);
    const negated = name.startsWith('^');
    const ranges = posixClasses.get(negated ? name.slice(1) : name);
    if (ranges === undefined) {
      throw this.error('invalid character class range', whole);
    }
    this.at += whole.length;
    return charSet(this.flags.fold ? foldRanges(ranges) : ranges, negated);
  }
}

/** Adds a set to the parts of a class. */
function addSet(set: CharSet, ranges: number[], properties: string[]): void {
  if (set.properties.length === 0) {
    ranges.push(...(set.negated ? invert(set.ranges) : set.ranges));
  } else if (!set.negated) {
    properties.push(...set.properties);
  } else if (set.properties.length === 1) {
    properties.push(set.properties[0].replace('\\p', '\\P'));
  } else {
    // \P{C}: everything but control, format, private use and surrogates.
    properties.push('\\p{L}', '\\p{M}', '\\p{N}', '\\p{P}', '\\p{S}', '\\p{Z}', '\\p{Cn}');
  }
}

const concat = (nodes: RegexNode[]): RegexNode => (nodes.length === 0 ? { kind: 'empty' } : nodes.length === 1 ? nodes[0] : { kind: 'concat', nodes });

function setFlags(flags: Flags, letters: string, value: boolean): void {
  for (const letter of letters) {
    if (letter === 'i') {
      flags.fold = value;
    } else if (letter === 'm') {
      flags.multiLine = value;
    } else if (letter === 's') {
      flags.dotNewline = value;
    } else {
      flags.lazy = value;
    }
  }
}

/** How many copies of its innermost part a repeat makes, as Go counts them. */
function repeatSize(node: RegexNode): number {
  switch (node.kind) {
    case 'repeat': {
      const own = node.max === Infinity ? Math.max(node.min, 1) : node.max;
      const counted = node.min >= 2 || (node.max !== Infinity && node.max >= 2) ? own : 1;
      return Math.max(counted, 1) * repeatSize(node.node);
    }
    case 'group':
      return repeatSize(node.node);
    case 'concat':
    case 'alternate':
      return node.nodes.reduce((most, child) => Math.max(most, repeatSize(child)), 1);
    default:
      return 1;
  }
}
