import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { batch, contractDayNs, entry, labels, never, select } from '../contract';
import type { SqliteStore } from './sqliteStore';
import { openTestStore, testFolder } from './testStore';

const root = testFolder();

/** Bytes of a tenant's files by what they are. */
function sizes(dir: string): { hot: number; logs: number; days: number } {
  const folder = path.join(dir, 'tenants', 't');
  const sum = (pattern: RegExp): number => readdirSync(folder).filter((name) => pattern.test(name)).reduce((bytes, name) => bytes + statSync(path.join(folder, name)).size, 0);
  return existsSync(folder) ? { hot: sum(/^hot\.db$/), logs: sum(/-wal$/), days: sum(/^\d.*\.db$/) } : { hot: 0, logs: 0, days: 0 };
}

async function until(done: () => boolean): Promise<void> {
  for (let i = 0; !done(); i++) {
    assert.ok(i < 2_000, 'it did not happen within 20 s');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const openQuiet = (dir: string): SqliteStore => openTestStore(dir, undefined, { seal: { quietAfterMs: 0 } });

const lines = Array.from({ length: 30_000 }, (_, i) => entry(contractDayNs + BigInt(i) * 1_000_000n, `GET /api/v1/items/${(i * 7919) % 1000} 200 took ${i % 97} ms, request ${i}`));

test('when no push comes for a while, what is hot is sealed and files shrink to what they hold', async () => {
  const dir = mkdtempSync(path.join(root, 'data-'));
  const store = openQuiet(dir);
  await store.append(batch('t', [labels({ app: 'a' }), lines]));
  await until(() => sizes(dir).logs === 0 && sizes(dir).days > 0);
  const { hot, days } = sizes(dir);
  assert.ok(hot <= 40 * 4_096, `hot.db has ${hot} bytes`);
  assert.ok(days < 1_000_000, `the day has ${days} bytes`);
  assert.equal((await store.stats(select(), never)).entries, lines.length);
  await store.close();
});

test('a few lines now and then do not become a block each', async () => {
  const dir = mkdtempSync(path.join(root, 'data-'));
  const store = openQuiet(dir);
  for (let i = 0; i < 3; i++) {
    await store.append(batch('t', [labels({ app: 'a' }), lines.slice(i * 10, i * 10 + 10)]));
    await until(() => sizes(dir).logs === 0);
  }
  assert.equal(sizes(dir).days, 0);
  assert.equal((await store.stats(select(), never)).entries, 30);
  await store.close();
});

test('a push of a few lines of each of some streams writes twelve times its text at most', async () => {
  const dir = mkdtempSync(path.join(root, 'data-'));
  const store = openTestStore(dir);
  const pushes = 150;
  for (let i = 0; i < pushes; i++) {
    const streams = Array.from({ length: 10 }, (_, k): Parameters<typeof batch>[1] => [labels({ app: `a${i % 20}`, pod: `p${k}` }), lines.slice(i * 100 + k * 10, i * 100 + k * 10 + 10)]);
    await store.append(batch('t', ...streams));
  }
  const text = lines.slice(0, pushes * 100).reduce((bytes, { line }) => bytes + line.length, 0);
  const { logs } = sizes(dir);
  assert.ok(logs > text, 'the log was not emptied meanwhile');
  assert.ok(logs <= 12 * text, `${logs} bytes for ${text} of text`);
  await store.close();
});
