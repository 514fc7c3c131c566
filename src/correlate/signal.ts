/**
 * From samples as Prometheus or a log query gives them to a signal two of which can be compared: counters become rates, bursts
 * are bounded, and what is slow (a drift, the daily cycle) is taken out of both sides alike.
 *
 * A signal is two columns of equal length: `values`, and `present` with 0 where there was no sample (the value there is 0, the
 * mean after detrending, so that sums skip it).
 */
export interface Signal {
  values: Float64Array;
  present: Uint8Array;
  /** How many are present. */
  count: number;
}

/** A missing sample is null; NaN and infinities count as missing too. */
export type Samples = ReadonlyArray<number | null | undefined>;

/** What kind of numbers a series holds. */
export type SeriesType = 'gauge' | 'counter' | 'unknown';

/** Share of rises among the changes from which an untyped series is taken for a counter. */
const counterRiseShare = 0.97;

export function makeSignal(length: number): Signal {
  return { values: new Float64Array(length), present: new Uint8Array(length), count: 0 };
}

/** No measurement is larger; squares of what is would not be numbers any more. */
const sizeMax = 1e150;

/** Columns from samples; what is not a number of a size that one can reckon with is missing. */
export function toSignal(samples: Samples): Signal {
  const signal = makeSignal(samples.length);
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i];
    if (typeof value === 'number' && Math.abs(value) <= sizeMax) {
      signal.values[i] = value;
      signal.present[i] = 1;
      signal.count++;
    }
  }
  return signal;
}

/** How a series moves, apart from its size: flat, only ever one way, or both ways. */
export function shapeOf(signal: Signal): { constant: boolean; riseShare: number; fallShare: number; changes: number } {
  let rises = 0;
  let falls = 0;
  let last = NaN;
  for (let i = 0; i < signal.values.length; i++) {
    if (signal.present[i]) {
      const value = signal.values[i];
      rises += value > last ? 1 : 0;
      falls += value < last ? 1 : 0;
      last = value;
    }
  }
  const changes = rises + falls;
  return { constant: changes === 0, riseShare: changes ? rises / changes : 0, fallShare: changes ? falls / changes : 0, changes };
}

/** Whether a series without a type is a running total: it rises, and when it falls it falls to nearly nothing. */
export function looksLikeCounter(signal: Signal): boolean {
  const shape = shapeOf(signal);
  if (shape.changes < 8 || shape.riseShare < counterRiseShare) {
    return false;
  }
  let last = NaN;
  for (let i = 0; i < signal.values.length; i++) {
    if (signal.present[i]) {
      const value = signal.values[i];
      if (value < 0 || (value < last && value > 0.5 * last)) {
        return false;
      }
      last = value;
    }
  }
  return true;
}

/**
 * Increase per step. A fall is a reset: the counter began again at zero, so the new value is the increase since then
 * (Prometheus' `rate` assumes the same). Over a gap the increase is spread evenly, and stands where the gap ends.
 */
export function counterToRate(signal: Signal): Signal {
  const rate = makeSignal(signal.values.length);
  let lastAt = -1;
  for (let i = 0; i < signal.values.length; i++) {
    if (!signal.present[i]) {
      continue;
    }
    if (lastAt >= 0) {
      const rise = signal.values[i] - signal.values[lastAt];
      rate.values[i] = (rise < 0 ? Math.max(signal.values[i], 0) : rise) / (i - lastAt);
      rate.present[i] = 1;
      rate.count++;
    }
    lastAt = i;
  }
  return rate;
}

/** Values divided by the largest, so that sums of squares neither overflow nor vanish. */
export function unitSize(signal: Signal): Signal {
  let largest = 0;
  for (const value of signal.values) {
    largest = Math.max(largest, Math.abs(value));
  }
  return largest > 0 ? { ...signal, values: signal.values.map((value) => value / largest) } : signal;
}

/** The present values, ascending. */
export function sortedValues(signal: Signal): Float64Array {
  const out = new Float64Array(signal.count);
  let n = 0;
  for (let i = 0; i < signal.values.length; i++) {
    if (signal.present[i]) {
      out[n++] = signal.values[i];
    }
  }
  return out.sort();
}

export function quantile(sorted: Float64Array, q: number): number {
  if (sorted.length === 0) {
    return NaN;
  }
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

/**
 * Middle and width of a signal, the width in units of a standard deviation: from the quartiles, and where those lie together (a
 * signal that mostly rests) from the mean distance of what moves.
 */
export function centreAndWidth(signal: Signal): { centre: number; width: number } {
  const sorted = sortedValues(signal);
  const centre = quantile(sorted, 0.5);
  let distance = 0;
  for (const value of sorted) {
    distance += Math.abs(value - centre);
  }
  const quartiles = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 1.349;
  const mean = sorted.length ? (distance / sorted.length) * 1.2533 : 0;
  // The larger of the two: a signal with bursts in a tenth of its points keeps them, one with a single spike loses it.
  return { centre, width: Math.max(quartiles, mean * 0.9) };
}

/** Draws everything further than `widths` from the middle in to that distance. */
export function winsorise(signal: Signal, widths: number): Signal {
  const { centre, width } = centreAndWidth(signal);
  const out = makeSignal(signal.values.length);
  out.count = signal.count;
  const low = centre - widths * width;
  const high = centre + widths * width;
  for (let i = 0; i < signal.values.length; i++) {
    if (signal.present[i]) {
      out.values[i] = Math.min(Math.max(signal.values[i], low), high);
      out.present[i] = 1;
    }
  }
  return out;
}

/**
 * Pulls in the long tail of what is never negative (counts, rates, sizes) when it has one: `log(1 + v / typical)`. Counts then
 * spread about evenly whatever their level, and one flood of lines does not outweigh the rest of the range.
 */
export function compressTail(signal: Signal): Signal {
  const sorted = sortedValues(signal);
  const typical = Math.max(quantile(sorted, 0.5), quantile(sorted, 0.9) / 4);
  const skewed = quantile(sorted, 0.99) - quantile(sorted, 0.5) > 3.5 * (quantile(sorted, 0.5) - quantile(sorted, 0.01));
  if (sorted.length === 0 || sorted[0] < 0 || !(typical > 0) || !skewed) {
    return signal;
  }
  const out = makeSignal(signal.values.length);
  out.count = signal.count;
  for (let i = 0; i < signal.values.length; i++) {
    if (signal.present[i]) {
      out.values[i] = Math.log1p(signal.values[i] / typical);
      out.present[i] = 1;
    }
  }
  return out;
}

/** Normal scores of the ranks (ties share theirs): only the order of the values is left. */
export function normalScores(signal: Signal): Signal {
  const order: number[] = [];
  for (let i = 0; i < signal.values.length; i++) {
    if (signal.present[i]) {
      order.push(i);
    }
  }
  order.sort((a, b) => signal.values[a] - signal.values[b]);
  const out = makeSignal(signal.values.length);
  out.count = signal.count;
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && signal.values[order[to]] === signal.values[order[from]]) {
      to++;
    }
    const score = normalQuantile((from + to) / 2 / order.length);
    for (let i = from; i < to; i++) {
      out.values[order[i]] = score;
      out.present[order[i]] = 1;
    }
    from = to;
  }
  return out;
}

/** Inverse of the normal distribution, to about 1e-3: enough for scores. Formula 26.2.23 of Abramowitz and Stegun. */
export function normalQuantile(p: number): number {
  const clipped = Math.min(Math.max(p, 1e-9), 1 - 1e-9);
  const tail = Math.min(clipped, 1 - clipped);
  const t = Math.sqrt(-2 * Math.log(tail));
  const z = t - (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t);
  return clipped < 0.5 ? -z : z;
}
