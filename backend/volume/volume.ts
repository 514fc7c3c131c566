import type { Labels } from '../model/labels';
import { labelsText, makeLabels } from '../model/labels';
import type { CountedSeries, Select, StoreReader } from '../store/store';

/** How many bytes of lines there are, by label: what Explore's label browser and Logs Drilldown draw (pkg/querier/queryrange/volume.go). */

export interface VolumeRequest extends Select {
  /** Label names to fold by; empty: those that the matchers name, or every label when there are none. */
  targetLabels: string[];
  /** One row per set of labels, or one row per label name. */
  aggregateBy: 'series' | 'labels';
  limit: number;
  /** Width of the buckets; with one bucket the range's own length. */
  stepNs: bigint;
}

/** Bytes by bucket; bucket `i` ends at `ends[i]`. */
export interface Volumes {
  endsNs: bigint[];
  rows: Array<{ labels: Labels; bytes: Float64Array }>;
}

/** Buckets of one answer: as many points as a range query may have. */
const bucketsMax = 11_000n;

/** The `limit` largest rows over the whole range, largest first, equal ones by name. */
export async function volumes(store: StoreReader, request: VolumeRequest, signal: AbortSignal): Promise<Volumes> {
  const { startNs, endNs } = request;
  // One bucket ends at the last nanosecond of the range, which is exclusive.
  const count = max(1n, min(bucketsMax, (endNs - startNs + request.stepNs - 1n) / request.stepNs));
  const endsNs = Array.from({ length: Number(count) }, (_, i) => min(startNs + BigInt(i + 1) * request.stepNs, endNs));
  const counted = await countBytes(store, request, Number(count), signal);
  const rows = new Map<string, { labels: Labels; bytes: Float64Array }>();
  const wanted = targets(request);
  for (const { stream, bytes } of counted) {
    for (const labels of request.aggregateBy === 'series' ? [folded(stream, wanted)] : eachLabel(stream, wanted)) {
      const key = labelsText(labels);
      const row = rows.get(key) ?? { labels, bytes: new Float64Array(Number(count)) };
      rows.set(key, row);
      bytes.forEach((value, i) => (row.bytes[i] += value));
    }
  }
  const sorted = [...rows]
    .map(([key, row]) => ({ key, row, total: row.bytes.reduce((sum, value) => sum + value, 0) }))
    .filter(({ total }) => total > 0)
    .sort((a, b) => b.total - a.total || (a.key < b.key ? -1 : 1));
  return { endsNs, rows: sorted.slice(0, request.limit).map(({ row }) => row) };
}

function targets({ targetLabels, matchers }: VolumeRequest): ReadonlySet<string> | undefined {
  const names = targetLabels.length > 0 ? targetLabels : matchers.map(({ name }) => name);
  return names.length > 0 ? new Set(names) : undefined;
}

function folded(stream: Labels, wanted: ReadonlySet<string> | undefined): Labels {
  return wanted ? makeLabels([...stream].filter(([name]) => wanted.has(name))) : stream;
}

function eachLabel(stream: Labels, wanted: ReadonlySet<string> | undefined): Labels[] {
  return [...stream.keys()].filter((name) => !wanted || wanted.has(name)).map((name) => makeLabels([[name, '']]));
}

/** Bytes by stream and bucket: from the store's counters, or by reading lengths where it has none for this request. */
async function countBytes(store: StoreReader, request: VolumeRequest, count: number, signal: AbortSignal): Promise<Array<Pick<CountedSeries, 'stream' | 'bytes'>>> {
  const { tenant, matchers, startNs, endNs, stepNs } = request;
  // The store's buckets are open at the start and closed at the end, those here the other way round: a nanosecond earlier they are the same.
  const counted = await store.count?.(
    { tenant, matchers, startNs: startNs + stepNs - 1n, endNs, stepNs, count, by: 'stream', metadataNames: [] },
    signal
  );
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
      row.bytes[Math.min(bucket, count - 1)] += chunk.offsets[i + 1] - chunk.offsets[i];
    }
  }
  return [...rows.values()];
}

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
