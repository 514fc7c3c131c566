import { RE2JS, RE2JSException } from 're2js';
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

/** Throws a RequestError in the words of Go's regexp. */
export function compileRegex(pattern: string): Regex {
  let regex = compiled.get(pattern);
  if (!regex) {
    regex = new LinearRegex(pattern, parse(pattern));
    if (compiled.size >= compiledMax) {
      compiled.clear();
    }
    compiled.set(pattern, regex);
  }
  return regex;
}

function parse(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    if (error instanceof RE2JSException) {
      throw badRequest(error.message);
    }
    throw error;
  }
}

class LinearRegex implements Regex {
  readonly groupNames: Array<string | undefined>;

  constructor(
    readonly pattern: string,
    private readonly regex: RE2JS
  ) {
    this.groupNames = new Array(regex.groupCount() + 1).fill(undefined);
    for (const [name, group] of Object.entries(regex.namedGroups())) {
      this.groupNames[group] = name;
    }
  }

  test(text: string): boolean {
    return this.regex.test(text);
  }

  testBytes(source: Source, start: number, end: number): boolean {
    return this.test(source.slice(start, end));
  }

  exec(text: string): ReadonlyArray<string | undefined> | undefined {
    const matcher = this.regex.matcher(text);
    return matcher.find() ? this.groups(matcher) : undefined;
  }

  matches(text: string): RegexMatch[] {
    const found: RegexMatch[] = [];
    const matcher = this.regex.matcher(text);
    let before = -1;
    while (matcher.find()) {
      const start = matcher.start();
      const end = matcher.end();
      if (start !== end || start !== before) {
        found.push({ start, end, groups: this.groups(matcher) });
      }
      before = end;
    }
    return found;
  }

  private groups(matcher: { group(group: number): string | null }): Array<string | undefined> {
    return this.groupNames.map((_, group) => matcher.group(group) ?? undefined);
  }
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
