import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { Random } from '../../../bench/random';
import Database from 'better-sqlite3';
import { filterPasses, GramCollector, gramsOf, matchOf, probesOf } from './grams';
import { prefilterOf } from '../read/prefilter';

const seed = Number(process.env.SEED ?? randomInt(1e9));

/** Asks FTS5 whether words hold all trigrams of a text, as a search does. */
function asker(words: string): { passes(text: Uint8Array): boolean; close(): void } {
  const db = new Database(':memory:');
  db.exec("CREATE VIRTUAL TABLE grams USING fts5 (words, content='', detail=none, columnsize=0, tokenize='ascii')");
  db.prepare('INSERT INTO grams (rowid, words) VALUES (1, ?)').run(words);
  const matching = db.prepare('SELECT rowid FROM grams WHERE grams MATCH ?').pluck();
  return {
    passes: (text) => text.length < 3 || matching.get(matchOf(gramsOf(text))) === 1,
    close: () => db.close(),
  };
}

/** Groups of few ids list their trigrams; in those of many, digits or all hexadecimal digits are one word. */
for (const [name, ids] of [['few ids', 2], ['many ids', 300]] as const) {
  test(`every substring of a group passes its words and its filter: ${name}`, () => {
    const random = new Random(seed);
    const collector = new GramCollector();
    for (let round = 0; round < 30; round++) {
      const lines = Array.from({ length: 50 }, () => `${random.hex(random.below(60))} Wörd "${random.pick(['GET', 'PoSt'])}" ${random.below(1e9)}-${random.hex(32).toUpperCase()}`);
      const more = Array.from({ length: ids }, () => random.hex(32)).join(' ');
      const text = Buffer.from(lines.join(''));
      collector.add(text.subarray(0, text.length >> 1));
      collector.add(text.subarray(text.length >> 1));
      collector.add(Buffer.from(more));
      const { words, filter } = collector.take();
      const group = asker(words);
      for (let i = 0; i < 100; i++) {
        const line = random.pick(lines);
        const start = random.below(line.length);
        const needle = Buffer.from(line.slice(start, start + 1 + random.below(45)));
        // a text is cut in two above; a needle over the cut may lack the grams that cross it
        const at = text.indexOf(needle);
        if (at < text.length >> 1 && at + needle.length > text.length >> 1) {
          continue;
        }
        assert.ok(group.passes(needle), `seed ${seed}: words of ${needle.toString()}`);
        assert.ok(filterPasses(filter, probesOf(needle)), `seed ${seed}: filter of ${needle.toString()}`);
      }
      for (const absent of ['zzz', 'GET nothing', 'Wörd 0x', 'bad']) {
        assert.ok(text.includes(absent) || !group.passes(Buffer.from(`${absent}~`)), `seed ${seed}: ${absent}`);
      }
      group.close();
    }
  });
}

test('texts of any length give exactly their trigrams, and all of their long runs', () => {
  const random = new Random(seed);
  const collector = new GramCollector();
  for (let round = 0; round < 5_000; round++) {
    const alphabet = random.pick(['ab-', 'aB9.', 'abcdefgh0123456789', 'é x']);
    const text = Buffer.from(Array.from({ length: random.below(70) }, () => alphabet[random.below(alphabet.length)]).join(''));
    collector.add(text);
    const { words, filter } = collector.take();
    const message = `seed ${seed}: ${text.toString()}`;
    // a trigram of a family is asked for as `(family OR (word))`
    const wordOf = (gram: number): string => /([a-z0-5]{5})\)*$/.exec(matchOf([gram]))![1];
    assert.deepEqual(words.trim().split(' ').filter(Boolean).sort(), gramsOf(text).map(wordOf).sort(), message);
    for (const run of text.toString('latin1').match(/[a-zA-Z0-9]{12,}/g) ?? []) {
      assert.ok(filterPasses(filter, probesOf(Buffer.from(run))), message);
    }
    assert.ok(/[a-zA-Z0-9]{12,}/.test(text.toString('latin1')) || filter === null, message);
  }
});

test('a group with nearly all trigrams of digits has one word for them, and one with few has those', () => {
  const collector = new GramCollector();
  const wordsFor = (count: number): ReturnType<typeof asker> & { count: number } => {
    collector.add(Buffer.from(Array.from({ length: count }, (_, i) => `<${String(i).padStart(3, '0')}>`).join('')));
    const { words } = collector.take();
    return { ...asker(words), count: words.trim().split(' ').length };
  };
  const all = wordsFor(1000);
  const most = wordsFor(901);
  const some = wordsFor(899);
  assert.ok(all.count < 400 && most.count < 400 && some.count > 900, `${all.count}, ${most.count}, ${some.count} words`);
  assert.deepEqual([all, most, some].map((group) => ['<777>', '777777', '950'].map((text) => group.passes(Buffer.from(text)))), [
    [true, true, true],
    [true, true, true],
    [true, true, false],
  ]);
  for (const group of [all, most, some]) {
    assert.ok(!group.passes(Buffer.from('a7f')));
    group.close();
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
