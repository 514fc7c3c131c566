import { makeLabels } from '../../model/labels';
import { streamKey } from '../sqlite/format/streamKey';
import type { ClickHouseClient } from './client';
import { entryStats } from './counts';
import { ddlNodes, systemRows } from './nodes';
import { localName } from './schema';
import { quote } from './sql';
import type { StreamTable } from './streams';

/** Damages told before the rest is only counted. */
const toldMax = 100;
/** All that 64 bits of nanoseconds hold, on midnights. */
const allTime = { startNs: -106_000n * 86_400_000_000_000n, endNs: 106_000n * 86_400_000_000_000n };

/** What is wrong: replicas that are away, and what does not fit together in the tables. Bytes on disk are for ClickHouse itself to verify (`CHECK TABLE`). */
export async function* checkTables(client: ClickHouseClient, streams: StreamTable): AsyncGenerator<string> {
  yield* await replicasAway(client);
  yield* checkStreams(client, streams);
}

async function replicasAway(client: ClickHouseClient): Promise<string[]> {
  const columns = 'table, toUInt64(total_replicas), toUInt64(active_replicas), toUInt8(is_readonly), toUInt64(queue_size) + toUInt64(if(log_max_index > 0 AND log_max_index >= log_pointer, log_max_index + 1 - log_pointer, 0)), replica_name';
  const replicas = await systemRows(client, columns, 'replicas', `database = ${quote(client.address.database)}`, (row) => ({
    table: row.text(), total: row.count(), active: row.count(), readOnly: row.u8() === 1, queue: row.count(), name: row.text(),
  }));
  return replicas.flatMap(({ table, total, active, readOnly, queue, name }) => [
    ...(active < total ? [`${table}: ${total - active} of ${total} replicas of the shard of ${name} are away`] : []),
    ...(readOnly ? [`${table}: replica ${name} is read-only (ZooKeeper or Keeper can't be reached)`] : []),
    ...(queue > 0 ? [`${table}: replica ${name} has ${queue} jobs to do until it is like the others`] : []),
  ]);
}

async function* checkStreams(client: ClickHouseClient, streams: StreamTable): AsyncGenerator<string> {
  const named = await client.rows('tenant, stream_id, lk, lv FROM streams GROUP BY tenant, stream_id, lk, lv', (row) => ({ tenant: row.text(), id: row.u64(), names: row.texts(), values: row.texts() }));
  const known = new Set<string>();
  for (const { tenant, id, names, values } of named) {
    known.add(JSON.stringify([tenant, String(id)]));
    const key = streamKey(makeLabels(names.map((name, i) => [name, values[i]])));
    if (streams.idOf(key) !== id) {
      yield `tenant ${tenant}: stream ${key} has the id ${id}, ${streams.idOf(key)} is expected`;
    }
  }
  const used = await client.rows('tenant, stream_id, count() FROM entries GROUP BY tenant, stream_id', (row) => ({ tenant: row.text(), id: row.u64(), entries: row.count() }));
  const lost = used.filter(({ tenant, id }) => !known.has(JSON.stringify([tenant, String(id)])));
  for (const { tenant, id, entries } of lost.slice(0, toldMax)) {
    yield `tenant ${tenant}: ${entries} entries of stream ${id}, which is not in the table of streams, can't be read`;
  }
  if (lost.length > toldMax) {
    yield `${lost.length - toldMax} more streams have entries and no labels`;
  }
}

/** What is there: rows by node, and rows that are there more than once. */
export async function* describeTables(client: ClickHouseClient, streams: StreamTable): AsyncGenerator<string> {
  const { address } = client;
  const local = localName('entries', address.cluster !== undefined);
  for (const node of ddlNodes(address)) {
    const parts = `FROM system.parts WHERE database = ${quote(address.database)} AND table = ${quote(local)} AND active = 1`;
    const [[version, rows, bytes, count, days]] = await client.rows(`version(), toUInt64(sum(rows)), toUInt64(sum(bytes_on_disk)), count(), uniqExact(partition) ${parts}`, (row) => [row.text(), row.count(), row.count(), row.count(), row.count()] as const, { node });
    yield `${node ?? address.nodes[0]}: ClickHouse ${version}, ${rows} entries of ${days} days in ${count} parts, ${bytes} bytes`;
  }
  for (const tenant of await streams.tenants()) {
    const { entries, bytes, streams: count } = await entryStats(client, { tenant, matchers: [], ...allTime });
    const [rows] = await client.rows(`count() FROM entries WHERE tenant = ${quote(tenant)}`, (row) => row.count());
    yield `tenant ${tenant}: ${entries} entries, ${bytes} bytes, ${count} streams${rows > entries ? `; ${rows - entries} rows are there twice until the next merge, and counted once` : ''}`;
  }
}
