/**
 * Carrying a selection over, from logs to metrics and back, through the label map. Exact matchers where the map knows the other
 * side's form; a regex where the other side adds a port, a domain or what a pattern takes off.
 */
import { escapeRegex } from './map';
import { anchored, formOf, isAddress, shortHost, withoutPort, type CompilePattern, type LabelPair, type Side } from './rules';

export type MatcherOp = '=' | '!=' | '=~' | '!~';

/** A label matcher of either language; both anchor their patterns and use RE2. */
export interface LabelMatcher {
  name: string;
  op: MatcherOp;
  value: string;
}

export interface ApplyOptions {
  /** Names the other side has. A pair whose target is not among them is passed over, and a label of the same name needs no pair. */
  known?: ReadonlySet<string>;
  /** Runs the patterns of the map: for maps of strangers one that takes no longer than their length says. Default: JavaScript's own. */
  compile?: CompilePattern;
}

export interface Carried {
  matchers: LabelMatcher[];
  /** Names that found no partner. */
  dropped: string[];
}

type Direction = 'toMetric' | 'toLog';

/** How a selection is carried over. */
interface Way extends Pick<ApplyOptions, 'known'> {
  direction: Direction;
  compile: CompilePattern;
}

const portPattern = '(:[0-9]+)?';
const domainPattern = '(\\.[^:]+)?';

/** Matchers for Prometheus from matchers of a log selector. Each log label goes to its best pair that `known` allows. */
export function toMetricMatchers(matchers: readonly LabelMatcher[], map: readonly LabelPair[], options: ApplyOptions = {}): Carried {
  return carry(matchers, map, 'toMetric', options);
}

/** Matchers for a log selector from matchers (or the labels) of a series. */
export function toLogMatchers(matchers: readonly LabelMatcher[], map: readonly LabelPair[], options: ApplyOptions = {}): Carried {
  return carry(matchers, map, 'toLog', options);
}

/** A label set as matchers, one `=` for each label. */
export function matchersOf(labels: Readonly<Record<string, string>>): LabelMatcher[] {
  return Object.keys(labels).filter((name) => name !== '__name__').sort().map((name) => ({ name, op: '=' as const, value: labels[name] }));
}

/** `{a="b", c=~"d"}`, quoted as both languages read it. */
export function selectorText(matchers: readonly LabelMatcher[]): string {
  return `{${matchers.map(({ name, op, value }) => `${name}${op}${JSON.stringify(value)}`).join(', ')}}`;
}

function carry(matchers: readonly LabelMatcher[], map: readonly LabelPair[], direction: Direction, { known, compile = anchored }: ApplyOptions): Carried {
  const way: Way = { direction, known, compile };
  const carried: Carried = { matchers: [], dropped: [] };
  const taken = new Set<string>();
  for (const matcher of matchers) {
    if (matcher.name === '__name__') {
      continue;
    }
    const found = partnerOf(matcher, map, way);
    if (!found) {
      carried.dropped.push(matcher.name);
    } else if (!taken.has(found.name)) {
      carried.matchers.push(found);
    }
    // A label may carry several matchers; a second label must not narrow what the first already chose.
    if (found && !matchers.some((other) => other !== matcher && other.name === matcher.name)) {
      taken.add(found.name);
    }
  }
  return carried;
}

function partnerOf(matcher: LabelMatcher, map: readonly LabelPair[], way: Way): LabelMatcher | undefined {
  const { direction, known } = way;
  for (const pair of map) {
    const [from, to] = direction === 'toMetric' ? [pair.log, pair.metric] : [pair.metric, pair.log];
    if (from === matcher.name && (known === undefined || known.has(to))) {
      const value = translate(matcher, pair, way);
      if (value) {
        return { name: to, ...value };
      }
    }
  }
  const mapped = map.some((pair) => (direction === 'toMetric' ? pair.log : pair.metric) === matcher.name);
  return !mapped && known?.has(matcher.name) ? { ...matcher } : undefined;
}

type Translated = Pick<LabelMatcher, 'op' | 'value'>;

function translate({ op, value }: LabelMatcher, pair: LabelPair, way: Way): Translated | undefined {
  if (pair.rule === 'equal') {
    return op === '=' && pair.ignoreCase ? { op: '=~', value: `(?i)${escapeRegex(value)}` } : { op, value };
  }
  // Leaving out web1:9100 does not leave out web1: a rule that gathers values cannot carry a negation.
  if (op === '!=' || op === '!~') {
    return undefined;
  }
  if (op === '=') {
    return value === '' ? undefined : matcherFor([value], pair, way);
  }
  if (/^(?:\.[*+])+$/.test(value)) {
    return { op, value: '.+' };
  }
  // `web.*` begins with the same letters on both sides, whatever a port or a domain adds.
  const beginning = /^((?:[\w-]|\\[.])+)\.[*+]$/.exec(value);
  if (beginning && pair.rule !== 'regex') {
    return { op, value: `${beginning[1]}.*` };
  }
  const values = literalsOf(value);
  return values && matcherFor(values, pair, way);
}

/** One matcher for any of the values. */
function matcherFor(values: readonly string[], pair: LabelPair, way: Way): Translated | undefined {
  const patterns = [...new Set(values.map((value) => patternFor(value, pair, way)))];
  const literal = patterns.length === 1 && !pair.ignoreCase ? literalsOf(patterns[0]) : undefined;
  // escapeRegex and literalsOf are inverse, so a pattern that is one literal is an exact matcher.
  if (literal?.length === 1 && escapeRegex(literal[0]) === patterns[0]) {
    return { op: '=', value: literal[0] };
  }
  return { op: '=~', value: `${pair.ignoreCase ? '(?i)' : ''}${patterns.join('|')}` };
}

/** What the other side may call this value, as a pattern. */
function patternFor(value: string, pair: LabelPair, { direction, compile }: Way): string {
  const target: Side = direction === 'toMetric' ? 'metric' : 'log';
  const side = pair.side ?? 'metric';
  const grows = side === target || side === 'both';
  if (pair.rule === 'without-port') {
    const host = withoutPort(value);
    const bracketed = host.includes(':') ? `\\[?${escapeRegex(host)}\\]?` : escapeRegex(host);
    return grows ? `${bracketed}${portPattern}` : escapeRegex(host);
  }
  if (pair.rule === 'short-host') {
    return hostPattern(value, grows, direction === 'toMetric');
  }
  const key = formOf(pair, compile).key(value);
  const grown = grows ? invert(pair, key, compile) : undefined;
  return grown === undefined ? escapeRegex(key) : side === 'both' ? `${escapeRegex(key)}|${grown}` : grown;
}

function hostPattern(value: string, grows: boolean, mayHavePort: boolean): string {
  const host = withoutPort(value).replace(/\.$/, '');
  const short = shortHost(host);
  const port = mayHavePort ? portPattern : '';
  if (!grows) {
    return escapeRegex(short);
  }
  if (isAddress(host)) {
    return `${escapeRegex(host)}${port}`;
  }
  // A full name may be called short on the other side, but not be of another domain.
  return host === short ? `${escapeRegex(short)}${domainPattern}${port}` : `${escapeRegex(short)}(${escapeRegex(host.slice(short.length))})?${port}`;
}

/**
 * The pattern of a regex rule with its groups filled in from a key: the values that the rule turns into that key. Undefined when the key
 * cannot come from the replacement.
 */
function invert(pair: LabelPair, key: string, compile: CompilePattern): string | undefined {
  const replacement = pair.replacement ?? '$1';
  const groups = new Map<number, string>();
  const order: number[] = [];
  const shape = replacement.split(/(\$\d)/).map((part) => {
    if (!/^\$\d$/.test(part)) {
      return escapeRegex(part);
    }
    order.push(Number(part[1]));
    return '([\\s\\S]+?)';
  }).join('');
  const match = compile(shape).exec(key);
  if (!match) {
    return undefined;
  }
  order.forEach((group, i) => groups.set(group, match[i + 1] ?? ''));
  return fillGroups(pair.pattern ?? '(.*)', groups);
}

/** Replaces the capturing groups of a pattern by escaped text. */
function fillGroups(pattern: string, groups: ReadonlyMap<number, string>): string {
  let out = '';
  let group = 0;
  const open: Array<{ text: string; fill?: string }> = [];
  for (let i = 0; i < pattern.length; i++) {
    let piece = pattern[i];
    if (piece === '\\') {
      piece += pattern[++i] ?? '';
    } else if (piece === '[') {
      const end = pattern.indexOf(']', i + 2);
      piece = end < 0 ? pattern.slice(i) : pattern.slice(i, end + 1);
      i += piece.length - 1;
    } else if (piece === '(') {
      const capturing = pattern[i + 1] !== '?';
      const fill = capturing ? groups.get(++group) : undefined;
      open.push({ text: out, fill: fill === undefined ? undefined : escapeRegex(fill) });
      out = '';
      continue;
    } else if (piece === ')') {
      const started = open.pop();
      out = started ? started.text + (started.fill ?? `(${out})`) : out;
      continue;
    }
    out += piece;
  }
  return out;
}

/**
 * The values an anchored pattern stands for, when it is a list of literals, each perhaps followed by something that stands for a port or
 * a domain: `web1:.*|web2(:[0-9]+)?`. Undefined for anything more.
 */
export function literalsOf(pattern: string): string[] | undefined {
  const bare = pattern.replace(/^\(\?i\)/, '').replace(/^\^/, '').replace(/\$$/, '');
  const grouped = /^\((?:\?:)?([^()]*)\)((?::\S+|\(:\S+\)\?)?)$/.exec(bare);
  const parts = splitAlternatives(grouped ? grouped[1] : bare);
  const values = parts.map((part) => literalOf(part.replace(/(?:\(:\[0-9\]\+\)\?|\(:\\d\+\)\?|:\.[*+]|:\\d\+|:\[0-9\]\+|\(\\\.\[\^:\]\+\)\?)+$/, '')));
  return values.every((value) => value !== undefined && value !== '') ? (values as string[]) : undefined;
}

function splitAlternatives(pattern: string): string[] {
  const parts = [''];
  let depth = 0;
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i];
    depth += c === '(' ? 1 : c === ')' ? -1 : 0;
    if (c === '\\') {
      parts[parts.length - 1] += c + (pattern[++i] ?? '');
    } else if (c === '|' && depth === 0) {
      parts.push('');
    } else {
      parts[parts.length - 1] += c;
    }
  }
  return parts;
}

/** The text of a pattern without signs; a bare dot between letters is taken for a dot, as people mean it in host names. */
function literalOf(pattern: string): string | undefined {
  let out = '';
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i];
    if (c === '\\' && /[^a-zA-Z0-9]/.test(pattern[i + 1] ?? 'x')) {
      out += pattern[++i];
    } else if (c === '.' && !/[*+?{]/.test(pattern[i + 1] ?? '')) {
      out += c;
    } else if (/[\\^$.*+?()[\]{}|]/.test(c)) {
      return undefined;
    } else {
      out += c;
    }
  }
  return out;
}

/** Grafana's query in no particular language, as data sources hand it to each other when a pane changes its source. */
export interface AbstractQuery {
  refId: string;
  labelMatchers: Array<{ name: string; operator: AbstractOperator; value: string }>;
}

/** Grafana's `AbstractLabelOperator`. */
export type AbstractOperator = 'Equal' | 'NotEqual' | 'EqualRegEx' | 'NotEqualRegEx';

const operators: ReadonlyArray<readonly [MatcherOp, AbstractOperator]> = [['=', 'Equal'], ['!=', 'NotEqual'], ['=~', 'EqualRegEx'], ['!~', 'NotEqualRegEx']];

export function fromAbstract(query: AbstractQuery): LabelMatcher[] {
  return query.labelMatchers.map(({ name, operator, value }) => ({ name, op: operators.find(([, word]) => word === operator)?.[0] ?? '=', value }));
}

export function toAbstract(refId: string, matchers: readonly LabelMatcher[]): AbstractQuery {
  return { refId, labelMatchers: matchers.map(({ name, op, value }) => ({ name, operator: operators.find(([sign]) => sign === op)?.[1] ?? 'Equal', value })) };
}

/** A query of Prometheus taken over: its matchers through the map, the metric's name left behind. */
export function importAbstract(query: AbstractQuery, map: readonly LabelPair[], options: ApplyOptions = {}): AbstractQuery {
  return toAbstract(query.refId, toLogMatchers(fromAbstract(query), map, options).matchers);
}

/**
 * A log query handed to Prometheus. With a metric's name, because a bare selector of a host fetches every series it has: callers
 * should always give one.
 */
export function exportAbstract(refId: string, matchers: readonly LabelMatcher[], map: readonly LabelPair[], options: ApplyOptions & { metricName?: string } = {}): AbstractQuery {
  const carried = toMetricMatchers(matchers, map, options).matchers;
  const name: LabelMatcher[] = options.metricName ? [{ name: '__name__', op: '=', value: options.metricName }] : [];
  return toAbstract(refId, [...name, ...carried]);
}
