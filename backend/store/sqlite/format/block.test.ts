import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../bench/random';
import { makeLabels } from '../../../model/labels';
import { packHead, unpackHead } from './block';
import type { Columns } from './columns';
import { packTimes, unpackTimes } from './riceTimes';

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));
const dayLength = 86_400_000_000_000;

function ascending(values: number[]): Float64Array {
  return Float64Array.from(values.sort((a, b) => a - b));
}

const shapes: Record<string, (random: Random) => Float64Array> = {
  'one time': () => Float64Array.of(0),
  'two far apart': () => Float64Array.of(0, dayLength - 1),
  'all equal': () => new Float64Array(500).fill(dayLength - 1),
  'a regular clock': () => Float64Array.from({ length: 700 }, (_, i) => i * 15_000_000_000),
  'nanoseconds': (random) => ascending(Array.from({ length: 900 }, () => Math.floor(random.next() * dayLength))),
  'milliseconds': (random) => ascending(Array.from({ length: 900 }, () => random.below(86_400_000) * 1e6)),
  'a crowd and a straggler': (random) => ascending([...Array.from({ length: 300 }, () => random.below(1000)), dayLength - 1]),
  'a straggler first': (random) => ascending([0, ...Array.from({ length: 300 }, () => dayLength - 1 - random.below(1000))]),
};

for (const [name, make] of Object.entries(shapes)) {
  test(`times come back as they were: ${name}`, () => {
    const times = make(new Random(seed));
    assert.deepEqual(unpackTimes(packTimes(times), times.length), times, `seed ${seed}`);
  });
}

test('random gaps cost little more than their entropy', () => {
  const random = new Random(1);
  const mean = 1_700_000;
  let time = 0;
  const times = Float64Array.from({ length: 5000 }, () => (time += Math.floor(-Math.log(1 - random.next()) * mean)) * 1000);
  const entropyBits = Math.log2(mean * Math.E);
  const bits = (packTimes(times).length * 8) / times.length;
  assert.ok(bits < entropyBits + 0.15, `${bits} bits for ${entropyBits}`);
});

test('columns come back as they were, and cut bytes never read as columns', () => {
  const random = new Random(seed);
  for (let round = 0; round < 30; round++) {
    const count = 1 + random.below(300);
    const offsets = new Uint32Array(count + 1);
    for (let i = 0; i < count; i++) {
      offsets[i + 1] = offsets[i] + random.below(round % 3 === 0 ? 100_000 : 200);
    }
    const columns: Columns = { count, times: shapes.nanoseconds(random).subarray(0, count), offsets, text: new Uint8Array(0) };
    if (random.chance(0.5)) {
      columns.levels = Uint8Array.from({ length: count }, () => 1 + random.below(6));
    }
    if (random.chance(0.5)) {
      columns.metadataSets = [makeLabels([]), makeLabels([['a', 'b']]), makeLabels([['a', 'c']])];
      columns.metadata = Uint32Array.from({ length: count }, (_, i) => (i === 0 ? 1 : random.below(3)));
    }
    const packed = packHead(columns);
    const back = unpackHead(packed);
    assert.deepEqual([back.times, back.offsets, back.levels && Uint8Array.from(back.levels)], [columns.times, columns.offsets, columns.levels], `seed ${seed}`);
    for (let i = 0; i < count && columns.metadata; i++) {
      assert.deepEqual(back.metadataSets![back.metadata![i]], columns.metadataSets![columns.metadata[i]]);
    }
    assert.throws(() => unpackHead(packed.subarray(0, random.below(packed.length))));
  }
});
