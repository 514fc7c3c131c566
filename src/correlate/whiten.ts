/**
 * Taking out of a signal what can be foretold from its own past. Two series that each remember their past (a load average, a
 * queue) seem to move together by chance far more often than a test for independent points expects; after filtering the target
 * to noise, and each series by the same filter, a correlation is again what it says.
 */
import { makeSignal, type Signal } from './signal';

/** Steps of its own past from which a signal is foretold, at most. The order is chosen below that by Schwarz' criterion. */
const orderMax = 8;
/** Gaps up to this many steps are bridged by a straight line before filtering; longer ones rest at the mean. */
const bridgeStepsMax = 12;

/** Straight lines over short gaps, so that the filter sees no jumps; `present` still says which points were really there. */
export function bridgeGaps(signal: Signal): Signal {
  if (signal.count === signal.values.length) {
    return signal;
  }
  const out: Signal = { values: signal.values.slice(), present: signal.present, count: signal.count };
  let last = -1;
  for (let i = 0; i < signal.values.length; i++) {
    if (!signal.present[i]) {
      continue;
    }
    if (last >= 0 && i - last > 1 && i - last <= bridgeStepsMax) {
      const slope = (signal.values[i] - signal.values[last]) / (i - last);
      for (let j = last + 1; j < i; j++) {
        out.values[j] = signal.values[last] + slope * (j - last);
      }
    }
    last = i;
  }
  return out;
}

/**
 * The weights by which a signal is best foretold from its last steps: Levinson's recursion over the autocovariances, stopped
 * where one more step is not worth it (Schwarz). Empty for noise.
 */
export function foretell(signal: Signal): number[] {
  const { values } = signal;
  const length = values.length;
  const order = Math.min(orderMax, Math.floor(signal.count / 10));
  const covariance = Array.from({ length: order + 1 }, (_, lag) => {
    let sum = 0;
    for (let i = lag; i < length; i++) {
      sum += values[i] * values[i - lag];
    }
    return sum;
  });
  let weights: number[] = [];
  let error = covariance[0] * (1 + 1e-6);
  if (!(error > 0)) {
    return [];
  }
  let best: number[] = [];
  let bestCost = length * Math.log(error);
  for (let k = 1; k <= order; k++) {
    const reach = weights.reduce((sum, weight, j) => sum - weight * covariance[k - 1 - j], covariance[k]);
    const reflection = reach / error;
    const before = weights;
    weights = before.map((weight, j) => weight - reflection * before[before.length - 1 - j]);
    weights.push(reflection);
    error *= 1 - reflection * reflection;
    const cost = length * Math.log(error) + k * Math.log(length);
    if (cost < bestCost) {
      bestCost = cost;
      best = weights;
    }
  }
  return best;
}

/** What is left of a signal (bridged) after what `weights` foretell of it. */
export function surprise(signal: Signal, weights: readonly number[]): Signal {
  const out = makeSignal(signal.values.length);
  for (let i = weights.length; i < signal.values.length; i++) {
    if (signal.present[i]) {
      let value = signal.values[i];
      for (let k = 0; k < weights.length; k++) {
        value -= weights[k] * signal.values[i - 1 - k];
      }
      out.values[i] = value;
      out.present[i] = 1;
      out.count++;
    }
  }
  return out;
}
