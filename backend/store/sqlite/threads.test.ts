import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { batch, contractDayNs, entry, labels, runStoreContract, select } from '../contract';
import { openStore } from '../open';
import type { Store } from '../store';

const root = mkdtempSync(path.join(os.tmpdir(), 'binocle-threads-'));
after(() => rmSync(root, { recursive: true, force: true }));
const dirs = new Map<Store, string>();

async function openAt(dir: string, keepRepeats?: boolean): Promise<Store> {
  const { store } = await openStore({ driver: 'sqlite', dir, keepRepeats, readerThreads: 1 });
  dirs.set(store, dir);
  return store;
}

runStoreContract(
  'sqlite with threads',
  {
    open: ({ keepRepeats }) => openAt(mkdtempSync(path.join(root, 'data-')), keepRepeats),
    reopen: async (store) => {
      await store.close();
      return openAt(dirs.get(store)!);
    },
  },
  { randomRounds: 8 }
);

test('a second server on the same directory is refused, and may come when the first is gone', async () => {
  const dir = mkdtempSync(path.join(root, 'data-'));
  const first = await openAt(dir);
  await assert.rejects(openAt(dir), /is in use by another Binocle server/);
  await first.close();
  await (await openAt(dir)).close();
});

test('pushes beyond the bound of what waits get 429 and leave nothing', async () => {
  const dir = mkdtempSync(path.join(root, 'data-'));
  const { store } = await openStore({ driver: 'sqlite', dir, appendBytesQueuedMax: 1000, readerThreads: 1 });
  const line = 'x'.repeat(400);
  const sent = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => store.append(batch('t', [labels({ app: 'a' }), [entry(contractDayNs + BigInt(i), line)]]))));
  const refused = sent.filter((result) => result.status === 'rejected');
  assert.ok(refused.length > 0 && refused.every((result) => result.reason.status === 429 && result.reason.retryAfterSeconds > 0));
  assert.equal((await store.stats(select())).entries, sent.length - refused.length);
  await store.close();
});
