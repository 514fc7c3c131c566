import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readdirSync, readlinkSync, renameSync } from 'node:fs';
import { test } from 'node:test';
import { batch, contractDayNs, entry, labels, never } from '../../contract';
import { dayFile, dayOf } from '../names';
import { ConnectionPool } from './snapshot';
import { openTestStore, testFolder } from '../testStore';

const dir = testFolder();

const failed = (error: unknown): void => assert.fail(String(error));

test('connections to one file know that it is one, so that what is kept of it is kept once; another file of its name is another', async () => {
  const store = openTestStore(dir);
  await store.append(batch('t', [labels({ app: 'a' }), [entry(contractDayNs, 'x')]]));
  await store.compact();
  await store.close();
  const file = dayFile(dir, 't', dayOf(contractDayNs));
  const pool = new ConnectionPool(dir, failed);

  const [first, beside] = [pool.take(file)!, pool.take(file)!];
  assert.notEqual(first, beside);
  assert.equal(first.sameFile, beside.sameFile);
  pool.give(first);
  pool.give(beside);
  const later = pool.take(file)!;
  assert.equal(later.sameFile, first.sameFile);

  copyFileSync(file, `${file}.copy`);
  renameSync(`${file}.copy`, file);
  const replaced = pool.take(file)!;
  assert.notEqual(replaced.sameFile, first.sameFile);
  pool.give(later);
  pool.close();
  pool.give(replaced);
  assert.equal(replaced.db.open, false, 'what was in use while the pool was closed is closed when it comes back');
});

test('a question that ends between two days leaves no file open', async () => {
  const days = testFolder();
  const store = openTestStore(days);
  const dayNs = 86_400_000_000_000n;
  for (const day of [0n, 1n, 2n]) {
    await store.append(batch('t', [labels({ app: 'a' }), [entry(contractDayNs + day * dayNs, 'x')]]));
  }
  await store.compact();
  const all = { tenant: 't', startNs: contractDayNs, endNs: contractDayNs + 3n * dayNs, matchers: [] };
  let looks = 0;
  const signal = { get aborted() { return ++looks > 3; } } as AbortSignal;
  await assert.rejects(store.labelNames(all, signal), { status: 499 });
  assert.deepEqual(await store.labelNames(all, never), ['app']);
  await store.close();
  const left = readdirSync('/proc/self/fd').flatMap((fd) => (existsSync(`/proc/self/fd/${fd}`) ? readlinkSync(`/proc/self/fd/${fd}`) : []));
  assert.deepEqual(left.filter((file) => file.startsWith(days)), []);
});
