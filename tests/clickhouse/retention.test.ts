import assert from 'node:assert/strict';
import test from 'node:test';
import { parseAddress } from '../../backend/store/clickhouse/address';
import { ClickHouseClient } from '../../backend/store/clickhouse/client';
import { batch, contractDayNs, entry, labels, linesOf, never, select } from '../../backend/store/contract';
import { openStore } from '../../backend/store/open';
import type { RetentionPolicy } from '../../backend/store/store';
import { modernMissing, startModern } from './modern';
import { missing, startServers } from './servers';

const tenant = 't';
const dayNs = 86_400_000_000_000n;
const hourNs = 3_600_000_000_000n;
const days = 8;
const perDay = 24;

/** Eight days with an entry each hour. */
async function checkRetention(url: string, tellsFreeSpace: boolean): Promise<void> {
  const { store } = await openStore({ driver: 'clickhouse', url });
  const client = new ClickHouseClient(parseAddress(url), () => undefined);
  const nowNs = contractDayNs + BigInt(days) * dayNs;
  const fill = (): Promise<unknown> => store.append(batch(tenant, [labels({ app: 'a' }), Array.from({ length: days * perDay }, (_, i) => entry(contractDayNs + BigInt(i) * hourNs, `line ${i}`))]));
  const left = async (): Promise<number> => (await linesOf(store, { tenant })).length;
  const partitions = async (table: string): Promise<number> => (await client.rows(`uniqExact(partition) FROM system.parts WHERE database = '${client.address.database}' AND table = '${table}' AND active = 1`, (row) => row.count()))[0];
  const mutations = async (): Promise<number> => (await client.rows(`count() FROM system.mutations WHERE database = '${client.address.database}'`, (row) => row.count()))[0];
  const keep = (ageNs: bigint): RetentionPolicy => ({ rules: [{ tenant: '*', matchers: [], ageNs }] });

  await fill();
  assert.equal((await store.retain(keep(3n * dayNs), nowNs)).entriesRemoved, 5 * perDay);
  assert.deepEqual([await left(), await partitions('entries'), await mutations()], [3 * perDay, 3, 0], 'whole days go without rewriting anything');
  assert.equal((await store.retain(keep(3n * dayNs - 2n * hourNs), nowNs)).entriesRemoved, 2);
  assert.equal(await left(), 3 * perDay - 2, 'the rest to the hour');
  assert.equal(await partitions('streams'), 4, 'labels stay a day longer than their entries');
  assert.equal((await store.retain({ rules: [{ tenant, matchers: [], ageNs: 0n }, ...keep(dayNs).rules] }, nowNs)).entriesRemoved, 0, 'some keep for ever');

  assert.equal((await store.append(batch(tenant, [labels({ app: 'a' }), [entry(contractDayNs, 'late')]]))).stored, 1);
  assert.deepEqual([...(await store.series(select({ tenant, endNs: contractDayNs + 1n }), never))], [labels({ app: 'a' })], 'is seen although labels of that day were dropped');

  const free = store.retain({ rules: [], freeBytesMin: 2 ** 60 }, nowNs);
  if (tellsFreeSpace) {
    await free;
    assert.equal(await left(), perDay, 'never the newest day');
  } else {
    await assert.rejects(free, /does not say how much of its disks is free/);
    await store.retain({ rules: [], bytesMax: 1 }, nowNs);
    assert.equal(await left(), perDay, 'never the newest day');
  }
  await client.close();
  await store.close();
}

test('retention drops whole days, and takes out only the rest', { skip: missing }, async (context) => {
  const servers = await startServers(1);
  context.after(() => servers.stop());
  await checkRetention(servers.address('kept'), false);
});

test('retention on the modern engine, by free space too', { skip: modernMissing }, async (context) => {
  const engine = await startModern();
  context.after(() => engine.stop());
  await checkRetention(engine.address('kept'), true);
});
