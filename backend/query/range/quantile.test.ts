import assert from 'node:assert';
import test from 'node:test';
import { FragmentBudget } from '../budget';
import { Panes } from './panes';
import { slideQuantile } from './quantile';
import { SampleBuffer } from './sampleBuffer';

const limits = { bytesMax: 0, cellsMax: 10_000, textBytesMax: 0 };

/** Samples by second, from 1; a window ends every `step` seconds and is `range` seconds long. */
function quantiles(q: number, samples: number[], step: number, range: number): number[] {
  const steps = Math.floor(samples.length / step);
  const panes = new Panes(BigInt(step) * 1_000_000_000n, BigInt(step) * 1_000_000_000n, steps, range * 1e9);
  const buffer = new SampleBuffer(new FragmentBudget(limits), false);
  const locate = panes.locator(0n);
  // The newest first, so that the buffer has to sort.
  [...samples.keys()].reverse().forEach((i) => {
    const pane = locate((i + 1) * 1e9);
    if (pane >= 0) {
      buffer.add(pane, samples[i], 0);
    }
  });
  buffer.sort(panes.count);
  const values = new Float64Array(steps);
  slideQuantile(q, buffer, panes, values, new Uint8Array(steps));
  return [...values];
}

const cases: Array<[q: number, samples: number[], step: number, range: number, expected: number[]]> = [
  [0.5, [3, 1, 2, 9, 7, 8], 3, 3, [2, 8]],
  [0.5, [3, 1, 2, 9, 7, 8], 1, 3, [3, 2, 2, 2, 7, 8]],
  [0.5, [1, 2, 3, 4], 4, 4, [2.5]],
  [0.5, [1, 2, 3, 4], 2, 1, [2, 4]],
  [0, [5, NaN, 4], 3, 3, [NaN]],
  [1, [5, NaN, 4], 3, 3, [5]],
  [0.5, [5, NaN, 4], 3, 9, [4]],
  [0.5, [5, NaN, 4], 1, 2, [5, NaN, NaN]],
  [0.5, [-Infinity, 1, Infinity], 3, 3, [NaN]], // the upper neighbour counts with weight 0, and 0 * Infinity is NaN, as in Loki
  [0.5, [-Infinity, 1, 2], 3, 3, [1]],
  [2, [1], 1, 1, [Infinity]],
  [-1, [1], 1, 1, [-Infinity]],
];

for (const [q, samples, step, range, expected] of cases) {
  test(`quantile ${q} of ${samples.join()} every ${step} over ${range}`, () => assert.deepEqual(quantiles(q, samples, step, range), expected));
}
