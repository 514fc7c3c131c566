import type { SampleFragmentResult, SampleSeries } from '../fragment';
import { labelsKey } from '../grouping';
import type { MergeRule } from '../range/rangeOps';

/** Adds up the answers of fragments that read different slices of time for the same steps; in order of time. */
export function mergeSamples(parts: SampleFragmentResult[], rule: MergeRule | undefined): SampleSeries[] {
  if (parts.length === 1 || !rule) {
    return parts.flatMap((part) => part.series);
  }
  const merge = mergeRules[rule];
  const merged = new Map<string, SampleSeries>();
  for (const series of parts.flatMap((part) => part.series)) {
    const key = labelsKey(series.labels);
    const target = merged.get(key);
    if (!target) {
      merged.set(key, series);
      continue;
    }
    for (let step = 0; step < series.values.length; step++) {
      if (series.present[step] === 1) {
        target.values[step] = target.present[step] === 1 ? merge(target.values[step], series.values[step]) : series.values[step];
        target.present[step] = 1;
      }
    }
  }
  return [...merged.values()];
}

/** The older part comes first. */
const mergeRules: Record<MergeRule, (older: number, newer: number) => number> = {
  add: (a, b) => a + b,
  min: (a, b) => (b < a || Number.isNaN(a) ? b : a),
  max: (a, b) => (b > a || Number.isNaN(a) ? b : a),
  first: (a) => a,
  last: (_, b) => b,
};
