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

const withMetadata = (count: number, trace: (i: number) => string): StreamEntries[] => {
  const sets = Array.from({ length: count }, (_, i) => trace(i)).map((id, i, ids) => ({ id, first: ids.indexOf(id) === i, set: makeLabels([['trace', id]]) }));
  const byId = new Map(sets.filter(({ first }) => first).map(({ id, set }) => [id, set]));
  return entries(count).map((stream) => ({ ...stream, metadata: sets.map(({ id }) => byId.get(id)) }));
};

interface Pushed {
  body?: Buffer;
  /** What `work` decodes it to before it waits. */
  sent?: StreamEntries[] | 'nothing yet';
  decodedBytes?: () => number;
}

/** How many of six equal pushes are there at the same time at most, in room for a million bytes. */
async function mostTogether({ body = Buffer.alloc(100), sent = entries(10), decodedBytes }: Pushed): Promise<number> {
  const room = new PushRoom(1_000_000, () => undefined);
  let inside = 0;
  let most = 0;
  const push = (): Promise<void> =>
    room.run({ body, contentEncoding: '', maxBytes: 1_000_000 }, { decodedBytes }, async (_body, settle) => {
      inside++;
      if (sent !== 'nothing yet') {
        settle(sent);
      }
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside--;
    });
  await Promise.all(Array.from({ length: 6 }, push));
  return most;
}

const cases: Array<[what: string, pushed: Pushed, most: number]> = [
  ['small pushes are there together', {}, 6],
  ['one push at a time is there that takes more than was foreseen', { sent: entries(40_000) }, 1],
  ['as is one with other metadata in each line', { sent: withMetadata(1_000, (i) => `t${i}`) }, 1],
  ['the same metadata in each line takes little', { sent: withMetadata(1_000, () => 't') }, 6],
  ['long metadata takes its text, once where lines share it', { sent: withMetadata(20, (i) => `${i}`.padEnd(60_000, 'x')) }, 1],
  ['which is little when all do', { sent: withMetadata(20, () => 'x'.repeat(60_000)) }, 6],
  ['a long body is held until it is stored', { body: Buffer.alloc(300_000) }, 1],
  ['until it is decoded, what a body says it holds inside counts', { decodedBytes: () => 400_000, sent: 'nothing yet' }, 1],
];

for (const [what, pushed, most] of cases) {
  test(what, async () => assert.equal(await mostTogether(pushed), most));
}

test('a body beyond the limit is refused with both numbers, and memory is looked after around large ones only', async () => {
  let relieved = 0;
  const room = new PushRoom(100_000_000, () => relieved++);
  const run = (bytes: number, maxBytes: number): Promise<void> => room.run({ body: Buffer.alloc(bytes), contentEncoding: '', maxBytes }, plain, async () => undefined);
  await assert.rejects(run(200_000, 100_000), { status: 413, message: 'request body too large: 200000 bytes, limit: 100000 bytes' });
  await run(100_000, 100_000);
  assert.equal(relieved, 0);
  await run(5_000_000, 5_000_000);
  assert.equal(relieved, 2);
});

test('a body that is broken is refused as such, and its room comes back', async () => {
  const room = new PushRoom(1_000_000, () => undefined);
  for (let i = 0; i < 20; i++) {
    await assert.rejects(room.run({ body: Buffer.from('no gzip at all'), contentEncoding: 'gzip', maxBytes: 500_000 }, plain, async () => undefined), { status: 400 });
  }
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
