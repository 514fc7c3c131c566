import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { batch, contractDayNs, entry, labels, never, runStoreContract, select } from '../contract';
import { answerQuestion, type Question } from '../../query/question';
import { matcher } from '../matchers';
import { openStore } from '../open';
import type { Store } from '../store';
import { testFolder } from './testStore';

const root = testFolder();
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

test('the writer opens what is there when the store opens, not with the first push', async () => {
  const dir = mkdtempSync(path.join(root, 'data-'));
  const before = await openAt(dir);
  await before.append(batch('t', [labels({ app: 'a' }), [entry(contractDayNs, 'one')]]));
  await before.close();
  writeFileSync(path.join(dir, 'tenants', 't', 'hot.db'), 'no database '.repeat(1_000));
  const told: string[] = [];
  const { store } = await openStore({ driver: 'sqlite', dir, readerThreads: 1, log: (message) => told.push(message) });
  for (let i = 0; told.length === 0; i++) {
    assert.ok(i < 1_000, 'nothing was said within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.match(told.join('\n'), /^the files of tenant "t" can't be opened/);
  await store.close();
});

test('questions are answered in a reader thread as they are beside the store', async () => {
  const { store, runner } = await openStore({ driver: 'sqlite', dir: mkdtempSync(path.join(root, 'data-')), readerThreads: 1 });
  try {
    for (const tenant of ['t', 'u']) {
      await store.append(batch(tenant, ...['a', 'b'].map((app): Parameters<typeof batch>[1] => [labels({ app, [tenant]: 'x' }), [entry(contractDayNs, 'one 1'), entry(contractDayNs + 1n, 'two 2')]])));
    }
    const streams = { tenants: ['t'], startNs: contractDayNs, endNs: contractDayNs + 60_000_000_000n, matchers: [matcher('app', '=~', 'a|b')] };
    const questions: Question[] = [
      { kind: 'labels', ...streams },
      { kind: 'labels', ...streams, tenants: ['t', 'u'] },
      { kind: 'labels', name: 'app', ...streams, tenants: ['t', 'u'], matchers: [matcher('__tenant_id__', '=', 'u')] },
      { kind: 'series', ...streams, groups: [streams.matchers, [matcher('app', '=', 'a')]] },
      { kind: 'detectedLabels', ...streams },
      { kind: 'stats', ...streams, tenants: ['t', 'u'] },
      { kind: 'volume', ...streams, targetLabels: [], aggregateBy: 'series', limit: 10 },
      { kind: 'patterns', ...streams, stepNs: 10_000_000_000n },
      { kind: 'patternCounts', ...streams, ranges: [streams] },
    ];
    for (const question of questions) {
      const beside = await answerQuestion(question, store, never);
      assert.deepEqual(await runner!.answer(question, never), beside, question.kind);
      assert.ok(JSON.stringify(beside, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)).length > 10, question.kind);
    }
    await assert.rejects(runner!.answer({ kind: 'labels', ...streams, matchers: [matcher('app', '=~', '(')] }, never), { status: 400 });
    await assert.rejects(runner!.answer(questions[0], AbortSignal.abort()), { status: 499 });
  } finally {
    await store.close();
  }
});

test('pushes beyond the bound of what waits get 429 and leave nothing', async () => {
  const dir = mkdtempSync(path.join(root, 'data-'));
  const { store } = await openStore({ driver: 'sqlite', dir, appendBytesQueuedMax: 1000, readerThreads: 1 });
  const line = 'x'.repeat(400);
  const sent = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => store.append(batch('t', [labels({ app: 'a' }), [entry(contractDayNs + BigInt(i), line)]]))));
  const refused = sent.filter((result) => result.status === 'rejected');
  assert.ok(refused.length > 0 && refused.every((result) => result.reason.status === 429 && result.reason.retryAfterSeconds > 0));
  assert.equal((await store.stats(select(), never)).entries, sent.length - refused.length);
  await store.close();
});
