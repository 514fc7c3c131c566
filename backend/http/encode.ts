import type { EncodingFlag, NumberText, WireStats, WireStoreStats } from '../../src/wire';
import { labelsObject, type Labels } from '../model/labels';
import type { EntrySet } from '../query/entrySets';
import type { QueryStats, Result, ResultStream, StreamsResult } from '../query/result';
import type { JsonSink } from './jsonSink';

/** Where an answer goes. */
type Sink = Pick<JsonSink, 'write' | 'end'>;

/** Results as Loki's JSON (pkg/util/marshal). */

export interface EncodeOptions {
  flags: ReadonlySet<EncodingFlag>;
  direction: 'forward' | 'backward';
  warnings: string[];
}

/** Writes the whole answer of a query. */
export async function encodeResult(sink: Sink, result: Result, stats: QueryStats, options: EncodeOptions): Promise<void> {
  const warnings = options.warnings.length > 0 ? `,"warnings":${JSON.stringify(options.warnings)}` : '';
  const flags = result.kind === 'streams' && options.flags.size > 0 ? `,"encodingFlags":${JSON.stringify([...options.flags])}` : '';
  sink.write(`{"status":"success"${warnings},"data":{"resultType":"${result.kind}"${flags},"result":`);
  await encodeValue(sink, result, options);
  sink.write(`,"stats":${JSON.stringify(encodeStats(stats))}}}\n`);
  await sink.end();
}

async function encodeValue(sink: Sink, result: Result, options: EncodeOptions): Promise<void> {
  switch (result.kind) {
    case 'streams':
      return options.flags.has('categorize-labels') ? encodeCategorized(sink, result, options.direction) : encodeStreams(sink, result);
    case 'matrix':
      return encodeList(sink, result.series, async ({ labels, points }) => {
        sink.write(`{"metric":${labelsJson(labels)},"values":`);
        await encodeList(sink, points, ({ tsMs, value }) => sink.write(point(tsMs, value)));
        sink.write('}');
      });
    case 'vector':
      return encodeList(sink, result.samples, ({ labels, tsMs, value }) => sink.write(`{"metric":${labelsJson(labels)},"value":${point(tsMs, value)}}`));
    case 'scalar':
      sink.write(point(result.tsMs, result.value));
  }
}

function encodeStreams(sink: Sink, { streams }: StreamsResult): Promise<void> {
  return encodeList(sink, streams, ({ set, entries }) => {
    const stream = `{"stream":${set.json()},"values":`;
    // behind a parser nearly every line is a stream of its own
    return entries.length === 1 ? sink.write(`${stream}[${entryJson(entries[0])}]}`) : encodeStream(sink, stream, entries);
  });
}

async function encodeStream(sink: Sink, stream: string, entries: ResultStream['entries']): Promise<void> {
  sink.write(stream);
  await encodeList(sink, entries, (entry) => sink.write(entryJson(entry)));
  sink.write('}');
}

const entryJson = ({ tsNs, line }: ResultStream['entries'][0]): string => `["${tsNs}",${JSON.stringify(line)}]`;

/** One stream per set of stream labels; what else tells lines apart goes beside each line. */
function encodeCategorized(sink: Sink, { streams }: StreamsResult, direction: EncodeOptions['direction']): Promise<void> {
  const byStream = new Map<string, ResultStream[]>();
  for (const stream of streams) {
    const key = stream.set.text('stream');
    const parts = byStream.get(key);
    if (parts) {
      parts.push(stream);
    } else {
      byStream.set(key, [stream]);
    }
  }
  const sign = direction === 'forward' ? 1 : -1;
  const keys = [...byStream.keys()].sort();
  return encodeList(sink, keys, async (key) => {
    const parts = byStream.get(key) as ResultStream[];
    sink.write(`{"stream":${parts[0].set.json('stream')},"values":`);
    const entries = parts.flatMap(({ set, entries: own }) => {
      const labels = categorized(set);
      return own.map(({ tsNs, line }) => ({ tsNs, line, labels }));
    });
    if (parts.length > 1) {
      entries.sort((a, b) => (a.tsNs < b.tsNs ? -sign : a.tsNs > b.tsNs ? sign : 0));
    }
    await encodeList(sink, entries, ({ tsNs, line, labels }) => sink.write(`["${tsNs}",${JSON.stringify(line)},${labels}]`));
    sink.write('}');
  });
}

/** `CategorizedLabels` as JSON: kinds of labels that there are none of are left out. */
function categorized(set: EntrySet): string {
  const [structured, parsed] = [set.json('structured'), set.json('parsed')];
  const parts = [structured === '{}' ? [] : `"structuredMetadata":${structured}`, parsed === '{}' ? [] : `"parsed":${parsed}`];
  return `{${parts.flat().join(',')}}`;
}

async function encodeList<Item>(sink: Sink, items: readonly Item[], each: (item: Item) => Promise<void> | undefined): Promise<void> {
  sink.write('[');
  for (let i = 0; i < items.length; i++) {
    if (i > 0) {
      sink.write(',');
    }
    const full = each(items[i]);
    if (full) {
      await full;
    }
  }
  sink.write(']');
}

export const labelsJson = (labels: Labels): string => JSON.stringify(labelsObject(labels));

function point(tsMs: number, value: number): string {
  return `[${tsMs / 1000},"${numberText(value)}"]`;
}

/** Go's strconv.FormatFloat(value, 'f', -1, 64): the shortest digits that read back the same, never with an exponent. */
export function numberText(value: number): NumberText {
  if (!Number.isFinite(value)) {
    return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  }
  const text = String(value);
  if (!text.includes('e')) {
    return Object.is(value, -0) ? '-0' : text;
  }
  const [, sign, whole, fraction = '', exponent] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text) as RegExpExecArray;
  const shift = Number(exponent);
  const digits = whole + fraction;
  return shift > 0 ? `${sign}${digits.padEnd(shift + 1, '0')}` : `${sign}0.${'0'.repeat(-shift - 1)}${digits}`;
}

/** Loki's statistics; the parts that speak of chunks of an ingester or of caches are zero here. */
export function encodeStats(stats: QueryStats): WireStats {
  const seconds = stats.execSeconds || 1e-9;
  const store: WireStoreStats = {
    totalChunksRef: stats.chunks,
    totalChunksDownloaded: stats.chunks,
    chunksDownloadTime: 0,
    queryReferencedStructuredMetadata: false,
    chunk: {
      headChunkBytes: 0,
      headChunkLines: 0,
      decompressedBytes: stats.bytesProcessed,
      decompressedLines: stats.linesProcessed,
      compressedBytes: 0,
      totalDuplicates: 0,
      postFilterLines: stats.linesPassed,
      headChunkStructuredMetadataBytes: 0,
      decompressedStructuredMetadataBytes: 0,
    },
    chunkRefsFetchTime: 0,
    congestionControlLatency: 0,
    pipelineWrapperFilteredLines: 0,
  };
  const none: WireStoreStats = { ...store, totalChunksRef: 0, totalChunksDownloaded: 0, chunk: { ...store.chunk, decompressedBytes: 0, decompressedLines: 0, postFilterLines: 0 } };
  return {
    summary: {
      bytesProcessedPerSecond: Math.round(stats.bytesProcessed / seconds),
      linesProcessedPerSecond: Math.round(stats.linesProcessed / seconds),
      totalBytesProcessed: stats.bytesProcessed,
      totalLinesProcessed: stats.linesProcessed,
      execTime: stats.execSeconds,
      queueTime: stats.queueSeconds,
      subqueries: 0,
      totalEntriesReturned: stats.entriesReturned,
      splits: stats.fragments,
      shards: 0,
      totalPostFilterLines: stats.linesPassed,
      totalStructuredMetadataBytesProcessed: 0,
    },
    querier: { store },
    ingester: { totalReached: 0, totalChunksMatched: 0, totalBatches: 0, totalLinesSent: 0, store: none },
    cache: Object.fromEntries(cacheNames.map((name) => [name, noCache])),
    index: { totalChunks: 0, postFilterChunks: 0, shardsDuration: 0, usedBloomFilters: false },
  };
}

const cacheNames = ['chunk', 'index', 'result', 'statsResult', 'volumeResult', 'seriesResult', 'labelResult', 'instantMetricResult'];
const noCache = { entriesFound: 0, entriesRequested: 0, entriesStored: 0, bytesReceived: 0, bytesSent: 0, requests: 0, downloadTime: 0, queryLengthServed: 0 };
