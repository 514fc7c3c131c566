import { RE2JS, RE2JSSyntaxException } from 're2js';
import { hasRawBytes } from './bytes';

/** Start and end of the whole match and of each group; -1 where a group took no part. */
export interface Match {
  starts: number[];
  ends: number[];
}

/**
 * An RE2 pattern with its groups. Unlike RE2 in other languages, Go allows one name for several groups, so names are kept by number.
 * A character that stands for a raw byte (bytes.ts) matches as Go has it: as one odd character.
 */
export class Captures {
  /** Name by group, '' for the whole match and groups without a name. */
  readonly names: readonly string[];
  private readonly compiled: RE2JS;

  private constructor(
    readonly pattern: string,
    flags: number
  ) {
    const { text, names } = renameGroups(pattern);
    this.compiled = RE2JS.compile(text, flags);
    this.names = Array.from({ length: this.compiled.groupCount() + 1 }, (_, i) => names[i] ?? '');
  }

  /** Throws an Error in the words of Go's regexp. */
  static compile(pattern: string, flags = 0): Captures {
    try {
      return new Captures(pattern, flags);
    } catch (error) {
      if (error instanceof RE2JSSyntaxException) {
        throw new Error(error.message.startsWith('error parsing regexp') ? error.message : `error parsing regexp: ${error.message}`, { cause: error });
      }
      throw error;
    }
  }

  test(text: string): boolean {
    return this.compiled.matcher(text).find();
  }

  exec(text: string): Match | undefined {
    const matcher = this.compiled.matcher(text);
    return matcher.find() ? this.match(matcher) : undefined;
  }

  /** All matches that do not overlap, as Go's FindAllStringSubmatchIndex: an empty match beside the one before is left out. */
  all(text: string): Match[] {
    const matches: Match[] = [];
    const matcher = this.compiled.matcher(text);
    let lastEnd = -1;
    while (matcher.find()) {
      const match = this.match(matcher);
      if (match.ends[0] > match.starts[0] || match.starts[0] !== lastEnd) {
        matches.push(match);
        lastEnd = match.ends[0];
      }
    }
    return matches;
  }

  /** Text of a group, undefined when it took no part. */
  static group(text: string, match: Match, group: number): string | undefined {
    return match.starts[group] < 0 ? undefined : text.slice(match.starts[group], match.ends[group]);
  }

  /** `$1`, `${name}` and `$$` of a template, as Go's Regexp.Expand. */
  expand(template: string, text: string, match: Match): string {
    return template.replace(/\$(?:\$|(\w+)|\{(\w+)\})/g, (whole, bare: string | undefined, braced: string | undefined) => {
      const name = bare ?? braced;
      if (name === undefined) {
        return whole === '$$' ? '$' : whole;
      }
      const group = /^\d+$/.test(name) ? Number(name) : this.lastNamed(name, match);
      return (group < this.names.length && group >= 0 ? Captures.group(text, match, group) : undefined) ?? '';
    });
  }

  /** ReplaceAllString. */
  replaceAll(text: string, template: string): string {
    let out = '';
    let from = 0;
    for (const match of this.all(text)) {
      out += text.slice(from, match.starts[0]) + this.expand(template, text, match);
      from = match.ends[0];
    }
    return out + text.slice(from);
  }

  private lastNamed(name: string, match: Match): number {
    const first = this.names.findIndex((other, i) => other === name && match.starts[i] >= 0);
    return first >= 0 ? first : this.names.indexOf(name);
  }

  private match(matcher: { start(group: number): number; end(group: number): number }): Match {
    const starts: number[] = [];
    const ends: number[] = [];
    for (let i = 0; i < this.names.length; i++) {
      starts.push(matcher.start(i));
      ends.push(matcher.end(i));
    }
    return { starts, ends };
  }
}

/** Gives groups names of their own where one name stands twice, and remembers the names as written. */
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

/** Whether text may go to an engine that wants valid UTF-16. */
export const isPlainText = (text: string): boolean => !hasRawBytes(text);
