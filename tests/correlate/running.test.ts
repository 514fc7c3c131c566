import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { runCorrelateCommand } from '../../backend/correlate/command';
import { missing, startBinocle, startNodeExporter, startPrometheus, until, type Running } from './processes';

/** The whole command against a real Prometheus that scrapes a real node exporter, and a running Binocle. */

const skip = missing ? `${missing} is not here` : false;
let prometheus: Running;
let binocle: Running;
const running: Running[] = [];

before(async () => {
  if (skip) {
    return;
  }
  const exporter = await startNodeExporter();
  running.push(exporter);
  prometheus = await startPrometheus([
    { job: 'node', address: exporter.address, instance: 'web1:9100' },
    { job: 'node', address: exporter.address, instance: 'web2:9100' },
  ]);
  running.push(prometheus);
  binocle = await startBinocle(['--prometheus', prometheus.url]);
  running.push(binocle);
  const now = BigInt(Date.now()) * 1_000_000n;
  const streams = ['web1', 'web2'].map((hostname) => ({ stream: { job: 'nginxlogs', hostname, env: 'prod' }, values: [[String(now), 'GET / 200']] }));
  const pushed = await fetch(`${binocle.url}/loki/api/v1/push`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ streams }) });
  assert.equal(pushed.status, 204);
  await until('a scrape of both targets', async () => {
    const answer = (await (await fetch(`${prometheus.url}/api/v1/query?query=node_load1`)).json()) as { data: { result: unknown[] } };
    return answer.data.result.length === 2 || undefined;
  });
});

after(async () => {
  for (const one of running.reverse()) {
    await one.stop();
  }
});

async function run(...words: string[]): Promise<{ status: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const status = await runCorrelateCommand(words, { out: { write: (text) => (out += text) }, err: { write: (text) => (err += text) } });
  return { status, out, err };
}

test('--prometheus prints the provisioning of both data sources with the map', { skip }, async () => {
  const { status, out, err } = await run('--prometheus', prometheus.url, '--loki', binocle.url);
  assert.equal(status, 0, err);
  assert.match(out, /^# 0\.\d\d {2}hostname = instance without port: 2 of 2 values meet, e\.g\. web1 ~ web1:9100\n/);
  const [metrics, logs] = parse(out).datasources;
  assert.equal(metrics.type, 'prometheus');
  assert.equal(logs.type, 'binocle-logs-datasource');
  assert.equal(logs.jsonData.prometheusUid, metrics.uid);
  assert.deepEqual(logs.jsonData.correlation.pairs[0], { log: 'hostname', metric: 'instance', rule: 'without-port', side: 'metric' });
  assert.ok(!logs.jsonData.correlation.pairs.some((pair: { log: string }) => pair.log === 'env'), 'a label that nothing on the other side shares');
});

test('--provision adds the correlations that lead from a series to its logs', { skip }, async () => {
  const { status, out } = await run('--provision', '--prometheus', prometheus.url, '--loki', binocle.url, '--binocle-uid', 'logs');
  assert.equal(status, 0);
  const { correlations } = parse(out).datasources[0];
  assert.deepEqual(correlations.map((one: { config: { field: string } }) => one.config.field).slice(0, 2), ['Value', 'instance']);
  assert.equal(correlations[1].targetUID, 'logs');
  // Grafana turns $$ into $.
  assert.equal(correlations[1].config.target.expr, '{hostname="$${key}"}');
  assert.equal(new RegExp(correlations[1].config.transformations[0].expression.replaceAll('$$', '$')).exec('web1:9100')?.[1], 'web1');
});

test('--json gives the evidence', { skip }, async () => {
  const { out } = await run('--prometheus', prometheus.url, '--loki', binocle.url, '--json');
  const { pairs, logSets, metricSets } = JSON.parse(out);
  assert.deepEqual([pairs[0].matched, pairs[0].of, logSets], [2, 2, 2]);
  assert.ok(metricSets > 200, 'a node exporter has hundreds of series');
});

test('the query of the Value correlation finds the lines of its series', { skip }, async () => {
  const { out } = await run('--provision', '--prometheus', prometheus.url, '--loki', binocle.url);
  const expr = parse(out).datasources[0].correlations[0].config.target.expr.replaceAll('$$', '$').replace('${__field.labels.instance}', 'web2:9100');
  const answer = await fetch(`${binocle.url}/loki/api/v1/query_range?${new URLSearchParams({ query: expr })}`);
  assert.equal(answer.status, 200, await answer.clone().text());
  const { data } = (await answer.json()) as { data: { result: Array<{ stream: Record<string, string> }> } };
  assert.deepEqual(data.result.map(({ stream }) => stream.hostname), ['web2']);
});

test('what does not answer is said by its address, without its password', { skip }, async () => {
  const { status, err } = await run('--prometheus', 'http://me:secret@127.0.0.1:1', '--loki', binocle.url);
  assert.equal(status, 1);
  assert.match(err, /http:\/\/127\.0\.0\.1:1\/api\/v1\/query does not answer/);
  assert.doesNotMatch(err, /secret/);
});

test('every Prometheus query of the dashboards is one, and finds the machine', { skip }, async () => {
  const folder = path.resolve(__dirname, '../../provisioning/dashboards');
  const exprs = readdirSync(folder).filter((file) => file.endsWith('.json')).flatMap((file) => {
    const { panels } = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as { panels: Array<{ targets: Array<{ datasource: { type: string }; expr: string }> }> };
    return panels.flatMap(({ targets }) => targets).filter(({ datasource }) => datasource.type === 'prometheus').map(({ expr }) => expr);
  });
  assert.ok(exprs.length >= 3);
  for (const expr of exprs) {
    const query = expr.replaceAll('$hostname', 'web1|web2').replaceAll('$__rate_interval', '30s');
    // A busy machine scrapes late: the answer counts when both hosts have been seen often enough.
    await until(`an answer for both hosts to ${query}`, async () => {
      const response = await fetch(`${prometheus.url}/api/v1/query?${new URLSearchParams({ query })}`);
      const answer = (await response.json()) as { status: string; error?: string; data: { result: Array<{ metric: Record<string, string> }> } };
      assert.equal(answer.status, 'success', answer.error);
      const hosts = new Set(answer.data.result.map(({ metric }) => metric.hostname));
      return (hosts.size === 2 && hosts.has('web1') && hosts.has('web2')) || undefined;
    });
  }
});

async function ask(parameters: Record<string, string>): Promise<{ status: number; body: string }> {
  const response = await fetch(`${binocle.url}/binocle/api/v1/correlate?${new URLSearchParams(parameters)}`);
  return { status: response.status, body: await response.text() };
}

test('the endpoint proposes the map of the running server', { skip }, async () => {
  const { status, body } = await ask({ mode: 'map' });
  assert.equal(status, 200, body);
  assert.deepEqual(JSON.parse(body).pairs[0].rule, 'without-port');
});

test('the endpoint ranks the series of the same machine in few queries', { skip }, async () => {
  await pushBursts();
  const from = String(Date.now() - 45 * 60_000);
  const { status, body } = await ask({ mode: 'rank', query: '{hostname="web1"}', start: from, end: String(Date.now() + 60_000), step: '30s' });
  assert.equal(status, 200, body);
  const { target, ranked, queries, compared, notes } = JSON.parse(body);
  assert.ok(target.values.reduce((a: number, b: number) => a + b, 0) >= 200, 'the log rate is there');
  assert.ok(queries <= 40 && compared > 50, `${queries} queries, ${compared} series`);
  // A Prometheus that has been running for seconds has too few points to rank by; that is said, not guessed over.
  assert.equal(ranked.length, 0);
  assert.match(notes.join(' '), /share fewer than 30 points/);
});

test('the endpoint says which streams and patterns of a series grew', { skip }, async () => {
  const { status, body } = await ask({ mode: 'logs', labels: '{"instance":"web1:9100"}', start: String(Date.now() - 75_000), end: String(Date.now() + 1000) });
  assert.equal(status, 200, body);
  const { selector, streams, patterns } = JSON.parse(body);
  assert.equal(selector, '{hostname="web1"}');
  assert.equal(streams[0].labels.hostname, 'web1');
  assert.ok(streams[0].inside > streams[0].before);
  assert.match(patterns[0].pattern, /GET/);
  const { status: ofQuery, body: same } = await ask({ mode: 'logs', query: '{hostname="web1"} |= "GET"', start: String(Date.now() - 75_000), end: String(Date.now() + 1000) });
  assert.equal(ofQuery, 200, same);
  assert.deepEqual([JSON.parse(same).selector, JSON.parse(same).patterns[0].pattern], [selector, patterns[0].pattern]);
});

const refused: Array<[name: string, parameters: Record<string, string>, says: RegExp]> = [
  ['no query', { mode: 'rank' }, /the parameter query is missing/],
  ['an unknown mode', { mode: 'guess' }, /mode must be map, rank or logs/],
  ['a broken query', { query: '{hostname=' }, /parse error/],
  ['no streams', { query: '{hostname="nobody"}' }, /no streams in this range/],
  ['a source that is not configured', { query: '{hostname="web1"}', prometheus: 'http://169.254.169.254/' }, /there is no data source/],
  ['labels that are none', { mode: 'logs', labels: '[1]' }, /must be a JSON object/],
  ['a dangerous pattern', { query: '{hostname="web1"}', map: '[{"log":"hostname","metric":"instance","rule":"regex","pattern":"a{900}"}]' }, /repeats too much/],
  ['an endless range', { query: '{hostname="web1"}', start: '0', end: '1763800000' }, /longer than 31 days/],
];
for (const [name, parameters, says] of refused) {
  test(`the endpoint refuses ${name}`, { skip }, async () => {
    const { status, body } = await ask(parameters);
    assert.equal(status, 400, body);
    assert.match(body, says);
  });
}

/** Lines of the last minutes, more in every other one. */
async function pushBursts(): Promise<void> {
  const values: string[][] = [];
  for (let minute = 30; minute > 0; minute--) {
    for (let i = 0; i < (minute % 2 ? 20 : 2); i++) {
      values.push([String(BigInt(Date.now() - minute * 60_000 + i * 100) * 1_000_000n), `GET /page/${i} 200 ${i * 7}`]);
    }
  }
  const streams = [{ stream: { job: 'nginxlogs', hostname: 'web1', env: 'prod' }, values }];
  const pushed = await fetch(`${binocle.url}/loki/api/v1/push`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ streams }) });
  assert.equal(pushed.status, 204);
}
