import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseQuery } from '../../run';
import { makePlan } from '../planner';

const secondNs = 1_000_000_000n;

/** Steps of each run of a query over some hours, for two threads. */
function runsOf(query: string, hours: number, stepS: number): number[] {
  const startNs = 1_795_176_000n * secondNs;
  const endNs = startNs + BigInt(hours * 3_600) * secondNs;
  const plan = makePlan(parseQuery(query), { startNs, endNs, stepNs: BigInt(stepS) * secondNs, direction: 'backward', limit: 100, intervalNs: 0, parallel: 2 });
  assert.ok(plan.kind === 'metric');
  return plan.runs.map(({ count }) => count);
}

test('steps are shared among threads, but not those of a day that the store has counted by the minute', () => {
  const counted = 'sum by (job) (count_over_time({job=~".+"}[1m]))';
  assert.deepEqual(runsOf(counted, 24, 60), [1_441]);
  assert.deepEqual(runsOf(`${counted} / ${counted}`, 24, 300), [289]);
  assert.deepEqual(runsOf(counted, 48, 120), [721, 720], 'more than a day');
  assert.deepEqual(runsOf(counted, 2, 30), [121, 120], 'a part of a minute');
  assert.deepEqual(runsOf('sum (count_over_time({job=~".+"}[90s]))', 2, 60), [61, 60], 'windows of a part of a minute');
  assert.deepEqual(runsOf('sum (count_over_time({job=~".+"} |= "error" [1m]))', 2, 60), [61, 60], 'lines have to be read');
  assert.deepEqual(runsOf(`${counted} / sum (count_over_time({job=~".+"} |= "error" [1m]))`, 2, 60), [61, 60], 'lines of one side have to be read');
});
