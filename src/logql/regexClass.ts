/**
 * Sets of code points for regular expressions: sorted, non-overlapping `[lo, hi]` pairs in one flat array, plus Unicode
 * properties kept by name (their members are only known to the regular expression engine).
 */

export const codePointMax = 0x10ffff;

export interface CharSet {
  /** lo, hi, lo, hi, ... */
  ranges: number[];
  /** JavaScript property escapes, such as `\p{L}`. */
  properties: string[];
  /** The set is everything that is in neither. */
  negated: boolean;
}

export const charSet = (ranges: number[], negated = false): CharSet => ({ ranges: normalize(ranges), properties: [], negated });

const single = (from: string, to = from) => [from.charCodeAt(0), to.charCodeAt(0)];
const digit = single('0', '9');
const upper = single('A', 'Z');
const lower = single('a', 'z');
const word = [...digit, ...upper, ...single('_'), ...lower];
const space = [9, 10, 12, 13, 32, 32];

/** `\d`, `\s`, `\w`: ASCII only, and `\s` without the vertical tab. */
export const perlClasses = new Map<string, number[]>([
  ['d', digit],
  ['s', space],
  ['w', word],
]);

/** `[:alpha:]` and the like; the name without brackets, colons and `^`. */
export const posixClasses = new Map<string, number[]>([
  ['alnum', [...digit, ...upper, ...lower]],
  ['alpha', [...upper, ...lower]],
  ['ascii', [0, 0x7f]],
  ['blank', [9, 9, 32, 32]],
  ['cntrl', [0, 31, 127, 127]],
  ['digit', digit],
  ['graph', [33, 126]],
  ['lower', lower],
  ['print', [32, 126]],
  ['punct', [33, 47, 58, 64, 91, 96, 123, 126]],
  ['space', [9, 13, 32, 32]],
  ['upper', upper],
  ['word', word],
  ['xdigit', [...digit, ...single('A', 'F'), ...single('a', 'f')]],
]);

const categories = new Set(
  ('Cc Cf Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs').split(' ')
);

/** JavaScript's escapes for `\p{name}`, or undefined if Go knows no such name. Several mean their union. */
export function unicodeProperty(name: string): string[] | undefined {
  if (name === 'Any') {
    return ['\\p{Any}'];
  }
  if (name === 'C') {
    // JavaScript counts unassigned code points to C, Go does not.
    return ['\\p{Cc}', '\\p{Cf}', '\\p{Co}', '\\p{Cs}'];
  }
  if (categories.has(name)) {
    return [`\\p{${name}}`];
  }
  // Scripts go by their long names in Go; JavaScript also knows four-letter codes.
  if (!/^[A-Z][A-Za-z_]*$/.test(name) || (/^[A-Z][a-z]{3}$/.test(name) && !fourLetterScripts.has(name))) {
    return undefined;
  }
  try {
    new RegExp(`\\p{Script=${name}}`, 'u');
    return [`\\p{Script=${name}}`];
  } catch {
    return undefined; // not the name of a script
  }
}

const fourLetterScripts = new Set(['Thai', 'Cham', 'Lisu', 'Modi', 'Newa', 'Miao', 'Vai', 'Nko', 'Yi', 'Mro', 'Lao', 'Han', 'Wancho', 'Toto', 'Kawi']);

/** Sorted and merged. */
export function normalize(ranges: number[]): number[] {
  const pairs: Array<[number, number]> = [];
  for (let at = 0; at < ranges.length; at += 2) {
    pairs.push([ranges[at], ranges[at + 1]]);
  }
  pairs.sort((left, right) => left[0] - right[0]);
  const out: number[] = [];
  for (const [lo, hi] of pairs) {
    if (out.length > 0 && lo <= out[out.length - 1] + 1) {
      out[out.length - 1] = Math.max(out[out.length - 1], hi);
    } else {
      out.push(lo, hi);
    }
  }
  return out;
}

/** Everything outside the ranges, which must be normalized. */
export function invert(ranges: number[]): number[] {
  const out: number[] = [];
  let next = 0;
  for (let at = 0; at < ranges.length; at += 2) {
    if (ranges[at] > next) {
      out.push(next, ranges[at] - 1);
    }
    next = ranges[at + 1] + 1;
  }
  if (next <= codePointMax) {
    out.push(next, codePointMax);
  }
  return out;
}

/** The members as plain ranges; undefined if properties take part. */
export function plainRanges(set: CharSet): number[] | undefined {
  if (set.properties.length > 0) {
    return undefined;
  }
  return set.negated ? invert(set.ranges) : set.ranges;
}

/** True if the sets surely have no member in common. */
export function areDisjoint(left: CharSet, right: CharSet): boolean {
  const a = plainRanges(left);
  const b = plainRanges(right);
  if (a === undefined || b === undefined) {
    return false;
  }
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i + 1] < b[j]) {
      i += 2;
    } else if (b[j + 1] < a[i]) {
      j += 2;
    } else {
      return false;
    }
  }
  return true;
}

/** True if every code point is a member. */
export function isEverything(set: CharSet): boolean {
  const ranges = plainRanges(set);
  return ranges !== undefined && ranges.length === 2 && ranges[0] === 0 && ranges[1] === codePointMax;
}

// ---------------------------------------------------------------------------------------------- case folding

/** Highest code point with a case pair (Adlam letters). */
const casedMax = 0x1e943;

let orbits: Map<number, number[]> | undefined;

/**
 * The other code points equal to each under Unicode's simple case folding (k, K and the Kelvin sign, for example), which is
 * the relation of JavaScript's `iu` flags and of Go's `(?i)`. Built on first use from the case mappings.
 */
function foldOrbits(): Map<number, number[]> {
  if (orbits !== undefined) {
    return orbits;
  }
  const found = new Map<number, number[]>();
  for (let code = 0x41; code <= casedMax; code++) {
    if (code >= 0xd800 && code <= 0xf8ff) {
      continue;
    }
    const char = String.fromCodePoint(code);
    for (const other of [char.toLowerCase(), char.toUpperCase()]) {
      const otherCode = other.codePointAt(0)!;
      if (otherCode !== code && String.fromCodePoint(otherCode) === other && new RegExp(`^${escapeChar(code)}$`, 'iu').test(other)) {
        join(found, code, otherCode);
      }
    }
  }
  orbits = found;
  return found;
}

function join(found: Map<number, number[]>, left: number, right: number): void {
  const a = found.get(left) ?? [left];
  const b = found.get(right) ?? [right];
  if (a !== b) {
    const all = [...new Set([...a, ...b])];
    for (const code of all) {
      found.set(code, all);
    }
  }
}

/** The ranges and everything equal to their members when case does not count. */
export function foldRanges(ranges: number[]): number[] {
  const out = [...ranges];
  if (ranges.every((code) => code < 0x80)) {
    for (let at = 0; at < ranges.length; at += 2) {
      addShifted(out, ranges[at], ranges[at + 1], 0x41, 0x5a, 32);
      addShifted(out, ranges[at], ranges[at + 1], 0x61, 0x7a, -32);
    }
    // The only two ASCII letters with relatives elsewhere: long s and the Kelvin sign.
    if (contains(out, 0x73)) {
      out.push(0x17f, 0x17f);
    }
    if (contains(out, 0x6b)) {
      out.push(0x212a, 0x212a);
    }
    return normalize(out);
  }
  const orbit = foldOrbits();
  const add = (code: number) => orbit.get(code)?.forEach((other) => out.push(other, other));
  for (let at = 0; at < ranges.length; at += 2) {
    if (ranges[at + 1] - ranges[at] < 100) {
      for (let code = ranges[at]; code <= ranges[at + 1]; code++) {
        add(code);
      }
    } else {
      [...orbit.keys()].filter((code) => code >= ranges[at] && code <= ranges[at + 1]).forEach(add);
    }
  }
  return normalize(out);
}

function addShifted(out: number[], lo: number, hi: number, from: number, to: number, shift: number): void {
  const start = Math.max(lo, from);
  const end = Math.min(hi, to);
  if (start <= end) {
    out.push(start + shift, end + shift);
  }
}

function contains(ranges: number[], code: number): boolean {
  for (let at = 0; at < ranges.length; at += 2) {
    if (code >= ranges[at] && code <= ranges[at + 1]) {
      return true;
    }
  }
  return false;
}

// ---------------------------------------------------------------------------------------------- printing

/** One code point for a JavaScript pattern with the `u` flag. */
export function escapeChar(code: number): string {
  if ((code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a) || code === 0x20 || code === 0x5f) {
    return String.fromCharCode(code);
  }
  return code < 0x80 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

/** A set as a JavaScript character class. */
export function printSet(set: CharSet): string {
  let { ranges, negated } = set;
  if (set.properties.length === 0 && ranges.at(-1) === codePointMax) {
    ranges = invert(ranges);
    negated = !negated;
  }
  if (ranges.length === 0 && set.properties.length === 0) {
    return negated ? '[^]' : '[]';
  }
  if (!negated && set.properties.length === 0 && ranges.length === 2 && ranges[0] === ranges[1]) {
    return escapeChar(ranges[0]);
  }
  let body = set.properties.join('');
  for (let at = 0; at < ranges.length; at += 2) {
    body += escapeChar(ranges[at]) + (ranges[at] === ranges[at + 1] ? '' : `-${escapeChar(ranges[at + 1])}`);
  }
  return `[${negated ? '^' : ''}${body}]`;
}
