import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findLabelMap, type ProposedPair } from '../../src/correlate/map';
import { cases, type Case } from './labelSets';

const named = (pair: ProposedPair) => `${pair.log}=${pair.metric}`;

/** What was missed, what was wrong, and how many were right. */
function judge({ logs, metrics, expect, may = [] }: Case): { right: number; missed: string[]; wrong: string[] } {
  const pairs = findLabelMap(logs, metrics);
  const fits = (wanted: string, pair: ProposedPair) => wanted === named(pair) || wanted === `${named(pair)}:${pair.rule}`;
  const missed = expect.filter((wanted) => !pairs.some((pair) => fits(wanted, pair)));
  const wrong = pairs.filter((pair) => ![...expect, ...may].some((wanted) => fits(wanted, pair))).map((pair) => `${named(pair)}:${pair.rule} ${pair.score}`);
  return { right: expect.length - missed.length, missed, wrong };
}

test('label sets of the known exporters: precision and recall', (t) => {
  let [right, missed, wrong] = [0, 0, 0];
  for (const one of cases) {
    const result = judge(one);
    right += result.right;
    missed += result.missed.length;
    wrong += result.wrong.length;
    if (result.missed.length + result.wrong.length > 0) {
      t.diagnostic(`${one.name}: missed [${result.missed.join(', ')}], wrong [${result.wrong.join(', ')}]`);
    }
  }
  const precision = right / (right + wrong);
  const recall = right / (right + missed);
  t.diagnostic(`${cases.length} pairs of label sets: precision ${precision.toFixed(3)} (${wrong} wrong), recall ${recall.toFixed(3)} (${missed} missed)`);
  assert.ok(cases.length >= 30);
  assert.equal(wrong, 0, 'pairs proposed that no person would draw');
  assert.equal(missed, 0, 'pairs missed');
});
