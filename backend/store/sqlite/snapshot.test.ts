import assert from 'node:assert/strict';
import { copyFileSync, renameSync } from 'node:fs';
import { test } from 'node:test';
import { batch, contractDayNs, entry, labels } from '../contract';
import { dayFile, dayOf } from './names';
import { ConnectionPool } from './snapshot';
import { openTestStore, testFolder } from './testStore';

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
  pool.give(replaced);
  pool.close();
});
