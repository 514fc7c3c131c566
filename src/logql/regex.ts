/**
 * RE2 patterns: are they right, what must a matching text contain, and can JavaScript's own (backtracking) engine run them
 * with the same meaning in linear time. What it cannot is left to an RE2 engine.
 */
import { areDisjoint, CharSet, charSet, isEverything, printSet } from './regexClass';
import { parseRegex, RegexNode } from './regexParser';

/** Why a pattern is wrong, in the words of Go's regexp: ``error parsing regexp: missing closing ): `(a` ``. */
export function regexError(pattern: string): string | undefined {
  const parsed = parseRegex(pattern);
  return parsed.ok ? undefined : parsed.error;
}

/** Names of the named groups in order; empty if the pattern is wrong. */
export function captureNames(pattern: string): string[] {
  const parsed = parseRegex(pattern);
  return parsed.ok ? parsed.captures.filter((name) => name !== undefined) : [];
}

/** True if the pattern, anchored at both ends, matches the empty text. */
export function matchesEmpty(pattern: string): boolean {
  const parsed = parseRegex(pattern);
  return parsed.ok && isNullable(parsed.node);
}

function isNullable(node: RegexNode): boolean {
  switch (node.kind) {
    case 'set':
    case 'word':
      return false;
    case 'group':
      return isNullable(node.node);
    case 'concat':
      return node.nodes.every(isNullable);
    case 'alternate':
      return node.nodes.some(isNullable);
    case 'repeat':
      return node.min === 0 || isNullable(node.node);
    default:
      return true;
  }
}

// ---------------------------------------------------------------------------------------------- required literals

/** A matching text contains at least one of `any`; with `ignoreCase` under Unicode's simple case folding. */
export interface LiteralClause {
  any: string[];
  ignoreCase: boolean;
}

/** Alternatives kept apart before they are cut into clauses; more cost more to look up than they save. */
const alternativesMax = 32;
/** Longest literal that is worth more than a shorter one. */
const literalLengthMax = 256;

interface Literal {
  text: string;
  fold: boolean;
}

/** What is known of a part: all its texts if they are few, else clauses every text of it satisfies. */
interface Known {
  exact?: Literal[];
  clauses: LiteralClause[];
}

/**
 * What a text must contain to match, as a list of clauses that all hold. Empty if nothing is known (or the pattern is wrong).
 * A necessary condition only: texts that satisfy it may still not match.
 */
export function literals(pattern: string): LiteralClause[] {
  const parsed = parseRegex(pattern);
  if (!parsed.ok) {
    return [];
  }
  const known = literalsOf(parsed.node);
  return known.exact === undefined ? known.clauses : clausesOf(known.exact);
}

function clausesOf(exact: Literal[]): LiteralClause[] {
  if (exact.length === 0 || exact.some((item) => item.text === '')) {
    return [];
  }
  return [{ any: [...new Set(exact.map((item) => item.text))], ignoreCase: exact.some((item) => item.fold) }];
}

const emptyText: Literal = { text: '', fold: false };

function literalsOf(node: RegexNode): Known {
  switch (node.kind) {
    case 'set':
      return literalsOfSet(node);
    case 'group':
      return literalsOf(node.node);
    case 'concat':
      return literalsOfConcat(node.nodes);
    case 'alternate':
      return literalsOfAlternate(node.nodes.map(literalsOf));
    case 'repeat':
      if (node.min === 1 && node.max === 1) {
        return literalsOf(node.node);
      }
      if (node.min === 0) {
        return node.max === 1 ? literalsOfAlternate([{ exact: [emptyText], clauses: [] }, literalsOf(node.node)]) : { clauses: [] };
      }
      return { clauses: knownClauses(literalsOf(node.node)) };
    default:
      return { exact: [emptyText], clauses: [] };
  }
}

function literalsOfSet(node: RegexNode & { kind: 'set' }): Known {
  if (node.char !== undefined) {
    return { exact: [{ text: String.fromCodePoint(node.char), fold: node.fold === true }], clauses: [] };
  }
  const { ranges, properties, negated } = node.set;
  if (negated || properties.length > 0) {
    return { clauses: [] };
  }
  const exact: Literal[] = [];
  for (let at = 0; at < ranges.length; at += 2) {
    if (ranges[at + 1] - ranges[at] + exact.length >= 8) {
      return { clauses: [] };
    }
    for (let code = ranges[at]; code <= ranges[at + 1]; code++) {
      exact.push({ text: String.fromCodePoint(code), fold: false });
    }
  }
  return { exact, clauses: [] };
}

const knownClauses = (known: Known): LiteralClause[] => (known.exact === undefined ? known.clauses : clausesOf(known.exact));

function literalsOfConcat(nodes: RegexNode[]): Known {
  const clauses: LiteralClause[] = [];
  let current: Literal[] = [emptyText];
  let complete = true;
  const flush = () => {
    clauses.push(...clausesOf(current));
    current = [emptyText];
    complete = false;
  };
  for (const node of nodes) {
    const known = literalsOf(node);
    if (known.exact === undefined) {
      flush();
      clauses.push(...known.clauses);
      continue;
    }
    if (current.length * known.exact.length > alternativesMax || current[0].text.length > literalLengthMax) {
      flush();
    }
    const { exact } = known;
    current = current.flatMap((left) => exact.map((right) => ({ text: left.text + right.text, fold: left.fold || right.fold })));
  }
  if (complete) {
    return { exact: current, clauses: [] };
  }
  flush();
  return { clauses };
}

function literalsOfAlternate(branches: Known[]): Known {
  const exact: Literal[] = [];
  for (const branch of branches) {
    if (branch.exact === undefined) {
      return { clauses: clauseOfBranches(branches) };
    }
    exact.push(...branch.exact);
  }
  return exact.length <= alternativesMax ? { exact, clauses: [] } : { clauses: [] };
}

/** One clause that holds whichever branch matched: the best clause of each, together. */
function clauseOfBranches(branches: Known[]): LiteralClause[] {
  const any = new Set<string>();
  let ignoreCase = false;
  for (const branch of branches) {
    const shortest = (clause: LiteralClause) => Math.min(...clause.any.map((text) => text.length));
    const best = knownClauses(branch).sort((left, right) => shortest(right) - shortest(left))[0];
    if (best === undefined) {
      return [];
    }
    best.any.forEach((text) => any.add(text));
    ignoreCase ||= best.ignoreCase;
  }
  return any.size <= alternativesMax ? [{ any: [...any], ignoreCase }] : [];
}

// ---------------------------------------------------------------------------------------------- translation

export interface TranslateOptions {
  /** Match the whole text, as matchers and label filters do. */
  anchored?: boolean;
  /** Let `.` match newlines from the start; Loki's matchers and label filters do. */
  dotNewline?: boolean;
  /**
   * Only whether there is a match is asked. Leading and trailing repeats then shrink to what must be there, which makes
   * many more patterns safe. The translation has no capture groups.
   */
  testOnly?: boolean;
}

export interface Translation {
  source: string;
  flags: string;
  /** Names of the groups by index from 1; undefined for unnamed groups. Names are not in `source`. */
  captures: Array<string | undefined>;
}

/**
 * The pattern for JavaScript's RegExp, with the same matches and groups, if that engine surely runs it in time linear in the
 * text; else undefined. Also undefined for a wrong pattern.
 *
 * The proof asks that a pattern is a row of bounded parts and of repeats of one set (`\d+`, `.*`), in which
 * - every such repeat is followed by something outside its set, so that there is one way to match it, and
 * - a repeat that can start anywhere comes after a part that cannot lie inside it, so that no text is run over often;
 * - one exception is allowed if the pattern is tied to the start of the text.
 */
export function translate(pattern: string, options: TranslateOptions = {}): Translation | undefined {
  const parsed = parseRegex(options.dotNewline ? `(?s)${pattern}` : pattern);
  if (!parsed.ok) {
    return undefined;
  }
  const branches = branchesOf(parsed.node);
  const testOnly = options.testOnly === true;
  let node = parsed.node;
  if (testOnly) {
    const items = branches.map((branch) => (options.anchored ? flatten(branch) : trim(flatten(branch))));
    node = { kind: 'alternate', nodes: items.map((nodes) => ({ kind: 'concat', nodes })) };
  }
  let paths = 0;
  for (const branch of branchesOf(node)) {
    paths += pathsOf(options.anchored ? [beginText, ...flatten(branch), endText] : flatten(branch));
  }
  if (paths > pathsMax) {
    return undefined;
  }
  const writer = new Writer(!testOnly);
  const body = writer.write(node);
  const source = options.anchored ? `^(?:${body})$` : body;
  return { source, flags: writer.unicode ? 'u' : '', captures: testOnly ? [] : parsed.captures };
}

const beginText: RegexNode = { kind: 'beginText' };
const endText: RegexNode = { kind: 'endText' };

/** Ways to match the bounded parts; each is tried at every position. */
const pathsMax = 128;
/** Longest bounded part; with the paths it bounds the work per position. */
const partLengthMax = 256;

/** The alternatives at the top, through groups. */
function branchesOf(node: RegexNode): RegexNode[] {
  if (node.kind === 'group') {
    return branchesOf(node.node);
  }
  return node.kind === 'alternate' ? node.nodes.flatMap(branchesOf) : [node];
}

/** The parts of a branch in a row, through groups that are not repeated. */
function flatten(node: RegexNode): RegexNode[] {
  switch (node.kind) {
    case 'empty':
      return [];
    case 'group':
      return flatten(node.node);
    case 'concat':
      return node.nodes.flatMap(flatten);
    default:
      return [node];
  }
}

/** For a yes or no: repeats at the ends shrink to their least number. */
function trim(items: RegexNode[]): RegexNode[] {
  const out = [...items];
  const shrink = (at: number): boolean => {
    const item = out.at(at);
    if (item?.kind !== 'repeat' || item.node.kind !== 'set') {
      return false;
    }
    out.splice(at, 1, ...(item.min === 0 ? [] : [{ ...item, max: item.min }]));
    return item.min === 0;
  };
  while (shrink(0)) {
    // Until something has to be there.
  }
  while (out.length > 0 && shrink(-1)) {
    // Likewise at the end.
  }
  return out;
}

const unboundedSet = (node: RegexNode): CharSet | undefined =>
  node.kind === 'repeat' && node.max === Infinity && node.node.kind === 'set' ? node.node.set : undefined;

/** The number of ways to match a branch from one start; infinite if the time may not be linear. */
function pathsOf(items: RegexNode[]): number {
  let paths = 1;
  /** Choices the engine may have to go through one by one: the start, unless it is fixed, and one ambiguous repeat. */
  let choices = 1;
  let part: RegexNode[] = [];
  for (let at = 0; at < items.length; at++) {
    const item = items[at];
    if (item.kind === 'beginText') {
      if (at > 0) {
        return Infinity;
      }
      choices = 0;
      continue;
    }
    const set = unboundedSet(item);
    if (set === undefined) {
      const bounds = boundsOf(item);
      paths *= bounds.paths;
      if (paths > pathsMax || bounds.length > partLengthMax) {
        return Infinity;
      }
      part.push(item);
      continue;
    }
    const rest = items.slice(at + 1);
    const runsToEnd = isEverything(set) && rest.every((next) => next.kind === 'endText');
    if (choices > 0 && !runsToEnd && !part.some((before) => excludes(before, set))) {
      return Infinity;
    }
    if (!runsToEnd && !endsBefore(set, rest)) {
      if (choices > 0) {
        return Infinity;
      }
      choices++;
    }
    part = [];
  }
  return paths;
}

/** Number of ways and greatest length of a part without unbounded repeats; infinite for anything else. */
function boundsOf(node: RegexNode): { paths: number; length: number } {
  switch (node.kind) {
    case 'set':
      return { paths: 1, length: 1 };
    case 'group':
      return boundsOf(node.node);
    case 'concat':
      return node.nodes.map(boundsOf).reduce((sum, next) => ({ paths: sum.paths * next.paths, length: sum.length + next.length }), {
        paths: 1,
        length: 0,
      });
    case 'alternate':
      return node.nodes.map(boundsOf).reduce((sum, next) => ({ paths: sum.paths + next.paths, length: Math.max(sum.length, next.length) }), {
        paths: 0,
        length: 0,
      });
    case 'repeat': {
      const inner = boundsOf(node.node);
      if (node.max === Infinity || (node.max > 1 && hasCapture(node.node)) || (node.node.kind !== 'set' && isNullable(node.node))) {
        return { paths: Infinity, length: Infinity };
      }
      const counts = node.max - node.min + 1;
      return { paths: inner.paths === 1 ? counts : counts * inner.paths ** node.max, length: inner.length * node.max };
    }
    default:
      return { paths: 1, length: 0 };
  }
}

/** A group that takes part in one round of a repeat and not in the next keeps its match in Go and loses it in JavaScript. */
function hasCapture(node: RegexNode): boolean {
  switch (node.kind) {
    case 'group':
      return node.index !== undefined || hasCapture(node.node);
    case 'concat':
    case 'alternate':
      return node.nodes.some(hasCapture);
    case 'repeat':
      return hasCapture(node.node);
    default:
      return false;
  }
}

/** True if every match of the part has a character outside the set. */
function excludes(node: RegexNode, set: CharSet): boolean {
  switch (node.kind) {
    case 'set':
      return areDisjoint(node.set, set);
    case 'group':
      return excludes(node.node, set);
    case 'concat':
      return node.nodes.some((child) => excludes(child, set));
    case 'alternate':
      return node.nodes.every((child) => excludes(child, set));
    case 'repeat':
      return node.min > 0 && excludes(node.node, set);
    default:
      return false;
  }
}

/** True if what follows cannot start with a member of the set, so that the repeat has one length only. */
function endsBefore(set: CharSet, rest: RegexNode[]): boolean {
  for (const node of rest) {
    const first = firstOf(node);
    if (first === undefined || first.sets.some((next) => !areDisjoint(next, set))) {
      return false;
    }
    if (!first.nullable) {
      return true;
    }
  }
  // The end of the pattern: a greedy repeat is taken as it is. Lazy ones and optional parts before the end give it choices.
  return rest.length === 0 || rest.every((node) => node.kind === 'endText');
}

/** The sets a part may start with; undefined if that is hard to say. */
function firstOf(node: RegexNode): { sets: CharSet[]; nullable: boolean } | undefined {
  switch (node.kind) {
    case 'set':
      return { sets: [node.set], nullable: false };
    case 'endText':
      return { sets: [], nullable: false };
    case 'endLine':
      return { sets: [charSet([10, 10])], nullable: false };
    case 'empty':
      return { sets: [], nullable: true };
    case 'group':
      return firstOf(node.node);
    case 'repeat': {
      const first = firstOf(node.node);
      return first && { sets: first.sets, nullable: first.nullable || node.min === 0 };
    }
    case 'alternate':
    case 'concat': {
      const sets: CharSet[] = [];
      let nullable = node.kind === 'concat';
      for (const child of node.nodes) {
        const first = firstOf(child);
        if (first === undefined) {
          return undefined;
        }
        sets.push(...first.sets);
        if (node.kind === 'alternate') {
          nullable ||= first.nullable;
        } else if (!first.nullable) {
          return { sets, nullable: false };
        }
      }
      return { sets, nullable };
    }
    default:
      return undefined;
  }
}

/** Writes a tree as a JavaScript pattern. Case and newlines are spelled out, so only the `u` flag is ever needed. */
class Writer {
  unicode = false;

  constructor(private readonly captures: boolean) {}

  write(node: RegexNode): string {
    switch (node.kind) {
      case 'empty':
        return '';
      case 'set':
        return this.writeSet(node.set);
      case 'beginText':
        return '^';
      case 'endText':
        return '$';
      case 'beginLine':
        return '(?<![^\\n])';
      case 'endLine':
        return '(?![^\\n])';
      case 'word':
        return '\\b';
      case 'noWord':
        // Without the flag there is a place between the two halves of a character, and it is no boundary.
        this.unicode = true;
        return '\\B';
      case 'group':
        return `(${this.captures && node.index !== undefined ? '' : '?:'}${this.write(node.node)})`;
      case 'concat':
        return node.nodes.map((child) => (child.kind === 'alternate' ? `(?:${this.write(child)})` : this.write(child))).join('');
      case 'alternate':
        return node.nodes.map((child) => this.write(child)).join('|');
      case 'repeat':
        return this.writeRepeat(node);
    }
  }

  private writeSet(set: CharSet): string {
    if (set.properties.length > 0 || set.negated || (set.ranges.at(-1) ?? 0) >= 0x80) {
      this.unicode = true;
    }
    return printSet(set);
  }

  private writeRepeat(node: RegexNode & { kind: 'repeat' }): string {
    const inner = this.write(node.node);
    const atom = node.node.kind === 'set' || node.node.kind === 'group' ? inner : `(?:${inner})`;
    const { min, max } = node;
    let count = `{${min},${max === Infinity ? '' : max}}`;
    if (max === Infinity && min <= 1) {
      count = min === 0 ? '*' : '+';
    } else if (min === 0 && max === 1) {
      count = '?';
    } else if (min === 1 && max === 1) {
      count = '';
    } else if (min === max) {
      count = `{${min}}`;
    }
    return atom + count + (node.greedy || min === max ? '' : '?');
  }
}

/** A text as a pattern that matches exactly it. Special characters get a backslash, as Go's regexp.QuoteMeta does. */
export function quoteRegex(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}
