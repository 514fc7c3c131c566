import type { Labels } from '../model/labels';
import { labelsText, makeLabels } from '../model/labels';
import type { CountedSeries, Select, StoreReader } from '../store/store';
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

/** The `limit` largest rows over the whole range; ordered by their first bucket that holds anything, the largest first, equal ones by name. */
export async function volumes(store: StoreReader, request: VolumeRequest, signal: AbortSignal): Promise<Volumes> {
  const { targetLabels, matchers, aggregateBy } = request;
  const { timesNs, runs } = bucketsOf(request);
  const required = targetLabels.filter((name) => !matchers.some((matcher) => matcher.name === name));
  const rows = new Rows(timesNs);
  for (const run of runs) {
    for (const { stream, bytes } of await countBytes(store, request, run, signal)) {
      if (!required.every((name) => stream.has(name))) {
        continue;
      }
      for (const labels of aggregateBy === 'series' ? [folded(stream, request)] : eachLabel(stream, targetLabels)) {
        rows.add(labels, bytes, run.first);
      }
    }
  }
  return rows.largest(request.limit);
}

/** Volumes of several tenants as one. */
export function mergeVolumes(parts: Volumes[], limit: number): Volumes {
  const rows = new Rows(parts[0]?.timesNs ?? []);
  parts.forEach((part) => part.rows.forEach(({ labels, bytes }) => rows.add(labels, bytes, 0)));
  return rows.largest(limit);
}

/** Adds up rows of equal labels. */
class Rows {
  private readonly byKey = new Map<string, Volumes['rows'][0]>();

  constructor(private readonly timesNs: bigint[]) {}

  /** `bytes` begin at bucket `first`. */
  add(labels: Labels, bytes: Float64Array, first: number): void {
    const key = labelsText(labels);
    const row = this.byKey.get(key) ?? { labels, bytes: new Float64Array(this.timesNs.length) };
    this.byKey.set(key, row);
    bytes.forEach((value, i) => (row.bytes[first + i] += value));
  }

  largest(limit: number): Volumes {
    const sized = [...this.byKey].map(([key, row]) => ({ key, row, total: row.bytes.reduce((sum, value) => sum + value, 0), first: row.bytes.find((value) => value > 0) ?? 0 }));
    const kept = sized.filter(({ total }) => total > 0).sort((a, b) => b.total - a.total || compare(a.key, b.key));
    return { timesNs: this.timesNs, rows: kept.slice(0, limit).sort((a, b) => b.first - a.first || compare(a.key, b.key)).map(({ row }) => row) };
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function folded(stream: Labels, { targetLabels, matchers }: VolumeRequest): Labels {
  const names = targetLabels.length > 0 ? targetLabels : matchers.map(({ name }) => name);
  return names.length > 0 ? makeLabels([...stream].filter(([name]) => names.includes(name))) : stream;
}

/** A row for each label of the stream, or for those that were asked for; the matchers choose none here. */
function eachLabel(stream: Labels, targetLabels: string[]): Labels[] {
  return [...stream.keys()].filter((name) => targetLabels.length === 0 || targetLabels.includes(name)).map((name) => makeLabels([[name, '']]));
}

/** Bytes by stream and bucket: from the store's counters, or by reading lengths where it has none for this request. */
async function countBytes(store: StoreReader, { tenant, matchers }: VolumeRequest, run: BucketRun, signal: AbortSignal): Promise<Array<Pick<CountedSeries, 'stream' | 'bytes'>>> {
  const { startNs, stepNs, count } = run;
  const endNs = startNs + BigInt(count) * stepNs;
  // The store's buckets are open at the start and closed at the end, those here the other way round: a nanosecond earlier they are the same.
  const counted = await store.count?.({ tenant, matchers, startNs: startNs + stepNs - 1n, endNs, stepNs, count, by: 'stream', metadataNames: [] }, signal);
  if (counted) {
    return counted;
  }
  const rows = new Map<string, Pick<CountedSeries, 'stream' | 'bytes'>>();
  const needs = { text: 'lengths', metadata: false, levels: false } as const;
  for await (const chunk of store.scan({ tenant, matchers, startNs, endNs, direction: 'forward', needs, hints: [] }, signal)) {
    const row = rows.get(chunk.streamId) ?? { stream: chunk.stream, bytes: new Float64Array(count) };
    rows.set(chunk.streamId, row);
    for (let i = 0; i < chunk.count; i++) {
      const bucket = Number((chunk.baseNs + BigInt(chunk.times[i]) - startNs) / stepNs);
      row.bytes[bucket] += chunk.offsets[i + 1] - chunk.offsets[i];
    }
  }
  return [...rows.values()];
}
