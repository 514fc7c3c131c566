import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { Random } from '../../bench/random';
import { filterPasses, GramCollector, probesOf, wordsOf } from './grams';
import { prefilterOf } from './prefilter';

const seed = Number(process.env.SEED ?? randomInt(1e9));

test('every substring of a group passes its words and its filter', () => {
  const random = new Random(seed);
  const collector = new GramCollector();
  for (let round = 0; round < 30; round++) {
    const lines = Array.from({ length: 50 }, () => `${random.hex(random.below(60))} Wörd "${random.pick(['GET', 'PoSt'])}" ${random.below(1e9)}-${random.hex(32).toUpperCase()}`);
    const text = Buffer.from(lines.join(''));
    collector.add(text.subarray(0, text.length >> 1));
    collector.add(text.subarray(text.length >> 1));
    const { words, filter } = collector.take();
    const all = new Set(words.split(' '));
    for (let i = 0; i < 300; i++) {
      const line = random.pick(lines);
      const start = random.below(line.length);
      const needle = Buffer.from(line.slice(start, start + 1 + random.below(45)));
      // a text is cut in two above; a needle over the cut may lack the grams that cross it
      const at = text.indexOf(needle);
      if (at < text.length >> 1 && at + needle.length > text.length >> 1) {
        continue;
      }
      assert.ok(wordsOf(needle).every((word) => all.has(word)), `seed ${seed}: words of ${needle.toString()}`);
      assert.ok(filterPasses(filter, probesOf(needle)), `seed ${seed}: filter of ${needle.toString()}`);
    }
  }
});

test('a whole id that is not there is refused by the filter nearly always', () => {
  const random = new Random(seed);
  const collector = new GramCollector();
  collector.add(Buffer.from(Array.from({ length: 3000 }, () => `id=${random.hex(32)} `).join('')));
  const { filter } = collector.take();
  const passed = Array.from({ length: 1000 }, () => filterPasses(filter, probesOf(Buffer.from(random.hex(32))))).filter(Boolean).length;
  assert.ok(passed < 50, `seed ${seed}: ${passed} of 1000 passed`);
});

test('short, negative and many-sided hints give no prefilter', () => {
  const any = (...texts: string[]): { kind: 'any'; texts: string[]; ignoreCase: boolean } => ({ kind: 'any', texts, ignoreCase: false });
  assert.equal(prefilterOf([]), undefined);
  assert.equal(prefilterOf([any('ab')]), undefined);
  assert.equal(prefilterOf([any('abc', 'x')]), undefined);
  assert.equal(prefilterOf([any()]), undefined);
  assert.equal(prefilterOf([{ kind: 'none', texts: ['abcdef'], ignoreCase: false }]), undefined);
  assert.equal(prefilterOf([any('ABC')])?.match, prefilterOf([any('abc')])?.match);
  assert.equal(prefilterOf([any(...Array.from({ length: 1000 }, (_, i) => `text ${i}`))]), undefined);
});
