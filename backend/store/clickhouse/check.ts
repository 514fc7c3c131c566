import { streamKey } from '../sqlite/streamKey';
import { makeLabels } from '../../model/labels';
import type { ClickHouseClient } from './client';
import type { StreamTable } from './streams';

/** Damages told before the rest is only counted. */
const toldMax = 100;

/** What does not fit together in the tables. Bytes on disk are for ClickHouse itself to verify (`CHECK TABLE`). */
export async function* checkTables(client: ClickHouseClient, streams: StreamTable): AsyncGenerator<string> {
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
