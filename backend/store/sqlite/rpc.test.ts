import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { RequestError } from '../../model/errors';
import { asError, plainError, RemoteThread } from './rpc';

const script = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', ({ id, method, args }) => {
    if (method === 'die') { process.exit(3); }
    if (method === 'grow') { const held = []; for (;;) { held.push(new Array(10000).fill({ })); } }
    if (method === 'add') { parentPort.postMessage({ id, result: args[0] + args[1] }); }
  });
`;

test('a thread that dies answers what was under way with an error, and is started again', async () => {
  const reasons: string[] = [];
  const thread = new RemoteThread(
    () => new Worker(script, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 16 } }),
    (reason) => {
      reasons.push(reason);
      return new Error(`died: ${reason}`);
    },
    () => undefined
  );
  assert.equal(await thread.call('add', [1, 2]), 3);
  const [waiting, dying] = await Promise.allSettled([thread.call('wait', []), thread.call('die', [])]);
  assert.equal(waiting.status, 'rejected');
  assert.equal(dying.status, 'rejected');
  assert.equal(await thread.call('add', [3, 4]), 7);
  await assert.rejects(thread.call('grow', []), /died: .*memory/);
  assert.equal(await thread.call('add', [5, 6]), 11);
  await thread.close();
  await assert.rejects(thread.call('add', [1, 1]), /closed/);
  assert.equal(reasons.length, 2);
});

test('errors keep their status on the way between threads', () => {
  const back = asError(structuredClone(plainError(new RequestError(429, 'too much', 7))));
  assert.ok(back instanceof RequestError);
  assert.deepEqual([back.status, back.message, back.retryAfterSeconds], [429, 'too much', 7]);
  const own = asError(structuredClone(plainError(new TypeError('oops'))));
  assert.equal(own.message, 'oops');
});
