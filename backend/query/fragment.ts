import type { LogExpr, RangeAggregation } from '../../src/logql/ast';
import type { Labels } from '../model/labels';
import type { TimeRange } from '../store/store';

/**
 * A piece of a query that reads entries of one time range on its own, near the chunks (in a reader thread or in this one).
 * Plain data: it survives `structuredClone`. What comes back merges with the answers of its neighbours.
 */
export type Fragment = LogFragment | SampleFragment;

/** Entries of a log query, newest (or oldest) first, at most `limit`. */
export interface LogFragment extends TimeRange {
  kind: 'log';
  tenant: string;
  expr: LogExpr;
  direction: 'forward' | 'backward';
  limit: number;
}

/**
 * The evaluation of one range aggregation at the steps `firstStepNs, +stepNs, ...` (`steps` of them; 1 for an instant query).
 * The fragment reads what those steps need: `(firstStep - range - offset, lastStep - offset]`.
 */
export interface SampleFragment {
  kind: 'samples';
  tenant: string;
  expr: RangeAggregation;
  firstStepNs: bigint;
  stepNs: bigint;
  steps: number;
  /** Labels the expression above looks at, when it is safe to fold by them early (`sum by (level) (count_over_time(..))`). */
  foldBy?: { labels: string[]; without: boolean };
}

export type FragmentResult = LogFragmentResult | SampleFragmentResult;

export interface LogFragmentResult {
  kind: 'log';
  /** Label sets by position; entries point into them. Entries are in the direction of the query. */
  sets: Array<{ stream: Labels; structured: Labels; parsed: Labels; all: Labels }>;
  set: Uint32Array;
  times: BigInt64Array;
  lines: string[];
  read: ReadStats;
}

export interface SampleFragmentResult {
  kind: 'samples';
  /** One row per series: a value per step, NaN with `present[i] === 0` where there is none. */
  series: Array<{ labels: Labels; values: Float64Array; present: Uint8Array }>;
  read: ReadStats;
}

export interface ReadStats {
  lines: number;
  bytes: number;
  chunks: number;
}

/** Runs fragments; drivers without reader threads use `localRunner`, SQLite a pool of worker threads. */
export interface FragmentRunner {
  /** How many fragments run at the same time, so that a plan can cut accordingly. */
  readonly parallel: number;
  /** Rejects with `cancelled()` soon after `signal` fires, with RequestError for a user's mistake (pipeline error, limits). */
  run(fragment: Fragment, signal: AbortSignal): Promise<FragmentResult>;
}
