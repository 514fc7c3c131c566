import assert from 'node:assert';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import test from 'node:test';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { WebSocket } from 'ws';
import type { TailFrame } from '../../src/wire';
import { pushJson, queryLines, queryStreams, runServer } from './running';

/** The HTTP API against a running server: what goes in, what comes out, and how wrong requests are answered. */

const nowNs = (): bigint => BigInt(Date.now()) * 1_000_000n;
const json = { 'content-type': 'application/json' };
const at = '1795176000000000000';
const range = { start: '1795175000000000000', end: '1795177000000000000' };

function bodyOf(...lines: string[]): string {
  return JSON.stringify({ streams: [{ stream: { app: 'a' }, values: lines.map((line, i) => [String(BigInt(at) + BigInt(i)), line]) }] });
}

type Body = NonNullable<RequestInit['body']>;

async function post(url: string, body: Body, headers: Record<string, string>): Promise<{ status: number; text: string; headers: Headers }> {
  const response = await fetch(url, { method: 'POST', body, headers });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

test('push: encodings, and 204 without a body', async (context) => {
  const base = await runServer(context);
  const url = `${base}/loki/api/v1/push`;
  const sent: Array<[string, Body, Record<string, string>]> = [
    ['plain', bodyOf('plain'), { 'content-type': 'application/json; charset=utf-8' }],
    ['gzip', gzipSync(bodyOf('gzip')), { ...json, 'content-encoding': 'gzip' }],
    ['deflate', deflateRawSync(bodyOf('deflate')), { ...json, 'content-encoding': 'deflate' }],
    ['zlib', deflateSync(bodyOf('zlib')), { ...json, 'content-encoding': 'deflate' }],
  ];
  for (const [name, body, headers] of sent) {
    assert.deepStrictEqual([name, (await post(url, body, headers)).status], [name, 204]);
  }
  assert.deepStrictEqual((await queryLines(base, '{app="a"}', range)).sort(), ['deflate', 'gzip', 'plain', 'zlib']);
});

test('push: what is refused, and how', async (context) => {
  const base = await runServer(context, [], (config) => (config.pushBytesMax = 1_000_000));
  const url = `${base}/loki/api/v1/push`;
  const bomb = gzipSync(Buffer.alloc(50_000_000, ' '));
  const refused: Array<[string, Body, Record<string, string>, number, RegExp]> = [
    ['nothing in it', '{"streams":[]}', json, 422, /^error at least one valid stream is required for ingestion\n$/],
    ['no type', Buffer.from('x'), { 'content-type': '' }, 400, /^mime: no media type/],
    ['unknown encoding', 'x', { ...json, 'content-encoding': 'br' }, 400, /^Content-Encoding "br" not supported/],
    ['broken gzip', 'x', { ...json, 'content-encoding': 'gzip' }, 400, /^gzip: /],
    ['bomb', bomb, { ...json, 'content-encoding': 'gzip' }, 413, /^request body too large/],
    ['too large', 'x'.repeat(1_000_001), json, 413, /^request body too large: 1000001 bytes, limit: 1000000 bytes/],
    ['not protobuf', 'hello', { 'content-type': 'application/x-protobuf' }, 400, /snappy/],
    ['not JSON', '{"streams":[{]}', json, 400, /^invalid JSON at byte/],
  ];
  for (const [name, body, headers, status, text] of refused) {
    const answer = await post(url, body, headers);
    assert.deepStrictEqual([name, answer.status], [name, status]);
    assert.match(answer.text, text, name);
    assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; charset=utf-8/);
  }
  assert.strictEqual((await post(url, '{"streams":[{"stream":{"app":"a"},"values":[]}]}', json)).status, 204, 'a stream without entries is no mistake');
  const partial = await post(url, JSON.stringify({ streams: [{ stream: { app: 'a' }, values: [[at, 'kept'], ['99999999999999999', 'in 1973'], [String(nowNs() * 2n), 'far ahead']] }] }), json);
  assert.strictEqual(partial.status, 400);
  assert.match(partial.text, /has timestamp too new/);
  assert.deepStrictEqual(await queryLines(base, '{app="a"}', range), ['kept']);
  assert.strictEqual((await fetch(`${base}/ready`)).status, 200);
});

test('what nobody serves answers as Go does', async (context) => {
  const base = await runServer(context);
  for (const path of ['/', '/loki/api/v1/nothing', '/explore']) {
    const response = await fetch(base + path, { redirect: 'manual' });
    if (path !== '/explore') {
      assert.deepStrictEqual([response.status, await response.text()], [404, '404 page not found\n']);
    }
  }
});

test('a path that is served under other methods answers 405; two slashes count as one', async (context) => {
  const base = await runServer(context);
  const cases: Array<[string, string, string]> = [
    ['PUT', '/loki/api/v1/push', 'POST'], ['GET', '/loki/api/v1/push', 'POST'], ['DELETE', '/loki/api/v1/labels', 'GET, POST'], ['PATCH', '/loki/api/v1/label/app/values', 'GET, POST'],
    ['POST', '/ready', 'GET'], ['PATCH', '/loki/api/v1/delete', 'POST, PUT, GET, DELETE'],
  ];
  for (const [method, path, allow] of cases) {
    const response = await fetch(base + path, { method });
    assert.deepStrictEqual([method, path, response.status, response.headers.get('allow'), await response.text()], [method, path, 405, allow, '']);
  }
  assert.strictEqual((await post(`${base}//loki//api/v1/push`, bodyOf('one'), json)).status, 204);
  assert.deepStrictEqual(await queryLines(`${base}/`, '{app="a"}', range), ['one']);
});

test('a request as it is sent to a proxy is served', async (context) => {
  const { port } = new URL(await runServer(context));
  const statuses = ['http://loki.example/ready', 'http://loki.example:3100//loki/api/v1/labels?start=1', 'HTTP://loki.example/nothing'].map(async (path) => {
    const [response] = (await once(get({ port, path }), 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  });
  assert.deepStrictEqual(await Promise.all(statuses), [200, 200, 404]);
});

test('who stores rules is told that there is no ruler', async (context) => {
  const base = await runServer(context);
  for (const [method, path] of [['POST', '/loki/api/v1/rules/ns'], ['DELETE', '/loki/api/v1/rules/ns'], ['DELETE', '/loki/api/v1/rules/ns/group'], ['POST', '/api/prom/rules/ns']]) {
    const response = await fetch(base + path, { method });
    assert.deepStrictEqual([path, response.status, response.headers.get('allow'), await response.text()], [path, 405, 'GET', 'Binocle has no ruler: alerting and recording rules over logs are kept in Grafana\n']);
  }
});

test('series are found by matchers that also fit streams without the label', async (context) => {
  const base = await runServer(context);
  await pushJson(base, ['a', 'b'].map((app) => ({ stream: { app }, values: [[at, 'one']] })));
  const seriesOf = async (selector: string): Promise<string[]> => {
    const response = await fetch(`${base}/loki/api/v1/series?${new URLSearchParams({ 'match[]': selector, ...range })}`);
    return ((await response.json()) as { data: Array<{ app: string }> }).data.map(({ app }) => app);
  };
  assert.deepStrictEqual(await seriesOf('{app=~".*"}'), ['a', 'b']);
  assert.deepStrictEqual(await seriesOf('{app!="a"}'), ['b']);
  assert.deepStrictEqual(await seriesOf('{app=""}'), []);
  assert.deepStrictEqual(await seriesOf('{no!~"x.*"}'), ['a', 'b']);
  const labels = await fetch(`${base}/loki/api/v1/labels?${new URLSearchParams({ query: '{app=~".*"}', ...range })}`);
  assert.deepStrictEqual([labels.status, /^parse error : queries require at least one/.test(await labels.text())], [400, true]);
});

test('GET and POST forms, times in every form, wrong parameters in Loki’s words', async (context) => {
  const base = await runServer(context);
  await post(`${base}/loki/api/v1/push`, bodyOf('one'), json);
  const query = '{app="a"}';
  for (const [start, end] of [['1795175999', '1795176001'], ['1795175999.5', '1795176000.5'], ['2026-11-20T11:59:59Z', '2026-11-20T13:00:01.000000001+01:00'], ['1795175999000000000', '1795176001000000000']]) {
    assert.deepStrictEqual(await queryLines(base, query, { start, end }), ['one'], start);
  }
  const steps = (await (await fetch(`${base}/loki/api/v1/query_range?${new URLSearchParams({ query: '1', start: '0', end: '2', step: '1.0007' })}`)).json()) as { data: { result: Array<{ values: Array<[number, string]> }> } };
  assert.deepStrictEqual(steps.data.result[0].values, [[0, '1'], [1, '1'], [2, '1']], 'a step is whole milliseconds');
  const posted = await post(`${base}/loki/api/v1/query_range`, new URLSearchParams({ query, ...range }), {});
  assert.match(posted.text, /"one"/);
  assert.strictEqual(posted.headers.get('content-type'), 'application/json; charset=UTF-8');
  const long = `{app="a"} != "${'{'.repeat(130_000)}"`;
  assert.deepStrictEqual(await queryLines(base, long, range), ['one'], 'a query as long as may be, in the URL');
  const wrong: Array<[string, RegExp]> = [
    ['query_range?query={app="a"}&start=5&end=3', /^end timestamp must not be before or equal to start time$/],
    ['query_range?query={app="a"}&limit=0', /^limit must be a positive value$/],
    ['query_range?query={app="a"}&limit=5001', /^max entries limit per query exceeded, limit > max_entries_limit_per_query \(5001 > 5000\)$/],
    ['query_range?query={app="a"}&direction=up', /^invalid direction 'up'$/],
    ['query_range?query={app="a"}&start=x', /^could not parse 'start' parameter: strconv.ParseInt: parsing "x": invalid syntax$/],
    ['query_range?query=rate({app="a"}[1m])&step=-1', /^zero or negative query resolution step/],
    ['query_range?query=rate({app="a"}[1m])&step=NaN', /^zero or negative query resolution step/],
    ['query_range?query=rate({app="a"}[1m])&step=-Inf', /^cannot parse "-Inf" to a valid duration. It overflows int64$/],
    ['query_range?query={app="a"}&limit=99999999999999999999', /^strconv.Atoi: parsing "99999999999999999999": value out of range$/],
    ['query_range?query={app="a"}&end=9999999999999999999', /^could not parse 'end' parameter: strconv.ParseInt: parsing "9999999999999999999": value out of range$/],
    ['query_range?query=rate({app="a"}[1m])&start=0&end=1000000&step=1', /^exceeded maximum resolution of 11,000 points/],
    ['query_range?query={app="a"', /^parse error at line 1, col 9: syntax error/],
    ['query?query={app="a"}', /^log queries are not supported as an instant query type/],
    ['query_range?query={app="a"}&start=1700000000&end=1795176000', /^the query time range exceeds the limit \(query length: 26437h46m40s, limit: 30d1h\)$/],
    ['index/volume?query={app="a"} |= "x"', /^only label matchers are supported$/],
    ['index/volume?limit=-1', /^limit must be a positive value$/],
    ['index/stats?start=5&end=3', /^end timestamp must not be before or equal to start time$/],
    ['detected_labels?start=5&end=3', /^end timestamp must not be before or equal to start time$/],
    ['labels?start=5&end=3', /^end timestamp must not be before or equal to start time$/],
    ['label/app/values?start=5&end=3', /^end timestamp must not be before or equal to start time$/],
    ['series?start=5&end=3', /^end timestamp must not be before or equal to start time$/],
    ['detected_fields?query={app="a"}&step=0', /^zero or negative query resolution step/],
    ['tail?query={app="a"', /^parse error at line 1, col 9: syntax error/],
    ['tail?query={app="a"}&delay_for=6', /^delay_for can't be greater than 5$/],
    ['tail?query={app="a"}', /^Bad Request\n$/],
    ['detected_fields?query=rate({app="a"}[1m])', /^only log selector is supported$/],
  ];
  for (const [path, text] of wrong) {
    const response = await fetch(`${base}/loki/api/v1/${path.replaceAll(' ', '+').replace('+1970', ' ')}`);
    assert.strictEqual(response.status, 400, path);
    assert.match(await response.text(), text, path);
  }
});

test('answers: categorized labels, gzip, legacy, stats', async (context) => {
  const base = await runServer(context);
  await pushJson(base, [{ stream: { app: 'a' }, values: [[at, 'k=1', { trace: 't1' }], ['1795176000000000001', 'k=2', { trace: 't2' }]] }]);
  const params = new URLSearchParams({ query: '{app="a"} | logfmt', ...range, direction: 'forward' });
  const answer = await fetch(`${base}/loki/api/v1/query_range?${params}`, { headers: { 'x-loki-response-encoding-flags': 'categorize-labels', 'accept-encoding': 'gzip' } });
  assert.strictEqual(answer.headers.get('content-encoding'), 'gzip');
  const { data } = (await answer.json()) as { data: { encodingFlags: string[]; result: unknown; stats: { summary: { totalLinesProcessed: number } } } };
  assert.deepStrictEqual(data.encodingFlags, ['categorize-labels']);
  assert.deepStrictEqual(data.result, [{
    stream: { app: 'a', service_name: 'a' },
    values: [
      [at, 'k=1', { structuredMetadata: { detected_level: 'unknown', trace: 't1' }, parsed: { k: '1' } }],
      ['1795176000000000001', 'k=2', { structuredMetadata: { detected_level: 'unknown', trace: 't2' }, parsed: { k: '2' } }],
    ],
  }]);
  assert.strictEqual(data.stats.summary.totalLinesProcessed, 2);
  const legacy = (await (await fetch(`${base}/api/prom/query?${new URLSearchParams({ query: '{app="a"}', regexp: 'k=1', ...range })}`)).json()) as { streams: unknown };
  assert.deepStrictEqual(legacy.streams, [{ labels: '{app="a", detected_level="unknown", service_name="a", trace="t1"}', entries: [{ ts: '2026-11-20T12:00:00Z', line: 'k=1' }] }]);
  assert.deepStrictEqual(await (await fetch(`${base}/api/prom/label?${new URLSearchParams(range)}`)).json(), { values: ['app', 'service_name'] });
  assert.deepStrictEqual(await (await fetch(`${base}/loki/api/v1/label/none/values`)).json(), { status: 'success' });
});

test('tenants never meet, except where a query names several', async (context) => {
  const base = await runServer(context, ['-auth.enabled=true'], (config) => (config.multiTenantQueries = true));
  const as = (tenant: string): Record<string, string> => ({ 'x-scope-orgid': tenant });
  for (const tenant of ['a', 'b']) {
    assert.strictEqual((await pushJson(base, [{ stream: { app: 'x' }, values: [[at, `of ${tenant}`]] }], as(tenant))).status, 204);
  }
  const lines = async (tenant: string, query = '{app="x"}'): Promise<string[]> => (await queryStreams(base, query, range, as(tenant))).flatMap(({ values }) => values.map(([, line]) => line)).sort();
  assert.deepStrictEqual(await lines('a'), ['of a']);
  assert.deepStrictEqual(await lines('b'), ['of b']);
  assert.deepStrictEqual(await lines('a|b'), ['of a', 'of b']);
  assert.deepStrictEqual(await lines('a|b', '{app="x", __tenant_id__="b"}'), ['of b']);
  const [first] = await queryStreams(base, '{app="x"}', range, as('a|b'));
  assert.strictEqual(first.stream.__tenant_id__, 'a');
  const volume = (await (await fetch(`${base}/loki/api/v1/index/volume?${new URLSearchParams({ query: '{app="x"}', ...range })}`, { headers: as('a|b') })).json()) as { data: { result: unknown } };
  assert.deepStrictEqual(volume.data.result, [{ metric: { app: 'x' }, value: [1795177000, '8'] }], 'volumes add up');
  const refused: Array<[Record<string, string>, number, string]> = [[{}, 401, 'no org id'], [as('a|b'), 400, 'multiple org IDs present'], [as('..'), 400, "tenant ID is '.' or '..'"], [as('a/b'), 400, `tenant ID 'a/b' contains unsupported character '/'`]];
  for (const [headers, status, text] of refused) {
    const answer = await pushJson(base, [], headers);
    assert.deepStrictEqual([answer.status, (await answer.text()).trim()], [status, text]);
  }
  const deleted = await post(`${base}/binocle/api/v1/delete?${new URLSearchParams({ query: '{app="x"}', start: '1700000000' })}`, '', as('a'));
  assert.deepStrictEqual(JSON.parse(deleted.text), { deleted: 1 });
  assert.deepStrictEqual([await lines('a'), await lines('b')], [[], ['of b']]);
});

test('who names no tenant is told so before anything else, as in Loki', async (context) => {
  const base = await runServer(context, ['-auth.enabled']);
  const reads = ['query_range?limit=-1', 'query?time=x', 'series?match={', 'label/a/values?start=x', 'index/stats?query={', 'index/volume?query={', 'index/shards?query={', 'patterns?query={', 'detected_labels?query={', 'detected_fields?query={', 'detected_field/x/values?query={', 'tail?query={'];
  const asked = [...reads.map((path) => `/loki/api/v1/${path}`), '/api/prom/query?limit=-1', '/api/prom/series?match={', '/api/prom/label?start=x', '/api/prom/tail?query={'];
  const answers = asked.map(async (path) => {
    const response = await fetch(base + path);
    return [path, response.status, (await response.text()).trim()];
  });
  assert.deepStrictEqual(await Promise.all(answers), asked.map((path) => [path, 401, 'no org id']));
  const form = await fetch(`${base}/loki/api/v1/query_range`, { method: 'POST', body: new URLSearchParams({ limit: '-1' }) });
  const deletion = await fetch(`${base}/loki/api/v1/delete`, { method: 'DELETE' });
  const formatted = await fetch(`${base}/loki/api/v1/format_query?query={a="b"}`);
  assert.deepStrictEqual([form.status, deletion.status, formatted.status], [401, 401, 200]);
});

test('limits of a tenant: rate with 429, streams, blocked ingestion, blocked queries', async (context) => {
  const base = await runServer(context, [], ({ limits }) => {
    Object.assign(limits, {
      ingest: { ...limits.ingest, ingestionRateBytes: 100, ingestionBurstBytes: 100, maxStreams: 1 },
      server: { ...limits.server, query: { ...limits.server.query, blocked: (query: string) => query.includes('forbidden') } },
    });
  });
  const push = (app: string, line: string) => pushJson(base, [{ stream: { app }, values: [[String(nowNs()), line]] }]);
  assert.strictEqual((await push('a', 'short')).status, 204);
  const second = await push('b', 'short');
  assert.strictEqual(second.status, 429);
  assert.match(await second.text(), /^Maximum active stream limit exceeded when trying to create stream \{app="b", service_name="b"\}/);
  const large = await push('a', 'x'.repeat(101));
  assert.deepStrictEqual([large.status, large.headers.get('retry-after')], [429, '1']);
  assert.match(await large.text(), /^Ingestion rate limit exceeded for user fake \(limit: 100 bytes\/sec\) while attempting to ingest '1' lines totaling '101' bytes/);
  const blocked = await fetch(`${base}/loki/api/v1/query_range?${new URLSearchParams({ query: '{app="forbidden"}' })}`);
  assert.deepStrictEqual([blocked.status, await blocked.text()], [400, 'query blocked by policy']);
  const metrics = await (await fetch(`${base}/metrics`)).text();
  assert.match(metrics, /loki_discarded_samples_total\{(tenant="fake",)?reason="rate_limited"(,tenant="fake")?\} 2/);
  assert.match(metrics, /loki_distributor_lines_received_total\{tenant="fake"\} 1/);
  assert.match(metrics, /loki_request_duration_seconds_count\{.*route="loki_api_v1_push".*status_code="429".*\} 2/);
});

async function tail(base: string, path: string, act: () => Promise<unknown>, frames: number): Promise<Array<TailFrame & Record<string, unknown>>> {
  const socket = new WebSocket(base.replace('http', 'ws') + path);
  const got: Array<TailFrame & Record<string, unknown>> = [];
  const enough = new Promise<void>((resolve, reject) => {
    socket.on('message', (data) => {
      got.push(JSON.parse(String(data)) as TailFrame & Record<string, unknown>);
      if (got.length === frames) {
        resolve();
      }
    });
    socket.on('error', reject);
  });
  await new Promise((resolve) => socket.once('open', resolve));
  await act();
  await enough;
  socket.close();
  return got;
}

test('tail: catches up, follows, filters, and sends nothing twice', async (context) => {
  const base = await runServer(context);
  const first = nowNs();
  const push = (line: string, i: number) => pushJson(base, [{ stream: { app: 't' }, values: [[String(first + BigInt(i)), line]] }]);
  await push('old no', 1);
  await push('old yes', 2);
  const query = encodeURIComponent('{app="t"} |= "yes"');
  let n = 10;
  const frames = await tail(base, `/loki/api/v1/tail?query=${query}`, async () => {
    for (const line of ['new yes 1', 'new no', 'new yes 2']) {
      await push(line, n++);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }, 3);
  const lines = frames.flatMap(({ streams }) => streams.flatMap(({ values }) => values.map(([, line]) => line)));
  assert.deepStrictEqual(lines, ['old yes', 'new yes 1', 'new yes 2']);
  const [legacy] = await tail(base, `/api/prom/tail?query=${query}&limit=1`, async () => undefined, 1);
  assert.deepStrictEqual(legacy.streams as unknown, [{ labels: '{app="t", detected_level="unknown", service_name="t"}', entries: [{ ts: (legacy.streams as unknown as Array<{ entries: Array<{ ts: string }> }>)[0].entries[0].ts, line: 'new yes 2' }] }]);
});

test('tail: lines carry their structured metadata, with and without stages', async (context) => {
  const base = await runServer(context);
  const push = () => pushJson(base, [{ stream: { app: 'm' }, values: [[String(nowNs()), 'error', { pod: 'p1' }]] }]);
  for (const query of ['{app="m"}', '{app="m"} |= "error"']) {
    const frames = await tail(base, `/loki/api/v1/tail?start=${Date.now() / 1000 + 1}&query=${encodeURIComponent(query)}`, push, 1);
    assert.deepStrictEqual(frames[0].streams[0].stream, { app: 'm', detected_level: 'error', pod: 'p1', service_name: 'm' });
  }
});

test('tail: refusals before the handshake', async (context) => {
  const base = await runServer(context, [], ({ limits }) => Object.assign(limits, { server: { ...limits.server, concurrentTailsMax: 0 } }));
  const refusal = (path: string): Promise<[number | undefined, string]> =>
    new Promise((resolve) => {
      const socket = new WebSocket(base.replace('http', 'ws') + path);
      socket.on('error', () => undefined);
      socket.on('unexpected-response', (_request, response) => response.on('data', (data) => resolve([response.statusCode, String(data)])));
    });
  assert.deepStrictEqual(await refusal('/loki/api/v1/tail?query={app="a"}&delay_for=6'), [400, "delay_for can't be greater than 5"]);
  assert.deepStrictEqual(await refusal('/loki/api/v1/tail?query=rate({app="a"}[1m])'), [400, 'only log queries can be tailed']);
  assert.deepStrictEqual((await refusal('/nothing'))[0], 404);
});

test('tail: so many at a time as the tenant may have; who ends makes room', async (context) => {
  const base = await runServer(context, [], ({ limits }) => Object.assign(limits, { server: { ...limits.server, concurrentTailsMax: 1 } }));
  const open = async (): Promise<WebSocket | undefined> => {
    const socket = new WebSocket(`${base.replace('http', 'ws')}/loki/api/v1/tail?query={app="a"}`);
    return new Promise((resolve, reject) => {
      socket.on('error', () => undefined);
      socket.on('open', () => resolve(socket));
      socket.on('unexpected-response', (_request, response) => (response.statusCode === 400 ? resolve(undefined) : reject(new Error(String(response.statusCode)))));
    });
  };
  const first = await open();
  assert.ok(first);
  assert.strictEqual(await open(), undefined);
  first.close();
  let next: WebSocket | undefined;
  for (let tries = 0; !next; tries++) {
    assert.ok(tries < 500, 'there is no room');
    await new Promise((resolve) => setTimeout(resolve, 10));
    next = await open();
  }
  assert.strictEqual(await open(), undefined);
  next.close();
});

test('tail: ends after its longest time, and says so', async (context) => {
  const base = await runServer(context, [], ({ limits }) => Object.assign(limits, { server: { ...limits.server, tailDurationMsMax: 20 } }));
  const socket = new WebSocket(`${base.replace('http', 'ws')}/loki/api/v1/tail?query={app="a"}`);
  const [code, reason] = await new Promise<[number, string]>((resolve) => socket.on('close', (status, text) => resolve([status, String(text)])));
  assert.deepStrictEqual([code, reason], [1011, 'reached tail max duration limit']);
});

test('delete: done and counted when answered, with Loki’s answers', async (context) => {
  const base = await runServer(context);
  await post(`${base}/loki/api/v1/push`, bodyOf('secret 1', 'keep', 'secret 2'), json);
  const remove = (params: Record<string, string>) => post(`${base}/loki/api/v1/delete?${new URLSearchParams(params)}`, '', {});
  const query = '{app="a"} |= "secret"';
  const foreign = await post(`${base}/loki/api/v1/delete?${new URLSearchParams({ query, start: '1795175000' })}`, '', { origin: 'https://example.com' });
  assert.strictEqual(foreign.status, 403);
  for (const [params, text] of [[{ query }, 'start time not set'], [{ start: '1795175000' }, 'query not set'], [{ query, start: '5' }, 'invalid start time: require unix seconds or RFC3339 format'], [{ query, start: '1795175000', end: '4102444800' }, 'deletes in the future are not allowed'], [{ query, start: '1795175001', end: '1795175000' }, "start time can't be greater than end time"], [{ query: '{}', start: '1795175000' }, 'parse error : queries require at least one regexp or equality matcher that does not have an empty-compatible value. For instance, app=~".*" does not meet this requirement, but app=~".+" will']] as Array<[Record<string, string>, string]>) {
    const answer = await remove(params);
    assert.deepStrictEqual([answer.status, answer.text], [400, text]);
  }
  const done = await remove({ query, start: '1795175000', end: '1795177000' });
  assert.deepStrictEqual([done.status, done.headers.get('x-binocle-deleted-lines')], [204, '2']);
  assert.deepStrictEqual(await queryLines(base, '{app="a"}', range), ['keep']);
  const [item] = (await (await fetch(`${base}/loki/api/v1/delete`)).json()) as Array<Record<string, unknown>>;
  assert.deepStrictEqual([item.query, item.status, item.deleted_lines, item.start_time], [query, 'processed', 2, 1795175000]);
  const cancel = (id: unknown) => fetch(`${base}/loki/api/v1/delete?request_id=${id}`, { method: 'DELETE' }).then((response) => response.status);
  assert.deepStrictEqual([await cancel(item.request_id), await cancel('none'), await cancel('')], [400, 404, 400]);
  await post(`${base}/loki/api/v1/push`, bodyOf('secret 3'), json);
  const second = await remove({ query: '{app="a"}', start: '1795176000', end: '1795176000' });
  assert.strictEqual(second.headers.get('x-binocle-deleted-lines'), '1', 'start and end of the range belong to it, the next nanosecond does not');
  assert.deepStrictEqual(await queryLines(base, '{app="a"}', range), ['keep']);
});

test('receipts: a push that was taken before is acknowledged and not stored again', async (context) => {
  const base = await runServer(context);
  const push = (sequence: number, line: string) => post(`${base}/loki/api/v1/push`, JSON.stringify({ streams: [{ stream: { app: 'a' }, values: [[at, line]] }] }), { ...json, 'x-binocle-agent': 'agent-1', 'x-binocle-sequence': String(sequence), 'x-binocle-state': '%7B%7D' });
  assert.deepStrictEqual([(await push(1, 'one')).status, (await push(1, 'again')).status, (await push(2, 'two')).status], [204, 204, 204]);
  assert.deepStrictEqual((await queryLines(base, '{app="a"}', range)).sort(), ['one', 'two']);
  assert.deepStrictEqual(await (await fetch(`${base}/binocle/api/v1/receipt?agent=agent-1`)).json(), { agent: 'agent-1', sequence: 2, state: '{}' });
  assert.deepStrictEqual(await (await fetch(`${base}/binocle/api/v1/receipt?agent=other`)).json(), { agent: 'other', sequence: 0, state: '' });
});

test('patterns, volumes, detected fields and labels', async (context) => {
  const base = await runServer(context);
  await post(`${base}/loki/api/v1/push`, bodyOf('user 1 logged in from 10.0.0.1', 'user 22 logged in from 10.0.0.2', 'level=error took=5ms'), json);
  const get = async (path: string, params: Record<string, string>): Promise<Record<string, unknown>> => (await (await fetch(`${base}/loki/api/v1/${path}?${new URLSearchParams({ ...range, ...params })}`)).json()) as Record<string, unknown>;
  const { data } = (await get('patterns', { query: '{app="a"}', step: '60' })) as unknown as { data: Array<{ pattern: string; level: string; samples: unknown }> };
  assert.deepStrictEqual(data[0], { pattern: 'user <_> logged in from <_>', level: 'unknown', samples: [[1795176000, 2]] });
  assert.deepStrictEqual((await queryLines(base, '{app="a"} |> "user <_> logged in from <_>"', range)).length, 2);
  const volume = (await get('index/volume', { query: '{app="a"}' })) as unknown as { data: { result: unknown } };
  assert.deepStrictEqual(volume.data.result, [{ metric: { app: 'a' }, value: [1795177000, '81'] }]);
  const byLabel = (await get('index/volume', { query: '{}', aggregateBy: 'labels' })) as unknown as { data: { result: unknown } };
  assert.deepStrictEqual(byLabel.data.result, [{ metric: { app: '' }, value: [1795177000, '81'] }, { metric: { service_name: '' }, value: [1795177000, '81'] }]);
  assert.deepStrictEqual(await get('detected_labels', { query: '' }), { detectedLabels: [{ label: 'app', cardinality: 1 }, { label: 'service_name', cardinality: 1 }] });
  assert.deepStrictEqual(await get('detected_field/took/values', { query: '{app="a"}' }), { values: ['5ms'], limit: 1000 });
  assert.deepStrictEqual(await get('detected_field/nope/values', { query: '{app="a"}' }), {});
  assert.deepStrictEqual(await get('detected_fields', { query: '{app="none"}' }), {});
  assert.deepStrictEqual(await get('detected_labels', { query: '{app="none"}' }), {});
  const { fields } = (await get('detected_fields', { query: '{app="a"}' })) as unknown as { fields: Array<{ label: string; type: string }> };
  assert.deepStrictEqual(fields.map(({ label, type }) => `${label} ${type}`).sort(), ['detected_level string', 'level string', 'took duration']);
  await post(`${base}/loki/api/v1/push`, bodyOf('size=1KiB old=5m', 'size=1024B {'), json);
  const values = async (name: string): Promise<unknown> => (await get(`detected_field/${name}/values`, { query: '{app="a"}', limit: '1' })).values;
  assert.deepStrictEqual([await values('size'), await values('old')], [['1.0kB'], ['5m']]);
  const parsed = (await get('detected_fields', { query: '{app="a"} | pattern "user <n> logged <_>" | n="22"' })) as unknown as { fields: Array<{ label: string; parsers: unknown }> };
  assert.deepStrictEqual(parsed.fields.find(({ label }) => label === 'n')?.parsers, ['logfmt'], 'what could read the line, as in Loki');
});

test('detected fields: the oldest value of the last stream says the type, the first values count', async (context) => {
  const base = await runServer(context);
  const values = (...lines: string[]): Array<[string, string]> => lines.map((line, i) => [String(BigInt(at) + BigInt(i)), line]);
  await pushJson(base, [{ stream: { app: 'a', zone: '2' }, values: values('n=1 old=7', 'n=2s') }, { stream: { app: 'a', zone: '1' }, values: values('n=x old=3s', 'n=true').map(([, line], i) => [String(BigInt(at) - 10n + BigInt(i)), line]) }]);
  const get = async (path: string, params: Record<string, string>): Promise<unknown> => (await fetch(`${base}/loki/api/v1/${path}?${new URLSearchParams({ query: '{app="a"}', ...range, ...params })}`)).json();
  const { fields } = (await get('detected_fields', { limit: '', field_limit: '3' })) as { fields: Array<{ label: string; type: string }> };
  assert.deepStrictEqual(fields.map(({ label, type }) => [label, type]), [['detected_level', 'string'], ['n', 'int'], ['old', 'int']]);
  assert.deepStrictEqual(await get('detected_field/n/values', { limit: '3' }), { values: ['2s', 'true', 'x'], limit: 3 });
});

test('detected fields: a line that has a field of the name __error__ was read all the same, as in Loki', async (context) => {
  const base = await runServer(context);
  await post(`${base}/loki/api/v1/push`, bodyOf('{"__error__":"mine","__error_details__":"why","level":"info","a":1}', '{"__error_details__":"other","b":1}', '__error__=x c=1'), json);
  const { fields } = (await (await fetch(`${base}/loki/api/v1/detected_fields?${new URLSearchParams({ query: '{app="a"}', ...range })}`)).json()) as { fields: Array<{ label: string; parsers: unknown }> };
  assert.deepStrictEqual(fields.map(({ label, parsers }) => `${label} ${String(parsers)}`).sort(), ['a json', 'b json', 'c logfmt', 'detected_level null', 'level json']);
});

test('statistics of volumes tell how long they took, how many rows and parts there are, and nothing of lines, as in Loki', async (context) => {
  const base = await runServer(context);
  await pushJson(base, [{ stream: { app: 'a' }, values: [[at, 'one']] }, { stream: { app: 'b' }, values: [[at, 'two']] }]);
  for (const path of ['volume', 'volume_range']) {
    const answered = (await (await fetch(`${base}/loki/api/v1/index/${path}?${new URLSearchParams({ ...range, query: '{}' })}`)).json()) as { data: { stats: { summary: Record<string, number> } } };
    const { execTime, totalEntriesReturned, splits, totalLinesProcessed } = answered.data.stats.summary;
    assert.ok(execTime > 0 && execTime < 60, `${path} took ${execTime} s`);
    assert.deepStrictEqual({ totalEntriesReturned, splits, totalLinesProcessed }, { totalEntriesReturned: 2, splits: 1, totalLinesProcessed: 0 });
  }
});

test('volumes: target labels must be there, labels are those of the streams, buckets end at multiples of the step', async (context) => {
  const base = await runServer(context);
  const second = (n: number): string => String(BigInt(at) + BigInt(n) * 1_000_000_000n);
  await pushJson(base, [
    { stream: { app: 'a', env: 'x' }, values: [[second(5), '12345'], [second(70), '1234567890'], [second(125), 'out']] },
    { stream: { app: 'b' }, values: [[second(61), '123']] },
  ]);
  const volume = async (params: Record<string, string>): Promise<{ resultType: string; result: unknown }> => {
    const query = new URLSearchParams({ query: '{app=~".+"}', start: second(0), end: second(120), ...params });
    const { resultType, result } = ((await (await fetch(`${base}/loki/api/v1/index/volume${params.step ? '_range' : ''}?${query}`)).json()) as { data: { resultType: string; result: unknown } }).data;
    return { resultType, result };
  };
  assert.deepStrictEqual((await volume({ targetLabels: 'env' })).result, [{ metric: { env: 'x' }, value: [1795176120, '15'] }]);
  assert.deepStrictEqual((await volume({ aggregateBy: 'labels', limit: '0' })).result, [
    { metric: { app: '' }, value: [1795176120, '18'] }, { metric: { service_name: '' }, value: [1795176120, '18'] }, { metric: { env: '' }, value: [1795176120, '15'] },
  ]);
  assert.deepStrictEqual(await volume({ start: second(3), step: '60' }), {
    resultType: 'matrix',
    result: [{ metric: { app: 'a' }, values: [[1795176059.999, '5'], [1795176120, '10']] }, { metric: { app: 'b' }, values: [[1795176120, '3']] }],
  });
  assert.deepStrictEqual(await volume({ start: second(6), end: second(200), step: '60' }), {
    resultType: 'matrix',
    result: [{ metric: { app: 'a' }, values: [[1795176119.999, '10'], [1795176179.999, '3']] }, { metric: { app: 'b' }, values: [[1795176119.999, '3']] }],
  });
  assert.deepStrictEqual(await volume({ start: second(60), step: '3600' }), {
    resultType: 'vector',
    result: [{ metric: { app: 'a' }, value: [1795176120, '10'] }, { metric: { app: 'b' }, value: [1795176120, '3'] }],
  });
});

test('pages for operators', async (context) => {
  const base = await runServer(context);
  const text = async (path: string, init?: RequestInit): Promise<string> => (await fetch(base + path, init)).text();
  assert.strictEqual(await text('/ready'), 'ready\n');
  assert.match(await text('/services'), /^server => Running\n/);
  assert.match(await text('/ring'), /ACTIVE/);
  assert.deepStrictEqual([(await fetch(`${base}/flush`)).status, (await fetch(`${base}/flush`, { method: 'POST' })).status], [204, 204]);
  assert.strictEqual(await text('/log_level'), '{"message":"Current log level is fatal"}\n');
  assert.strictEqual(await text('/log_level', { method: 'POST', body: new URLSearchParams({ log_level: 'error' }) }), '{"message":"Log level set to error","status":"success"}\n');
  for (const [method, path] of [['GET', '/flush'], ['POST', '/flush'], ['POST', '/ingester/flush_shutdown'], ['POST', '/log_level']]) {
    const foreign = await fetch(base + path, { method, headers: { origin: 'https://example.com' }, ...(method === 'POST' ? { body: new URLSearchParams({ log_level: 'debug' }) } : {}) });
    assert.deepStrictEqual([path, foreign.status, await foreign.text()], [path, 403, 'a page of another site may not do this']);
  }
  assert.match(await text('/loki/api/v1/status/buildinfo'), /"version":"3\.4\.0","revision":"binocle-/);
  assert.match(await text('/binocle/api/v1/status'), /"product":"binocle"/);
  assert.match(await text('/loki/api/v1/index/shards?query={a="b"}'), /18446744073709551615/);
});
