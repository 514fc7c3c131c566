import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
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

/** A thread that fills its memory, slowly enough for others to be at work in it, when it is asked for a tenant `large`; and that ends when asked for `broken`. */
const script = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', ({ id, method, args: [, { tenants: [tenant] }] }) => {
    const held = [];
    const work = { large: () => { for (;;) { held.push(new Array(10000).fill({})); } }, broken: () => process.exit(3), t: () => parentPort.postMessage({ id, result: tenant }) };
    setTimeout(work[tenant], 200);
  });
`;

for (const [tenant, refused] of [
  ['large', { status: 400, message: /^the query needs more than the 16 MB of memory a reader may use/ }],
  ['broken', { message: 'a reader thread died: exit code 3' }],
] as const) {
  test(`what a thread was at beside a question that ends it (${tenant}) is answered, the question itself is refused`, async () => {
    const file = path.join(testFolder(), 'thread.js');
    writeFileSync(file, script);
    const deaths: string[] = [];
    const pool = new ReaderPool({ dir: '', memoryBytesMax: 256e6 }, 1, 16, (message) => deaths.push(message), file);
    const never = new AbortController().signal;
    const gone = new AbortController();
    const ask = (name: string, signal = never): Promise<unknown> => pool.answer({ ...stats, tenants: [name] }, signal);
    const refusal = assert.rejects(ask(tenant), refused);
    assert.deepEqual(await Promise.all([ask('t'), ask('t'), ask('t')]), ['t', 't', 't']);
    await refusal;
    assert.equal(deaths.length, 2, 'once beside others, once alone');
    const again = assert.rejects(ask(tenant), refused);
    const left = assert.rejects(ask('t', gone.signal), { status: 499 });
    gone.abort();
    await Promise.all([again, left]);
    assert.equal(await ask('t'), 't');
    await pool.close();
  });
}
