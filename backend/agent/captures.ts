import { RE2JS } from 're2js';
import { regexError, translate } from '../../src/logql/regex';
import { expandTemplate, splitsPair } from '../text/re2';

/** Start and end of the whole match and of each group; -1 where a group took no part. */
export interface Match {
  starts: number[];
  ends: number[];
}

/**
 * An RE2 pattern with the positions of its groups. Go allows one name for several groups, so names are kept by number.
 * Runs in JavaScript's own engine where that is surely linear in the text (src/logql/regex.ts), else in RE2's.
 */
export class Captures {
  /** Name by group, undefined for the whole match and groups without a name. */
  readonly names: ReadonlyArray<string | undefined>;
  private readonly tester: RegExp | undefined;
  private readonly native: RegExp | undefined;
  private readonly nativeAll: RegExp | undefined;
  private linear: RE2JS | undefined;

  private constructor(readonly pattern: string) {
    const test = translate(pattern, { testOnly: true });
    const full = translate(pattern);
    this.tester = test && new RegExp(test.source, test.flags);
    this.native = full && new RegExp(full.source, full.flags);
    this.nativeAll = full && new RegExp(full.source, `${full.flags}dg`);
    this.names = full ? [undefined, ...full.captures] : this.linearNames();
  }

  /** Throws an Error in the words of Go's regexp. */
  static compile(pattern: string): Captures {
    const problem = regexError(pattern);
    if (problem !== undefined) {
      throw new Error(problem);
    }
    return new Captures(pattern);
  }

  test(text: string): boolean {
    return this.tester ? this.tester.test(text) : this.engine.matcher(text).find();
  }

  /** Groups of the leftmost match, undefined for those that took no part. */
  exec(text: string): ReadonlyArray<string | undefined> | undefined {
    if (this.native) {
      return this.native.exec(text) ?? undefined;
    }
    const matcher = this.engine.matcher(text);
    return matcher.find() ? this.names.map((_, group) => matcher.group(group) ?? undefined) : undefined;
  }

  /** All matches that do not overlap, as Go's FindAllStringSubmatchIndex: an empty match right behind another is left out. */
  all(text: string): Match[] {
    const matches: Match[] = [];
    let before = -1;
    for (const match of this.nativeAll ? nativeMatches(this.nativeAll, text) : this.linearMatches(text)) {
      if (match.ends[0] > match.starts[0] || (match.starts[0] !== before && !splitsPair(text, match.starts[0]))) {
        matches.push(match);
      }
      before = match.ends[0];
    }
    return matches;
  }

  /** `$1`, `${name}` and `$$` of a template, as Go's Regexp.Expand. */
  expand(template: string, groups: ReadonlyArray<string | undefined>): string {
    return expandTemplate(template, groups, this.names);
  }

  /** ReplaceAllString. */
  replaceAll(text: string, template: string): string {
    let out = '';
    let from = 0;
    for (const { starts, ends } of this.all(text)) {
      const groups = starts.map((start, group) => (start < 0 ? undefined : text.slice(start, ends[group])));
      out += text.slice(from, starts[0]) + this.expand(template, groups);
      from = ends[0];
    }
    return out + text.slice(from);
  }

  private *linearMatches(text: string): Iterable<Match> {
    const matcher = this.engine.matcher(text);
    while (matcher.find()) {
      yield { starts: this.names.map((_, group) => matcher.start(group)), ends: this.names.map((_, group) => matcher.end(group)) };
    }
  }

  private get engine(): RE2JS {
    this.linear ??= RE2JS.compile(renameGroups(this.pattern).text);
    return this.linear;
  }

  private linearNames(): Array<string | undefined> {
    const { names } = renameGroups(this.pattern);
    return Array.from({ length: this.engine.groupCount() + 1 }, (_, group) => names[group] || undefined);
  }
}

function* nativeMatches(regex: RegExp, text: string): Iterable<Match> {
  for (const match of text.matchAll(regex)) {
    const indices = match.indices!;
    yield { starts: indices.map((pair) => pair?.[0] ?? -1), ends: indices.map((pair) => pair?.[1] ?? -1) };
  }
}

/** Gives groups names of their own where one name stands twice (RE2JS refuses that), and remembers the names as written. */
function renameGroups(pattern: string): { text: string; names: string[] } {
  const names = [''];
  const seen = new Map<string, number>();
  let text = '';
  for (let i = 0; i < pattern.length; ) {
    const step = tokenAt(pattern, i);
    if (step.kind === 'group') {
      names.push(step.name);
      const count = seen.get(step.name) ?? 0;
      seen.set(step.name, count + 1);
      text += count > 0 && step.name !== '' ? `(?P<${step.name}__${count}>` : pattern.slice(i, i + step.length);
    } else {
      text += pattern.slice(i, i + step.length);
    }
    i += step.length;
  }
  return { text, names };
}

type Token = { kind: 'group'; name: string; length: number } | { kind: 'other'; length: number };

/** Enough of the syntax to tell groups from brackets, escapes and quoted text. */
function tokenAt(pattern: string, i: number): Token {
  if (pattern.startsWith('\\Q', i)) {
    const end = pattern.indexOf('\\E', i + 2);
    return { kind: 'other', length: (end < 0 ? pattern.length : end + 2) - i };
  }
  if (pattern[i] === '\\') {
    return { kind: 'other', length: 2 };
  }
  if (pattern[i] === '[') {
    return { kind: 'other', length: classLength(pattern, i) };
  }
  if (pattern[i] !== '(') {
    return { kind: 'other', length: 1 };
  }
  const named = /^\(\?P?<([A-Za-z0-9_]+)>/.exec(pattern.slice(i, i + groupHeadMax));
  if (named) {
    return { kind: 'group', name: named[1], length: named[0].length };
  }
  return pattern[i + 1] === '?' ? { kind: 'other', length: 2 } : { kind: 'group', name: '', length: 1 };
}

/** Longest `(?P<name>` that is looked at. */
const groupHeadMax = 1_024;

function classLength(pattern: string, start: number): number {
  let i = start + 1;
  if (pattern[i] === '^') {
    i++;
  }
  // A bracket that comes first is a character.
  if (pattern[i] === ']') {
    i++;
  }
  while (i < pattern.length && pattern[i] !== ']') {
    const named = pattern.startsWith('[:', i) ? pattern.indexOf(':]', i) : -1;
    i = named >= 0 ? named + 2 : i + (pattern[i] === '\\' ? 2 : 1);
  }
  return Math.min(i + 1, pattern.length) - start;
}
