import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { check } from '../../backend/cli/check';
import { migrate } from '../../backend/cli/migrate';
import { makeLabels } from '../../backend/model/labels';
import { batch, contractDayNs, entry, labels, linesOf } from '../../backend/store/contract';
import { parseAddress } from '../../backend/store/clickhouse/address';
import { ClickHouseClient } from '../../backend/store/clickhouse/client';
import { openStore } from '../../backend/store/open';
import { missing, startServers } from './servers';

const tenants = ['one', 'Zwei/..', 'x'.repeat(150)];
const receipt = { agent: 'agent', sequence: 12, state: '{"/var/log/syslog":4711}' };
const state = (dir: string): string => path.join(dir, 'state.json');

test('every tenant goes to a cluster and back, again and after a stop', { skip: missing }, async () => {
  const servers = await startServers(2);
  const dir = mkdtempSync(path.join(tmpdir(), 'binocle-migrate-'));
  const [first, second] = [path.join(dir, 'first'), path.join(dir, 'second')];
  const url = servers.address('moved');
  const stdout = process.stdout.write.bind(process.stdout);
  let said = '';
  const heard = async (command: () => Promise<number>): Promise<number> => {
    process.stdout.write = ((text: string) => (said += text) !== '') as typeof process.stdout.write;
    try {
      return await command();
    } finally {
      process.stdout.write = stdout;
    }
  };
  const run = (from: string, to: string): Promise<number> => heard(() => migrate(['--from', from, '--to', to, '--state', state(dir), '--quiet']));
  try {
    const { store } = await openStore({ driver: 'sqlite', dir: first, readerThreads: 0 });
    for (const tenant of tenants) {
      const entries = Array.from({ length: 3_000 }, (_, i) => entry(contractDayNs + BigInt(i) * 97_000_000_001n, `${tenant} ${i}`, i % 3 === 0 ? makeLabels([['trace_id', `t${i % 7}`]]) : undefined));
      await store.append(batch(tenant, [labels({ app: 'a' }), entries.slice(0, 2_000)], [labels({ app: 'b' }), entries.slice(1_000)]));
    }
    await store.append(batch('one'), receipt);
    await store.compact();
    const wanted = new Map<string, string[]>();
    for (const tenant of tenants) {
      wanted.set(tenant, (await linesOf(store, { tenant })).sort());
    }
    await store.close();

    assert.equal(await run(first, url), 0);
    assert.match(said, /one: verified, the target has 4000 entries/);
    assert.equal(existsSync(state(dir)), false);
    assert.equal(await run(first, url), 0, 'again');
    // as a stopped run leaves it: one tenant half done
    writeFileSync(state(dir), JSON.stringify({ from: first, to: url, tenants: { one: { untilNs: String(contractDayNs + 86_400_000_000_000n), entries: 5 } } }));
    assert.equal(await run(first, url), 0, 'after a stop');
    writeFileSync(state(dir), JSON.stringify({ from: 'elsewhere', to: url, tenants: {} }));
    await assert.rejects(run(first, url), /is about elsewhere/);
    rmSync(state(dir));

    assert.equal(await run(url, second), 0, 'back');
    for (const target of [{ driver: 'clickhouse', url } as const, { driver: 'sqlite', dir: second, readerThreads: 0 } as const]) {
      const { store: copy } = await openStore(target);
      for (const tenant of tenants) {
        assert.deepEqual((await linesOf(copy, { tenant })).sort(), wanted.get(tenant));
      }
      assert.deepEqual(await copy.receipts('one'), [receipt]);
      await copy.close();
    }
    await assert.rejects(run(path.join(dir, 'nowhere'), url), /no directory/);

    const checked = (): Promise<number> => heard(() => check(['--store', url, '--data', first], {}));
    assert.equal(await checked(), 0);
    assert.match(said, /nothing waits here\nhttp:\/\/127\.0\.0\.1:\d+: ClickHouse 18\.\S+, \d+ entries of \d+ days in \d+ parts, \d+ bytes\n(.|\n)*tenant one: 4000 entries, \d+ bytes, 2 streams\n(.|\n)*no damage found/);
    const client = new ClickHouseClient(parseAddress(url), () => undefined);
    for (const node of client.address.nodes) {
      await client.run('TRUNCATE TABLE streams_local', { node });
    }
    await client.close();
    assert.equal(await checked(), 1);
    assert.match(said, /tenant one: \d+ entries of stream \d+, which is not in the table of streams, can't be read/);
  } finally {
    servers.stop();
    rmSync(dir, { recursive: true, force: true });
  }
});
