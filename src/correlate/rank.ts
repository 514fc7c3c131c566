/**
 * Which metric moved? Ranks series by how well they move together with a target (the rate of a log query), and says why in words.
 * Pure: samples in, an order out. 500 series of 720 steps take about a second.
 */
import { bound, compare, makeCandidate, makeTarget, type Candidate, type Movement, type Target } from './movement';
import { explain, seriesName } from './reason';
import { centreAndWidth, counterToRate, looksLikeCounter, quantile, shapeOf, toSignal, type Samples, type SeriesType, type Signal } from './signal';

/** The log rate: `values[i]` at `start + i * stepMs` (ms since 1970), null where nothing is known. */
export interface RankTarget {
  stepMs: number;
  start: number;
  values: Samples;
}

/** A series on the steps of the target. */
export interface RankSeries {
  metric: Record<string, string>;
  type?: SeriesType;
  values: Samples;
}

export interface RankOptions {
  /** How many steps either side may be ahead. Default `lagStepsDefault`. */
  lagStepsMax?: number;
  /** How many to return. Default: all that can be compared. */
  limit?: number;
  /** First step of the range that is asked about, when what is given begins earlier, as a time to compare with. */
  insideFrom?: number;
  /** What the target is called in the reasons. Default "the log rate". */
  targetName?: string;
}

export interface Ranked {
  metric: Record<string, string>;
  /** 0 to 1, the higher the surer that both move together: z / sqrt(z² + 25). */
  score: number;
  /** Below zero: the metric moved first. A whole number of steps. */
  lagMs: number;
  reason: string;
  /** Rank correlation at that lag after trend and daily cycle are out; negative: one falls when the other rises. */
  rho: number;
  /** Standard deviations above what chance gives, past and shared cycles priced in. */
  z: number;
  /** Share of false alarms among everything ranked this high (Benjamini and Hochberg). */
  q: number;
  /** `q` below 5 %. */
  significant: boolean;
  /** Shown as a rate, because it is a counter. */
  asRate: boolean;
  /** Series that show the same movement, left out of the list. */
  family: Array<Record<string, string>>;
}

export interface Ranking {
  ranked: Ranked[];
  /** How many series could not be compared, by reason. */
  skipped: { constant: number; tooFewPoints: number };
  /** What the user should know about the whole answer. */
  notes: string[];
}

/** "A few steps both ways": beyond this, agreement is more often chance than cause. */
export const lagStepsDefault = 12;
/** Points that target and series must share; below that, any two series look alike. */
export const pointsMin = 30;
/** Points of target and series that must not rest at the middle; a single event matches anything that jumped once. */
const movesMin = 3;
/** From this agreement between two series on, they tell the same story. */
const familyAgreement = 0.9;
/** Only the head of the list is searched for families. */
const familySearchMax = 120;
/** What is left of the evidence for a gauge that only ever goes one way: its growth is compared, which is a guess. */
const monotoneWeight = 0.7;
/** Most that the share of unusual points inside the range adds to z. */
const anomalyWeight = 2;
const significantBelow = 0.05;
/** Fewer series than this do not show what is usual among them. */
const populationMin = 40;
/** What the 95th percentile of `plainZ` is divided by: a little less than it is for noise, so that both kinds of evidence are of one size. */
const bestOfLagsUsual = 2.2;

interface Compared {
  series: RankSeries;
  candidate: Candidate;
  movement: Movement;
  /** What the time before the range adds to z, and what is taken off for a guess. */
  extra: number;
  weight: number;
  z: number;
  p: number;
  asRate: boolean;
}

type Prepared = { kind: 'ready'; signal: Signal; asRate: boolean; weight: number } | { kind: 'constant' } | { kind: 'tooFewPoints' };

/** Ranks the series, best first. Throws RangeError when the target is not usable at all; series that are not are counted in `skipped`. */
export function rankSeries(target: RankTarget, series: readonly RankSeries[], options: RankOptions = {}): Ranking {
  const skipped = { constant: 0, tooFewPoints: 0 };
  const signal = checkTarget(target);
  const problem = targetProblem(signal);
  if (problem) {
    return { ranked: [], skipped, notes: [problem] };
  }
  const length = signal.values.length;
  const lagStepsMax = Math.min(options.lagStepsMax ?? lagStepsDefault, Math.floor(length / 8));
  const usable: Array<{ series: RankSeries; prepared: Extract<Prepared, { kind: 'ready' }>; bounded: Signal }> = [];
  for (const one of series) {
    const prepared = prepare(one, signal);
    if (prepared.kind === 'ready') {
      usable.push({ series: one, prepared, bounded: bound(prepared.signal) });
    } else {
      skipped[prepared.kind]++;
    }
  }
  const goal = makeTarget(bound(signal), target.stepMs, lagStepsMax, usable.map(({ bounded }) => bounded));
  const unusualTarget = options.insideFrom === undefined ? 0 : unusualShare(signal, options.insideFrom);
  const compared = usable.map(({ series: one, prepared, bounded }): Compared => {
    const candidate = makeCandidate(bounded, goal);
    const unusual = unusualTarget > 0 ? unusualShare(prepared.signal, options.insideFrom ?? 0) : 0;
    const extra = anomalyWeight * Math.min(unusualTarget, unusual);
    return { series: one, candidate, movement: compare(goal, candidate), extra, weight: prepared.weight, z: 0, p: 1, asRate: prepared.asRate };
  });
  const usual = usualAgreement(compared);
  for (const one of compared) {
    one.z = (evidence(one.movement, usual) + one.extra) * one.weight;
    one.p = chanceOf(one.z, 2 * lagStepsMax + 1);
  }
  compared.sort((a, b) => b.z - a.z || seriesName(a.series.metric).localeCompare(seriesName(b.series.metric)));
  const q = falseShare(compared.map((one) => one.p));
  const groups = foldFamilies(compared, goal).slice(0, options.limit ?? compared.length);
  const ranked = groups.map(({ head, at, members }) => describe(head, q[at], members, target, options));
  return { ranked, skipped, notes: notesOn(ranked, skipped, series.length) };
}

function checkTarget(target: RankTarget): Signal {
  if (!(target.stepMs > 0) || !Number.isFinite(target.stepMs)) {
    throw new RangeError(`stepMs must be a number of milliseconds above 0, not ${String(target.stepMs)}`);
  }
  return toSignal(target.values);
}

function targetProblem(signal: Signal): string | undefined {
  if (signal.count < pointsMin) {
    return `the log rate has ${signal.count} points, at least ${pointsMin} are needed: choose a longer range or a smaller step`;
  }
  const shape = shapeOf(signal);
  if (shape.constant) {
    return 'the log rate is the same all the time, so nothing can have moved with it';
  }
  const moved = movesOf(signal);
  if (moved < movesMin) {
    return `the log rate leaves its usual value at ${moved} points only: one event matches anything that jumped once, choose a longer range`;
  }
  return undefined;
}

/** How many points lie away from the middle, rounding apart. */
function movesOf(signal: Signal): number {
  const { centre } = centreAndWidth(signal);
  const near = 1e-9 * Math.abs(centre);
  let moves = 0;
  for (let i = 0; i < signal.values.length; i++) {
    moves += signal.present[i] && Math.abs(signal.values[i] - centre) > near ? 1 : 0;
  }
  return moves;
}

/** Counters to rates; says what cannot be compared. */
function prepare(series: RankSeries, target: Signal): Prepared {
  let signal = toSignal(series.values.length > target.values.length ? series.values.slice(0, target.values.length) : series.values);
  if (signal.values.length < target.values.length) {
    signal = toSignal([...series.values, ...new Array<null>(target.values.length - series.values.length).fill(null)]);
  }
  const shape = shapeOf(signal);
  const oneWay = shape.riseShare === 1 || shape.fallShare === 1;
  let weight = 1;
  let asRate = false;
  if (series.type === 'counter' || (series.type !== 'gauge' && looksLikeCounter(signal))) {
    signal = counterToRate(signal);
    asRate = true;
  } else if (oneWay && shape.changes > pointsMin) {
    signal = differences(signal);
    weight = monotoneWeight;
  }
  if (overlap(signal, target) < pointsMin) {
    return { kind: 'tooFewPoints' };
  }
  // A clock that ticks evenly differs from step to step only by rounding, and perhaps where a sample came late.
  if (movesOf(signal) < movesMin) {
    return { kind: 'constant' };
  }
  return { kind: 'ready', signal, asRate, weight };
}

/**
 * How large `plainZ` gets in each view for series that have nothing to do with the target, relative to what independent points would give:
 * 1 or more; infinite when there are too few series to tell. A cycle that many series share with the target makes it large.
 */
function usualAgreement(compared: readonly Compared[]): number[] {
  const views = compared[0]?.movement.views.length ?? 0;
  return Array.from({ length: views }, (_, v) => {
    const sorted = Float64Array.from(compared, ({ movement }) => movement.views[v].plainZ).sort();
    return compared.length < populationMin ? Infinity : Math.max(1, quantile(sorted, 0.95) / bestOfLagsUsual);
  });
}

/**
 * One number from two kinds of evidence: agreement beyond what this pair shows at far shifts (where a shared cycle counts for nothing,
 * but so does a swing that only these two share), and agreement beyond what the other series show (where it is the reverse). The view
 * that shows most counts: bursts show in values, bent relations in ranks, smooth movements in the course, rough ones in the surprises.
 */
function evidence(movement: Movement, usual: readonly number[]): number {
  return Math.max(...movement.views.map(({ z, plainZ }, v) => (usual[v] === Infinity ? z : (z + plainZ / usual[v]) / 2)));
}

function differences(signal: Signal): Signal {
  const values: Array<number | null> = new Array(signal.values.length).fill(null);
  let last = -1;
  for (let i = 0; i < signal.values.length; i++) {
    if (signal.present[i]) {
      values[i] = last < 0 ? null : (signal.values[i] - signal.values[last]) / (i - last);
      last = i;
    }
  }
  return toSignal(values);
}

function overlap(a: Signal, b: Signal): number {
  let count = 0;
  for (let i = 0; i < a.present.length; i++) {
    count += a.present[i] & b.present[i];
  }
  return count;
}

/** How much larger the share of far-out points is from `insideFrom` on than before it; 0 without a time before. */
function unusualShare(signal: Signal, insideFrom: number): number {
  const before = toSignal(Array.from(signal.values.subarray(0, insideFrom), (value, i) => (signal.present[i] ? value : null)));
  if (before.count < pointsMin) {
    return 0;
  }
  const { centre, width } = centreAndWidth(before);
  const farShare = (from: number, to: number) => {
    let far = 0;
    let count = 0;
    for (let i = from; i < to; i++) {
      count += signal.present[i];
      far += signal.present[i] && Math.abs(signal.values[i] - centre) > 3 * width ? 1 : 0;
    }
    return count ? far / count : 0;
  };
  return Math.max(0, farShare(insideFrom, signal.values.length) - farShare(0, insideFrom));
}

/**
 * The chance that the best of `lags` lags in any view reaches z when nothing is meant. Neighbouring lags see nearly the same, and so do the
 * views: half of the lags count, in two views.
 */
function chanceOf(z: number, lags: number): number {
  const single = Math.min(1, 2 * normalTail(z));
  return -Math.expm1(Math.max(1, lags) * Math.log1p(-Math.min(single, 1 - 1e-15)));
}

/** Upper tail of the normal distribution; formula 7.1.26 of Abramowitz and Stegun for the error function. */
function normalTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return 0.5 * poly * Math.exp(-x * x);
}

/** Benjamini and Hochberg's share of false discoveries; `p` ascends. */
function falseShare(p: readonly number[]): number[] {
  const q = new Array<number>(p.length);
  let least = 1;
  for (let i = p.length - 1; i >= 0; i--) {
    least = Math.min(least, (p[i] * p.length) / (i + 1));
    q[i] = least;
  }
  return q;
}

interface Group {
  head: Compared;
  /** Place in the list before folding. */
  at: number;
  members: Compared[];
}

/** Puts series that show the same movement under the best of them. */
function foldFamilies(compared: readonly Compared[], target: Target): Group[] {
  const groups: Group[] = [];
  compared.forEach((one, at) => {
    const group = at < familySearchMax ? groups.find(({ head }) => sameMovement(head, one, target.length)) : undefined;
    if (group) {
      group.members.push(one);
    } else {
      groups.push({ head: one, at, members: [] });
    }
  });
  return groups;
}

/** Whether two series are one thing measured twice: alike both in their course and in their surprises, at most a step apart. */
function sameMovement(a: Compared, b: Compared, length: number): boolean {
  if (Math.abs(a.movement.lagSteps - b.movement.lagSteps) > 2) {
    return false;
  }
  const agree = (which: 'slowless' | 'fresh') => {
    const x = a.candidate.views[0][which].values;
    const y = b.candidate.views[0][which].values;
    const norms = Math.sqrt(dot(x, x, 0, length) * dot(y, y, 0, length));
    return Math.max(...[-1, 0, 1].map((shift) => Math.abs(dot(x, y, shift, length)))) / norms;
  };
  return agree('slowless') >= familyAgreement && agree('fresh') >= familyAgreement;
}

function dot(x: Float64Array, y: Float64Array, shift: number, length: number): number {
  let sum = 0;
  for (let i = Math.max(0, -shift); i < length - Math.max(0, shift); i++) {
    sum += x[i] * y[i + shift];
  }
  return sum;
}

function describe(one: Compared, q: number, members: readonly Compared[], target: RankTarget, options: RankOptions): Ranked {
  const { movement, z, series, asRate } = one;
  const lagMs = movement.lagSteps * target.stepMs;
  const significant = q < significantBelow;
  const reason = explain({
    metric: series.metric, lagMs, rho: movement.rho, falls: movement.falls, significant, asRate, family: members.length,
    targetName: options.targetName ?? 'the log rate',
  });
  const round = (value: number, digits: number) => Number(value.toFixed(digits));
  return {
    metric: series.metric,
    score: round(z / Math.sqrt(z * z + 25), 4),
    lagMs,
    reason,
    rho: round(movement.rho, 3),
    z: round(z, 2),
    q: Number(q.toPrecision(2)),
    significant,
    asRate,
    family: members.map((member) => member.series.metric),
  };
}

function notesOn(ranked: readonly Ranked[], skipped: Ranking['skipped'], total: number): string[] {
  const notes: string[] = [];
  if (ranked.length > 0 && !ranked[0].significant) {
    notes.push('no series moves with the log rate more than chance would have one of so many do');
  }
  if (skipped.constant > 0) {
    notes.push(`${skipped.constant} of ${total} series were left out because they do not move`);
  }
  if (skipped.tooFewPoints > 0) {
    notes.push(`${skipped.tooFewPoints} of ${total} series were left out because they share fewer than ${pointsMin} points with the log rate`);
  }
  return notes;
}
