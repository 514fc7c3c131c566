import { levelNames } from '../../src/levels/levels';
import type { Batch, Receipt } from '../model/entry';
import { cancelled } from '../model/errors';
import { compareLabels, labelsText, type Labels } from '../model/labels';
import { canBecomeLabel } from '../text/labelName';
import { labelsTest } from './matchers';
import type {
  AppendResult, Chunk, CountedSeries, CountRequest, DeleteRequest, RetentionPolicy, RetentionReport, Scan, Select, Store, StoreStats,
} from './store';

interface StoredEntry {
  tsNs: bigint;
  line: Uint8Array;
  metadata?: Labels;
  level: number;
}

interface StoredStream {
  labels: Labels;
  /** Ascending by time; equal times in order of arrival. */
  entries: StoredEntry[];
}

/** Entries per chunk: small, so that tests meet many chunks per stream. */
const chunkEntries = 64;
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

/** The reference driver: arrays and loops, slow and obvious. It is the model that every other driver is compared with. */
export class MemoryStore implements Store {
  private readonly tenantStreams = new Map<string, Map<string, StoredStream>>();
  private readonly receiptsByKey = new Map<string, Receipt>();

  constructor(private readonly options: { keepRepeats?: boolean } = {}) {}

  async append(batch: Batch, receipt?: Receipt): Promise<AppendResult> {
    const result = { stored: 0, repeated: 0 };
    const receiptKey = receipt && JSON.stringify([batch.tenant, receipt.agent]);
    if (receipt && receiptKey) {
      const last = this.receiptsByKey.get(receiptKey);
      if (last && receipt.sequence <= last.sequence) {
        return result;
      }
      this.receiptsByKey.set(receiptKey, { ...receipt });
    }
    for (const part of batch.streams) {
      const stream = this.stream(batch.tenant, part.labels);
      for (let i = 0; i < part.count; i++) {
        const entry = {
          tsNs: part.baseNs + BigInt(part.times[i]),
          line: part.body.slice(part.starts[i], part.ends[i]),
          metadata: part.metadata?.[i]?.size ? part.metadata[i] : undefined,
          level: part.levels?.[i] ?? 0,
        };
        const added = this.insert(stream, entry);
        result[added ? 'stored' : 'repeated']++;
      }
    }
    return result;
  }

  private stream(tenant: string, labels: Labels): StoredStream {
    const streams = this.tenantStreams.get(tenant) ?? new Map<string, StoredStream>();
    this.tenantStreams.set(tenant, streams);
    const key = labelsText(labels);
    const stream = streams.get(key) ?? { labels, entries: [] };
    streams.set(key, stream);
    return stream;
  }

  /** Puts an entry behind the last one that is not younger. False when it is there already. */
  private insert(stream: StoredStream, entry: StoredEntry): boolean {
    const { entries } = stream;
    let at = entries.length;
    while (at > 0 && entries[at - 1].tsNs > entry.tsNs) {
      at--;
    }
    if (!this.options.keepRepeats) {
      for (let i = at - 1; i >= 0 && entries[i].tsNs === entry.tsNs; i--) {
        if (Buffer.compare(entries[i].line, entry.line) === 0) {
          return false;
        }
      }
    }
    entries.splice(at, 0, entry);
    return true;
  }

  async receipts(tenant: string): Promise<Receipt[]> {
    return [...this.receiptsByKey].flatMap(([key, receipt]) => ((JSON.parse(key) as string[])[0] === tenant ? [receipt] : []));
  }

  async receipt(tenant: string, agent: string): Promise<Receipt | undefined> {
    return this.receiptsByKey.get(JSON.stringify([tenant, agent]));
  }

  /** Streams that match and have entries in the range, each with only those entries; sorted. */
  private select(select: Select, signal?: AbortSignal): StoredStream[] {
    if (signal?.aborted) {
      throw cancelled();
    }
    const passes = labelsTest(select.matchers);
    const found: StoredStream[] = [];
    for (const stream of this.tenantStreams.get(select.tenant)?.values() ?? []) {
      if (passes(stream.labels)) {
        const entries = stream.entries.filter((entry) => entry.tsNs >= select.startNs && entry.tsNs < select.endNs);
        if (entries.length > 0) {
          found.push({ labels: stream.labels, entries });
        }
      }
    }
    return found.sort((a, b) => compareLabels(a.labels, b.labels));
  }

  async *scan(scan: Scan, signal: AbortSignal): AsyncIterable<Chunk> {
    const chunks = this.select(scan).flatMap((stream) => {
      const parts: Chunk[] = [];
      for (let i = 0; i < stream.entries.length; i += chunkEntries) {
        parts.push(makeChunk(stream.labels, stream.entries.slice(i, i + chunkEntries)));
      }
      return parts;
    });
    chunks.sort((a, b) => Number(scan.direction === 'backward' ? b.maxNs - a.maxNs : a.minNs - b.minNs));
    for (const chunk of chunks) {
      if (signal.aborted) {
        return;
      }
      yield chunk;
    }
  }

  async labelNames(select: Select, signal: AbortSignal): Promise<string[]> {
    return [...new Set(this.select(select, signal).flatMap((stream) => [...stream.labels.keys()]))].sort();
  }

  async labelValues(name: string, select: Select, signal: AbortSignal): Promise<string[]> {
    return [...new Set(this.select(select, signal).flatMap((stream) => stream.labels.get(name) ?? []))].sort();
  }

  async series(select: Select, signal: AbortSignal): Promise<Labels[]> {
    return this.select(select, signal).map((stream) => stream.labels);
  }

  async stats(select: Select, signal: AbortSignal): Promise<StoreStats> {
    const streams = this.select(select, signal);
    const entries = streams.flatMap((stream) => stream.entries);
    return {
      streams: streams.length,
      chunks: streams.reduce((sum, stream) => sum + Math.ceil(stream.entries.length / chunkEntries), 0),
      entries: entries.length,
      bytes: entries.reduce((sum, entry) => sum + entry.line.length, 0),
    };
  }

  async count(request: CountRequest): Promise<CountedSeries[] | undefined> {
    const { startNs, stepNs, count, by, metadataNames } = request;
    const range = { startNs: startNs - stepNs + 1n, endNs: startNs + BigInt(count - 1) * stepNs + 1n };
    const series = new Map<string, CountedSeries>();
    for (const stream of this.select({ ...request, ...range })) {
      for (const entry of stream.entries) {
        if (tellsApart(entry, metadataNames, by)) {
          return undefined;
        }
        const level = by === 'detected_level' ? entry.metadata?.get('detected_level') : by === '__level__' ? levelNames[entry.level] : undefined;
        const key = JSON.stringify([labelsText(stream.labels), level]);
        const row = series.get(key) ?? { stream: stream.labels, level, lines: new Float64Array(count), bytes: new Float64Array(count) };
        series.set(key, row);
        const bucket = Number((entry.tsNs - range.startNs) / stepNs);
        row.lines[bucket]++;
        row.bytes[bucket] += entry.line.length;
      }
    }
    return [...series.values()];
  }

  async delete(request: DeleteRequest): Promise<number> {
    let removed = 0;
    for (const { labels, entries } of this.select(request)) {
      const marks = request.drops?.(makeChunk(labels, entries));
      const gone = new Set(entries.filter((_, i) => !marks || marks[i] === 1));
      const stream = this.stream(request.tenant, labels);
      stream.entries = stream.entries.filter((entry) => !gone.has(entry));
      removed += gone.size;
    }
    return removed;
  }

  async retain(policy: RetentionPolicy, nowNs: bigint): Promise<RetentionReport> {
    const report = { entriesRemoved: 0, bytesFreed: 0 };
    const keep = (stream: StoredStream, entries: StoredEntry[]): void => {
      report.entriesRemoved += stream.entries.length - entries.length;
      report.bytesFreed += bytesOf(stream.entries) - bytesOf(entries);
      stream.entries = entries;
    };
    const all: StoredStream[] = [];
    for (const [tenant, streams] of this.tenantStreams) {
      const rules = [...policy.rules.filter((rule) => rule.tenant === tenant), ...policy.rules.filter((rule) => rule.tenant === '*')];
      for (const stream of streams.values()) {
        all.push(stream);
        const rule = rules.find((candidate) => labelsTest(candidate.matchers)(stream.labels));
        if (rule && rule.ageNs > 0n) {
          keep(stream, stream.entries.filter((entry) => entry.tsNs >= nowNs - rule.ageNs));
        }
      }
    }
    let total = all.reduce((sum, stream) => sum + bytesOf(stream.entries), 0);
    while (policy.bytesMax !== undefined && total > policy.bytesMax) {
      const oldest = all.filter((stream) => stream.entries.length > 0).sort((a, b) => Number(a.entries[0].tsNs - b.entries[0].tsNs))[0];
      total -= oldest.entries[0].line.length;
      keep(oldest, oldest.entries.slice(1));
    }
    return report;
  }

  async tenants(): Promise<string[]> {
    return [...this.tenantStreams.keys()].sort();
  }

  async compact(): Promise<void> {}

  async *check(): AsyncIterable<string> {}

  async close(): Promise<void> {}
}

function bytesOf(entries: StoredEntry[]): number {
  return entries.reduce((sum, entry) => sum + entry.line.length, 0);
}

/** Whether an entry carries metadata that the caller of `count` would tell apart, besides the level when it counts by it. */
function tellsApart(entry: StoredEntry, names: 'all' | string[], by: CountRequest['by']): boolean {
  const counted = by === 'detected_level' ? by : undefined;
  return [...(entry.metadata?.keys() ?? [])].some((name) => name !== counted && (names === 'all' || names.some((label) => canBecomeLabel(name, label))));
}

function makeChunk(stream: Labels, entries: StoredEntry[]): Chunk {
  const count = entries.length;
  const baseNs = entries[0].tsNs;
  const offsets = new Uint32Array(count + 1);
  entries.forEach((entry, i) => (offsets[i + 1] = offsets[i] + entry.line.length));
  const chunk: Chunk = {
    stream,
    streamId: labelsText(stream),
    count,
    minNs: baseNs,
    maxNs: entries[count - 1].tsNs,
    baseNs,
    times: Float64Array.from(entries, (entry) => Number(entry.tsNs - baseNs)),
    offsets,
    text: Buffer.concat(entries.map((entry) => entry.line)),
    levels: Uint8Array.from(entries, (entry) => entry.level),
  };
  if (entries.some((entry) => entry.metadata)) {
    const sets = new Map<string, number>();
    chunk.metadataSets = [];
    chunk.metadata = Uint32Array.from(entries, ({ metadata = new Map() }) => {
      const key = labelsText(metadata);
      if (!sets.has(key)) {
        sets.set(key, sets.size);
        chunk.metadataSets!.push(metadata);
      }
      return sets.get(key)!;
    });
  }
  return chunk;
}

/** The line of an entry as text whose characters are bytes: comparable, and safe for bytes that are not UTF-8. */
export function lineLatin1(chunk: Chunk, i: number): string {
  return latin1(chunk.text.subarray(chunk.offsets[i], chunk.offsets[i + 1]));
}
