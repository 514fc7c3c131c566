import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { runCorrelateCommand } from '../../backend/correlate/command';
import { installCorrelations } from '../../backend/correlate/grafana';
import { metricCorrelations } from '../../backend/correlate/provision';
import { writers } from './generators';

let folder: string;
before(async () => (folder = await mkdtemp(path.join(tmpdir(), 'binocle-correlate-'))));
after(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, value: unknown): Promise<string> {
  const where = path.join(folder, name);
  await writeFile(where, typeof value === 'string' ? value : JSON.stringify(value));
  return where;
}

async function run(...words: string[]): Promise<{ status: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const status = await runCorrelateCommand(words, { out: { write: (text) => (out += text) }, err: { write: (text) => (err += text) } });
  return { status, out, err };
}

test('map: two files of label sets in, pairs out', async () => {
  const logs = await file('logs.json', ['web1', 'web2', 'db1', 'db2'].map((hostname) => ({ job: 'nginxlogs', hostname })));
  const metrics = await file('metrics.json', ['web1', 'web2', 'db1', 'db2'].map((host) => ({ __name__: 'node_load1', instance: `${host}:9100` })));
  const { status, out } = await run('map', '--logs', logs, `-metrics=${metrics}`);
  assert.equal(status, 0);
  const { pairs } = JSON.parse(out);
  assert.equal(pairs.length, 1);
  const { log, metric, rule, matched, of, score } = pairs[0];
  assert.deepEqual({ log, metric, rule, matched, of }, { log: 'hostname', metric: 'instance', rule: 'without-port', matched: 4, of: 4 });
  assert.ok(score > 0.9 && score <= 1);
});

test('map: the answer of a series endpoint is taken as it is', async () => {
  const logs = await file('answer.json', { status: 'success', data: [{ hostname: 'web1' }] });
  const metrics = await file('answer2.json', { status: 'success', data: [{ instance: 'web1:9100' }] });
  assert.equal(JSON.parse((await run('map', '--logs', logs, '--metrics', metrics)).out).pairs.length, 1);
});

test('rank: the order of rankSeries, with the fields of the contract', async () => {
  const planted = writers.plain(5, { series: 60, steps: 300 });
  const { status, out } = await run('rank', '--target', await file('target.json', planted.target), '--series', await file('series.json', planted.series));
  assert.equal(status, 0);
  const { ranked } = JSON.parse(out);
  assert.equal(ranked[0].metric.series, String(planted.cause));
  assert.equal(ranked[0].lagMs, planted.lagSteps === 0 ? 0 : -planted.lagSteps * 15_000);
  assert.ok(ranked[0].score > ranked[1].score);
  assert.equal(typeof ranked[0].reason, 'string');
});

const misuse: Array<[name: string, words: () => Promise<string[]>, status: number, says: RegExp]> = [
  ['nothing', async () => [], 2, /say map, rank or --prometheus/],
  ['an unknown word', async () => ['guess'], 2, /there is no "guess"/],
  ['a missing flag', async () => ['map', '--logs', 'x'], 2, /--metrics is missing/],
  ['an unknown flag', async () => ['map', '--log', 'x'], 2, /no flag --log here, only --logs, --metrics/],
  ['a missing file', async () => ['map', '--logs', '/nowhere/at/all', '--metrics', '/nowhere'], 1, /cannot read \/nowhere/],
  ['no JSON', async () => ['map', '--logs', await file('a', '{oops'), '--metrics', await file('b', [])], 1, /is not JSON/],
  ['another shape', async () => ['map', '--logs', await file('a', [1]), '--metrics', await file('b', [])], 1, /should hold an array of label sets/],
  ['a value that is no number', async () => ['rank', '--target', await file('a', { stepMs: 1, start: 0, values: ['x'] }), '--series', await file('b', [])], 1, /should hold an object \{"stepMs":15000/],
  ['no address', async () => ['--prometheus', '::nonsense::'], 1, /not a URL/],
  ['a time that is none', async () => ['--prometheus', 'http://127.0.0.1:1', '--since', 'yesterday'], 2, /--since: a duration such as 30m, 2h or 7d is expected, not yesterday/],
];
for (const [name, words, status, says] of misuse) {
  test(`wrong use is told: ${name}`, async () => {
    const result = await run(...(await words()));
    assert.equal(result.status, status, result.err);
    assert.match(result.err, says);
    assert.equal(result.out, '');
  });
}

for (const [since, hours] of [[[], 6], [['--since', '90m'], 1.5], [['--since', '1h30m'], 1.5], [['--since', '2w'], 336], [['--since=-2h'], 2]] as const) {
  test(`${since.join(' ') || 'no --since'} looks ${hours} hours back, as other commands do`, async () => {
    const asked: URLSearchParams[] = [];
    const server = createServer((request, response) => {
      asked.push(new URL(request.url ?? '', 'http://loki').searchParams);
      response.writeHead(500).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const loki = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { status, err } = await run('--prometheus', 'http://127.0.0.1:1', '--loki', loki, ...since);
    server.close();
    assert.equal(status, 1, err);
    assert.deepEqual(asked.map((params) => (Number(params.get('end')) - Number(params.get('start'))) / 3.6e12), [hours]);
  });
}

test('correlations go to Grafana by its API; those of an earlier run are replaced', async () => {
  const calls: string[] = [];
  const pair = { log: 'hostname', metric: 'instance', rule: 'equal' as const };
  const server = createServer((request, response) => {
    calls.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify([
      { uid: 'old', sourceUID: 'prom', targetUID: 'logs', label: 'Logs of this hostname' },
      { uid: 'mine', sourceUID: 'prom', targetUID: 'logs', label: 'hand made' },
      { uid: 'fixed', sourceUID: 'prom', targetUID: 'logs', label: 'Logs of this hostname', provisioned: true },
    ]));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  try {
    const done = await installCorrelations('prom', metricCorrelations([pair], { binocleUid: 'logs' }), { url: `http://127.0.0.1:${port}`, token: 't' }, new AbortController().signal);
    assert.deepEqual(done, { created: 2, removed: 1 });
    assert.deepEqual(calls.map((call) => call.replace('/api/datasources/uid/prom/correlations', '')), ['GET  Bearer t', 'DELETE /old Bearer t', 'POST  Bearer t', 'POST  Bearer t']);
  } finally {
    server.close();
  }
});
