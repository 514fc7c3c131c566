import assert from 'node:assert';
import test from 'node:test';
import { Random } from '../bench/random';
import { noWord, wordIn } from './levelWords';

const words = ['info', 'error', 'err:', 'warning', 'warn:', 'critical:', 'debug:'];

test('level words are found where a plain search finds them, at every place of a line and never beside it', () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = new Random(seed);
  const parts = [...words, ...words.map((word) => word.toUpperCase()), 'Info', 'inf', 'err', 'warn', 'RITICAL:', ' ', '.', 'er', 'in', 'x', '\u00ff'];
  for (let round = 0; round < 20_000; round++) {
    const pick = (): string => random.pick(parts);
    const line = Array.from({ length: random.below(12) }, () => (random.chance(0.4) ? pick() : pick().slice(0, random.below(4)))).join('');
    const before = pick();
    const body = Buffer.from(before + line + pick(), 'latin1');
    const found = wordIn(body, new DataView(body.buffer, body.byteOffset, body.length), before.length, before.length + line.length);
    const expected = words.findIndex((word) => line.includes(word) || line.includes(word.toUpperCase()));
    assert.equal(found, expected < 0 ? noWord : expected, `seed ${seed}: ${JSON.stringify([before, line])}`);
  }
});
