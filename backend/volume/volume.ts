import type { Matcher } from '../../src/logql/ast';
import { mindMemory } from '../runtime/heapWatch';
import { Cells, type CellRun } from '../model/cells';
import { badRequest, needsRoom, RequestError } from '../model/errors';
import type { Labels } from '../model/labels';
import { labelsText, makeLabels } from '../model/labels';
import { matcher } from '../store/matchers';
import type { CountRequest, Select, StoreReader } from '../store/store';
import { bucketsOf, type BucketRun } from './buckets';

/**
 * How many bytes of lines there are, by label: what Explore's label browser and Logs Drilldown draw (pkg/querier/queryrange/volume.go and
 * pkg/util/series_volume.go).
 */

export interface VolumeRequest extends Select {
  /** Label names to fold by; empty: those that the matchers name, or every label when there are none. Streams without one are left out. */
  targetLabels: string[];
  /** One row per set of labels, or one row per label name. */
  aggregateBy: 'series' | 'labels';
  limit: number;
  /** Width of the buckets; undefined for one bucket over the whole range. */
  stepNs?: bigint;
}

/** Bytes by bucket; bucket `i` carries the time `timesNs[i]`. */
export interface Volumes {
  timesNs: bigint[];
  rows: Array<{ labels: Labels; bytes: Float64Array }>;
}

/** Rows of one answer before the largest are chosen, some 400 bytes each beside their numbers. */
const rowsMax = 50_000;
/** Numbers of one answer (rows times buckets), eight bytes each. */
const cellsMax = 2_000_000;

interface Row extends CellRun {
  labels: Labels;
}

/** The `limit` largest rows over the whole range; ordered by their first bucket that holds anything, the largest first, equal ones by name. */
export async function volumes(store: StoreReader, request: VolumeRequest, signal: AbortSignal): Promise<Volumes> {
  const { timesNs, runs } = bucketsOf(request);
  const rows = new Rows(timesNs);
  // streams are folded as they come, since there may be many more of them than rows
  const rowsOf = (stream: Labels): Row[] => foldedBy(stream, request).map((labels) => rows.of(labels));
  const asked = { ...request, matchers: withRequired(request), ...(request.aggregateBy === 'series' ? { labels: namesOf(request), seriesMax: rowsMax } : {}) };
  for (const run of runs) {
    await countBytes(store, asked, run, rowsOf, signal);
  }
  return rows.largest(request.limit);
}

function tooManyRows(most: number, buckets: number): RequestError {
  return badRequest(
    `the volume would have more than ${most} rows${buckets > 1 ? ` of ${buckets} steps` : ''}: name fewer labels (targetLabels), add label matchers, ask for a shorter time range or a larger step`
  );
}

/** Volumes of several tenants as one. */
export function mergeVolumes(parts: Volumes[], limit: number): Volumes {
  const rows = new Rows(parts[0]?.timesNs ?? []);
  for (const { labels, bytes } of parts.flatMap((part) => part.rows)) {
    const { piece, at } = rows.of(labels);
    bytes.forEach((value, i) => (piece[at + i] += value));
  }
  return rows.largest(limit);
}

/** The rows of an answer, by their labels. */
class Rows {
  private readonly byKey = new Map<string, Row>();
  private readonly cells = new Cells();

  constructor(private readonly timesNs: bigint[]) {}

  /** Throws RequestError 400 when they are too many. */
  of(labels: Labels): Row {
    const key = labelsText(labels);
    let row = this.byKey.get(key);
    if (!row) {
      const buckets = this.timesNs.length;
      const count = this.byKey.size + 1;
      if (count > rowsMax || count * buckets > cellsMax) {
        throw tooManyRows(count - 1, buckets);
      }
      row = { labels, ...this.cells.take(buckets) };
      this.byKey.set(key, row);
    }
    return row;
  }

  largest(limit: number): Volumes {
    const { timesNs } = this;
    const bytesOf = ({ piece, at }: Row): Float64Array => piece.subarray(at, at + timesNs.length);
    const sized = Array.from(this.byKey, ([key, row]) => ({ key, row, total: bytesOf(row).reduce((sum, value) => sum + value, 0) }));
    const kept = sized.filter(({ total }) => total > 0).sort((a, b) => b.total - a.total || compare(a.key, b.key));
    const largest = kept.slice(0, limit).map(({ key, row }) => ({ key, labels: row.labels, bytes: bytesOf(row) }));
    const first = ({ bytes }: { bytes: Float64Array }): number => bytes.find((value) => value > 0) ?? 0;
    return { timesNs, rows: largest.sort((a, b) => first(b) - first(a) || compare(a.key, b.key)).map(({ labels, bytes }) => ({ labels, bytes })) };
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The labels of the rows that a stream counts for. */
function foldedBy(stream: Labels, request: VolumeRequest): Labels[] {
  return request.aggregateBy === 'series' ? [folded(stream, request)] : eachLabel(stream, request.targetLabels);
}

function folded(stream: Labels, request: VolumeRequest): Labels {
  const names = namesOf(request);
  return names ? makeLabels([...stream].filter(([name]) => names.includes(name))) : stream;
}

/** The labels that rows are made of; undefined: all. */
function namesOf({ targetLabels, matchers }: VolumeRequest): string[] | undefined {
  const names = targetLabels.length > 0 ? targetLabels : matchers.map(({ name }) => name);
  return names.length > 0 ? names : undefined;
}

/** Streams without a label to fold by are left out, unless the matchers have a say about it. */
function withRequired({ targetLabels, matchers }: VolumeRequest): Matcher[] {
  const required = targetLabels.filter((name) => !matchers.some((one) => one.name === name));
  return [...matchers, ...required.map((name) => matcher(name, '!=', ''))];
}

/** A row for each label of the stream, or for those that were asked for; the matchers choose none here. */
function eachLabel(stream: Labels, targetLabels: string[]): Labels[] {
  return [...stream.keys()].filter((name) => targetLabels.length === 0 || targetLabels.includes(name)).map((name) => makeLabels([[name, '']]));
}

/** Adds the bytes of one run of buckets to the rows: from the store's counters, or by reading lengths where it has none for this request. */
async function countBytes(store: StoreReader, { tenant, matchers, piecesMax, labels, seriesMax }: VolumeRequest & Pick<CountRequest, 'labels' | 'seriesMax'>, { first, startNs, stepNs, count }: BucketRun, rowsOf: (stream: Labels) => Row[], signal: AbortSignal): Promise<void> {
  const endNs = startNs + BigInt(count) * stepNs;
  // The store's buckets are open at the start and closed at the end, those here the other way round: a nanosecond earlier they are the same.
  const request = { tenant, matchers, startNs: startNs + stepNs - 1n, endNs, stepNs, count, by: 'stream' as const, metadataNames: [], labels, seriesMax, piecesMax };
  const counted = await store.count?.(request, signal).catch((error: unknown) => {
    // as many series as there would be rows
    throw error instanceof RequestError && error.code === needsRoom && piecesMax === undefined ? tooManyRows(rowsMax, count) : error;
  });
  if (counted) {
    for (const { stream, bytes } of counted) {
      rowsOf(stream).forEach(({ piece, at }) => bytes.forEach((value, i) => (piece[at + first + i] += value)));
    }
    return;
  }
  const needs = { text: 'lengths', metadata: false, levels: false } as const;
  for await (const chunk of store.scan({ tenant, matchers, startNs, endNs, direction: 'forward', needs, hints: [], piecesMax }, signal)) {
    mindMemory();
    const own = rowsOf(chunk.stream);
    for (let i = 0; i < chunk.count; i++) {
      const bucket = first + Number((chunk.baseNs + BigInt(chunk.times[i]) - startNs) / stepNs);
      own.forEach(({ piece, at }) => (piece[at + bucket] += chunk.offsets[i + 1] - chunk.offsets[i]));
    }
  }
}
