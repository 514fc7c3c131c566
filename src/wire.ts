/**
 * The JSON of the HTTP API as types only: what Loki 3.4 answers (and so what Binocle answers), shared by the backend that writes it
 * and the plugin that reads it. Times inside values are texts of nanoseconds for lines and numbers of seconds for samples.
 */
import type { LabelPair, ProposedPair, Ranked } from './correlate';

/** Nanoseconds since 1970 as decimal text: does not fit a JavaScript number. */
export type NanosText = string;
/** A sample's value in Go's shortest form: `3`, `0.1`, `1e+21`, `NaN`, `+Inf`, `-Inf`. */
export type NumberText = string;
export type LabelSet = Record<string, string>;

/** Third element of a value when the request asked for `X-Loki-Response-Encoding-Flags: categorize-labels`. */
export interface CategorizedLabels {
  structuredMetadata?: LabelSet;
  parsed?: LabelSet;
}

export type WireEntry = [NanosText, string] | [NanosText, string, CategorizedLabels];

export interface WireStream {
  stream: LabelSet;
  values: WireEntry[];
}

/** `[seconds with at most three decimals, value]`. */
export type WirePoint = [number, NumberText];

export interface WireSample {
  metric: LabelSet;
  value: WirePoint;
}

export interface WireSeries {
  metric: LabelSet;
  values: WirePoint[];
}

export type EncodingFlag = 'categorize-labels';

export interface StreamsData {
  resultType: 'streams';
  encodingFlags?: EncodingFlag[];
  result: WireStream[];
  stats: WireStats;
}

export interface MatrixData {
  resultType: 'matrix';
  result: WireSeries[];
  stats: WireStats;
}

export interface VectorData {
  resultType: 'vector';
  result: WireSample[];
  stats: WireStats;
}

export interface ScalarData {
  resultType: 'scalar';
  result: WirePoint;
  stats: WireStats;
}

/** `/loki/api/v1/query` and `/loki/api/v1/query_range`. Volume answers have the same envelope with a vector or a matrix. */
export interface QueryResponse {
  status: 'success';
  warnings?: string[];
  data: StreamsData | MatrixData | VectorData | ScalarData;
}

/** Loki's `stats` object; the plugin shows `summary`. */
export interface WireStats {
  summary: WireStatsSummary;
  querier: { store: WireStoreStats };
  ingester: {
    totalReached: number;
    totalChunksMatched: number;
    totalBatches: number;
    totalLinesSent: number;
    store: WireStoreStats;
  };
  cache: Record<string, WireCacheStats>;
  index: { totalChunks: number; postFilterChunks: number; shardsDuration: number; usedBloomFilters: boolean };
}

export interface WireStatsSummary {
  bytesProcessedPerSecond: number;
  linesProcessedPerSecond: number;
  totalBytesProcessed: number;
  totalLinesProcessed: number;
  execTime: number;
  queueTime: number;
  subqueries: number;
  totalEntriesReturned: number;
  splits: number;
  shards: number;
  totalPostFilterLines: number;
  totalStructuredMetadataBytesProcessed: number;
}

export interface WireStoreStats {
  totalChunksRef: number;
  totalChunksDownloaded: number;
  chunksDownloadTime: number;
  queryReferencedStructuredMetadata: boolean;
  chunk: {
    headChunkBytes: number;
    headChunkLines: number;
    decompressedBytes: number;
    decompressedLines: number;
    compressedBytes: number;
    totalDuplicates: number;
    postFilterLines: number;
    headChunkStructuredMetadataBytes: number;
    decompressedStructuredMetadataBytes: number;
  };
  chunkRefsFetchTime: number;
  congestionControlLatency: number;
  pipelineWrapperFilteredLines: number;
}

export interface WireCacheStats {
  entriesFound: number;
  entriesRequested: number;
  entriesStored: number;
  bytesReceived: number;
  bytesSent: number;
  requests: number;
  downloadTime: number;
  queryLengthServed: number;
}

/** `/loki/api/v1/labels` and `/loki/api/v1/label/{name}/values`; Loki leaves `data` out when there is nothing. */
export interface LabelsResponse {
  status: 'success';
  warnings?: string[];
  data?: string[];
}

/** `/loki/api/v1/series`. */
export interface SeriesResponse {
  status: 'success';
  warnings?: string[];
  data: LabelSet[];
}

/** `/loki/api/v1/index/stats`: no envelope. */
export interface IndexStatsResponse {
  streams: number;
  chunks: number;
  bytes: number;
  entries: number;
}

/** `/loki/api/v1/index/volume` (vector) and `/loki/api/v1/index/volume_range` (matrix). */
export interface VolumeResponse {
  status: 'success';
  data: { resultType: 'vector'; result: WireSample[]; stats: WireStats } | { resultType: 'matrix'; result: WireSeries[]; stats: WireStats };
}

/** `/loki/api/v1/patterns`; samples are `[seconds, count]`. */
export interface PatternsResponse {
  status: 'success';
  data: Array<{ pattern: string; level?: string; samples: Array<[number, number]> }>;
}

/** `/loki/api/v1/detected_labels`: no envelope, and nothing inside when there are none. */
export interface DetectedLabelsResponse {
  detectedLabels?: Array<{ label: string; cardinality: number }>;
}

export type DetectedFieldType = 'int' | 'float' | 'boolean' | 'duration' | 'bytes' | 'string';

/** `/loki/api/v1/detected_fields`: no envelope, and nothing inside when there are none. `parsers` is null for structured metadata. */
export interface DetectedFieldsResponse {
  fields?: Array<{ label: string; type: DetectedFieldType; cardinality: number; parsers: string[] | null }>;
  limit?: number;
}

/** `/loki/api/v1/detected_field/{name}/values`. */
export interface DetectedFieldValuesResponse {
  values?: string[];
  limit?: number;
}

/** A frame of `/loki/api/v1/tail`. */
export interface TailFrame {
  streams: WireStream[];
  dropped_entries?: Array<{ timestamp: NanosText; labels: LabelSet }>;
  encodingFlags?: EncodingFlag[];
}

/** `/loki/api/v1/format_query`. */
export type FormatQueryResponse = { status: 'success'; data: string } | { status: 'invalid-query'; error: string };

/** `/loki/api/v1/status/buildinfo`. */
export interface BuildInfoResponse {
  version: string;
  revision: string;
  branch: string;
  buildUser: string;
  buildDate: string;
  goVersion: string;
}

/** One item of `GET /loki/api/v1/delete`; times in whole seconds since 1970 (milliseconds allowed as fraction). */
export interface DeleteRequestItem {
  request_id: string;
  start_time: number;
  end_time: number;
  query: string;
  status: string;
  created_at: number;
  /** Binocle's addition: how many entries went. */
  deleted_lines?: number;
}

/** Answer of Binocle's own `POST /binocle/api/v1/delete`: the delete is done when it comes. */
export interface DeleteResponse {
  deleted: number;
}

/** `GET /binocle/api/v1/status`: tells a Binocle apart from a Loki, and what it can do beyond one. */
export interface BinocleStatusResponse {
  product: 'binocle';
  version: string;
  /** Names of abilities beyond Loki, e.g. `correlate`, `level`, `delete`. */
  features: string[];
}

/** `/binocle/api/v1/correlate?mode=map`. */
export interface CorrelateMapResponse {
  mode: 'map';
  pairs: ProposedPair[];
  notes: string[];
}

/** `/binocle/api/v1/correlate?mode=rank`. */
export interface CorrelateRankResponse {
  mode: 'rank';
  /** The log rate that was compared, and its steps. */
  target: { start: number; stepMs: number; values: number[]; query: string };
  /** First step of the asked range; before it lies the time it is compared with. */
  insideFrom: number;
  pairs: LabelPair[];
  /** Best first; `values` for a small drawing, `query` to open. */
  ranked: Array<Ranked & { values: Array<number | null>; query: string }>;
  compared: number;
  queries: number;
  notes: string[];
}

/** How the lines of a stream, or of a pattern and level, changed in a range, against as long a time before it. */
export interface Grown {
  labels?: LabelSet;
  pattern?: string;
  level?: string;
  before: number;
  inside: number;
  /** How surprising the growth is, in standard deviations of a count; below zero when it fell. */
  score: number;
  /** "37 lines, 2 before" */
  reason: string;
}

/** `/binocle/api/v1/correlate?mode=logs`. */
export interface CorrelateLogsResponse {
  mode: 'logs';
  selector: string;
  pairs: LabelPair[];
  streams: Grown[];
  patterns: Grown[];
  notes: string[];
}

/** `/loki/api/v1/query_range` on the legacy path `/api/prom/query`. */
export interface LegacyQueryResponse {
  streams: Array<{ labels: string; entries: Array<{ ts: string; line: string }> }>;
  stats: WireStats;
}
