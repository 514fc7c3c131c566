import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../bench/random';
import type { Columns } from '../format/columns';
import { keepNew } from './dedup';

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));

interface Line {
  time: number;
  text: string;
}

function columns(lines: Line[]): Columns {
  const offsets = [0];
  lines.forEach(({ text }) => offsets.push(offsets[offsets.length - 1] + text.length));
  return { count: lines.length, times: Float64Array.from(lines, ({ time }) => time), offsets: Uint32Array.from(offsets), text: Buffer.from(lines.map(({ text }) => text).join('')) };
}

test(`an entry is a repeat when its time and its whole line were there before, in runs of any length (seed ${seed})`, () => {
  const random = new Random(seed);
  for (let round = 0; round < 1_000; round++) {
    const times = random.pick([1, 3, 40]);
    const texts = random.pick([2, 30, 1_000]);
    const some = (): Line[] =>
      Array.from({ length: 1 + random.below(60) }, () => ({ time: random.below(times), text: random.pick(['', 'x', 'line ']) + random.below(texts) })).sort((a, b) => a.time - b.time);
    const row = some();
    const others = Array.from({ length: random.below(3) }, some);
    const before = new Set(others.flat().map(({ time, text }) => `${time} ${text}`));
    const expected = row.map(({ time, text }) => {
      const fresh = !before.has(`${time} ${text}`);
      before.add(`${time} ${text}`);
      return Number(fresh);
    });
    const keep = keepNew(columns(row), others.map(columns));
    assert.deepEqual(keep && [...keep], expected.includes(0) ? expected : undefined, `seed ${seed}, round ${round}`);
  }
});
