import type { RangeAggregation, RangeFunction } from '../../../src/logql/ast';
import type { FragmentBudget } from '../budget';
import type { Panes } from './panes';
import { SampleBuffer } from './sampleBuffer';
import { slideQuantile } from './quantile';
import { slideRateCounter } from './rateCounter';

/**
 * The range aggregations. Formulas: Loki 3.4, pkg/logql/range_vector.go; here they work on panes so that overlapping windows
 * cost nothing extra.
 */
export interface RangeOp {
  /** What a sample is: each line counts 1, its length in bytes, or the unwrapped number. */
  sample: 'line' | 'bytes' | 'unwrapped';
  /** How parts of the same windows from different slices of time add up; undefined: they can't. */
  merge?: MergeRule;
  /** Every sample is kept until its windows are done, so that memory grows with the lines; else only with series and steps. */
  keepsSamples?: boolean;
  /** The vector aggregation above that may take samples of several series as one. */
  foldsInto?: 'sum' | 'min' | 'max';
  state(panes: Panes, expr: RangeAggregation, budget: FragmentBudget): RangeState;
}

export type MergeRule = 'add' | 'min' | 'max' | 'first' | 'last';

/** What one series keeps. */
export interface RangeState {
  /** `timeNs` counts from any fixed time; samples of one stream come in order, those of several may be mixed. */
  add(pane: number, value: number, timeNs: number): void;
  /** Fills value and presence for each step. */
  finish(values: Float64Array, present: Uint8Array): void;
}

const seconds = (expr: RangeAggregation): number => expr.range.ns / 1e9;

const sumOp = (sample: RangeOp['sample'], divisor: (expr: RangeAggregation) => number = () => 1): RangeOp => ({
  sample,
  merge: 'add',
  foldsInto: 'sum',
  state: (panes, expr, budget) => new SumState(panes, budget, divisor(expr)),
});

export const rangeOps: Record<RangeFunction, RangeOp> = {
  count_over_time: sumOp('line'),
  rate: sumOp('line', seconds),
  bytes_over_time: sumOp('bytes'),
  bytes_rate: sumOp('bytes', seconds),
  sum_over_time: sumOp('unwrapped'),
  absent_over_time: { ...sumOp('line'), foldsInto: undefined },
  avg_over_time: { sample: 'unwrapped', state: (panes, _, budget) => new AverageState(panes, budget) },
  min_over_time: {
    sample: 'unwrapped',
    merge: 'min',
    foldsInto: 'min',
    state: (panes, _, budget) => new PickState(panes, budget, (a, b) => b < a || Number.isNaN(a)),
  },
  max_over_time: {
    sample: 'unwrapped',
    merge: 'max',
    foldsInto: 'max',
    state: (panes, _, budget) => new PickState(panes, budget, (a, b) => b > a || Number.isNaN(a)),
  },
  first_over_time: {
    sample: 'unwrapped',
    merge: 'first',
    state: (panes, _, budget) => new PickState(panes, budget, (_a, _b, aTime, bTime) => bTime < aTime),
  },
  last_over_time: {
    sample: 'unwrapped',
    merge: 'last',
    state: (panes, _, budget) => new PickState(panes, budget, (_a, _b, aTime, bTime) => bTime >= aTime),
  },
  stdvar_over_time: { sample: 'unwrapped', state: (panes, _, budget) => new MomentsState(panes, budget, (variance) => variance) },
  stddev_over_time: { sample: 'unwrapped', state: (panes, _, budget) => new MomentsState(panes, budget, Math.sqrt) },
  quantile_over_time: {
    sample: 'unwrapped',
    keepsSamples: true,
    state: (panes, expr, budget) =>
      new BufferedState(panes, new SampleBuffer(budget, false), (buffer, values, present) => slideQuantile(expr.parameter ?? 0, buffer, panes, values, present)),
  },
  rate_counter: {
    sample: 'unwrapped',
    keepsSamples: true,
    state: (panes, expr, budget) =>
      new BufferedState(panes, new SampleBuffer(budget, true), (buffer, values, present) => slideRateCounter(expr.range.ns, buffer, panes, values, present)),
  },
};

/** The op of an expression: `rate` adds up the unwrapped numbers when there are any. */
export function rangeOp(expr: RangeAggregation): RangeOp {
  const op = rangeOps[expr.fn];
  return expr.unwrap && op.sample === 'line' ? { ...op, sample: 'unwrapped' } : op;
}

const plus = (a: number, b: number): number => a + b;

/** Sums, of ones, bytes or numbers. */
class SumState implements RangeState {
  private readonly sums: Float64Array;
  private readonly counts: Uint32Array;

  constructor(
    private readonly panes: Panes,
    budget: FragmentBudget,
    private readonly divisor: number
  ) {
    budget.chargeCells(2 * panes.count);
    this.sums = new Float64Array(panes.count);
    this.counts = new Uint32Array(panes.count);
  }

  add(pane: number, value: number): void {
    this.sums[pane] += value;
    this.counts[pane]++;
  }

  finish(values: Float64Array, present: Uint8Array): void {
    const { sums, counts, panes, divisor } = this;
    if (panes.single) {
      for (let step = 0; step < panes.steps; step++) {
        const pane = panes.start(step);
        values[step] = sums[pane] / divisor;
        present[step] = counts[pane] > 0 ? 1 : 0;
      }
      return;
    }
    slidePresence(this.counts, panes, present);
    panes.slide((pane) => sums[pane], plus, 0, (step, sum) => {
      values[step] = sum / divisor;
    });
  }
}

/** Marks the steps whose window holds a sample. */
function slidePresence(counts: Uint32Array, panes: Panes, present: Uint8Array): void {
  panes.slide((pane) => counts[pane], plus, 0, (step, count) => {
    present[step] = count > 0 ? 1 : 0;
  });
}

/** Like Loki a running mean, so that a sum near the largest number does not overflow; merged by the weights of the panes. */
class AverageState implements RangeState {
  private readonly means: Float64Array;
  private readonly counts: Uint32Array;

  constructor(
    private readonly panes: Panes,
    budget: FragmentBudget
  ) {
    budget.chargeCells(2 * panes.count);
    this.means = new Float64Array(panes.count);
    this.counts = new Uint32Array(panes.count);
  }

  add(pane: number, value: number): void {
    const count = ++this.counts[pane];
    this.means[pane] = mergeMeans(this.means[pane], count - 1, value, 1);
  }

  finish(values: Float64Array, present: Uint8Array): void {
    const { means, counts, panes } = this;
    panes.slide<{ mean: number; count: number }>(
      (pane) => ({ mean: means[pane], count: counts[pane] }),
      (a, b) => ({ mean: mergeMeans(a.mean, a.count, b.mean, b.count), count: a.count + b.count }),
      { mean: 0, count: 0 },
      (step, { mean, count }) => {
        values[step] = mean;
        present[step] = count > 0 ? 1 : 0;
      }
    );
  }
}

function mergeMeans(a: number, aCount: number, b: number, bCount: number): number {
  if (aCount === 0 || bCount === 0) {
    return aCount === 0 ? b : a;
  }
  // An infinite mean stays, unless something of the other sign or NaN comes: Inf - Inf below would make it NaN.
  if (Math.abs(a) === Infinity && (a === b || Number.isFinite(b))) {
    return a;
  }
  if (Math.abs(b) === Infinity && Number.isFinite(a)) {
    return b;
  }
  const share = bCount / (aCount + bCount);
  return a + (b * share - a * share);
}

/** One sample of each window: the least, the greatest, the first or the last. */
class PickState implements RangeState {
  private readonly picked: Float64Array;
  private readonly times: Float64Array;

  /** `better` says whether `b` replaces `a`. */
  constructor(
    private readonly panes: Panes,
    budget: FragmentBudget,
    private readonly better: (a: number, b: number, aTime: number, bTime: number) => boolean
  ) {
    budget.chargeCells(2 * panes.count);
    this.picked = new Float64Array(panes.count);
    this.times = new Float64Array(panes.count).fill(NaN);
  }

  add(pane: number, value: number, timeNs: number): void {
    const time = this.times[pane];
    if (Number.isNaN(time) || this.better(this.picked[pane], value, time, timeNs)) {
      this.picked[pane] = value;
      this.times[pane] = timeNs;
    }
  }

  finish(values: Float64Array, present: Uint8Array): void {
    const { picked, times, panes, better } = this;
    const pick = (a: number, b: number): number =>
      a < 0 || (b >= 0 && better(picked[a], picked[b], times[a], times[b])) ? b : a;
    panes.slide((pane) => (Number.isNaN(times[pane]) ? -1 : pane), pick, -1, (step, pane) => {
      present[step] = pane < 0 ? 0 : 1;
      values[step] = pane < 0 ? 0 : picked[pane];
    });
  }
}

interface Moments {
  count: number;
  mean: number;
  /** Sum of squared distances from the mean. */
  squares: number;
}

/** Population variance by Welford, panes merged by Chan, Golub and LeVeque (1979). */
class MomentsState implements RangeState {
  private readonly cells: Array<Moments | undefined>;

  constructor(
    private readonly panes: Panes,
    budget: FragmentBudget,
    private readonly result: (variance: number) => number
  ) {
    budget.chargeCells(4 * panes.count);
    this.cells = new Array<Moments | undefined>(panes.count).fill(undefined);
  }

  add(pane: number, value: number): void {
    const cell = (this.cells[pane] ??= { count: 0, mean: 0, squares: 0 });
    cell.count++;
    const delta = value - cell.mean;
    cell.mean += delta / cell.count;
    cell.squares += delta * (value - cell.mean);
  }

  finish(values: Float64Array, present: Uint8Array): void {
    this.panes.slide((pane) => this.cells[pane], mergeMoments, undefined, (step, moments) => {
      present[step] = moments ? 1 : 0;
      values[step] = moments ? this.result(moments.squares / moments.count) : 0;
    });
  }
}

function mergeMoments(a: Moments | undefined, b: Moments | undefined): Moments | undefined {
  if (!a || !b) {
    return a ?? b;
  }
  const count = a.count + b.count;
  const delta = b.mean - a.mean;
  return {
    count,
    mean: a.mean + (delta * b.count) / count,
    squares: a.squares + b.squares + (delta * delta * a.count * b.count) / count,
  };
}

/** Functions that need the samples themselves. */
class BufferedState implements RangeState {
  constructor(
    private readonly panes: Panes,
    private readonly buffer: SampleBuffer,
    private readonly evaluate: (buffer: SampleBuffer, values: Float64Array, present: Uint8Array) => void
  ) {}

  add(pane: number, value: number, timeNs: number): void {
    this.buffer.add(pane, value, timeNs);
  }

  finish(values: Float64Array, present: Uint8Array): void {
    this.buffer.sort(this.panes.count);
    this.evaluate(this.buffer, values, present);
  }
}
