import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seeded, testSeed } from '../../../text/random';
import { ScanQueue, type Item } from './scanQueue';

/** The part of the day that is asked about. */
const from = 15;
const to = 86_399_000_000_000;

/** Something of one moment. */
const item = (time: number, more: Partial<Item> = {}): Item => ({ bound: time, block: true, exempt: false, id: time, stream: 7, min: time, max: time, ...more });

function drain(queue: ScanQueue): Item[] {
  const all: Item[] = [];
  for (let next = queue.pop(); next; next = queue.pop()) {
    all.push(next);
  }
  return all;
}

describe('the queue of a scan', () => {
  const items = [
    item(30),
    item(20, { block: false, stream: '["a","b"]', exempt: true }),
    item(30, { id: 31 }),
    item(25, { exempt: true, max: 40 }),
    item(60, { stream: 2 ** 33 }),
    item(3, { max: 86_399_999_999_999, stream: 8 }),
  ];

  for (const [direction, ids, bounds] of [['backward', [3, 60, 25, 30, 31, 20], [to - 1, 60, 40, 30, 30, 20]], ['forward', [3, 20, 25, 30, 31, 60], [from, 20, 25, 30, 30, 60]]] as const) {
    test(`gives items ${direction}, as they were put in, by what of them lies in the range; of equal ones the first`, () => {
      const queue = new ScanQueue(direction === 'backward', from, to);
      items.forEach((one) => queue.add(one));
      assert.equal(queue.size, items.length);
      assert.deepEqual(drain(queue), ids.map((id, i) => ({ ...items.find((one) => one.id === id)!, bound: bounds[i] })));
      assert.equal(queue.pop(), undefined);
    });
  }

  test('many come in order', () => {
    const below = seeded(testSeed);
    const queue = new ScanQueue(true, 0, to);
    const times = Array.from({ length: 5_000 }, () => below(1_000));
    times.forEach((time, id) => queue.add(item(time, { id })));
    const expected = times.map((time, id) => ({ time, id })).sort((a, b) => b.time - a.time || a.id - b.id);
    assert.deepEqual(drain(queue).map(({ bound, id }) => ({ time: bound, id })), expected, `seed ${testSeed}`);
  });

  test('what comes back waits for its new turn', () => {
    const queue = new ScanQueue(true, 0, to);
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
    const queue = new ScanQueue(false, 0, to);
    assert.ok(!queue.hasBefore(1e9));
    assert.equal(queue.pop(), undefined);
  });
});
