import { levelNames } from '../../../src/levels/levels';
import type { CountedSeries, CountRequest, Select, StoreStats } from '../store';
import type { ClickHouseClient } from './client';
import { and, quote, rangeCondition } from './sql';
import { streamsCondition, type FoundStream, type StreamTable } from './streams';

/**
 * Counting inside ClickHouse. Always from `entries FINAL`: rows that a retried insert left twice are only taken together by a merge, and a count
 * that is sometimes too high is worse than one that takes longer.
 */

/** Rows of an answer; beyond them the caller scans. */
const countRowsMax = 1_000_000;

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
  const rows = await client.rows(
    `stream_id, toInt64(intDiv(ts - (${range.startNs}), ${stepNs})) AS b, ${level} AS l, ${present} AS p, count(), sum(length(line)), max(${tellsApart(request)}) ` +
      `FROM entries FINAL WHERE ${selectCondition({ ...request, ...range }, found)} GROUP BY stream_id, b, l, p LIMIT ${countRowsMax + 1}`,
    (row) => ({ id: row.u64(), bucket: Number(row.i64()), level: row.text(), hasLevel: row.u8() === 1, lines: row.count(), bytes: row.count(), apart: row.u8() === 1 }),
    { signal }
  );
  if (rows.length > countRowsMax || rows.some(({ apart }) => apart)) {
    return undefined;
  }
  const series = new Map<string, CountedSeries>();
  for (const row of rows) {
    const stream = found.get(row.id);
    if (!stream) {
      continue; // began after the streams were asked for
    }
    const name = `${row.id} ${row.hasLevel} ${row.level}`;
    let one = series.get(name);
    if (!one) {
      one = { stream: stream.labels, level: levelOf(by, row), lines: new Float64Array(count), bytes: new Float64Array(count) };
      series.set(name, one);
    }
    one.lines[row.bucket] += row.lines;
    one.bytes[row.bucket] += row.bytes;
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
  const [stats] = await client.rows(
    `uniqExact(stream_id), uniqExact(stream_id, intDiv(ts, 3600000000000)), count(), sum(length(line)) FROM entries FINAL WHERE ${selectCondition(select, found)}`,
    (row) => ({ streams: row.count(), chunks: row.count(), entries: row.count(), bytes: row.count() })
  );
  return stats;
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
