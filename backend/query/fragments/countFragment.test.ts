import assert from 'node:assert/strict';
import test from 'node:test';
import { parse } from '../../../src/logql';
import { labels } from '../../store/contract';
import type { CountedSeries, StoreReader } from '../../store/store';
import { defaultLimits, fragmentLimits } from '../budget';
import { runSampleFragment } from './runSampleFragment';

test('a store may have counted more series than a call may have arguments', async () => {
  const counted: CountedSeries[] = Array.from({ length: 200_000 }, (_, i) => ({ stream: labels({ app: 'a', n: String(i) }), level: undefined, lines: Float64Array.of(1), bytes: Float64Array.of(2) }));
  const { expr } = parse('sum by (app) (count_over_time({app="a"}[1h]))');
  assert.ok(expr?.kind === 'vector' && expr.expr.kind === 'range');
  const fragment = {
    kind: 'samples' as const, tenants: ['t'], limits: fragmentLimits(defaultLimits), expr: expr.expr, firstStepNs: 3_600_000_000_000n, stepNs: 60_000_000_000n, steps: 1,
    foldBy: { labels: ['app'], without: false }, count: { by: 'stream' as const, metadataNames: [] },
  };
  const reader = { count: async () => counted } as unknown as StoreReader;
  const { series } = await runSampleFragment(fragment, reader, new AbortController().signal);
  assert.deepEqual(series.map(({ values }) => [...values]), [[200_000]]);
});
