import assert from 'node:assert/strict';
import test from 'node:test';
import { Random } from '../../../bench/random';
import { compareLabels, makeLabels, type Labels } from '../../../model/labels';
import { compareKeys, labelsOfKey, streamKey } from './streamKey';

const letters = [...'ab"\\],[! é\n\u0001\u001f😀'];

test('keys are in the order of their labels, whatever these are', () => {
  const random = new Random(Number(process.env.SEED ?? 5));
  const text = (): string => Array.from({ length: random.below(4) }, () => random.pick(letters)).join('');
  const sets = Array.from({ length: 400 }, (): Labels => makeLabels(Array.from({ length: random.below(3) }, () => [`a${text()}`, text()])));
  for (const a of sets) {
    for (const b of sets) {
      assert.equal(Math.sign(compareKeys(streamKey(a), streamKey(b))), Math.sign(compareLabels(a, b)), `${streamKey(a)} ${streamKey(b)}`);
    }
  }
  assert.deepEqual(labelsOfKey(streamKey(sets[0])), sets[0]);
});
