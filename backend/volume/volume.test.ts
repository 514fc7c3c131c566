import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { batch, entry, labels, never } from '../store/contract';
import { MemoryStore } from '../store/memory';
import type { Chunk, StoreReader } from '../store/store';
import { volumes, type VolumeRequest } from './volume';

const startNs = 1_700_000_000_000_000_000n;
const secondNs = 1_000_000_000n;
const request: VolumeRequest = { tenant: 't', startNs, endNs: startNs + 3_600n * secondNs, matchers: [], targetLabels: ['job'], aggregateBy: 'series', limit: 10 };

/** A store that has no counters for so many streams of one line of ten bytes each. */
function manyStreams(count: number): StoreReader {
  return {
    async *scan() {
      for (let i = 0; i < count; i++) {
        const times = Float64Array.of(i);
        yield { stream: labels({ job: `j${i % 3}`, pod: `p${i}` }), streamId: `p${i}`, count: 1, minNs: startNs, maxNs: startNs, baseNs: startNs, times, offsets: Uint32Array.of(0, 10), text: new Uint8Array(0) } satisfies Chunk;
      }
    },
  } as unknown as StoreReader;
}

describe('volumes over very many streams', () => {
  test('a few rows of them are added up as they come', async () => {
    const { rows } = await volumes(manyStreams(60_000), request, never);
    assert.deepEqual(rows.map((row) => [row.labels.get('job'), row.bytes[0]]), [['j0', 200_000], ['j1', 200_000], ['j2', 200_000]]);
  });

  test('more rows than may be held are refused with the limit', async () => {
    await assert.rejects(volumes(manyStreams(60_000), { ...request, targetLabels: ['pod'] }, never), { status: 400, message: /more than 50000 rows: name fewer labels/ });
    assert.equal((await volumes(manyStreams(49_000), { ...request, targetLabels: ['pod'] }, never)).rows.length, 10);
  });

  test('rows of many steps are refused sooner', async () => {
    await assert.rejects(volumes(manyStreams(2_000), { ...request, targetLabels: ['pod'], stepNs: secondNs }, never), { status: 400, message: /more than 555 rows of 3600 steps: .* a larger step/ });
  });
});

test('the largest rows over the range are chosen, and go by the first of their buckets that holds anything, equal ones by name', async () => {
  const store = new MemoryStore();
  const lines = (job: string, ...sizes: number[]): Parameters<typeof batch>[1] => [labels({ job }), sizes.map((size, bucket) => entry(startNs + BigInt(bucket) * secondNs, 'x'.repeat(size)))];
  await store.append(batch('t', lines('a', 10, 100), lines('d', 20), lines('c', 20), lines('b', 0, 15), lines('e', 1)));
  const jobs = async (more: Partial<VolumeRequest>): Promise<Array<string | undefined>> => (await volumes(store, { ...request, endNs: startNs + 2n * secondNs, stepNs: secondNs, ...more }, never)).rows.map((row) => row.labels.get('job'));
  assert.deepEqual(await jobs({}), ['c', 'd', 'b', 'a', 'e']);
  assert.deepEqual(await jobs({ limit: 2 }), ['c', 'a']);
  assert.deepEqual(await jobs({ stepNs: undefined }), ['a', 'c', 'd', 'b', 'e']);
});
