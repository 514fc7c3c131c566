/**
 * What is slow in a signal, and taking it out. A drift or a daily cycle that two signals share says nothing about one driving the
 * other, so both sides lose the same set of slow waves before they are compared.
 */
import { makeSignal, type Signal } from './signal';

const dayMs = 86_400_000;
/** Harmonics of the day that are fitted: enough for the shape of office hours, too few to follow a burst of minutes. */
const dayHarmonicsMax = 4;
/** A fitted wave must be at least this many steps long, or it would follow the very movements that are compared. */
const waveStepsMin = 24;
/** Half waves over the whole range that count as drift. */
const driftHalfWaves = 6;
/** Points a signal needs for each wave that is fitted to it. */
const pointsPerWave = 8;

/** The slow waves of a range, with their products summed once, because nearly every series has all its points. */
export interface Trend {
  waves: Float64Array[];
  products: Float64Array[];
  driftHalfWaves: number;
}

/** Drift over the range, and the day with its harmonics where the range is long enough to show them. */
export function makeTrend(length: number, stepMs: number): Trend {
  const halfWaves = Math.max(0, Math.min(driftHalfWaves, Math.floor((2 * length) / waveStepsMin) - 1));
  const waves: Float64Array[] = [];
  const add = (f: (i: number) => number) => waves.push(Float64Array.from({ length }, (_, i) => f(i)));
  add(() => 1);
  add((i) => (2 * i) / Math.max(length - 1, 1) - 1);
  for (let k = 1; k <= halfWaves; k++) {
    add((i) => Math.cos((Math.PI * k * (i + 0.5)) / length));
  }
  for (let harmonic = 1; harmonic <= dayHarmonicsMax; harmonic++) {
    const steps = dayMs / harmonic / stepMs;
    // Waves longer than the drift's shortest are already in it.
    if (steps >= waveStepsMin && steps < (2 * length) / (driftHalfWaves + 0.5)) {
      add((i) => Math.cos((2 * Math.PI * i) / steps));
      add((i) => Math.sin((2 * Math.PI * i) / steps));
    }
  }
  return withProducts(waves, halfWaves);
}

/** The same with waves of the given frequencies (cycles per step) added, unless the day already has them. */
export function withLines(trend: Trend, frequencies: readonly number[]): Trend {
  const length = trend.waves[0].length;
  const lines = frequencies.flatMap((frequency) => [Math.cos, Math.sin].map((f) => Float64Array.from({ length }, (_, i) => f(2 * Math.PI * frequency * i))));
  return lines.length === 0 ? trend : withProducts([...trend.waves, ...lines], trend.driftHalfWaves);
}

function withProducts(waves: Float64Array[], halfWaves: number): Trend {
  const products = waves.map(() => new Float64Array(waves.length));
  for (let i = 0; i < waves[0].length; i++) {
    addProducts(products, waves, i, 1);
  }
  return { waves, products, driftHalfWaves: halfWaves };
}

/** Adds (`sign` 1) or takes away (-1) what point `i` contributes; fills the upper triangle. */
function addProducts(products: Float64Array[], waves: Float64Array[], i: number, sign: 1 | -1): void {
  for (let r = 0; r < products.length; r++) {
    const value = sign * waves[r][i];
    for (let c = r; c < products.length; c++) {
      products[r][c] += value * waves[c][i];
    }
  }
}

/** Subtracts the best fit of the slow waves, by least squares over the present points. Missing points stay 0. */
export function detrend(signal: Signal, trend: Trend): Signal {
  const size = Math.max(1, Math.min(trend.waves.length, Math.floor(signal.count / pointsPerWave)));
  const waves = trend.waves.slice(0, size);
  const products = trend.products.slice(0, size).map((row) => row.slice(0, size));
  const length = signal.values.length;
  for (let i = 0; i < length && signal.count < length; i++) {
    if (!signal.present[i]) {
      addProducts(products, waves, i, -1);
    }
  }
  const right = Float64Array.from(waves, (wave) => {
    let sum = 0;
    for (let i = 0; i < length; i++) {
      sum += wave[i] * signal.values[i];
    }
    return sum;
  });
  const weights = solveSymmetric(products, right);
  const out = makeSignal(length);
  out.count = signal.count;
  for (let i = 0; i < length; i++) {
    if (signal.present[i]) {
      let fit = 0;
      for (let k = 0; k < size; k++) {
        fit += weights[k] * waves[k][i];
      }
      out.values[i] = signal.values[i] - fit;
      out.present[i] = 1;
    }
  }
  return out;
}

/** Solves the system whose upper triangle is in `a`, by elimination, in place; directions that carry nothing get weight 0. */
function solveSymmetric(a: Float64Array[], right: Float64Array): Float64Array {
  const size = a.length;
  for (let r = 0; r < size; r++) {
    for (let c = 0; c < r; c++) {
      a[r][c] = a[c][r];
    }
    // A touch of ridge, so that gaps which make two waves look alike do no harm.
    a[r][r] *= 1 + 1e-7;
  }
  for (let p = 0; p < size; p++) {
    if (Math.abs(a[p][p]) < 1e-9) {
      a[p].fill(0);
      a[p][p] = 1;
      right[p] = 0;
    }
    for (let r = p + 1; r < size; r++) {
      const factor = a[r][p] / a[p][p];
      for (let c = p; c < size; c++) {
        a[r][c] -= factor * a[p][c];
      }
      right[r] -= factor * right[p];
    }
  }
  const x = new Float64Array(size);
  for (let r = size - 1; r >= 0; r--) {
    let sum = right[r];
    for (let c = r + 1; c < size; c++) {
      sum -= a[r][c] * x[c];
    }
    x[r] = sum / a[r][r];
  }
  return x;
}
