import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../bench/random';
import { parseParserPattern } from './pattern';

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));

/** What the captures `a`, `b`, `c` between these literals are, by the search of strings. */
function captured(literals: string[], line: string): string[] {
  const found: string[] = [];
  let at = 0;
  for (const literal of literals) {
    const next = literal === '' ? -1 : line.indexOf(literal, at);
    found.push(line.slice(at, next < 0 ? line.length : next));
    if (next < 0) {
      return found;
    }
    at = next + literal.length;
  }
  return found;
}

test('captures end where a search of the whole line says, near and far', () => {
  const random = new Random(seed);
  for (let round = 0; round < 3_000; round++) {
    const literals = [random.pick([' ', '" ', 'ab', '--', 'x']), random.pick(['a', ' - ', '""']), random.pick(['', ' ', 'aa'])];
    const pattern = parseParserPattern(`<a>${literals[0]}<b>${literals[1]}<c>${literals[2]}`);
    const line = Array.from({ length: random.below(9) }, () => random.pick([...literals, 'a', 'b', '"', ' ', '-', 'y'.repeat(random.below(150))])).join('');
    const bytes = Buffer.from(`<<${line}>> ab aa`);
    const [starts, ends]: [number[], number[]] = [[], []];
    const count = pattern.match(bytes, 2, 2 + line.length, starts, ends);
    const found = Array.from({ length: count }, (_, i) => bytes.toString('latin1', starts[i], ends[i]));
    assert.deepEqual(found, line === '' ? [] : captured(literals, line), `${JSON.stringify({ literals, line })}, seed ${seed}`);
  }
});
