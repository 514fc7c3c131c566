/** Buckets of equal width, one after the other; the first is number `first` of all. */
export interface BucketRun {
  first: number;
  startNs: bigint;
  stepNs: bigint;
  count: number;
}

/** What Loki leaves between the times of a bucket's end and the next one's start. */
const gapNs = 1_000_000n;

/**
 * A range as buckets that end at multiples of the step, the last one at the end of the range (pkg/util/time.go ForInterval). Each carries
 * the time of its end, a millisecond earlier where another bucket follows. Without a step: one bucket.
 */
export function bucketsOf({ startNs, endNs, stepNs }: { startNs: bigint; endNs: bigint; stepNs?: bigint }): { timesNs: bigint[]; runs: BucketRun[] } {
  const lengthNs = endNs > startNs ? endNs - startNs : 1n;
  const firstEdgeNs = stepNs === undefined ? endNs : startNs - (startNs % stepNs) + stepNs;
  if (stepNs === undefined || firstEdgeNs >= endNs) {
    return { timesNs: [endNs], runs: [{ first: 0, startNs, stepNs: lengthNs, count: 1 }] };
  }
  // The edge before the end: the last bucket is never empty.
  const lastEdgeNs = endNs - 1n - ((endNs - 1n) % stepNs);
  const whole = Number((lastEdgeNs - firstEdgeNs) / stepNs);
  const runs: BucketRun[] = [{ first: 0, startNs, stepNs: firstEdgeNs - startNs, count: 1 }];
  if (whole > 0) {
    runs.push({ first: 1, startNs: firstEdgeNs, stepNs, count: whole });
  }
  runs.push({ first: whole + 1, startNs: lastEdgeNs, stepNs: endNs - lastEdgeNs, count: 1 });
  return { timesNs: [...Array.from({ length: whole + 1 }, (_, i) => firstEdgeNs + BigInt(i) * stepNs - gapNs), endNs], runs };
}
