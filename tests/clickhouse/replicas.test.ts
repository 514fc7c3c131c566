import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { batch, contractDayNs, entry, labels, linesOf, never, select } from '../../backend/store/contract';
import { openStore } from '../../backend/store/open';
import type { Batch } from '../../backend/model/entry';
import type { RequestError } from '../../backend/model/errors';
import type { Store } from '../../backend/store/store';
import { missing, startServers } from './servers';
import { startZooKeeper, zookeeperMissing } from './zookeeper';

const tenant = 't';
const hourNs = 3_600_000_000_000n;
const msMax = 40_000;

/** 200 lines of 20 streams over ten hours, so that each shard gets some. */
const lines = (word: string): Batch =>
  batch(tenant, ...Array.from({ length: 20 }, (_, k): Parameters<typeof batch>[1] => [labels({ app: `app${k}` }), Array.from({ length: 10 }, (_unused, i) => entry(contractDayNs + BigInt(i) * hourNs, `${word} ${k} ${i}`))]));

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const started = Date.now(); !(await holds()); ) {
    assert.ok(Date.now() - started < msMax, 'it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function damages(store: Store): Promise<string[]> {
  const said: string[] = [];
  for await (const damage of store.check()) {
    said.push(damage);
  }
  return said;
}

test('replicas: one that is dead, one that takes over, and a ZooKeeper that went away', { skip: missing || (process.env.REPLICAS ? zookeeperMissing : 'takes 40 seconds and a ZooKeeper: npm run test:replicas') }, async (context) => {
  const zookeeper = await startZooKeeper();
  context.after(() => zookeeper.stop());
  // the first shard has two replicas
  const servers = await startServers(3, '', { shardOf: [1, 1, 2], zookeeper: zookeeper.port });
  context.after(() => servers.stop());
  const dir = mkdtempSync(path.join(tmpdir(), 'binocle-replicas-'));
  const open = async (spool?: string): Promise<Store> => (await openStore({ driver: 'clickhouse', url: servers.address('replicas'), dir: spool, log: () => undefined })).store;
  const [plain, spooling] = [await open(), await open(dir)];
  context.after(async () => {
    await Promise.all([plain.close(), spooling.close()]);
    rmSync(dir, { recursive: true, force: true });
  });
  const has = async (count: number): Promise<boolean> => {
    const found = await linesOf(plain, { tenant });
    assert.ok(found.length <= count && new Set(found).size === found.length);
    return found.length === count && (await plain.stats(select({ tenant }), never)).entries === count;
  };
  await plain.append(lines('whole'));
  assert.ok(await has(200));
  assert.deepEqual(await damages(plain), []);

  servers.nodes[1].process.kill('SIGKILL');
  assert.ok(await has(200), 'without a replica');
  assert.equal((await plain.append(lines('without a replica'))).stored, 200);
  assert.ok(await has(400));
  await servers.restart(1);
  await until(async () => (await damages(plain)).length === 0);

  servers.nodes[0].process.kill('SIGKILL');
  assert.ok(await has(400), 'the other replica has everything');
  assert.equal((await plain.append(lines('the other replica'))).stored, 200);
  assert.ok(await has(600));
  await servers.restart(0);
  await until(async () => (await damages(plain)).length === 0);

  zookeeper.process.kill('SIGKILL');
  assert.ok(await has(600), 'reading needs no ZooKeeper');
  await assert.rejects(plain.append(lines('refused')), (error: RequestError) => error.status === 503);
  assert.equal((await spooling.append(lines('waits'))).stored, 200);
  await zookeeper.restart();
  await until(() => has(800));
  const again = await plain.append(lines('waits'));
  assert.deepEqual([again.stored, again.repeated], [0, 200]);
});
