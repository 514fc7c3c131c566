import assert from 'node:assert/strict';
import test from 'node:test';
import { needsRoom } from '../model/errors';
import { batch, contractDayNs, entry, labels } from '../store/contract';
import { openTestStore, testFolder } from '../store/sqlite/testStore';
import { answerQuestion, eachTenant } from './question';

const never = new AbortController().signal;

test('several selectors share what may be looked at', async () => {
  const store = openTestStore(testFolder());
  await store.append(batch('t', ...Array.from({ length: 30 }, (_, i): Parameters<typeof batch>[1] => [labels({ app: 'a', n: String(i) }), [entry(contractDayNs, 'x')]])));
  const ask = (selectors: number): Promise<string> =>
    answerQuestion({ kind: 'series', tenants: ['t'], startNs: contractDayNs, endNs: contractDayNs + 1n, groups: Array.from({ length: selectors }, () => []), piecesMax: 100 }, store, never);
  assert.equal((JSON.parse(await ask(2)) as unknown[]).length, 30);
  await assert.rejects(ask(4), { code: needsRoom });
  await store.close();
});

test('more answers than a call may have arguments are put together', async () => {
  const many = Array.from({ length: 300_000 }, (_, i) => `value ${i}`);
  const answersOf = (...tenants: string[]): Promise<string[]> => eachTenant({ tenants, startNs: 0n, endNs: 1n, matchers: [] }, async () => many);
  assert.equal((await answersOf('a')).length, many.length);
  assert.equal((await answersOf('a', 'b')).length, 2 * many.length);
});
