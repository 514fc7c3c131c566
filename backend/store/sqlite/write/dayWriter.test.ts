import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { labels } from '../../contract';
import type { Columns } from '../format/columns';
import { DayWriter, type SealPart } from './dayWriter';
import { streamKey } from '../format/streamKey';
import { testFolder } from '../testStore';

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

/** Lines of so many bytes of one stream. */
function part(app: string, count: number, bytes: number): SealPart {
  const offsets = Uint32Array.from({ length: count + 1 }, (_, i) => i * bytes);
  const columns: Columns = { count, times: Float64Array.from({ length: count }, (_, i) => i), offsets, text: Buffer.alloc(count * bytes, 'x') };
  return { key: streamKey(labels({ app })), columns };
}

const open = (name: string): DayWriter => new DayWriter(path.join(dir, `${name}.db`), { tenant: 't', day: 20_779 });
const number = (day: DayWriter, sql: string): number => day.db.prepare(sql).pluck().get() as number;

test('after a write that failed no stream goes by a number that was not written down', () => {
  const day = open('failed');
  assert.throws(() => day.seal([part('a', 1, 10)], ['not a number' as unknown as number], 0));
  day.seal([part('b', 1, 10)], [], 0);
  day.seal([part('a', 1, 10), part('b', 1, 10)], [], 0);
  const apps = day.db.prepare('SELECT labels FROM blocks JOIN streams ON streams.id = stream ORDER BY blocks.id').pluck().all();
  assert.deepEqual(apps, ['b', 'a', 'b'].map((app) => streamKey(labels({ app }))));
  day.close();
});

test('texts are packed anew in steps of a few megabytes, until all are', () => {
  const day = open('dense');
  day.seal([part('a', 36, 256 * 1024)], [], 0);
  let steps = 0;
  while (day.densify()) {
    steps++;
  }
  assert.equal(steps, 3);
  assert.equal(number(day, "SELECT value FROM meta WHERE key = 'dense'"), number(day, 'SELECT max(id) FROM blocks'));
  day.close();
});

test('small blocks are merged in steps of a few megabytes, until none is left', () => {
  const day = open('small');
  for (let i = 0; i < 100; i++) {
    day.seal([part(i < 90 ? 'a' : 'b', 1, 60_000)], [], 0);
  }
  assert.ok(day.mergeSmall(8));
  assert.equal(number(day, 'SELECT count(*) FROM blocks WHERE bytes = 60000'), 30);
  assert.ok(!day.mergeSmall(30));
  while (day.mergeSmall(2)) {
    assert.equal(number(day, 'SELECT sum(count) FROM blocks'), 100);
  }
  assert.equal(number(day, 'SELECT count(*) FROM blocks WHERE bytes = 60000'), 0);
  assert.equal(number(day, 'SELECT count(*) FROM groups'), number(day, 'SELECT count(DISTINCT grp) FROM blocks'));
  day.close();
});
