import { levelNames } from '../../../src/levels/levels';
import type { Labels } from '../../model/labels';
import { becomesLabelPattern } from '../../text/labelName';
import { dayStartNs } from '../sqlite/names';
import type { AggregatedSeries, AggregateRequest, CountRequest, Select, StoreStats, TimeRange } from '../store';
import type { RowSource } from './client';
import type { RowReader } from './rowBinary';
import { exactBelow, numberSums, readNumber, type NumberSums } from './numbers';
import { and, hintCondition, quote, rangeCondition } from './sql';
import { selectStreams, streamsCondition, streamsConditions, type FoundStream } from './streams';
import { gridOf, tally } from './tally';

/** Counting inside ClickHouse: exact, whatever inserts left twice (`tally`). */

/** The condition for the streams of a selection; undefined when there is none. */
export function selectCondition(select: Select, found: ReadonlyMap<bigint, FoundStream>): string {
  return and(`tenant = ${quote(select.tenant)}`, streamsCondition(found, select.matchers.length === 0), rangeCondition(select));
}

/** `StoreReader.aggregate`, and with no conditions and no number `StoreReader.count`. */
export async function countEntries(source: RowSource, request: AggregateRequest, signal: AbortSignal): Promise<AggregatedSeries[] | undefined> {
  const { startNs, stepNs, count, by, lines, number } = request;
  const range = { startNs: startNs - stepNs + 1n, endNs: startNs + BigInt(count - 1) * stepNs + 1n };
  const conditions = lines.map(hintCondition);
  if (conditions.includes(undefined)) {
    return undefined;
  }
  const found = await selectStreams(source, { ...request, ...range }, signal);
  if (found.size === 0) {
    return [];
  }
  if (number !== undefined && [...found.values()].some(({ labels }) => labels.has(number))) {
    return undefined;
  }
  const grid = gridOf(range.startNs, stepNs, count, found.size);
  const level = levels[by];
  const where = and(selectCondition({ ...request, ...range }, found), ...conditions);
  const sums = [...(number === undefined ? ['count()', 'sum(size)'] : numberSums(number)), `max(toUInt8(${tellsApart(request)}))`];
  const read = (row: RowReader): RowSums => ({ level: level.read(row), ...(number === undefined ? { entries: row.count(), bytes: row.count() } : readNumber(row)), apart: row.u8() === 1 });
  const rows = (await tally(source, { where, keys: level.keys, sums, grid }, read, signal))?.filter(({ values }) => values.entries > 0 || values.odd);
  if (!rows || rows.some(({ values }) => values.apart || values.odd) || rows.reduce((sum, { values }) => sum + (values.size ?? 0), 0) >= exactBelow) {
    return undefined;
  }
  const series = new Map<bigint, Map<string | undefined, AggregatedSeries>>();
  for (const { id, cell, values } of rows) {
    const stream = found.get(id);
    if (!stream) {
      continue; // began after the streams were asked for
    }
    let own = series.get(id);
    if (!own) {
      own = new Map();
      series.set(id, own);
    }
    let one = own.get(values.level);
    if (!one) {
      one = emptySeries(stream.labels, values.level, request);
      own.set(values.level, one);
    }
    addSums(one, Math.floor(cell / grid.cuts), values);
  }
  return [...series.values()].flatMap((own) => [...own.values()]);
}

type RowSums = Partial<NumberSums> & { level: string | undefined; entries: number; bytes: number; apart: boolean };

function emptySeries(stream: Labels, level: string | undefined, { count, number }: AggregateRequest): AggregatedSeries {
  const zeros = (): Float64Array => new Float64Array(count);
  const numbers = number === undefined ? undefined : { sum: zeros(), min: zeros().fill(Infinity), max: zeros().fill(-Infinity) };
  return { stream, level, lines: zeros(), bytes: zeros(), numbers };
}

/** A bucket comes in several rows: cut into cells, and from several parts and shards. */
function addSums({ lines, bytes, numbers }: AggregatedSeries, bucket: number, values: RowSums): void {
  lines[bucket] += values.entries;
  bytes[bucket] += values.bytes;
  if (numbers) {
    numbers.sum[bucket] += values.sum!;
    numbers.min[bucket] = Math.min(numbers.min[bucket], values.min!);
    numbers.max[bucket] = Math.max(numbers.max[bucket], values.max!);
  }
}

/** What entries are counted by besides their stream, and how it is read; undefined for those without a level. */
const levels: Record<CountRequest['by'], { keys: string[]; read: (row: RowReader) => string | undefined }> = {
  stream: { keys: [], read: () => undefined },
  __level__: { keys: ['level'], read: (row) => levelNames[row.u8()] },
  detected_level: {
    keys: ["has(meta_k, 'detected_level')", "meta_v[indexOf(meta_k, 'detected_level')]"],
    read: (row) => {
      const present = row.u8() === 1;
      const level = row.text();
      return present ? level : undefined;
    },
  },
};

/** Whether an entry has metadata that the caller would tell apart, besides the level that is counted by and the number that is added up. */
function tellsApart({ by, metadataNames, number }: AggregateRequest): string {
  const used = [...(by === 'detected_level' ? ['detected_level'] : []), ...(number === undefined ? [] : [number])];
  const counted = used.length > 0 ? `name NOT IN (${used.map(quote).join(', ')})` : '1';
  if (metadataNames === 'all') {
    return `arrayExists(name -> ${counted}, meta_k)`;
  }
  if (metadataNames.length === 0) {
    return 'toUInt8(0)';
  }
  const pattern = metadataNames.map(becomesLabelPattern).join('|');
  return `arrayExists(name -> match(name, ${quote(pattern)}) AND ${counted}, meta_k)`;
}

export async function entryStats(source: RowSource, select: Select, signal?: AbortSignal): Promise<StoreStats> {
  const found = await selectStreams(source, select, signal);
  if (found.size === 0) {
    return { streams: 0, chunks: 0, entries: 0, bytes: 0 };
  }
  const where = selectCondition(select, found);
  const sums = ['uniqExact(intDiv(ts, 3600000000000))', 'count()', 'sum(size)'];
  const read = (row: RowReader): { hours: number; entries: number; bytes: number } => ({ hours: row.count(), entries: row.count(), bytes: row.count() });
  const { startNs, endNs } = writtenRange(select, found);
  const rows = endNs - startNs > spanNsMax ? undefined : await tally(source, { where, keys: [], sums, grid: gridOf(startNs, endNs - startNs, 1, found.size) }, read, signal);
  if (!rows) {
    const sum = { streams: 0, chunks: 0, entries: 0, bytes: 0 };
    for (const streams of streamsConditions(found, select.matchers.length === 0)) {
      const [part] = await source.rows(
        `uniqExact(stream_id), uniqExact(stream_id, intDiv(ts, 3600000000000)), count(), sum(size) FROM ${source.tables.entries} FINAL WHERE ${and(`tenant = ${quote(select.tenant)}`, streams, rangeCondition(select))}`,
        (row) => ({ streams: row.count(), chunks: row.count(), entries: row.count(), bytes: row.count() }),
        { signal }
      );
      sum.streams += part.streams;
      sum.chunks += part.chunks;
      sum.entries += part.entries;
      sum.bytes += part.bytes;
    }
    return sum;
  }
  const wanted = rows.filter(({ id }) => found.has(id));
  const stats = { streams: new Set(wanted.map(({ id }) => id)).size, chunks: 0, entries: 0, bytes: 0 };
  for (const { values } of wanted) {
    stats.chunks += values.hours;
    stats.entries += values.entries;
    stats.bytes += values.bytes;
  }
  return stats;
}

/** Times that can be subtracted from each other in 64 bits. */
const spanNsMax = 2n ** 62n;

/** The part of the range on whose days the streams were written to. */
function writtenRange({ startNs, endNs }: TimeRange, found: ReadonlyMap<bigint, FoundStream>): TimeRange {
  let [first, last] = [Infinity, -Infinity];
  for (const { days } of found.values()) {
    first = Math.min(first, days[0]);
    last = Math.max(last, days[days.length - 1]);
  }
  const [fromNs, toNs] = [dayStartNs(first), dayStartNs(last + 1)];
  return { startNs: startNs > fromNs ? startNs : fromNs, endNs: endNs < toNs ? endNs : toNs };
}

/** Streams of a selection that have an entry in its very range. */
export async function liveStreams(source: RowSource, select: Select, signal: AbortSignal): Promise<FoundStream[]> {
  const found = await selectStreams(source, select, signal);
  if (found.size === 0) {
    return [];
  }
  const ids = await source.rows(`stream_id FROM ${source.tables.entries} WHERE ${selectCondition(select, found)} GROUP BY stream_id`, (row) => row.u64(), { signal });
  return [...new Set(ids)].flatMap((id) => found.get(id) ?? []);
}
