import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { pushJson, runServer } from './running';

/** Several tenants in one question: what one of them may not do, nobody does by naming another beside. */

const config = `
auth_enabled: true
querier: {multi_tenant_queries_enabled: true}
overrides:
  strict:
    max_entries_limit_per_query: 5
    max_query_series: 1
    minimum_labels_number: 2
    volume_enabled: false
`;

const dir = mkdtempSync(path.join(os.tmpdir(), 'binocle-tenants-'));
const ends: Array<() => unknown> = [];
after(async () => {
  await Promise.all(ends.map((end) => end()));
  rmSync(dir, { recursive: true, force: true });
});

let base: string;
before(async () => {
  const file = path.join(dir, 'loki.yaml');
  writeFileSync(file, config);
  base = await runServer({ after: (end) => ends.push(end as () => unknown) }, [`-config.file=${file}`, '--data', dir]);
  for (const tenant of ['free', 'strict']) {
    const streams = ['1', '2'].map((n) => ({ stream: { app: 'a', n }, values: [[String(BigInt(Date.now()) * 1_000_000n), 'k=v']] }));
    assert.equal((await pushJson(base, streams, { 'x-scope-orgid': tenant })).status, 204);
  }
});

async function ask(tenants: string, at: string, params: Record<string, string>): Promise<{ status: number; text: string }> {
  const response = await fetch(`${base}/loki/api/v1/${at}?${new URLSearchParams(params)}`, { headers: { 'x-scope-orgid': tenants } });
  return { status: response.status, text: await response.text() };
}

const both = '{app="a", n=~".+"}';
const questions: Array<[at: string, params: Record<string, string>, status: number, says: RegExp]> = [
  ['query_range', { query: both, limit: '50' }, 400, /max entries limit/],
  ['query_range', { query: '{app="a"}', limit: '5' }, 400, /less label matchers than required/],
  ['query', { query: `sum by (n) (count_over_time(${both}[5m]))` }, 200, /maximum of series \(1\) reached/],
  ['detected_fields', { query: both, line_limit: '50' }, 400, /max entries limit/],
  ['index/volume', { query: both }, 404, /volume is disabled/],
];
for (const [at, params, status, says] of questions) {
  test(`${at} ${params.query}`, async () => {
    const free = await ask('free', at, params);
    assert.equal(free.status, 200, free.text);
    assert.doesNotMatch(free.text, says);
    const together = await ask('free|strict', at, params);
    assert.equal(together.status, status, together.text);
    assert.match(together.text, says);
  });
}
