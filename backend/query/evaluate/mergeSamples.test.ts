import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeLabels } from '../../model/labels';
import type { SampleFragmentResult } from '../fragment';
import { mergeSamples } from './mergeSamples';
import type { MergeRule } from '../range/rangeOps';

/** The answer of a fragment for one series of so many steps. */
function part(app: string, steps: Array<number | undefined>): SampleFragmentResult {
  const values = Float64Array.from(steps, (value) => (value === undefined ? 0 : Number(value)));
  return { series: [{ labels: makeLabels([['app', app]]), values, present: Uint8Array.from(steps, (value) => Number(value !== undefined)) }] } as unknown as SampleFragmentResult;
}

test('parts of different times are put together step by step, the older first; what is no number loses to one', () => {
  const older = [1, 5, NaN, 2, NaN, 7, undefined, undefined];
  const newer = [3, 2, 4, NaN, NaN, undefined, 8, undefined];
  const wanted: Record<MergeRule, Array<number | undefined>> = {
    add: [4, 7, NaN, NaN, NaN, 7, 8, undefined],
    min: [1, 2, 4, 2, NaN, 7, 8, undefined],
    max: [3, 5, 4, 2, NaN, 7, 8, undefined],
    first: [1, 5, NaN, 2, NaN, 7, 8, undefined],
    last: [3, 2, 4, NaN, NaN, 7, 8, undefined],
  };
  for (const [rule, steps] of Object.entries(wanted)) {
    const merged = mergeSamples([part('a', older), part('b', [1]), part('a', newer)], rule as MergeRule);
    assert.deepEqual(merged.map(({ labels, values, present }) => [labels.get('app'), Array.from(values, (value, i) => (present[i] === 1 ? value : undefined))]), [['a', steps], ['b', [1]]], rule);
  }
});
