import { RE2JS, RE2JSException } from 're2js';
import { translate, type Translation } from '../../src/logql/regex';
import { badRequest } from '../model/errors';
import type { Source } from './source';

/** A compiled RE2 pattern. Takes time linear in the text, whatever the pattern. */
export interface Regex {
  readonly pattern: string;
  /** Names by group; group 0 and unnamed ones undefined. */
  readonly groupNames: ReadonlyArray<string | undefined>;
  /** Whether it matches somewhere in the text. */
  test(text: string): boolean;
  testBytes(source: Source, start: number, end: number): boolean;
  /** Groups of the leftmost match, by number; undefined for a group that took no part. */
  exec(text: string): ReadonlyArray<string | undefined> | undefined;
  /** Positions of all matches that don't overlap, with their groups, as Go's FindAll answers them. */
  matches(text: string): RegexMatch[];
}

export interface RegexMatch {
  start: number;
  end: number;
  groups: ReadonlyArray<string | undefined>;
}

/** Patterns kept compiled: templates compile theirs once per call otherwise. */
const compiledMax = 500;
const compiled = new Map<string, Regex>();

/**
 * Compiles an RE2 pattern. V8's engine, 10 to 30 times faster, runs what `translate` proves to be linear there; re2js the rest.
 * Throws a RequestError in the words of Go's regexp.
 */
export function compileRegex(pattern: string): Regex {
  return remembered(`part ${pattern}`, () => new LinearRegex(pattern, pattern, {}));
}

/** The same for the pattern of a matcher or a label filter: it must cover the whole text. */
export function compileAnchored(pattern: string): Regex {
  return remembered(`whole ${pattern}`, () => new LinearRegex(pattern, `^(?:${pattern})$`, { anchored: true }));
}

function remembered(key: string, make: () => Regex): Regex {
  let regex = compiled.get(key);
  if (!regex) {
    regex = make();
    if (compiled.size >= compiledMax) {
      compiled.clear();
    }
    compiled.set(key, regex);
  }
  return regex;
}

function parseRe2(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    if (error instanceof RE2JSException) {
      throw badRequest(error.message);
    }
    throw error;
  }
}

/** V8's RegExp for a translation; undefined when V8 refuses it after all (a pattern too large for it). */
function native(translation: Translation | undefined, flags: string): RegExp | undefined {
  if (!translation) {
    return undefined;
  }
  try {
    return new RegExp(translation.source, translation.flags + flags);
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}

class LinearRegex implements Regex {
  readonly groupNames: Array<string | undefined>;
  private readonly fastTest: RegExp | undefined;
  private readonly fastMatch: RegExp | undefined;
  private slow: RE2JS | undefined;

  /** @param whole the pattern with what `options` add to it, for RE2. */
  constructor(
    readonly pattern: string,
    private readonly whole: string,
    options: { anchored?: boolean }
  ) {
    // Loki's own patterns are checked alone, so that a message quotes what the user wrote.
    const checked = parseRe2(pattern);
    const translation = translate(pattern, options);
    this.fastMatch = native(translation, 'g');
    this.fastTest = native(translate(pattern, { ...options, testOnly: true }), '') ?? native(translation, '');
    this.groupNames = new Array(checked.groupCount() + 1).fill(undefined);
    for (const [name, group] of Object.entries(checked.namedGroups())) {
      this.groupNames[group] = name;
    }
  }

  test(text: string): boolean {
    return this.fastTest ? this.fastTest.test(text) : this.re2().test(text);
  }

  testBytes(source: Source, start: number, end: number): boolean {
    return this.test(source.slice(start, end));
  }

  exec(text: string): ReadonlyArray<string | undefined> | undefined {
    if (this.fastMatch) {
      this.fastMatch.lastIndex = 0;
      return this.fastMatch.exec(text) ?? undefined;
    }
    const matcher = this.re2().matcher(text);
    return matcher.find() ? this.groups(matcher) : undefined;
  }

  matches(text: string): RegexMatch[] {
    const found: RegexMatch[] = [];
    let before = -1;
    const add = (start: number, end: number, groups: ReadonlyArray<string | undefined>): void => {
      if (start !== end || (start !== before && !splitsPair(text, start))) {
        found.push({ start, end, groups });
      }
      before = end;
    };
    if (this.fastMatch) {
      // `matchAll` begins where an earlier `exec` stopped.
      this.fastMatch.lastIndex = 0;
      for (const match of text.matchAll(this.fastMatch)) {
        add(match.index, match.index + match[0].length, match);
      }
      return found;
    }
    const matcher = this.re2().matcher(text);
    while (matcher.find()) {
      add(matcher.start(), matcher.end(), this.groups(matcher));
    }
    return found;
  }

  private re2(): RE2JS {
    return (this.slow ??= parseRe2(this.whole));
  }

  private groups(matcher: { group(group: number): string | null }): Array<string | undefined> {
    return this.groupNames.map((_, group) => matcher.group(group) ?? undefined);
  }
}

/** True between the two halves of one character, where an empty match cannot be. */
export function splitsPair(text: string, at: number): boolean {
  return (text.charCodeAt(at - 1) & 0xfc00) === 0xd800 && (text.charCodeAt(at) & 0xfc00) === 0xdc00;
}

/** Replaces every match by a template in which `$1`, `${1}`, `$name` and `$$` are expanded (Go's ReplaceAllString). */
export function replaceAll(regex: Regex, text: string, template: string): string {
  return replaceMatches(regex, text, (match) => expandTemplate(template, match.groups, regex.groupNames));
}

/** Replaces every match by the text as it stands. */
export function replaceAllLiteral(regex: Regex, text: string, replacement: string): string {
  return replaceMatches(regex, text, () => replacement);
}

function replaceMatches(regex: Regex, text: string, replacement: (match: RegexMatch) => string): string {
  let out = '';
  let from = 0;
  for (const match of regex.matches(text)) {
    out += text.slice(from, match.start) + replacement(match);
    from = match.end;
  }
  return out + text.slice(from);
}

/** Go's Regexp.Expand: a `$` that starts no reference stays; a reference to nothing is empty. */
export function expandTemplate(template: string, groups: ReadonlyArray<string | undefined>, names: ReadonlyArray<string | undefined>): string {
  return template.replace(/\$(?:(\$)|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu, (_, dollar?: string, braced?: string, bare?: string) => {
    if (dollar) {
      return '$';
    }
    const reference = (braced ?? bare)!;
    const group = /^\d{1,8}$/.test(reference) ? Number(reference) : names.lastIndexOf(reference);
    return groups[group] ?? '';
  });
}
