/**
 * How well two signals move together, with a shift. Four views of each pair are asked: the detrended values and what is left
 * of them after the target's own past, each once as (bounded) values and once as ranks. Each view is measured against what the
 * same pair shows at far shifts, where nothing can be meant: a cycle or a spike train that both share is as strong there as here, so
 * it does not count, and how much each remembers of its own past is priced in.
 */
import { bridgeGaps, foretell, surprise } from './whiten';
import { compressTail, normalScores, quantile, unitSize, winsorise, type Signal } from './signal';
import { crossSums, makeTransform, spectra, type SpectrumPair, type Transform } from './spectrum';
import { sharedLines } from './sharedLines';
import { detrend, makeTrend, withLines, type Trend } from './trend';

/** Everything beyond this many standard deviations is drawn in: one outlier must not decide. */
const widthsMax = 4;
/** The first, coarse bound, before the trend is fitted. */
const coarseWidths = 8;
/** Fewer far shifts than this say nothing about what chance does. */
const farShiftsMin = 24;

/** One way to look at a signal: `slowless` without its trend, `fresh` without what its past foretells either. */
interface View {
  slowless: Signal;
  fresh: Signal;
  slowlessNorm: number;
  freshNorm: number;
}

/** A target made ready for comparison with many series. */
export interface Target {
  length: number;
  trend: Trend;
  tables: Transform;
  lagStepsMax: number;
  views: Array<View & { weights: number[]; spectra: SpectrumPair }>;
}

/** A series seen through the target's filter. */
export interface Candidate {
  views: View[];
}

/** How two signals agree. `lagSteps` below zero: the series moved first. */
export interface Movement {
  /** One for each view: values and ranks, without their trend and without what the past foretells. */
  views: Agreement[];
  lagSteps: number;
  /** The series goes down when the target goes up. */
  falls: boolean;
  /** Rank correlation of the detrended signals at that lag, with its sign. */
  rho: number;
}

/** The best agreement of one view within the lags, without its sign. */
export interface Agreement {
  /** In standard deviations of what this very pair shows at far shifts. */
  z: number;
  /** In standard deviations of independent points: large for shared cycles as well. */
  plainZ: number;
}

function norm(values: Float64Array): number {
  let sum = 0;
  for (const value of values) {
    sum += value * value;
  }
  return Math.sqrt(sum);
}

/** Zeroes where nothing was measured, so that sums skip it. */
function onlyPresent(signal: Signal): Signal {
  if (signal.count === signal.values.length) {
    return signal;
  }
  const values = signal.values.slice();
  for (let i = 0; i < values.length; i++) {
    values[i] = signal.present[i] ? values[i] : 0;
  }
  return { ...signal, values };
}

/** The first step for target and series alike: no long tail, no monstrous outlier. */
export function bound(signal: Signal): Signal {
  return winsorise(compressTail(unitSize(signal)), coarseWidths);
}

/** Values, and ranks, both without their trend. */
function slowlessViews(bounded: Signal, trend: Trend): Signal[] {
  const values = winsorise(detrend(bounded, trend), widthsMax);
  // Ranks are taken after the trend is out (or they would be ranks of the trend), and once more freed of what that brought back.
  const ranks = detrend(normalScores(values), trend);
  return [values, ranks].map(bridgeGaps);
}

function makeView(slowless: Signal, weights: readonly number[]): View {
  const fresh = onlyPresent(winsorise(surprise(slowless, weights), widthsMax));
  const bare = onlyPresent(slowless);
  return {
    slowless: bare,
    fresh,
    slowlessNorm: norm(bare.values),
    freshNorm: norm(fresh.values),
  };
}

/**
 * @param bounded the target through `bound`.
 * @param others the series it will be compared with, bounded: what they all share is taken out of target and series alike.
 */
export function makeTarget(bounded: Signal, stepMs: number, lagStepsMax: number, others: readonly Signal[]): Target {
  const length = bounded.values.length;
  const tables = makeTransform(length);
  const slow = makeTrend(length, stepMs);
  const trend = withLines(slow, sharedLines(others, slow, tables));
  const views = slowlessViews(bounded, trend).map((slowless) => {
    const weights = foretell(slowless);
    const view = makeView(slowless, weights);
    return { ...view, weights, spectra: spectra(tables, view.slowless.values, view.fresh.values) };
  });
  return { length, trend, tables, lagStepsMax, views };
}

/** @param bounded the series through `bound`. */
export function makeCandidate(bounded: Signal, target: Target): Candidate {
  return { views: slowlessViews(bounded, target.trend).map((slowless, i) => makeView(slowless, target.views[i].weights)) };
}

/**
 * The spread that chance gives to a correlation of this very pair, from the shifts too far to mean anything. High quantiles as well
 * as the mean square, because shared spikes make few shifts large. Never below that of as many independent points.
 */
function chanceSpread(sums: Float64Array, scale: number, target: Target, count: number): number {
  const { length, lagStepsMax } = target;
  const independent = 1 / Math.sqrt(Math.max(count - target.trend.waves.length, 4));
  const from = Math.max(lagStepsMax + 8, Math.floor(length / 8));
  const to = Math.floor(length / 2);
  const shifts = 2 * (to - from);
  if (shifts < farShiftsMin) {
    return independent * 1.15;
  }
  const far = new Float64Array(shifts);
  let squares = 0;
  for (let k = from, at = 0; k < to; k++) {
    // Fewer points overlap at far shifts: scaled up to what all of them would give.
    const factor = (scale * length) / (length - k);
    far[at++] = Math.abs(sums[k]) * factor;
    far[at++] = Math.abs(sums[sums.length - k]) * factor;
  }
  for (const value of far) {
    squares += value * value;
  }
  far.sort();
  return Math.max(independent, Math.sqrt(squares / shifts), quantile(far, 0.95) / 1.96, quantile(far, 0.99) / 2.58);
}

/** The best agreement of each view within the lags, and the lag on which they agree best together. */
export function compare(target: Target, candidate: Candidate): Movement {
  const { lagStepsMax, tables } = target;
  const lags = 2 * lagStepsMax + 1;
  const together = new Float64Array(lags);
  const rankRho = new Float64Array(lags);
  const views: Agreement[] = [];
  candidate.views.forEach((view, v) => {
    const goal = target.views[v];
    const both = crossSums(tables, goal.spectra, spectra(tables, view.slowless.values, view.fresh.values));
    const norms = [goal.slowlessNorm * view.slowlessNorm, goal.freshNorm * view.freshNorm];
    const counts = [Math.min(goal.slowless.count, view.slowless.count), Math.min(goal.fresh.count, view.fresh.count)];
    both.forEach((sums, which) => {
      const scale = norms[which] > 0 ? 1 / norms[which] : 0;
      const spread = chanceSpread(sums, scale, target, counts[which]);
      let best = 0;
      for (let i = 0; i < lags; i++) {
        const lag = i - lagStepsMax;
        const r = sums[lag < 0 ? sums.length + lag : lag] * scale;
        best = Math.max(best, Math.abs(r));
        together[i] += r / spread;
        if (v === 1 && which === 0) {
          rankRho[i] = r;
        }
      }
      views.push({ z: best / spread, plainZ: best * Math.sqrt(counts[which]) });
    });
  });
  const at = together.reduce((best, value, i) => (Math.abs(value) > Math.abs(together[best]) ? i : best), lagStepsMax);
  return { views, lagSteps: at - lagStepsMax, falls: together[at] < 0, rho: Math.min(Math.max(rankRho[at], -1), 1) };
}
