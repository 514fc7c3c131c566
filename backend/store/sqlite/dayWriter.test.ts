import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { DayWriter } from './dayWriter';
import { testFolder } from './testStore';

const dir = testFolder();

test('hot rows that were sealed long ago are forgotten, the oldest first and some thousands at a time, and no others', () => {
  const day = new DayWriter(path.join(dir, '2026-11-22.db'), { tenant: 't', day: 20_779 });
  const ids = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);
  day.seal([], ids(1, 10_000), 1_000);
  day.seal([], ids(10_001, 10), 2_000);
  day.forgetSealed(500);
  assert.ok(day.hasTaken(1));
  day.forgetSealed(1_500);
  assert.deepEqual([1, 8_000, 8_001, 10_000, 10_001].map((id) => day.hasTaken(id)), [false, false, true, true, true]);
  day.forgetSealed(1_500);
  assert.deepEqual([8_001, 10_000, 10_001, 10_010].map((id) => day.hasTaken(id)), [false, false, true, true]);
  day.close();
});
