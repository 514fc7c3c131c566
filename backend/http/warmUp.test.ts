import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeStreamEntries } from '../model/entry';
import { makeLabels } from '../model/labels';
import { MemoryStore } from '../store/memory';
import { defaultLimits } from './budget';
import type { FragmentResult, FragmentRunner } from './fragment';
import { runFragment } from './runFragment';
import { warmUp } from './warmUp';

const startNs = 1_795_176_000_000_000_000n;
const endNs = startNs + 86_400_000_000_000n;

test('warming up reads logs and samples on every thread, and none of it fails', async () => {
  const store = new MemoryStore();
  const line = Buffer.from('{"status":"500"}');
  await store.append({ tenant: 't', streams: makeStreamEntries(makeLabels([['app', 'x']]), [{ tsNs: endNs - 1n, line }]) });
  const results: FragmentResult[] = [];
  const runner: FragmentRunner = {
    parallel: 2,
    run: async (fragment, signal) => {
      const result = await runFragment(structuredClone(fragment), store, signal);
      results.push(result);
      return result;
    },
  };
  await warmUp(runner, [{ tenant: 't', startNs, endNs }], defaultLimits);
  const found = results.map((result) => (result.kind === 'log' ? result.lines.length : result.series.length));
  assert.deepEqual(found, [0, 0, 1, 1, 1, 1, 1, 1, 0, 0]);
});
