import { levelNames } from '../../../src/levels/levels';
import { dayStartNs } from '../sqlite/names';
import type { CountedSeries, CountRequest, Select, StoreStats, TimeRange } from '../store';
import type { ClickHouseClient } from './client';
import type { RowReader } from './rowBinary';
import { and, quote, rangeCondition } from './sql';
import { streamsCondition, type FoundStream, type StreamTable } from './streams';
import { gridOf, tally } from './tally';

/** Counting inside ClickHouse: exact, whatever inserts left twice (`tally`). */

/** The condition for the streams of a selection; undefined when there is none. */
export function selectCondition(select: Select, found: ReadonlyMap<bigint, FoundStream>): string {
  return and(`tenant = ${quote(select.tenant)}`, streamsCondition(found, select.matchers.length === 0), rangeCondition(select));
}

export async function countEntries(client: ClickHouseClient, table: StreamTable, request: CountRequest, signal: AbortSignal): Promise<CountedSeries[] | undefined> {
  const { startNs, stepNs, count, by } = request;
  const range = { startNs: startNs - stepNs + 1n, endNs: startNs + BigInt(count - 1) * stepNs + 1n };
  const found = await table.select({ ...request, ...range }, signal);
  if (found.size === 0) {
    return [];
  }
  const level = by === 'stream' ? "''" : by === '__level__' ? 'toString(level)' : "meta_v[indexOf(meta_k, 'detected_level')]";
  const present = by === 'detected_level' ? "has(meta_k, 'detected_level')" : 'toUInt8(1)';
  const grid = gridOf(range.startNs, stepNs, count, found.size);
  const rows = await tally(
    client,
    { where: selectCondition({ ...request, ...range }, found), keys: [level, present], sums: ['count()', 'sum(size)', `max(${tellsApart(request)})`], grid },
    (row) => ({ level: row.text(), hasLevel: row.u8() === 1, lines: row.count(), bytes: row.count(), apart: row.u8() === 1 }),
    signal
  );
  if (!rows || rows.some(({ values }) => values.apart)) {
    return undefined;
  }
  const series = new Map<string, CountedSeries>();
  for (const { id, cell, values } of rows) {
    const stream = found.get(id);
    if (!stream) {
      continue; // began after the streams were asked for
    }
    const name = `${id} ${values.hasLevel} ${values.level}`;
    let one = series.get(name);
    if (!one) {
      one = { stream: stream.labels, level: levelOf(by, values), lines: new Float64Array(count), bytes: new Float64Array(count) };
      series.set(name, one);
    }
    const bucket = Math.floor(cell / grid.cuts);
    one.lines[bucket] += values.lines;
    one.bytes[bucket] += values.bytes;
  }
  return [...series.values()];
}

function levelOf(by: CountRequest['by'], { level, hasLevel }: { level: string; hasLevel: boolean }): string | undefined {
  switch (by) {
    case 'stream':
      return undefined;
    case '__level__':
      return levelNames[Number(level)];
    case 'detected_level':
      return hasLevel ? level : undefined;
  }
}

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

export async function entryStats(client: ClickHouseClient, table: StreamTable, select: Select): Promise<StoreStats> {
  const found = await table.select(select);
  if (found.size === 0) {
    return { streams: 0, chunks: 0, entries: 0, bytes: 0 };
  }
  const where = selectCondition(select, found);
  const sums = ['uniqExact(intDiv(ts, 3600000000000))', 'count()', 'sum(size)'];
  const read = (row: RowReader): { hours: number; entries: number; bytes: number } => ({ hours: row.count(), entries: row.count(), bytes: row.count() });
  const { startNs, endNs } = writtenRange(select, found);
  const rows = endNs - startNs > spanNsMax ? undefined : await tally(client, { where, keys: [], sums, grid: gridOf(startNs, endNs - startNs, 1, found.size) }, read);
  if (!rows) {
    const [stats] = await client.rows(`uniqExact(stream_id), uniqExact(stream_id, intDiv(ts, 3600000000000)), count(), sum(size) FROM entries FINAL WHERE ${where}`, (row) => ({ streams: row.count(), chunks: row.count(), entries: row.count(), bytes: row.count() }));
    return stats;
  }
  const stats = { streams: new Set(rows.map(({ id }) => id)).size, chunks: 0, entries: 0, bytes: 0 };
  for (const { values } of rows) {
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
export async function liveStreams(client: ClickHouseClient, table: StreamTable, select: Select): Promise<FoundStream[]> {
  const found = await table.select(select);
  if (found.size === 0) {
    return [];
  }
  const ids = await client.rows(`stream_id FROM entries WHERE ${selectCondition(select, found)} GROUP BY stream_id`, (row) => row.u64());
  return ids.flatMap((id) => found.get(id) ?? []);
}
