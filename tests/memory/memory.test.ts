import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { corpusNs, corpusStartNs } from '../../backend/bench/corpus';
import { BenchServer } from '../../backend/bench/process';
import { pushCorpus } from '../../backend/bench/push';

/** The default of --memory-max. */
const ceilingBytes = 256 * 1024 * 1024;
const dir = mkdtempSync(path.join(os.tmpdir(), 'binocle-memory-'));

describe('the ceiling of memory', { skip: process.platform !== 'linux' && 'resident memory is read from /proc' }, () => {
  let server: BenchServer;

  before(async () => {
    const { v8Flags, mallocSettings } = await import('../../scripts/launch.mjs');
    server = await BenchServer.start(path.join('backend', 'dist', 'main.js'), dir, [], { flags: v8Flags, env: mallocSettings });
  });

  after(async () => {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const holds = (): void => {
    const peak = server.peakBytes();
    assert.ok(peak <= ceilingBytes, `${(peak / 1024 / 1024).toFixed(0)} MB of resident memory, the ceiling is ${ceilingBytes / 1024 / 1024}`);
    server.resetPeak();
  };

  test('pushes at full speed', async () => {
    await pushCorpus([server.url], 200_000);
    holds();
  });

  test('lines of a megabyte', async () => {
    const line = 'x'.repeat(200_000);
    for (let round = 0; round < 12; round++) {
      const values = Array.from({ length: 4 }, (_, i) => [String(corpusStartNs + BigInt(round * 10 + i)), `${round} ${i} ${line}`]);
      const response = await fetch(`${server.url}/loki/api/v1/push`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ streams: [{ stream: { job: 'long' }, values }] }) });
      assert.ok([204, 429].includes(response.status), await response.text());
    }
    holds();
  });

  const ask = async (query: string, more: Record<string, string> = {}): Promise<number> => {
    const params = new URLSearchParams({ query, start: String(corpusStartNs), end: String(corpusStartNs + corpusNs), ...more });
    const response = await fetch(`${server.url}/loki/api/v1/query_range?${params}`);
    await response.text();
    return response.status;
  };

  test('queries that select everything, or group by a field of many values', async () => {
    const statuses = [
      await ask('{job=~".+"}', { limit: '5000' }),
      await ask('{job=~".+"} | json | logfmt', { limit: '1000' }),
      await ask('sum by (trace_id) (count_over_time({job="app"} | json [5m]))', { step: '300' }),
    ];
    assert.ok(statuses.every((status) => status === 200 || status === 400 || status === 429), String(statuses));
    holds();
  });

  test('twenty of them at once', async () => {
    const statuses = await Promise.all(
      Array.from({ length: 20 }, (_, i) => ask(i % 2 ? '{job=~".+"} |= "e"' : 'sum by (level) (count_over_time({job="app"} | json [5m]))', { limit: '1000', step: '600' }))
    );
    assert.ok(statuses.every((status) => [200, 400, 429, 503].includes(status)), String(statuses));
    holds();
  });
});
