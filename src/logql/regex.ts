/**
 * RE2 patterns: are they right, what must a matching text contain, and can JavaScript's own (backtracking) engine run them
 * with the same meaning in linear time. What it cannot is left to an RE2 engine.
 */
import { charSet, isEverything, printSet } from './regexClass';
import { avoids, boundsOf, branchesOf, flatten, isNullable, partLengthMax, partsOf, pathsMax, pathsOf, trim, unboundedSet } from './regexLinear';
import { parseRegex, RegexNode } from './regexParser';
import { Writer } from './regexWriter';

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
  const parsed = parseRegex(pattern);
  if (!parsed.ok || holdsNoWord(parsed.node)) {
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
    return testOnly && branches.length === 1 ? translateSequence(flatten(branches[0]), options.anchored === true) : undefined;
  }
  const writer = new Writer(!testOnly);
  const body = writer.write(node);
  const source = options.anchored ? `^(?:${body})$` : body;
  return { source, flags: writer.unicode ? 'u' : '', captures: testOnly ? [] : parsed.captures };
}

/** JavaScript finds `\B` between the two halves of a character beyond U+FFFF, whatever the flags; RE2 has no such place. */
function holdsNoWord(node: RegexNode): boolean {
  switch (node.kind) {
    case 'noWord':
      return true;
    case 'concat':
    case 'alternate':
      return node.nodes.some(holdsNoWord);
    case 'group':
    case 'repeat':
      return holdsNoWord(node.node);
    default:
      return false;
  }
}

const beginText: RegexNode = { kind: 'beginText' };
const endText: RegexNode = { kind: 'endText' };

// ---------------------------------------------------------------------------------------------- foo.*bar.*baz

/**
 * A yes or no for parts with `.*` between them. The engine alone would try every `foo` with every `bar`; here it looks for
 * the first of each: `(?:(?!foo).)*foo` from the start of the line cannot skip one. The first `foo` is enough because all its
 * matches are equally long, so a later one leaves less text for the rest.
 */
function translateSequence(items: RegexNode[], anchored: boolean): Translation | undefined {
  const all = anchored ? [beginText, ...items, endText] : items;
  const gaps = all.map(unboundedSet).filter((set) => set !== undefined);
  const gap = gaps[0];
  if (gap === undefined || gaps.some((set) => printSet(set) !== printSet(gap))) {
    return undefined;
  }
  const newline = charSet([10, 10]);
  const crossesLines = isEverything(gap);
  if (!crossesLines && printSet(gap) !== printSet({ ...newline, negated: true })) {
    return undefined;
  }
  const parts = partsOf(all, gap);
  if (crossesLines && parts.length > 1 && parts[0].length === 1 && parts[0][0].kind === 'beginText') {
    parts.shift();
  }
  if (crossesLines && parts.length > 1 && parts.at(-1)!.every((node) => node.kind === 'endText')) {
    parts.pop();
  }
  const fixed = parts[0][0]?.kind === 'beginText';
  const writer = new Writer(false);
  const char = writer.write({ kind: 'set', set: gap });
  const sources: string[] = [];
  for (const [index, part] of parts.entries()) {
    const bounds = boundsOf({ kind: 'concat', nodes: part });
    const isLast = index === parts.length - 1;
    const fits = isLast || (bounds.paths === 1 && (crossesLines || part.every((node) => avoids(node, newline))));
    const misplaced = part.some((node, at) => (node.kind === 'beginText' && (index > 0 || at > 0)) || (node.kind === 'endText' && !isLast));
    if (!fits || bounds.paths > pathsMax || bounds.length > partLengthMax || misplaced) {
      return undefined;
    }
    const source = part.map((node) => (node.kind === 'alternate' ? `(?:${writer.write(node)})` : writer.write(node))).join('');
    const search = isLast ? `${char}*` : `(?:(?!${source})${char})*`;
    sources.push(index === 0 && fixed ? source : search + source);
  }
  const start = fixed ? '' : crossesLines ? '^' : '(?<![^\\n])';
  return { source: start + sources.join(''), flags: writer.unicode ? 'u' : '', captures: [] };
}

/** A text as a pattern that matches exactly it. Special characters get a backslash, as Go's regexp.QuoteMeta does. */
export function quoteRegex(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');
}
