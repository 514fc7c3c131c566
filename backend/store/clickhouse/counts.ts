import { levelNames } from '../../../src/levels/levels';
import { dayStartNs } from '../sqlite/names';
import type { CountedSeries, CountRequest, Select, StoreStats, TimeRange } from '../store';
import type { RowSource } from './client';
import type { RowReader } from './rowBinary';
import { and, quote, rangeCondition } from './sql';
import { selectStreams, streamsCondition, streamsConditions, type FoundStream } from './streams';
import { gridOf, tally } from './tally';

/** Counting inside ClickHouse: exact, whatever inserts left twice (`tally`). */

/** The condition for the streams of a selection; undefined when there is none. */
export function selectCondition(select: Select, found: ReadonlyMap<bigint, FoundStream>): string {
  return and(`tenant = ${quote(select.tenant)}`, streamsCondition(found, select.matchers.length === 0), rangeCondition(select));
}

export async function countEntries(source: RowSource, request: CountRequest, signal: AbortSignal): Promise<CountedSeries[] | undefined> {
  const { startNs, stepNs, count, by } = request;
  const range = { startNs: startNs - stepNs + 1n, endNs: startNs + BigInt(count - 1) * stepNs + 1n };
  const found = await selectStreams(source, { ...request, ...range }, signal);
  if (found.size === 0) {
    return [];
  }
  const grid = gridOf(range.startNs, stepNs, count, found.size);
  const level = levels[by];
  const rows = await tally(
    source,
    { where: selectCondition({ ...request, ...range }, found), keys: level.keys, sums: ['count()', 'sum(size)', `max(${tellsApart(request)})`], grid },
    (row) => ({ level: level.read(row), lines: row.count(), bytes: row.count(), apart: row.u8() === 1 }),
    signal
  );
  if (!rows || rows.some(({ values }) => values.apart)) {
    return undefined;
  }
  const series = new Map<bigint, Map<string | undefined, CountedSeries>>();
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
      one = { stream: stream.labels, level: values.level, lines: new Float64Array(count), bytes: new Float64Array(count) };
      own.set(values.level, one);
    }
    const bucket = Math.floor(cell / grid.cuts);
    one.lines[bucket] += values.lines;
    one.bytes[bucket] += values.bytes;
  }
  return [...series.values()].flatMap((own) => [...own.values()]);
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

/** Whether an entry has metadata that the caller would tell apart, besides the level that is counted by. */
function tellsApart({ by, metadataNames }: CountRequest): string {
  const counted = by === 'detected_level' ? "name != 'detected_level'" : '1';
  if (metadataNames === 'all') {
    return `arrayExists(name -> ${counted}, meta_k)`;
  }
  if (metadataNames.length === 0) {
    return 'toUInt8(0)';
  }
  // As `canBecomeLabel`: other characters became `_`, a digit in front got one, a name that the stream has got `_extracted`.
  const labels = metadataNames.flatMap((label) => [label, label.replace(/_extracted$/, '')]);
  const names = [...new Set(labels)].map((label) => label.replace(/_/g, '[^a-zA-Z0-9]').replace(/^(\[[^\]]*\])(?=[0-9])/, '$1?'));
  return `arrayExists(name -> match(name, ${quote(`^\\s*(${names.join('|')})\\s*$`)}) AND ${counted}, meta_k)`;
}

export async function entryStats(source: RowSource, select: Select): Promise<StoreStats> {
  const found = await selectStreams(source, select);
  if (found.size === 0) {
    return { streams: 0, chunks: 0, entries: 0, bytes: 0 };
  }
  const where = selectCondition(select, found);
  const sums = ['uniqExact(intDiv(ts, 3600000000000))', 'count()', 'sum(size)'];
  const read = (row: RowReader): { hours: number; entries: number; bytes: number } => ({ hours: row.count(), entries: row.count(), bytes: row.count() });
  const { startNs, endNs } = writtenRange(select, found);
  const rows = endNs - startNs > spanNsMax ? undefined : await tally(source, { where, keys: [], sums, grid: gridOf(startNs, endNs - startNs, 1, found.size) }, read);
  if (!rows) {
    const sum = { streams: 0, chunks: 0, entries: 0, bytes: 0 };
    for (const streams of streamsConditions(found, select.matchers.length === 0)) {
      const [part] = await source.rows(
        `uniqExact(stream_id), uniqExact(stream_id, intDiv(ts, 3600000000000)), count(), sum(size) FROM ${source.tables.entries} FINAL WHERE ${and(`tenant = ${quote(select.tenant)}`, streams, rangeCondition(select))}`,
        (row) => ({ streams: row.count(), chunks: row.count(), entries: row.count(), bytes: row.count() })
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
export async function liveStreams(source: RowSource, select: Select): Promise<FoundStream[]> {
  const found = await selectStreams(source, select);
  if (found.size === 0) {
    return [];
  }
  const ids = await source.rows(`stream_id FROM ${source.tables.entries} WHERE ${selectCondition(select, found)} GROUP BY stream_id`, (row) => row.u64());
  return [...new Set(ids)].flatMap((id) => found.get(id) ?? []);
}
