import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReaderPool } from './readerPool';
import { testFolder } from './testStore';

const stats = { kind: 'stats' as const, tenants: ['t'], startNs: 0n, endNs: 1n, matchers: [] };

test('who waits for a thread and is cancelled is told at once, and leaves its place', async () => {
  const pool = new ReaderPool({ dir: testFolder(), memoryBytesMax: 256e6 }, 1, 64, () => undefined);
  const never = new AbortController().signal;
  const gone = new AbortController();
  const order: string[] = [];
  // the thread works on two at a time, and has to start first
  const busy = [1, 2].map(() => pool.answer(stats, never).then(() => order.push('answered')));
  const waiting = pool.answer(stats, gone.signal).catch((error: { status?: number }) => order.push(`cancelled ${error.status}`));
  const behind = pool.answer(stats, never).then(() => order.push('answered'));
  gone.abort();
  await Promise.all([...busy, waiting, behind]);
  assert.deepEqual(order, ['cancelled 499', 'answered', 'answered', 'answered']);
  await pool.close();
});
