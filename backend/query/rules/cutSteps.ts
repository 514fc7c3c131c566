import type { RangeNode, Steps } from '../plan';

/** Steps evaluated at the same time: bounds the columns of 500 series to some 5 MB each. */
const stepsOfRunMax = 1_500;
/** Below this many steps a second thread costs more than it brings. */
const stepsOfRunMin = 8;

/**
 * Cuts the steps into runs, one for each thread or more. A run reads its own steps and the longest window in front of them, so
 * a run is at least as long as that window: nothing is read more than twice.
 */
export function cutSteps(steps: Steps, ranges: RangeNode[], parallel: number): Steps[] {
  const window = Math.max(0, ...ranges.map((node) => Math.ceil(node.expr.range.ns / Number(steps.stepNs))));
  const wanted = Math.min(stepsOfRunMax, Math.ceil(steps.count / parallel));
  const length = Math.max(wanted, window, stepsOfRunMin);
  const runs: Steps[] = [];
  for (let from = 0; from < steps.count; from += length) {
    runs.push({ firstNs: steps.firstNs + BigInt(from) * steps.stepNs, stepNs: steps.stepNs, count: Math.min(length, steps.count - from) });
  }
  return runs;
}
