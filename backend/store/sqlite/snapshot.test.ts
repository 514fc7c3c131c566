import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { batch, contractDayNs, entry, labels } from '../contract';
import { dayFile, dayOf } from './names';
import { openLocalSqlite } from './openSqlite';
import { ConnectionPool } from './snapshot';

const dir = mkdtempSync(path.join(os.tmpdir(), 'binocle-snapshot-'));
after(() => rmSync(dir, { recursive: true, force: true }));

const failed = (error: unknown): void => assert.fail(String(error));

test('connections to one file know that it is one, so that what is kept of it is kept once; another file of its name is another', async () => {
  const store = openLocalSqlite({ dir, keepRepeats: false, appendBytesQueuedMax: 64e6, log: failed });
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
