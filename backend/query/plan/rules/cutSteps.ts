import type { RangeNode, Steps } from '../plan';

/** Steps evaluated at the same time: bounds the columns of 500 series to some 5 MB each. */
const stepsOfRunMax = 1_500;
/** Below this many steps a second thread costs more than it brings. */
const stepsOfRunMin = 8;

/**
 * Counts of whole minutes cost a store so little that for a day of them a second thread, which has to look everything up as well, brings
 * nothing: volumes over 40 streams and a day take two thirds of the CPU, and a third less time until code is compiled.
 */
const minuteNs = 60e9;
const countedAloneNs = 25 * 3_600e9;

/**
 * Cuts the steps into runs, one for each thread or more. A run reads its own steps and the longest window in front of them, so
 * a run is at least as long as that window: nothing is read more than twice.
 */
export function cutSteps(steps: Steps, ranges: RangeNode[], parallel: number): Steps[] {
  const window = Math.max(0, ...ranges.map((node) => Math.ceil(node.expr.range.ns / Number(steps.stepNs))));
  const wanted = Math.min(stepsOfRunMax, Math.ceil(steps.count / (cheaplyCounted(steps, ranges) ? 1 : parallel)));
  const length = Math.max(wanted, window, stepsOfRunMin);
  const runs: Steps[] = [];
  for (let from = 0; from < steps.count; from += length) {
    runs.push({ firstNs: steps.firstNs + BigInt(from) * steps.stepNs, stepNs: steps.stepNs, count: Math.min(length, steps.count - from) });
  }
  return runs;
}

function cheaplyCounted({ stepNs, count }: Steps, ranges: RangeNode[]): boolean {
  const step = Number(stepNs);
  return step * count <= countedAloneNs && step % minuteNs === 0 && ranges.every((node) => node.count !== undefined && node.expr.range.ns % minuteNs === 0);
}
