import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsObject, labelsText } from '../model/labels';
import { sortedSet, type LabelSet } from '../pipeline/labelSet';
import { origins, type Origin } from '../pipeline/pipeline';
import { seeded, testSeed } from '../text/random';
import { packSets, readSets } from './entrySets';

test('sets read back as they were written, in every form, whatever characters are in them', () => {
  const random = seeded(testSeed);
  const texts = ['', 'a', 'b', 'a=b', 'one two', '"', '\\', '\n', '\u{1f600}', '__proto__', '\ud800'];
  const pick = <Item>(items: readonly Item[]): Item => items[random(items.length)];
  for (let round = 0; round < 200; round++) {
    const sets = Array.from({ length: random(20) }, () => {
      const names = ['a', 'ab', 'constructor', '__proto__', 'z9', 'Z'].filter(() => random(2) === 0);
      return sortedSet(names.map((name) => ({ name, value: pick(texts), origin: pick(origins) })));
    });
    const read = readSets(structuredClone(packSets(sets)));
    assert.equal(read.length, sets.length);
    read.forEach((set, i) => {
      const wanted = sets[i];
      const seed = `round ${round}, set ${i}, SEED=${testSeed}`;
      for (const part of ['all', ...origins] as const) {
        const origin: Origin | undefined = part === 'all' ? undefined : part;
        assert.deepEqual([...set.labels(origin)], [...wanted[part]], seed);
        assert.equal(set.text(origin), labelsText(wanted[part]), seed);
        assert.equal(set.json(origin), JSON.stringify(labelsObject(wanted[part])), seed);
      }
      sets.forEach((other, k) => assert.equal(set.key() === read[k].key(), wanted.identity() === other.identity(), seed));
    });
  }
});

test('equal labels of other origin are told apart', () => {
  const made = (origin: Origin): LabelSet => sortedSet([{ name: 'trace', value: '1', origin }]);
  const [one, other, same] = readSets(packSets([made('structured'), made('parsed'), made('structured')]));
  assert.equal(one.text(), other.text());
  assert.notEqual(one.key(), other.key());
  assert.equal(one.key(), same.key());
});
