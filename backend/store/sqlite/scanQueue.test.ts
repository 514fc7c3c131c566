import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ScanQueue, type Item } from './scanQueue';

const item = (bound: number, more: Partial<Item> = {}): Item => ({ bound, block: true, exempt: false, id: bound, stream: 7, min: bound, max: bound + 5, ...more });

function drain(queue: ScanQueue): Item[] {
  const all: Item[] = [];
  for (let next = queue.pop(); next; next = queue.pop()) {
    all.push(next);
  }
  return all;
}

describe('the queue of a scan', () => {
  for (const backward of [true, false]) {
    test(`gives items ${backward ? 'from the youngest' : 'from the oldest'}, as they were put in`, () => {
      const queue = new ScanQueue(backward);
      const items = [item(30), item(10, { block: false, stream: '["a","b"]', exempt: true }), item(20, { exempt: true }), item(86_399_999_999_999), item(0, { stream: 2 ** 33 })];
      items.forEach((one) => queue.add(one));
      const expected = [...items].sort((a, b) => (backward ? b.bound - a.bound : a.bound - b.bound));
      assert.deepEqual(drain(queue), expected);
      assert.equal(queue.pop(), undefined);
    });
  }

  test('what comes back waits for its new turn', () => {
    const queue = new ScanQueue(true);
    [50, 40, 30, 20, 10].forEach((bound) => queue.add(item(bound)));
    const first = queue.pop()!;
    first.bound = 25;
    assert.ok(queue.hasBefore(25) && !queue.hasBefore(40));
    queue.giveBack(first);
    const second = queue.pop()!;
    second.bound = 5;
    queue.giveBack(second);
    assert.equal(queue.givenBack, 2);
    assert.deepEqual(drain(queue).map(({ bound, id }) => [bound, id]), [[30, 30], [25, 50], [20, 20], [10, 10], [5, 40]]);
    assert.ok(!queue.hasBefore(-1));
  });

  test('an empty queue has nothing', () => {
    const queue = new ScanQueue(false);
    assert.ok(!queue.hasBefore(1e9));
    assert.equal(queue.pop(), undefined);
  });
});
