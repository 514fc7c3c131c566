import assert from 'node:assert/strict';
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
  binocle = await startBinocle();
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
