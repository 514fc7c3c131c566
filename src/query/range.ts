import type { TimeRange } from '@grafana/data';
import type { NsRange } from '../api';

/** A range of Grafana in nanoseconds; without one the last `hours`. */
export function nsRangeOf(range: TimeRange | undefined, nowMs = Date.now(), hours = 1): NsRange {
  const fromMs = range?.from.valueOf() ?? nowMs - hours * 3_600_000;
  const toMs = range?.to.valueOf() ?? nowMs;
  return { startNs: `${fromMs}000000`, endNs: `${toMs}000000` };
}
