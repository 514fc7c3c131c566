import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IdSet } from './idSet';

test('a set of numbers is what a Set of them is', () => {
  const numbers = [0, 1, 31, 32, 63, 65_535, 65_536, 1_000_000, 2 ** 40 + 7, 2 ** 53 - 1];
  const ids = new IdSet();
  for (const id of [...numbers, ...numbers]) {
    ids.add(id);
  }
  assert.equal(ids.size, numbers.length);
  assert.deepEqual([...ids], numbers);
  for (const id of numbers) {
    assert.ok(ids.has(id), String(id));
  }
  for (const id of [2, 30, 33, 65_534, 65_537, 999_999, 2 ** 40 + 8, 2 ** 40 + 7 + 2 ** 32, -1]) {
    assert.ok(!ids.has(id), String(id));
  }
});
