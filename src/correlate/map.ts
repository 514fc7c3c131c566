/**
 * Which log label and which metric label speak of the same thing, found from the label sets of both sides. Names give a first guess, the
 * values decide: how many meet, how telling they are, how one-to-one. Everything is added up in one number (log odds), so that a strong
 * sign can outweigh a weak one, and turned into a score from 0 to 1.
 */
import { classOf, isPlainNumber, isStructural, kinship, namesIdentity, plainName, telling, type Kinship } from './names';
import { forms, hostsAgree, regexForm, type Form, type LabelPair, type Side } from './rules';

export type LabelSet = Readonly<Record<string, string>>;

export interface MapOptions {
  /** Pairs below are not proposed. Default `scoreMinDefault`. */
  scoreMin?: number;
}

/** A proposal with its evidence. */
export interface ProposedPair extends LabelPair {
  /** 0 to 1: how sure. */
  score: number;
  /** Distinct log values that have a partner, of how many that were compared. */
  matched: number;
  of: number;
  examples: Array<{ log: string; metric: string }>;
  /** "hostname = instance without port: 4 of 4 values meet, e.g. web1 ~ web1:9100" */
  sentence: string;
}

export const scoreMinDefault = 0.55;
/** Distinct values of a label that are compared; beyond it both sides keep the values with the smallest hashes, so the same ones. */
export const valuesMax = 20_000;
const examplesMax = 3;
/** First guess by name, in log odds. */
const nameOdds: Record<Kinship, number> = { same: 0.5, variant: 0.3, class: -0.5, related: -2, none: -4 };
const kinshipOrder: readonly Kinship[] = ['same', 'variant', 'class', 'related', 'none'];
/** Log odds for one fully telling value that meets, and what all together can reach. */
const valueOdds = 1.6;
const valuesOddsMax = 6;
/** Log odds between no and full coverage. */
const coverageOdds = 3;
/** What it costs when every value that meets stands on every series. */
const everywhereOdds = 3;
/** What it costs when every key stands for several machines of one side. */
const ambiguousOdds = 5;
/** A rule must make this many times more values meet than a simpler one. */
const betterBy = 1.1;
/** A learned affix must explain this share of the smaller side. */
const affixShareMin = 0.6;
const affixValuesMax = 300;
const affixDoubt = 1.2;

/** A label of one side: its distinct values and on how many sets each stands. */
interface Column {
  name: string;
  counts: Map<string, number>;
  /** Sets of the side, with or without the label. */
  sets: number;
  /** Values with a hash above are not in `counts`; 2^32 when all are. */
  hashMax: number;
  keys: Map<Form, Map<string, string[]>>;
}

/** Proposes pairs, best first. Pure; the order of the input does not matter. */
export function findLabelMap(logSets: readonly LabelSet[], metricSets: readonly LabelSet[], options: MapOptions = {}): ProposedPair[] {
  const scoreMin = options.scoreMin ?? scoreMinDefault;
  const logs = columnsOf(logSets);
  const metrics = columnsOf(metricSets);
  const found: ProposedPair[] = [];
  for (const log of logs) {
    for (const metric of metrics) {
      const pair = bestPair(log, metric);
      if (pair && pair.score >= scoreMin) {
        found.push(pair);
      }
    }
  }
  const kept = found.filter((pair) => !found.some((other) => other !== pair && outdoes(other, pair)));
  return kept.sort((a, b) => b.score - a.score || b.matched - a.matched || a.log.localeCompare(b.log) || a.metric.localeCompare(b.metric));
}

function columnsOf(sets: readonly LabelSet[]): Column[] {
  const columns = new Map<string, Column>();
  for (const set of sets) {
    for (const name of Object.keys(set)) {
      const value = set[name];
      if (isStructural(name) || typeof value !== 'string' || value === '') {
        continue;
      }
      let column = columns.get(name);
      if (!column) {
        columns.set(name, (column = { name, counts: new Map(), sets: sets.length, hashMax: 2 ** 32, keys: new Map() }));
      }
      column.counts.set(value, (column.counts.get(value) ?? 0) + 1);
    }
  }
  return [...columns.values()].map(sampled);
}

/** Keeps the values with the smallest hashes of what is left of them without port, domain and slashes. */
function sampled(column: Column): Column {
  if (column.counts.size <= valuesMax) {
    return column;
  }
  const hashes = Float64Array.from(column.counts.keys(), hashOf).sort();
  const hashMax = hashes[valuesMax];
  return { ...column, hashMax, counts: new Map([...column.counts].filter(([value]) => hashOf(value) < hashMax)) };
}

/** FNV-1a over the part of a value that every rule leaves alone. */
function hashOf(value: string): number {
  const core = /[^/:.@]+/.exec(value.toLowerCase().replace(/^[a-z][a-z0-9+.-]*:\/\//, ''))?.[0] ?? value;
  let hash = 0x811c9dc5;
  for (let i = 0; i < core.length; i++) {
    hash = Math.imul(hash ^ core.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash;
}

/** Values by key, computed once for each column and form. */
function keysOf(column: Column, form: Form): Map<string, string[]> {
  let keys = column.keys.get(form);
  if (!keys) {
    keys = new Map();
    for (const value of column.counts.keys()) {
      const key = form.key(value).toLowerCase();
      const values = keys.get(key);
      if (values) {
        values.push(value);
      } else {
        keys.set(key, [value]);
      }
    }
    column.keys.set(form, keys);
  }
  return keys;
}

/** What meets under one form. */
interface Meeting {
  form: Form;
  matched: number;
  of: number;
  /** Keys of the metric side, those that meet and all. */
  metricMatched: number;
  metricOf: number;
  pairs: Array<{ key: string; log: string; metric: string }>;
  /** Keys under which one side has several different hosts. */
  ambiguous: number;
}

function meet(log: Column, metric: Column, form: Form): Meeting {
  const hashMax = Math.min(log.hashMax, metric.hashMax);
  const inSample = (value: string) => hashMax === 2 ** 32 || hashOf(value) < hashMax;
  const metricKeys = keysOf(metric, form);
  const logKeys = keysOf(log, form);
  const meeting: Meeting = { form, matched: 0, of: 0, metricMatched: 0, metricOf: 0, pairs: [], ambiguous: 0 };
  for (const values of metricKeys.values()) {
    meeting.metricOf += inSample(values[0]) ? 1 : 0;
  }
  for (const [key, logValues] of logKeys) {
    const values = logValues.filter(inSample);
    meeting.of += values.length;
    const candidates = metricKeys.get(key);
    if (!candidates) {
      continue;
    }
    const partner = (value: string) => {
      const fit = form.rule === 'short-host' ? candidates.filter((other) => hostsAgree(value, other)) : candidates;
      return fit.find((other) => other === value) ?? fit[0];
    };
    const met = values.map((value) => ({ key, log: value, metric: partner(value) })).filter((pair) => pair.metric !== undefined);
    if (met.length > 0) {
      meeting.matched += met.length;
      meeting.metricMatched++;
      meeting.pairs.push(...met);
      meeting.ambiguous += !form.gathers && isAmbiguous(form, logValues, candidates) ? 1 : 0;
    }
  }
  return meeting;
}

/** Several domains under one short name, so that the rule would take one machine for another. */
function isAmbiguous(form: Form, logValues: readonly string[], metricValues: readonly string[]): boolean {
  const apart = (values: readonly string[]) => values.some((value) => !hostsAgree(value, values[0]));
  return form.rule === 'short-host' && (apart(logValues) || apart(metricValues));
}

/** The best rule for two columns, with its evidence; undefined when nothing meets. */
function bestPair(log: Column, metric: Column): ProposedPair | undefined {
  const kin = kinship(log.name, metric.name);
  let best: Meeting | undefined;
  for (const form of forms) {
    if (!suits(form, log.name, metric.name, kin)) {
      continue;
    }
    const meeting = meet(log, metric, form);
    if (meeting.matched > (best?.matched ?? 0) * betterBy) {
      best = meeting;
    }
  }
  if ((best?.matched ?? 0) < Math.min(log.counts.size, metric.counts.size) / 2 && kinshipOrder.indexOf(kin) <= 2) {
    const learned = learnAffix(log, metric);
    const meeting = learned && meet(log, metric, learned);
    if (meeting && meeting.matched > (best?.matched ?? 0) * betterBy) {
      best = meeting;
    }
  }
  return best && propose(log, metric, kin, best);
}

/** Ports and domains are a matter of hosts: `nginx:1.25` is no host with a port. */
function suits(form: Form, log: string, metric: string, kin: Kinship): boolean {
  if (form.rule === 'regex' && kin === 'none') {
    return false;
  }
  const hostLike = (name: string) => ['host', 'virtualHost', 'upstream', undefined].includes(classOf(name));
  return !form.hostsOnly || (hostLike(log) && hostLike(metric));
}

function propose(log: Column, metric: Column, kin: Kinship, meeting: Meeting): ProposedPair | undefined {
  const odds = oddsOf(log, metric, kin, meeting);
  if (odds === undefined) {
    return undefined;
  }
  const { form, matched, of } = meeting;
  // The most telling values make the best examples; numbers are the last to convince.
  const pairs = meeting.pairs.slice().sort((a, b) => telling(b.key) - telling(a.key) || a.log.localeCompare(b.log));
  const exactCase = meeting.pairs.every((pair) => form.key(pair.log) === form.key(pair.metric));
  const pair: LabelPair = {
    log: log.name,
    metric: metric.name,
    rule: form.rule,
    ...(form.pattern === undefined ? {} : { pattern: form.pattern, replacement: form.replacement }),
    ...(form.rule === 'equal' ? {} : { side: sideOf(meeting) }),
    ...(exactCase ? {} : { ignoreCase: true }),
  };
  const examples = pairs.slice(0, examplesMax).map((one) => ({ log: one.log, metric: one.metric }));
  return { ...pair, score: Number((1 / (1 + Math.exp(-odds))).toFixed(3)), matched, of, examples, sentence: sentenceOf(pair, matched, of, examples[0]) };
}

/** Which side has something that the rule takes off. */
function sideOf({ pairs, form }: Meeting): Side {
  const changes = (value: string) => form.key(value) !== value;
  const log = pairs.some((pair) => changes(pair.log));
  const metric = pairs.some((pair) => changes(pair.metric));
  return log && metric ? 'both' : log ? 'log' : 'metric';
}

/** Log odds that the two labels mean the same; undefined when the meeting is worth nothing. */
function oddsOf(log: Column, metric: Column, kin: Kinship, meeting: Meeting): number | undefined {
  const { form, matched, of, metricMatched, metricOf } = meeting;
  const keys = new Map<string, number>();
  for (const { key } of meeting.pairs) {
    keys.set(key, telling(key));
  }
  if ([...keys.keys()].every(isPlainNumber) && !(kin !== 'none' && isHttpStatus(log.name, keys))) {
    return undefined;
  }
  const close = kinshipOrder.indexOf(kin) <= 2;
  const stems = new Map<string, number>();
  let told = 0;
  let everywhere = 0;
  for (const [key, weight] of keys) {
    const onAll = shareOfSets(metric, form, key) >= 0.95;
    everywhere += onAll ? 1 : 0;
    const repeated = close ? 1 : oneOfSeries(key, stems);
    told += (onAll ? weight * 0.6 : weight) * repeated;
  }
  // Everyday words count only under one name, and a single one only when the name says what it is.
  const sameName = kin === 'same' || kin === 'variant';
  if (told === 0 && !(sameName && (keys.size >= 2 || classOf(log.name) !== undefined))) {
    return undefined;
  }
  const logShare = matched / of;
  const metricShare = metricMatched / metricOf;
  const coverage = close ? Math.max(logShare, metricShare) : Math.sqrt(logShare * metricShare);
  const mean = keys.size ? [...keys.values()].reduce((a, b) => a + b, 0) / keys.size : 0;
  // The one machine there is stands on every series and is still the machine; the one region there is joins nothing.
  const single = namesIdentity(log.name) && namesIdentity(metric.name) && mean > 0;
  const sayingNothing = everywhere < keys.size ? 0 : single ? 1.5 * (1 - mean) : everywhereOdds;
  const ambiguous = (ambiguousOdds * meeting.ambiguous) / keys.size;
  const thin = form.rule === 'regex' && keys.size < 2 ? 0.5 : 0;
  return nameOdds[kin] + valuesOddsMax * -Math.expm1((-valueOdds * told) / valuesOddsMax) + coverageOdds * (coverage - 0.5) - form.doubt - sayingNothing - ambiguous - thin;
}

/**
 * What one more of `worker-1`, `worker-2`, `worker-3` is worth between labels that are no kin: everybody numbers like that, so n of them
 * count for about 1 + log2 n.
 */
function oneOfSeries(key: string, stems: Map<string, number>): number {
  const stem = key.replace(/\d+/g, '0');
  const before = stems.get(stem) ?? 0;
  stems.set(stem, before + 1);
  return before === 0 ? 1 : Math.log2((before + 1) / before);
}

/** Response codes are numbers that do mean the same on both sides, when three of them meet. */
function isHttpStatus(name: string, keys: ReadonlyMap<string, number>): boolean {
  return classOf(name) === 'status' && keys.size >= 3 && [...keys.keys()].every((key) => /^[1-5]\d\d$/.test(key));
}

/** Share of the side's sets that carry a value with this key. */
function shareOfSets(column: Column, form: Form, key: string): number {
  return (keysOf(column, form).get(key) ?? []).reduce((sum, value) => sum + (column.counts.get(value) ?? 0), 0) / column.sets;
}

/**
 * A prefix or suffix that one side adds to the other's values (`nginxlogs` and `nginx`, `prod-web1` and `web1:9100`), as a rule. At least two
 * values must show it.
 */
function learnAffix(log: Column, metric: Column): Form | undefined {
  const bare = (column: Column) => [...new Set([...column.counts.keys()].slice(0, affixValuesMax).map((value) => value.toLowerCase().replace(/:\d{1,5}$/, '')))];
  const logValues = bare(log);
  const metricValues = bare(metric);
  const votes = new Map<string, { prefix: string; suffix: string; logs: Set<string>; metrics: Set<string> }>();
  for (const a of logValues) {
    for (const b of metricValues) {
      const [short, long] = a.length < b.length ? [a, b] : [b, a];
      const at = short.length >= 3 && short.length < long.length && telling(short) > 0 ? long.indexOf(short) : -1;
      if (at < 0) {
        continue;
      }
      const prefix = long.slice(0, at);
      const suffix = long.slice(at + short.length);
      const id = JSON.stringify([a.length < b.length, prefix, suffix]);
      const vote = votes.get(id) ?? { prefix, suffix, logs: new Set<string>(), metrics: new Set<string>() };
      vote.logs.add(a);
      vote.metrics.add(b);
      votes.set(id, vote);
    }
  }
  const support = (vote: { logs: Set<string>; metrics: Set<string> }) => Math.min(vote.logs.size, vote.metrics.size);
  const best = [...votes.values()].sort((a, b) => support(b) - support(a))[0];
  if (!best || support(best) < 2 || support(best) < affixShareMin * Math.min(logValues.length, metricValues.length)) {
    return undefined;
  }
  return regexForm(`${escapeRegex(best.prefix)}(.+?)${escapeRegex(best.suffix)}(?::[0-9]+)?`, '$1', affixDoubt);
}

/** Quotes what RE2 and JavaScript both take for a sign. */
export function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** Whether a pair is better left out because another says the same and is closer by name. */
function outdoes(other: ProposedPair, pair: ProposedPair): boolean {
  if ((other.metric !== pair.metric && other.log !== pair.log) || other.score < pair.score) {
    return false;
  }
  const near = kinshipOrder.indexOf(kinship(other.log, other.metric));
  const far = kinshipOrder.indexOf(kinship(pair.log, pair.metric));
  // Members of one class may all carry the name (instance, node, nodename); a stranger that carries it too is told about it by them.
  const stranger = far >= 3 || (far === 2 && near <= 1 && other.metric === pair.metric && plainName(other.log) !== plainName(pair.log));
  return near < far && stranger && other.matched / other.of >= (0.5 * pair.matched) / pair.of;
}

function sentenceOf(pair: LabelPair, matched: number, of: number, example: { log: string; metric: string } | undefined): string {
  const part: Record<LabelPair['rule'], string> = {
    equal: pair.metric,
    'without-port': `${pair.metric} without port`,
    'short-host': `host part of ${pair.metric}`,
    regex: `${pair.metric} after ${pair.pattern} becomes ${pair.replacement}`,
  };
  const caseNote = pair.ignoreCase ? ' (upper and lower case differ)' : '';
  const shown = example ? `, e.g. ${example.log} ~ ${example.metric}` : '';
  return `${pair.log} = ${part[pair.rule]}: ${matched} of ${of} values meet${shown}${caseNote}`;
}
