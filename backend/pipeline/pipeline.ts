import type { Unwrap } from '../../src/logql/ast';
import type { Labels } from '../model/labels';
import type { Chunk } from '../store/store';

/**
 * One query's stages, built once (`buildPipeline` in index.ts). Pure but for its own caches; used by the engine, by live tail
 * and by the agent's match stage. Errors of single lines are not exceptions: they become the `__error__` and
 * `__error_details__` labels (Loki, pkg/logqlmodel/error.go) and the line goes on.
 */
export interface Pipeline {
  /** Work that depends only on the stream's labels is done here, once per stream. */
  forStream(stream: Labels): StreamPipeline;
}

export interface StreamPipeline {
  /**
   * Runs entry `i` of a chunk of this stream. Returns undefined when a stage drops it. The object is reused: take what you
   * need before the next call. Strings are only made for lines that survive the filters in front.
   */
  process(chunk: Chunk, i: number): Processed | undefined;
}

export interface Processed {
  /** The line after the stages. Bytes that are not UTF-8 read as U+FFFD. */
  readonly line: string;
  /** Length in bytes of the line after the stages, as `bytes_over_time` counts it. */
  readonly lineBytes: number;
  /** Equal label sets give the same object within one pipeline (as long as it stays in its bounded cache; compare `key` to be sure). */
  readonly labels: ResultLabels;
  /** The unwrapped number, when the pipeline was built with `unwrap`; meaningless beside a SampleExtractionErr. */
  readonly sample: number;
}

/** Where a label of a result came from: its stream, the structured metadata of the entry, or a stage. */
export const origins = ['stream', 'structured', 'parsed'] as const;
export type Origin = (typeof origins)[number];

/** Labels one by one, sorted by name. Sets that share `names` share `origins`. */
export interface OriginatedLabels {
  readonly names: readonly string[];
  readonly values: readonly string[];
  readonly origins: readonly Origin[];
}

/** Labels of a processed entry, by where they came from. */
export interface ResultLabels extends OriginatedLabels {
  /** Canonical text of `all`; equal exactly when `all` is equal. */
  readonly key: string;
  readonly stream: Labels;
  readonly structured: Labels;
  readonly parsed: Labels;
  /** The three together, as a result without `categorize-labels` shows them. */
  readonly all: Labels;
  readonly error: string | undefined;
  readonly errorDetails: string | undefined;
}

export interface PipelineOptions {
  /**
   * The labels that anything after the pipeline looks at (grouping, unwrap); undefined: all. Parsers may leave out others,
   * as Loki's parser hints do; filters inside the pipeline are looked after by the pipeline itself.
   */
  labelsNeeded?: ReadonlySet<string>;
  /**
   * Which labels results keep: series are grouped where their labels are made. Entries with an error keep all, and so may those
   * that no stage changed. Undefined: all.
   */
  labelsKept?: (name: string) => boolean;
  /**
   * Takes a sample after the stages: an entry without the label (or with an empty one) is dropped, a value that does not convert sets
   * SampleExtractionErr, then the filters behind `unwrap` run. The label itself stays; its reader decides by the grouping.
   */
  unwrap?: Unwrap;
  /** Result objects that are kept to be given out again for equal labels, before it is looked whether that is of any use. Undefined: as many as a metric query may have series. */
  sharedMax?: number;
}
