import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { contractDayNs } from '../../backend/store/contract';
import { pushJson, runServer } from '../server/running';
import { missing, startServers } from './servers';

const hourNs = 3_600_000_000_000n;
const streams = 40;
const range = { start: String(contractDayNs), end: String(contractDayNs + 10n * hourNs) };
const told = /^not complete: shard 2 of 2 does not answer, and what lies there is missing$/;

interface Answer {
  warnings?: string[];
  data: { result: Array<{ values?: unknown[]; value?: [number, string] }> } & unknown[];
}

test('answers without a dead or frozen shard: only when allowed, only where a warning can be shown', { skip: missing }, async (context) => {
  const servers = await startServers(2);
  const dir = mkdtempSync(path.join(tmpdir(), 'binocle-partial-'));
  const serve = (name: string, options: string): Promise<string> => runServer(context, ['--store', servers.address('partial', options), '--data', path.join(dir, name)]);
  const [lenient, strict] = [await serve('a', 'partial=allow'), await serve('b', '')];
  context.after(() => {
    servers.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const lines = Array.from({ length: streams }, (_, k) => ({ stream: { app: `app${k}` }, values: Array.from({ length: 10 }, (_unused, i) => [String(contractDayNs + BigInt(i) * hourNs), `line ${k} ${i}`]) }));
  assert.equal((await pushJson(strict, lines)).status, 204);
  const get = async (base: string, url: string, params: Record<string, string>): Promise<{ status: number; text: string }> => {
    const answer = await fetch(`${base}${url}?${new URLSearchParams({ ...range, ...params })}`);
    return { status: answer.status, text: await answer.text() };
  };
  const ask = async (url: string, params: Record<string, string> = {}): Promise<Answer> => {
    const { status, text } = await get(lenient, url, params);
    assert.equal(status, 200, text);
    return JSON.parse(text) as Answer;
  };
  const all = { query: '{app=~".+"}', limit: '1000' };
  const sum = { query: 'sum(count_over_time({app=~".+"}[10h]))', time: String(contractDayNs + 10n * hourNs - 1n) };
  /** Entries of a log query, of a metric query, streams and values of a label. */
  const sizes = async (): Promise<{ sizes: number[]; warnings: Array<string[] | undefined> }> => {
    const [logs, metric, series, values] = [await ask('/loki/api/v1/query_range', all), await ask('/loki/api/v1/query', sum), await ask('/loki/api/v1/series'), await ask('/loki/api/v1/label/app/values')];
    const entries = logs.data.result.reduce((count, { values: own }) => count + own!.length, 0);
    return { sizes: [entries, Number(metric.data.result[0].value![1]), series.data.length, values.data.length], warnings: [logs, metric, series, values].map(({ warnings }) => warnings) };
  };
  const whole = { sizes: [400, 400, streams, streams], warnings: [undefined, undefined, undefined, undefined] };
  assert.deepEqual(await sizes(), whole);
  for (const fault of ['SIGKILL', 'SIGSTOP'] as const) {
    servers.nodes[1].process.kill(fault);
    const part = await sizes();
    assert.equal(part.sizes[0], part.sizes[1], fault);
    part.sizes.forEach((size, i) => assert.ok(size > 0 && size < whole.sizes[i], `${fault}: ${part.sizes.join()}`));
    part.warnings.forEach((warnings) => assert.ok(warnings?.length === 1 && told.test(warnings[0]), `${fault}: ${String(warnings)}`));
    if (fault === 'SIGKILL') {
      assert.equal((await get(strict, '/loki/api/v1/query_range', all)).status, 503, 'not allowed on this server');
      // nowhere to put a warning
      for (const url of ['/loki/api/v1/index/stats', '/loki/api/v1/index/volume', '/loki/api/v1/patterns', '/loki/api/v1/detected_fields', '/loki/api/v1/detected_labels', '/api/prom/query', '/api/prom/label']) {
        assert.equal((await get(lenient, url, all)).status, 503, url);
      }
      await servers.restart(1);
    } else {
      servers.nodes[1].process.kill('SIGCONT');
    }
    for (const started = Date.now(); (await sizes()).sizes[0] < 400; ) {
      assert.ok(Date.now() - started < 15_000, 'whole again');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    assert.deepEqual(await sizes(), whole);
  }
});
