/** What a pattern's tree tells about the time a backtracking engine needs for it. */
import { areDisjoint, CharSet, charSet, isEverything } from './regexClass';
import { RegexNode } from './regexParser';

/** True if the part can match without taking any text. */
export function isNullable(node: RegexNode): boolean {
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

/** Ways to match the bounded parts; each is tried at every position. */
export const pathsMax = 128;
/** Longest bounded part; with the paths it bounds the work per position. */
export const partLengthMax = 256;

/** The alternatives at the top, through groups. */
export function branchesOf(node: RegexNode): RegexNode[] {
  if (node.kind === 'group') {
    return branchesOf(node.node);
  }
  return node.kind === 'alternate' ? node.nodes.flatMap(branchesOf) : [node];
}

/** The parts of a branch in a row, through groups that are not repeated. */
export function flatten(node: RegexNode): RegexNode[] {
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
export function trim(items: RegexNode[]): RegexNode[] {
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

export const unboundedSet = (node: RegexNode): CharSet | undefined =>
  node.kind === 'repeat' && node.max === Infinity && node.node.kind === 'set' ? node.node.set : undefined;

/** The number of ways to match a branch from one start; infinite if the time may not be linear. */
export function pathsOf(items: RegexNode[]): number {
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
export function boundsOf(node: RegexNode): { paths: number; length: number } {
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

/** The bounded parts between the gaps; what a gap needs at least belongs to the part before it. */
export function partsOf(items: RegexNode[], gap: CharSet): RegexNode[][] {
  const parts: RegexNode[][] = [[]];
  for (const item of items) {
    if (unboundedSet(item) === undefined) {
      parts.at(-1)!.push(item);
      continue;
    }
    const least = item.kind === 'repeat' ? item.min : 0;
    if (least > 0) {
      parts.at(-1)!.push({ kind: 'repeat', node: { kind: 'set', set: gap }, min: least, max: least, greedy: true });
    }
    parts.push([]);
  }
  return parts;
}

/** True if no match of the part has a member of the set. */
export function avoids(node: RegexNode, set: CharSet): boolean {
  switch (node.kind) {
    case 'set':
      return areDisjoint(node.set, set);
    case 'group':
    case 'repeat':
      return avoids(node.node, set);
    case 'concat':
    case 'alternate':
      return node.nodes.every((child) => avoids(child, set));
    default:
      return true;
  }
}
