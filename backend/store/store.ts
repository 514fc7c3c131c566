import type { Matcher } from '../../src/logql/ast';
import type { Batch, Receipt } from '../model/entry';
import type { Labels } from '../model/labels';
import type { LiveSource } from '../model/live';

/**
 * Where entries live. Everything above this file is storage-agnostic; everything below it passes `runStoreContract`.
 *
 * Tenants never meet: every call names one and sees only its own entries.
 * A time range is `[startNs, endNs)` everywhere in this file: start inclusive, end exclusive.
 */
export interface Store extends StoreReader {
  /**
   * Resolves when the batch is durable: after a kill -9 every entry of it is there. Applies all of a batch or nothing.
   * From then on every reader sees it. Entries may be of any age and in any order.
   * An entry with time and line equal to one of the same stream is stored once (unless the store was opened with `keepRepeats`).
   * Rejects with a RequestError 429 when too much is waiting (`appendBytesQueuedMax`), 503 when the disk refuses.
   */
  append(batch: Batch, receipt?: Receipt): Promise<AppendResult>;

  /** The last receipt of an agent, or undefined. */
  receipt(tenant: string, agent: string): Promise<Receipt | undefined>;

  /** The last receipt of every agent, in no order; for copying a whole store. */
  receipts(tenant: string): Promise<Receipt[]>;

  /**
   * Removes the entries that the selection and the range cover and `drops` marks (1 goes, 0 stays), at once, and says how many went.
   * Without `drops` every covered entry goes. What several calls at the same time (and `retain`) take stays away.
   */
  delete(request: DeleteRequest): Promise<number>;

  /** Applies retention: drops what is older than the policy says, oldest first until size and free-space limits hold. */
  retain(policy: RetentionPolicy, nowNs: bigint): Promise<RetentionReport>;

  /** Turns what is hot into blocks and merges small ones now (tests, benchmarks, shutdown); normally done in the background. */
  compact(): Promise<void>;

  /** Verifies the data at rest; yields one sentence for each damage. */
  check(): AsyncIterable<string>;

  /** What is there, in sentences for an operator; for stores that lie elsewhere. */
  describe?(): AsyncIterable<string>;

  /** Every tenant that has ever stored something and was not removed since; for copying a whole store. */
  tenants(): Promise<string[]>;

  /**
   * A reader that answers without those parts of the store that are away, and tells what is missing, in sentences for the user. Undefined when the operator
   * did not allow that; the store itself never does it.
   */
  partial?(warn: (sentence: string) => void): StoreReader | undefined;

  /** Why nothing can be read or stored yet, in plain words; undefined when everything can. */
  notReady?(): string | undefined;

  /** Entries as they are stored, for stores that several servers share; undefined when everything comes through this process. */
  readonly live?: LiveSource;

  /** Finishes what was accepted and lets go of everything. */
  close(): Promise<void>;
}

/** The reading half: what a reader thread has. */
export interface StoreReader {
  /**
   * Yields chunks, each with entries of one stream, ordered so that a merge by time can stream: backward by falling `maxNs`,
   * forward by rising `minNs`. Must yield every entry that the selection, the range and the deletes leave; may yield
   * entries that `hints` would drop. Never yields an entry twice. Buffers belong to the caller (but see `transient`).
   * A limit is to stop pulling (`limitHint` only lets a driver read ahead less). Stops promptly when `signal` fires.
   */
  scan(scan: Scan, signal: AbortSignal): AsyncIterable<Chunk>;

  /**
   * Label names, values and label sets of streams that have entries in the range; sorted. Label sets may be made as they are gone through, once.
   * Rejects with `cancelled()` soon after `signal` fires.
   */
  labelNames(select: Select, signal: AbortSignal): Promise<string[]>;
  labelValues(name: string, select: Select, signal: AbortSignal): Promise<string[]>;
  series(select: Select, signal: AbortSignal): Promise<Iterable<Labels>>;

  /** Sizes of what the selection covers; may be a little more than exact at partition edges for bytes and chunks, never for entries. Rejects as `labelNames` does. */
  stats(select: Select, signal: AbortSignal): Promise<StoreStats>;

  /**
   * The optional fast path for counting: lines and bytes per stream, level and bucket, without reading entries.
   * Bucket `i` covers `(startNs + (i-1)*stepNs, startNs + i*stepNs]` for i in 0..count-1, i.e. the window of LogQL that
   * ends at a step. Answers undefined when it can't be exact for this request; the caller then scans.
   */
  count?(request: CountRequest, signal: AbortSignal): Promise<CountedSeries[] | undefined>;

  /**
   * As `count`, for stores that look at entries faster than they hand them over: only entries that fulfil conditions, and numbers of theirs added up. Exact
   * or undefined; the caller then scans.
   */
  aggregate?(request: AggregateRequest, signal: AbortSignal): Promise<AggregatedSeries[] | undefined>;
}

export interface TimeRange {
  startNs: bigint;
  endNs: bigint;
}

/** The youngest day of a tenant that has blocks; the size of its file. */
export interface NewestDay extends TimeRange {
  tenant: string;
  bytes: number;
}

export interface Select extends TimeRange {
  tenant: string;
  /** All must match (AND). Empty selects every stream. */
  matchers: Matcher[];
  /**
   * Pieces (streams, blocks and the like) that may be looked at before it ends with the code `needsRoom`; of a scan, those of a day that are held at the same time. Without it the
   * driver's own bounds count.
   */
  piecesMax?: number;
}

export interface Scan extends Select {
  direction: 'forward' | 'backward';
  /** What the caller will look at; a driver may leave out the rest (`lengths`: offsets right, text empty). */
  needs: { text: 'none' | 'lengths' | 'lines'; fields?: NeededFields; metadata: boolean; levels: boolean };
  hints: Hint[];
  labelHints?: LabelHint[];
  /** The caller will likely stop after so many entries. */
  limitHint?: number;
  /**
   * Asked before something is read whose nearest entry, in the direction of the scan, has this time: false when the caller has no use for it, nor for
   * anything behind it. Once false it stays so. A driver that asks ends the scan there, and may leave such entries out of a chunk; one that never asks reads in vain.
   */
  wants?: (nearestNs: bigint) => boolean;
  /** The caller is done with the text of a chunk when it asks for the next one: a driver may then use that memory again. */
  transient?: boolean;
}

/**
 * All that is looked at of the lines, besides what `hints` and `labelHints` name: what this parser finds under these label names (`sanitizeLabelName` of the keys). A driver may take other fields out of
 * lines, as long as the parser finds the same ones, in the same order, and the same errors.
 */
export interface NeededFields {
  parser: 'json' | 'logfmt';
  names: ReadonlySet<string>;
}

/**
 * A necessary condition on an entry, AND-ed: an entry that fails it can be left out by the driver, or not.
 * `any`: the line (raw bytes) contains at least one of the texts; with `ignoreCase` ASCII letters compare without case.
 * `none`: the line contains none of the texts.
 */
export type Hint =
  | { kind: 'any'; texts: string[]; ignoreCase: boolean }
  | { kind: 'none'; texts: string[]; ignoreCase: boolean };

/**
 * A condition that holds only for entries that have no label of this name in their stream, and none in their structured metadata that
 * becomes it (`canBecomeLabel`), because a parser must find it in the line (`| json | trace_id="abc"`). A driver that can't
 * tell leaves it out of account.
 */
export interface LabelHint {
  label: string;
  hint: Hint;
}

/**
 * Entries of one stream in columns, ascending by time; equal times keep the order of arrival.
 * Line i is `text[offsets[i] .. offsets[i+1])`, time i is `baseNs + BigInt(times[i])`.
 */
export interface Chunk {
  stream: Labels;
  /** The driver's name for the stream; equal for equal label sets within one tenant and store. */
  streamId: string;
  count: number;
  /** Times of the first and the last entry, or further out where entries between were left out by hints. */
  minNs: bigint;
  maxNs: bigint;
  baseNs: bigint;
  /** Whole nanoseconds after `baseNs`; exact, since a chunk never spans more than 104 days. */
  times: Float64Array;
  offsets: Uint32Array;
  text: Uint8Array;
  /** What was read for it, where it has not all of that: entries that `hints` drop, fields that nobody looks at. */
  read?: { lines: number; bytes: number };
  /** Structured metadata by dictionary: entry i has `metadataSets[metadata[i]]`. Undefined when no entry has any (or it was not needed). */
  metadata?: Uint32Array;
  metadataSets?: Labels[];
  /** Binocle's own level by entry (index into `levelNames` of src/levels). Undefined: all unknown, or not needed. */
  levels?: Uint8Array;
}

export interface CountRequest extends Select {
  stepNs: bigint;
  count: number;
  /** Count rows apart by level as well: Loki's `detected_level` (structured metadata) or Binocle's own (`__level__`). */
  by: 'stream' | 'detected_level' | '__level__';
  /**
   * Labels (besides the level) that would tell entries apart for the caller where structured metadata brings them, also under a name
   * that becomes one of them (`canBecomeLabel`); 'all' when every one would.
   * A driver that holds entries with such metadata in the range answers undefined.
   */
  metadataNames: 'all' | string[];
  /** The labels of streams that the caller looks at: a driver may leave out others, and add up what is equal then. Without it all of them. */
  labels?: readonly string[];
  /** Series beyond which it ends with the code `needsRoom`. Without it the driver's own bound counts. */
  seriesMax?: number;
}

export interface CountedSeries {
  stream: Labels;
  /** The level counted by, when asked for by level; undefined for entries without one. */
  level?: string;
  lines: Float64Array;
  bytes: Float64Array;
}

export interface AggregateRequest extends CountRequest {
  /** Conditions on the line, AND-ed. Other than in a scan they decide. */
  lines: Hint[];
  /**
   * A label that structured metadata brings: only entries that have it (and not empty) count. A driver answers undefined when one of the numbers is anything but digits
   * with or without a minus (`-12`), when a sum may not fit a double exactly, and when the label may come from elsewhere (streams, metadata of other names).
   */
  number?: string;
}

export interface AggregatedSeries extends CountedSeries {
  /** With `number`: of the entries of each bucket; meaningful where `lines` is above 0. */
  numbers?: { sum: Float64Array; min: Float64Array; max: Float64Array };
}

export interface AppendResult {
  /** Entries newly stored (without repeats). */
  stored: number;
  /** Entries dropped because they were there already. */
  repeated: number;
}

export interface DeleteRequest extends Select {
  /** Which of the covered entries go; undefined: all. Runs in the writer's process over decoded chunks. */
  drops?: (chunk: Chunk) => Uint8Array;
}

export interface RetentionPolicy {
  /** By tenant ('*' for the rest): the age after which entries go; 0n keeps for ever. First matching rule of a tenant wins. */
  rules: Array<{ tenant: string; matchers: Matcher[]; ageNs: bigint }>;
  bytesMax?: number;
  freeBytesMin?: number;
}

export interface RetentionReport {
  entriesRemoved: number;
  bytesFreed: number;
}

export interface StoreStats {
  streams: number;
  chunks: number;
  entries: number;
  bytes: number;
}
