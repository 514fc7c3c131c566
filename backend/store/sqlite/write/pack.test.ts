import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeStreamEntries } from '../../../model/entry';
import { makeLabels } from '../../../model/labels';
import { BufferPool, packBatch } from './pack';

const kilobyte = 1024;

test('buffers between threads are used again when they are large enough, and let go of when memory is short', () => {
  const pool = new BufferPool();
  const large = pool.take(300 * kilobyte);
  assert.equal(large.byteLength, 512 * kilobyte, 'the next power of two, so that it fits others');
  pool.give(large);
  assert.notEqual(pool.take(600 * kilobyte), large, 'too small');
  assert.equal(pool.take(400 * kilobyte), large);
  assert.notEqual(pool.take(400 * kilobyte), large, 'it is in use');
  pool.give(large);
  pool.clear();
  assert.notEqual(pool.take(400 * kilobyte), large);
});

test('neither small buffers nor very large ones are kept, and few of the others', () => {
  const pool = new BufferPool();
  const taken = (sizes: number[]): ArrayBuffer[] => sizes.map((size) => pool.take(size));
  const odd = [new ArrayBuffer(1_000), new ArrayBuffer(5 * kilobyte * kilobyte)];
  odd.forEach((buffer) => pool.give(buffer));
  assert.ok(taken([1_000, 5 * kilobyte * kilobyte]).every((buffer) => !odd.includes(buffer)));
  const many = Array.from({ length: 20 }, () => new ArrayBuffer(64 * kilobyte));
  many.forEach((buffer) => pool.give(buffer));
  assert.equal(taken(many.map(() => 64 * kilobyte)).filter((buffer) => many.includes(buffer)).length, 8);
});

test('a row is cut where its lines and their metadata are a megabyte, metadata that lines share counted once', () => {
  const rowsOf = (metadata: (i: number) => ReturnType<typeof makeLabels>): number[] => {
    const entries = Array.from({ length: 100 }, (_, i) => ({ tsNs: BigInt(i), line: Buffer.from('line'), metadata: metadata(i) }));
    return packBatch({ tenant: 't', streams: makeStreamEntries(makeLabels([['a', 'b']]), entries) }, undefined, new BufferPool()).rows.map(({ count }) => count);
  };
  const shared = makeLabels([['trace', 'x'.repeat(60_000)]]);
  assert.deepEqual(rowsOf(() => shared), [100]);
  assert.deepEqual(rowsOf((i) => makeLabels([['trace', `${i}`.padEnd(60_000, 'x')]])), [17, 17, 17, 17, 17, 15]);
  assert.deepEqual(rowsOf((i) => makeLabels([['trace', `${i}`]])), [100]);
});
