import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Random } from './generators';
import { missing, startBinocle, startPrometheus, type Running } from './processes';

/** "Which metric moved?" from end to end: a real Prometheus with two hours of a machine's past, and a Binocle with its logs. */

const skip = missing ? `${missing} is not here` : false;
const stepS = 15;
const steps = 480;
const lagSteps = 2;
const endS = Math.floor(Date.now() / 1000 / stepS) * stepS;
const startS = endS - steps * stepS;
let prometheus: Running;
let binocle: Running;

before(async () => {
  if (skip) {
    return;
  }
  const random = new Random(42);
  const load = red(random, 0.85);
  prometheus = await startPrometheus([], history(random, load));
  binocle = await startBinocle(['--prometheus', prometheus.url]);
  await push('web1', Array.from(load, (_, i) => random.poisson(3 * Math.exp(0.7 * load[Math.max(0, i - lagSteps)]))));
  await push('web2', Array.from(load, () => random.poisson(3)));
});

after(async () => {
  await binocle?.stop();
  await prometheus?.stop();
});

function red(random: Random, phi: number): Float64Array {
  let x = random.normal();
  return Float64Array.from({ length: steps }, () => (x = phi * x + Math.sqrt(1 - phi * phi) * random.normal()));
}

/** Gauges and counters of two machines; on web1 the load is the cause, a memory gauge moves against it, and a counter rises evenly. */
function history(random: Random, load: Float64Array): string {
  const metrics: Array<{ name: string; type: 'gauge' | 'counter'; values: Map<string, Float64Array> }> = [];
  const add = (name: string, type: 'gauge' | 'counter', of: (host: string) => Float64Array) =>
    metrics.push({ name, type, values: new Map(['web1', 'web2'].map((host) => [host, of(host)])) });
  const total = (rate: Float64Array) => {
    let sum = 1e6;
    return rate.map((value) => (sum += Math.exp(value / 2)));
  };
  add('node_load1', 'gauge', (host) => (host === 'web1' ? load : red(random, 0.85)).map((value) => 2 + value));
  add('node_time_seconds', 'gauge', () => Float64Array.from({ length: steps }, (_, i) => startS + i * stepS));
  add('node_boot_seconds', 'counter', () => Float64Array.from({ length: steps }, (_, i) => i * stepS));
  for (let i = 0; i < 20; i++) {
    add(`node_gauge_${i}`, 'gauge', () => red(random, 0.5 + 0.02 * i));
    add(`node_events_${i}`, 'counter', () => total(red(random, 0.9)));
  }
  const lines = metrics.flatMap(({ name, type, values }) => [
    `# TYPE ${name} ${type}`,
    ...[...values].flatMap(([host, column]) => Array.from(column, (value, i) => `${name}${type === 'counter' ? '_total' : ''}{instance="${host}:9100",job="node"} ${value} ${startS + i * stepS}`)),
  ]);
  return `${lines.join('\n')}\n# EOF\n`;
}

async function push(hostname: string, counts: number[]): Promise<void> {
  const values = counts.flatMap((count, i) => Array.from({ length: count }, (_, k) => [String(BigInt((startS + (i - 1) * stepS) * 1000 + 1 + k) * 1_000_000n), `level=error msg="upstream timed out" n=${k}`]));
  const response = await fetch(`${binocle.url}/loki/api/v1/push`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ streams: [{ stream: { job: 'shop', hostname }, values }] }) });
  assert.equal(response.status, 204, await response.text());
}

async function ask(parameters: Record<string, string>) {
  const response = await fetch(`${binocle.url}/binocle/api/v1/correlate?${new URLSearchParams({ start: String(startS), end: String(endS), ...parameters })}`);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return JSON.parse(text);
}

for (const errors of ['false', 'true']) {
  test(`the load that moved is first, with its lag (errors only: ${errors})`, { skip }, async () => {
    const { ranked, pairs, compared, queries, target } = await ask({ query: '{hostname="web1"} |= "timed out"', step: '15s', baseline: 'false', errors });
    assert.equal(pairs[0].metric, 'instance');
    assert.deepEqual(ranked[0].metric, { __name__: 'node_load1', instance: 'web1:9100', job: 'node' });
    assert.ok(Math.abs(ranked[0].lagMs + lagSteps * stepS * 1000) <= stepS * 1000, `lag ${ranked[0].lagMs}`);
    assert.match(ranked[0].reason, errors === 'true' ? /^node_load1\{instance=web1:9100, job=node\} rose (15|30|45) s before the errors, (very strong|strong|moderate) agreement \(0\.\d+ of 1\)$/ : /before the log rate/);
    assert.equal(ranked[0].query, 'node_load1{instance="web1:9100", job="node"}');
    assert.equal(ranked[0].values.length, target.values.length);
    assert.ok(ranked[0].significant && !ranked[1].significant, 'the others are chance, and said to be');
    assert.ok(ranked.every((one: { metric: { instance: string } }) => one.metric.instance === 'web1:9100'), 'only series of the same machine');
    // 43 metrics of one machine: counted, described and fetched in a handful of questions.
    assert.ok(compared >= 40 && compared <= 43 && queries <= 5, `${compared} series in ${queries} queries`);
  });
}

test('an even counter and a clock are not in the list', { skip }, async () => {
  const { ranked } = await ask({ query: '{hostname="web1"}', step: '15s', baseline: 'false', limit: '200' });
  const names = ranked.map((one: { metric: { __name__: string } }) => one.metric.__name__);
  assert.ok(!names.includes('node_boot_seconds_total') && !names.includes('node_time_seconds'), names.join(' '));
});

test('the time before the range is compared with when it is asked for', { skip }, async () => {
  const { insideFrom, target, ranked } = await ask({ query: '{hostname="web1"}', step: '15s', start: String(endS - 3600), baseline: 'true' });
  assert.equal(insideFrom, 240);
  assert.equal(target.values.length, 481);
  assert.equal(ranked[0].metric.__name__, 'node_load1');
});

test('a caller that goes away stops the questions', { skip }, async () => {
  const gone = new AbortController();
  const asked = fetch(`${binocle.url}/binocle/api/v1/correlate?${new URLSearchParams({ query: '{hostname="web1"}', start: String(startS), end: String(endS) })}`, { signal: gone.signal });
  gone.abort();
  await assert.rejects(asked, { name: 'AbortError' });
  assert.equal((await fetch(`${binocle.url}/ready`)).status, 200);
});
