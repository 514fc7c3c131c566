import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeptHeaders, type HeaderRow } from './keptHeaders';

/** Blocks of ten streams, each of which lasts from its number to ten more, in groups of four. */
const rowsOf = (count: number): HeaderRow[] => Array.from({ length: count }, (_, i): HeaderRow => [i + 1, Math.floor(i / 4), i % 10, i, i + 10, 5, 500]);

/** A file of so many blocks; `reads` gathers how many rows were asked for. */
function file(count: number): { read: (max: number) => HeaderRow[]; reads: number[] } {
  const reads: number[] = [];
  return { reads, read: (max) => (reads.push(max), rowsOf(count).slice(0, max)) };
}

test('headers are found by time, group and stream', () => {
  const table = new KeptHeaders().of({}, file(100).read)!;
  const ids = (wanted: Parameters<typeof table.find>[0]): number[] => [...table.find(wanted)].map(({ id }) => id);
  assert.equal(ids({ from: 0, to: 1e9 }).length, 100);
  assert.deepEqual(ids({ from: 50, to: 51 }), [41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51]);
  assert.deepEqual(ids({ from: 50, to: 51, groups: new Set([11]) }), [45, 46, 47, 48]);
  assert.deepEqual(ids({ from: 50, to: 51, groups: new Set([11]), streams: new Set([6]) }), [47]);
  assert.deepEqual([...table.find({ from: 109, to: 110 })], [{ id: 100, grp: 24, stream: 9, min: 99, max: 109, count: 5, bytes: 500 }]);
});

test('few headers are read once, many at the second question about the same state, too many twice', () => {
  const kept = new KeptHeaders(5_000);
  const ask = (count: number): { answers: boolean[]; reads: number[] } => {
    const state = {};
    const { read, reads } = file(count);
    return { answers: [1, 2, 3].map(() => kept.of(state, read) !== undefined), reads };
  };
  assert.deepEqual(ask(2_000), { answers: [true, true, true], reads: [2_001] });
  assert.deepEqual(ask(2_001), { answers: [false, true, true], reads: [2_001, 5_001] });
  assert.deepEqual(ask(5_001), { answers: [false, false, false], reads: [2_001, 5_001] });
});

test('what was not asked for longest goes first, and is read again', () => {
  const kept = new KeptHeaders(2_500);
  const [first, second, third] = [file(1_000), file(1_000), file(1_000)];
  const [a, b, c] = [{}, {}, {}];
  kept.of(a, first.read);
  kept.of(b, second.read);
  kept.of(a, first.read);
  kept.of(c, third.read);
  kept.of(a, first.read);
  kept.of(b, second.read);
  assert.deepEqual([first.reads.length, second.reads.length, third.reads.length], [1, 2, 1]);
});

test('days that do not fit together are not read again and again, and a new one takes the room of the oldest', () => {
  const kept = new KeptHeaders(9_000);
  const days = [file(4_000), file(4_000), file(4_000)].map((day) => ({ ...day, state: {} }));
  const ask = (asked: typeof days): boolean[] => asked.map(({ state, read }) => kept.of(state, read) !== undefined);
  ask(days);
  for (let question = 0; question < 5; question++) {
    assert.deepEqual(ask(days), [true, true, false]);
  }
  assert.deepEqual(days.map(({ reads }) => reads), [[2_001, 9_001], [2_001, 5_001], [2_001]]);
  const today = { ...file(4_000), state: {} };
  assert.deepEqual([...ask([today]), ...ask([today])], [false, true]);
  assert.deepEqual(ask(days), [false, true, false]);
});

test('what is forgotten makes room', () => {
  const kept = new KeptHeaders(2_000);
  const [old, other] = [{}, {}];
  const { read, reads } = file(1_500);
  kept.of(old, read);
  kept.forget(old);
  kept.forget(old);
  const beside = file(500);
  kept.of(other, beside.read);
  kept.of({}, read);
  kept.of(other, beside.read);
  assert.deepEqual([reads.length, beside.reads.length], [2, 1]);
});
