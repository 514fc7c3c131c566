import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Quiet } from './quiet';

test('a process is quiet after ten looks in a row that found little to do, and what is our own does not count', () => {
  const quiet = new Quiet(500);
  let cpuMs = 3_000;
  const look = (spentMs: number): boolean => quiet.look((cpuMs += spentMs));
  assert.equal(look(0), false, 'it has started, which took time');
  const looks = (times: number, spentMs: number): boolean[] => Array.from({ length: times }, () => look(spentMs));
  assert.deepEqual(looks(10, 50), [...Array<boolean>(9).fill(false), true]);
  quiet.discount((cpuMs += 400));
  assert.equal(look(50), true);
  assert.equal(look(100), false, 'a fifth of a core is busy');
  assert.deepEqual(looks(10, 0), [...Array<boolean>(9).fill(false), true]);
});
