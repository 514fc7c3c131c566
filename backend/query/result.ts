import type { Labels } from '../model/labels';
import type { EntrySet } from './entrySets';

/** What a query answers. */
export type Result = StreamsResult | MatrixResult | VectorResult | ScalarResult;

export interface StreamsResult {
  kind: 'streams';
  streams: ResultStream[];
  /** True when the limit cut the answer. */
  limited: boolean;
}

/**
 * Entries that share all their labels. Streams are sorted by their label text, entries by the query's direction.
 * The set keeps apart where labels came from (for `categorize-labels`).
 */
export interface ResultStream {
  set: EntrySet;
  entries: Array<{ tsNs: bigint; line: string }>;
}

/** Points at equal steps; a missing point is a gap. Times in milliseconds since 1970, as Loki prints them. */
export interface MatrixResult {
  kind: 'matrix';
  series: Array<{ labels: Labels; points: Array<{ tsMs: number; value: number }> }>;
}

export interface VectorResult {
  kind: 'vector';
  samples: Array<{ labels: Labels; tsMs: number; value: number }>;
}

export interface ScalarResult {
  kind: 'scalar';
  tsMs: number;
  value: number;
}

/** What a query read and how long it took; encoded into Loki's `stats` object. */
export interface QueryStats {
  linesProcessed: number;
  bytesProcessed: number;
  /** Of the lines, those that passed the stages of the query. */
  linesPassed: number;
  entriesReturned: number;
  chunks: number;
  fragments: number;
  execSeconds: number;
  queueSeconds: number;
}
