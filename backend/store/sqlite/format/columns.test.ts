import assert from 'node:assert/strict';
import test from 'node:test';
import { merge, type Columns } from './columns';
import { Copier } from './copier';

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
let state = seed;
const below = (count: number): number => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * count);
};

/** Entries by time; the line says which part and place they came from. */
function part(number: number, times: number[]): Columns {
  const lines = times.map((_, i) => `${number}.${i} ${'x'.repeat(below(40))}`);
  const offsets = [0];
  lines.forEach((line) => offsets.push(offsets[offsets.length - 1] + line.length));
  return { count: times.length, times: Float64Array.from(times), offsets: Uint32Array.from(offsets), text: Buffer.from(lines.join('')), levels: Uint8Array.from(times, () => below(7)) };
}

const entriesOf = ({ count, times, offsets, text, levels }: Columns): Array<[number, string, number]> =>
  Array.from({ length: count }, (_, i) => [times[i], Buffer.from(text.subarray(offsets[i], offsets[i + 1])).toString(), levels![i]]);

test(`parts in any order become one by time, equal times in the order of the parts (seed ${seed})`, () => {
  for (let round = 0; round < 500; round++) {
    const spread = 1 + below(200);
    const parts = Array.from({ length: 2 + below(5) }, (_, number) => {
      const start = below(spread);
      return part(number, Array.from({ length: 1 + below(6) }, () => start + below(4)).sort((a, b) => a - b));
    });
    const expected = parts.flatMap(entriesOf).sort((a, b) => a[0] - b[0]);
    assert.deepEqual(entriesOf(merge(parts)), expected, `seed ${seed}, round ${round}`);
  }
});

test('runs of every length are copied to every place, and nothing beside them', () => {
  const from = Uint8Array.from({ length: 1200 }, (_, i) => 1 + (i % 251));
  for (const length of [0, 1, 3, 4, 15, 16, 17, 31, 100, 511, 512, 513, 600]) {
    for (const [start, at] of [[0, 0], [3, 5], [from.length - length, 7]]) {
      const to = new Uint8Array(at + length + 3);
      assert.equal(new Copier(from, to).copy(start, start + length, at), at + length);
      assert.deepEqual([...to], [...new Array<number>(at).fill(0), ...from.subarray(start, start + length), 0, 0, 0]);
    }
  }
  assert.throws(() => new Copier(from, new Uint8Array(10)).copy(0, 11, 0), RangeError);
  assert.throws(() => new Copier(from, new Uint8Array(2000)).copy(1190, 1210, 0), RangeError);
  assert.throws(() => new Copier(from, new Uint8Array(2000)).copy(600, 1210, 0), RangeError);
});

test('any bytes are copied as they are: also what a processor would take for a number that is none', () => {
  const patterns = [[0xff], [0xf8, 0x7f], [0xf0, 0x7f, 1], [0xf4, 0xff], [0, 0x80], [1, 0, 0, 0, 0, 0, 0xf0, 0x7f], [0, 0, 0, 0, 0, 0, 0xf0, 0xff]];
  for (const pattern of patterns) {
    const from = Uint8Array.from({ length: 120 }, (_, i) => pattern[i % pattern.length]);
    const to = new Uint8Array(120);
    new Copier(from, to).copy(3, 110, 1);
    assert.deepEqual(to.subarray(1, 108), from.subarray(3, 110));
  }
});
