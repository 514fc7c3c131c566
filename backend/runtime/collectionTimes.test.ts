import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CollectionTimes } from './collectionTimes';

test('garbage is looked for near the ceiling, and not again where nothing was found', () => {
  const times = new CollectionTimes(1_000, 750);
  const asked: Array<[ms: number, bytes: number, due: boolean]> = [
    [0, 700, false],
    [50, 760, true],
    [100, 890, false], // too soon after the last
    [900, 890, true],
    [2_000, 890, false], // nothing was found, and nothing came
    [9_000, 920, true], // urgent
    [9_100, 950, false],
    [9_800, 950, true],
    [10_000, 780, false],
    [20_000, 815, false],
    [20_050, 825, true], // grown since it was lowest
  ];
  for (const [ms, bytes, due] of asked) {
    assert.equal(times.due(bytes, ms), due, `${bytes} at ${ms}`);
  }
});

test('a process at rest gives back what it has grown by, once', () => {
  const times = new CollectionTimes(1_000, 750);
  assert.equal(times.due(200, 0, true), false);
  assert.equal(times.due(500, 50), false, 'it is busy');
  assert.equal(times.due(320, 100, true), false, 'too little');
  assert.equal(times.due(500, 150, true), true);
  assert.equal(times.due(500, 2_000, true), false, 'all of it lives');
  assert.equal(times.due(300, 2_050, true), false);
  assert.equal(times.due(430, 2_100, true), true);
});

test('a thread whose collections take long works longer in between', () => {
  const times = new CollectionTimes(1_000, 200);
  assert.equal(times.due(950, 0), true);
  times.took(0, 10);
  assert.equal(times.due(950, 199), false);
  assert.equal(times.due(950, 200), true);
  times.took(200, 300);
  assert.equal(times.due(950, 1_099), false);
  assert.equal(times.due(950, 1_100), true);
});
