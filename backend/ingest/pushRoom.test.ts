import assert from 'node:assert/strict';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import type { StreamEntries } from '../model/entry';
import { makeLabels } from '../model/labels';
import { ByteBudget } from './byteBudget';
import { PushRoom } from './pushRoom';

const plain = {};
const entries = (count: number): StreamEntries[] => [
  { labels: makeLabels([['a', 'b']]), count, baseNs: 0n, body: new Uint8Array(0), starts: new Uint32Array(count), ends: new Uint32Array(count), times: new Float64Array(count) },
];

test('one push at a time is there that takes more than was foreseen', async () => {
  const room = new PushRoom(1_000_000, () => undefined);
  let inside = 0;
  let most = 0;
  const push = (): Promise<void> =>
    room.run({ body: Buffer.alloc(100), contentEncoding: '', maxBytes: 1_000_000 }, plain, async (_body, settle) => {
      inside++;
      settle(entries(40_000));
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside--;
    });
  await Promise.all(Array.from({ length: 6 }, push));
  assert.equal(most, 1);
});

test('small pushes are there together', async () => {
  const room = new PushRoom(1_000_000, () => undefined);
  let inside = 0;
  let most = 0;
  const push = (): Promise<void> =>
    room.run({ body: Buffer.alloc(100), contentEncoding: '', maxBytes: 1_000_000 }, plain, async (_body, settle) => {
      settle(entries(10));
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside--;
    });
  await Promise.all(Array.from({ length: 6 }, push));
  assert.equal(most, 6);
});

test('a gzip body may lie about its length up to the limit, not beyond', async () => {
  const room = new PushRoom(1_000_000, () => undefined);
  const run = async (bytes: number): Promise<number> => {
    const body = gzipSync(Buffer.alloc(bytes, 'x'));
    body.writeUInt32LE(10, body.length - 4);
    let length = 0;
    await room.run({ body, contentEncoding: 'gzip', maxBytes: 500_000 }, plain, async (unpacked) => {
      length = unpacked.length;
    });
    return length;
  };
  await assert.rejects(run(600_000), { status: 413 });
  // two members: the end speaks of the last one only
  const both = Buffer.concat([gzipSync(Buffer.alloc(200_000, 'y')), gzipSync(Buffer.from('end'))]);
  let length = 0;
  await room.run({ body: both, contentEncoding: 'gzip', maxBytes: 500_000 }, plain, async (unpacked) => {
    length = unpacked.length;
  });
  assert.equal(length, 200_003);
});

test('who waits too long, and who finds a long queue, is told 429; room comes back', async () => {
  const budget = new ByteBudget(100, 20, 'things');
  const held = await budget.reserve(100);
  await assert.rejects(budget.reserve(1), { status: 429, retryAfterSeconds: 2, message: /^things hold / });
  const waiting = Array.from({ length: 300 }, () => budget.reserve(1));
  const refused = (await Promise.allSettled(waiting)).filter((result) => result.status === 'rejected');
  assert.equal(refused.length, 300);
  assert.throws(() => budget.extend(1), { status: 429 });
  budget.release(held);
  assert.equal(await budget.reserve(100), 100);
});
