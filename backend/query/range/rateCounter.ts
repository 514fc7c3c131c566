import type { Panes } from './panes';
import type { SampleBuffer } from './sampleBuffer';

/** What `rate_counter` must know of a run of samples; two neighbours merge into one. Times in ns. */
interface Run {
  count: number;
  firstTime: number;
  firstValue: number;
  lastTime: number;
  lastValue: number;
  /** Sum of the values before each reset (a value lower than the one before it). */
  lost: number;
}

/** `rate_counter` of every window; `buffer` is sorted by time. */
export function slideRateCounter(rangeNs: number, buffer: SampleBuffer, panes: Panes, values: Float64Array, present: Uint8Array): void {
  const runs = new Array<Run | undefined>(panes.count).fill(undefined);
  for (let i = 0; i < buffer.count; i++) {
    const [value, time] = [buffer.values[i], buffer.times[i]];
    const single = { count: 1, firstTime: time, firstValue: value, lastTime: time, lastValue: value, lost: 0 };
    runs[buffer.panes[i]] = mergeRuns(runs[buffer.panes[i]], single);
  }
  panes.slide((pane) => runs[pane], mergeRuns, undefined, (step, run) => {
    present[step] = run ? 1 : 0;
    values[step] = run ? extrapolatedRate(run, rangeNs) : 0;
  });
}

function mergeRuns(a: Run | undefined, b: Run | undefined): Run | undefined {
  if (!a || !b) {
    return a ?? b;
  }
  const reset = b.firstValue < a.lastValue ? a.lastValue : 0;
  return {
    count: a.count + b.count,
    firstTime: a.firstTime,
    firstValue: a.firstValue,
    lastTime: b.lastTime,
    lastValue: b.lastValue,
    lost: a.lost + b.lost + reset,
  };
}

/**
 * Prometheus' extrapolated rate as Loki computes it (pkg/logql/range_vector.go, extrapolatedRate): Loki takes the start of the
 * range from the first sample and mixes units there (the range in milliseconds, the samples in nanoseconds), so that
 * nearly nothing is extrapolated. Kept, because dashboards made with Loki show these numbers.
 */
function extrapolatedRate(run: Run, rangeNs: number): number {
  if (run.count < 2) {
    return 0;
  }
  const increase = run.lastValue - run.firstValue + run.lost;
  const sampled = (run.lastTime - run.firstTime) / 1000;
  const between = sampled / (run.count - 1);
  let toStart = Math.floor(rangeNs / 1e6) / 1000;
  if (increase > 0 && run.firstValue >= 0) {
    toStart = Math.min(toStart, sampled * (run.firstValue / increase));
  }
  // The distance to the end of the range is 0, which is always below the threshold.
  const extrapolated = sampled + (toStart < between * 1.1 ? toStart : between / 2);
  return (increase * (extrapolated / sampled)) / (rangeNs / 1e9);
}
