import type { LogExpr, RangeAggregation } from '../../src/logql/ast';
import type { Labels } from '../model/labels';
import type { EntrySets } from './entrySets';
import type { AggregateRequest, CountRequest, TimeRange } from '../store/store';

/**
 * A piece of a query that reads entries of one time range on its own, near the chunks (in a reader thread or in this one).
 * Plain data: it survives `structuredClone`. What comes back merges with the answers of its neighbours.
 */
export type Fragment = LogFragment | SampleFragment;

interface FragmentBase {
  /** Whose entries; with more than one each stream also carries the label `__tenant_id__`. Never empty. */
  tenants: string[];
  limits: FragmentLimits;
  /** Whoever asks shows `warnings`: parts of the store that are away may be left out, if the operator allowed that. */
  partial?: boolean;
}

/** What one fragment may use; the first limit it reaches ends the query with a RequestError. */
export interface FragmentLimits {
  /** Bytes of lines read. 0: no limit. */
  bytesMax: number;
  /** Numbers kept at the same time (series x panes, or buffered samples). */
  cellsMax: number;
  /** Bytes of text that the entries of an answer may hold. */
  textBytesMax: number;
  /** The query is tried as a small one: beyond these it ends with the code `needsRoom`. */
  small?: SmallLimits;
}

/** What a query may need to run beside others. */
export interface SmallLimits {
  /** As `FragmentLimits.cellsMax`, for what is kept of series alone. */
  seriesCellsMax: number;
  /** As `Scan.piecesMax`. */
  piecesMax: number;
  /** As `CountRequest.seriesMax`. */
  seriesMax: number;
}

/** Entries of a log query in `[startNs, endNs)`, newest (or oldest) first, at most `limit`. */
export interface LogFragment extends FragmentBase, TimeRange {
  kind: 'log';
  expr: LogExpr;
  direction: 'forward' | 'backward';
  limit: number;
  /** Loki's `interval`: an entry nearer than this to the one returned before it is left out. 0: keep all. */
  intervalNs: number;
  /** After so many bytes of lines the fragment stops where it is and says what is left (`rest`). 0: never. */
  pauseBytes: number;
}

/**
 * The evaluation of one range aggregation at the steps `firstStepNs, +stepNs, ...` (`steps` of them; 1 for an instant query).
 * The fragment reads what those steps need: `(firstStep - range - offset, lastStep - offset]`.
 */
export interface SampleFragment extends FragmentBase {
  kind: 'samples';
  expr: RangeAggregation;
  firstStepNs: bigint;
  stepNs: bigint;
  steps: number;
  /** Labels the expression above looks at, when it is safe to fold by them early (`sum by (level) (count_over_time(..))`). */
  foldBy?: { labels: string[]; without: boolean };
  /** Ask `store.count` before reading entries: what tells series apart, as `CountRequest` wants it. */
  count?: Pick<CountRequest, 'by' | 'metadataNames'>;
  /** Ask `store.aggregate` before reading entries, where there is one. */
  sums?: Pick<AggregateRequest, 'by' | 'metadataNames' | 'lines' | 'number'>;
  /** Read only entries of this range: the answer is a part that adds up with its neighbours' (see `mergeSamples`). */
  slice?: TimeRange;
}

export type FragmentResult = LogFragmentResult | SampleFragmentResult;

export interface LogFragmentResult {
  kind: 'log';
  /** Label sets by position; entries point into them. Some may be equal. Entries are in the direction of the query. */
  sets: EntrySets;
  set: Uint32Array;
  times: BigInt64Array;
  lines: string[];
  /** What the fragment left unread when it paused; its entries are all of the others. */
  rest?: TimeRange;
  read: ReadStats;
  /** What is missing, in sentences for the user. */
  warnings?: string[];
}

export interface SampleFragmentResult {
  kind: 'samples';
  /** One row per series: a value per step, meaningful where `present[i] === 1`. No two rows have equal labels. */
  series: SampleSeries[];
  read: ReadStats;
  /** What is missing, in sentences for the user. */
  warnings?: string[];
}

export interface SampleSeries {
  labels: Labels;
  values: Float64Array;
  present: Uint8Array;
}

export interface ReadStats {
  lines: number;
  bytes: number;
  chunks: number;
  /** Of the lines, those that passed the stages. */
  passed: number;
}

/** Runs fragments; drivers without reader threads use `localRunner`, SQLite a pool of worker threads. */
export interface FragmentRunner {
  /** How many fragments run at the same time, so that a plan can cut accordingly. */
  readonly parallel: number;
  /** Rejects with `cancelled()` soon after `signal` fires, with RequestError for a user's mistake (pipeline error, limits). */
  run(fragment: Fragment, signal: AbortSignal): Promise<FragmentResult>;
}
