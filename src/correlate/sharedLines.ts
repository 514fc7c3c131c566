/**
 * Swings that many series share: the day at whatever length the data has it, a job that runs every five minutes, the period of scrapes.
 * A swing that everything takes part in says nothing about one thing driving another, so it is found in the spectra of all series together
 * and taken out of every signal as trend and day are. What only a few series do stays.
 */
import type { Signal } from './signal';
import { spectra, type Transform } from './spectrum';
import { detrend, type Trend } from './trend';

/** Fewer series than this do not show what is shared. */
const seriesMin = 40;
/** How far a line must stand out of the mean spectrum around it. With 500 series about eight pure tones do. */
const lineOverBackground = 5;
const linesMax = 24;
/** Neighbourhood of a line, in units of one cycle over the range: the line itself, and where the background is taken. */
const lineCycles = 2;
const backgroundCycles = 9;

/** Frequencies (cycles per step) that stand out of the mean spectrum of the series, strongest first. */
export function sharedLines(signals: readonly Signal[], trend: Trend, tables: Transform): number[] {
  if (signals.length < seriesMin) {
    return [];
  }
  const length = signals[0].values.length;
  const power = meanSpectrum(signals, trend, tables);
  const cycle = tables.size / length;
  const found: Array<{ frequency: number; ratio: number }> = [];
  const from = Math.ceil(((trend.driftHalfWaves + 1) / 2) * cycle);
  for (let f = from; f < power.length - 1; f++) {
    if (power[f] > power[f - 1] && power[f] >= power[f + 1]) {
      const ratio = power[f] / background(power, f, cycle, from);
      if (ratio > lineOverBackground) {
        found.push({ frequency: (f + peakOffset(power, f)) / tables.size, ratio });
      }
    }
  }
  found.sort((a, b) => b.ratio - a.ratio);
  const kept: number[] = [];
  for (const { frequency } of found) {
    if (kept.length < linesMax && kept.every((other) => Math.abs(other - frequency) * length > lineCycles)) {
      kept.push(frequency);
    }
  }
  return kept;
}

/** The mean over all series of their power at each frequency, each series weighing the same. */
function meanSpectrum(signals: readonly Signal[], trend: Trend, tables: Transform): Float64Array {
  const length = signals[0].values.length;
  // Hann's window, so that a strong line does not spill over its neighbours.
  const hann = Float64Array.from({ length }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / length));
  const column = (signal: Signal | undefined) => {
    const values = signal ? detrend(signal, trend).values : new Float64Array(length);
    let squares = 0;
    for (const value of values) {
      squares += value * value;
    }
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let i = 0; i < length; i++) {
      values[i] *= hann[i] * scale;
    }
    return values;
  };
  const power = new Float64Array(tables.size / 2);
  for (let i = 0; i < signals.length; i += 2) {
    const { first, second } = spectra(tables, column(signals[i]), column(signals[i + 1]));
    for (let f = 0; f < power.length; f++) {
      power[f] += first.re[f] ** 2 + first.im[f] ** 2 + second.re[f] ** 2 + second.im[f] ** 2;
    }
  }
  return power;
}

/** The median around a frequency, the line itself left out. */
function background(power: Float64Array, at: number, cycle: number, from: number): number {
  const near: number[] = [];
  const reach = Math.round(backgroundCycles * cycle);
  for (let f = Math.max(from, at - reach); f <= Math.min(power.length - 1, at + reach); f++) {
    if (Math.abs(f - at) > lineCycles * cycle) {
      near.push(power[f]);
    }
  }
  near.sort((a, b) => a - b);
  return near[Math.floor(near.length / 2)] || Infinity;
}

/** Where between the bins the peak lies: the parabola through the logarithms of three bins. */
function peakOffset(power: Float64Array, at: number): number {
  const [a, b, c] = [power[at - 1], power[at], power[at + 1]].map((value) => Math.log(value + 1e-300));
  const bend = a - 2 * b + c;
  return bend < 0 ? Math.min(Math.max((0.5 * (a - c)) / bend, -0.5), 0.5) : 0;
}
