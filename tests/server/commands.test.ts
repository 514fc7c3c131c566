import assert from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { compress } from 'zstd-napi';
import { pushJson, queryLines, queryStreams, runServer } from './running';

/** The command as people call it (`npm test` builds it first), against a running server. */

const root = path.resolve(__dirname, '../..');

interface Done {
  status: number | null;
  out: string;
  err: string;
}

function binocle(words: string[], input = '', stopAfter?: (out: string) => boolean): Promise<Done> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [path.join(root, 'backend/dist/main.js'), ...words], { cwd: root, env: { ...process.env, LOKI_ADDR: '', BINOCLE_ADDR: undefined } });
    let out = '';
    let err = '';
    child.stdout.on('data', (data) => {
      out += String(data);
      if (stopAfter?.(out)) {
        child.kill('SIGTERM');
      }
    });
    child.stderr.on('data', (data) => (err += String(data)));
    child.on('close', (status) => resolve({ status, out, err }));
    child.stdin.end(input);
  });
}

function folder(context: TestContext): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'binocle-cli-'));
  context.after(() => rmSync(dir, { recursive: true }));
  return dir;
}

const nov20 = { start: '1795132800', end: '1795219200' };
const day = ['--from', '2026-11-20', '--to', '2026-11-21'];

test('query: raw, jsonl, table, limits and errors', async (context) => {
  const base = await runServer(context);
  const values = Array.from({ length: 6_000 }, (_, i) => [String(1_795_176_000_000_000_000n + BigInt(Math.floor(i / 3))), `line ${i} level=${i % 2 ? 'error' : 'info'}`]);
  assert.strictEqual((await pushJson(base, [{ stream: { app: 'a' }, values }])).status, 204);
  const raw = await binocle(['query', '{app="a"} |= "line"', '--addr', base, ...day, '-o', 'raw', '--limit=0', '--forward', '--quiet']);
  assert.strictEqual(raw.status, 0, raw.err);
  const lines = raw.out.trimEnd().split('\n');
  // Pages end among lines of equal time: none may be lost or doubled there.
  assert.deepStrictEqual([lines.length, new Set(lines).size], [6_000, 6_000]);
  const json = await binocle(['query', '{app="a"} |= "line 5999 "', '--addr', base, ...day, '-o', 'jsonl']);
  assert.deepStrictEqual(JSON.parse(json.out), { labels: { app: 'a', detected_level: 'error', service_name: 'a' }, line: 'line 5999 level=error', timestamp: '2026-11-20T12:00:00.000001999Z' });
  const colours = await binocle(['query', '{app="a"}', '--addr', base, ...day, '--limit', '1', '--color', 'always']);
  assert.match(colours.out, /^\u001b\[31m2026-11-20T12:00:00.000001999Z\u001b\[0m \{\} line 599\d level=error\n$/);
  assert.match(colours.err, /Common labels: \{app="a"/);
  const metric = await binocle(['query', 'sum(count_over_time({app="a"}[1h]))', '--addr', base, '--from', '2026-11-20T12:00:01Z', '--to', '2026-11-20T12:00:01Z', '--step', '1s', '-o', 'raw']);
  assert.strictEqual(metric.out, '6000\n');
  const broken = await binocle(['query', '{app="a"', '--addr', base]);
  assert.deepStrictEqual([broken.status, broken.err.includes('parse error at line 1, col 9')], [2, true]);
  const unreachable = await binocle(['query', '{app="a"}', '--addr', 'http://127.0.0.1:1']);
  assert.deepStrictEqual([unreachable.status, /can't reach http:\/\/127\.0\.0\.1:1/.test(unreachable.err)], [1, true]);
});

test('push, and query --tail', async (context) => {
  const base = await runServer(context);
  const pushed = await binocle(['push', '--addr', base, '--label', 'job=p', '--label', 'a=b'], 'one\ntwo\nthree');
  assert.deepStrictEqual([pushed.status, pushed.err], [0, '3 lines sent\n']);
  assert.deepStrictEqual(await queryLines(base, '{job="p", a="b"}'), ['one', 'two', 'three']);
  const tailed = await binocle(['query', '{job="p"}', '--tail', '--addr', base, '-o', 'raw', '--limit', '2'], '', (out) => out.includes('three'));
  assert.deepStrictEqual([tailed.status, tailed.out], [0, 'two\nthree\n']);
});

test('import: plain, gz and zst files with the times of their lines', async (context) => {
  const base = await runServer(context);
  const dir = folder(context);
  const text = (n: number): string => `2026-11-20 12:00:0${n},000 ERROR first of ${n}\n  at continued\n`;
  writeFileSync(path.join(dir, 'a.log'), text(1));
  writeFileSync(path.join(dir, 'b.log.gz'), gzipSync(text(2)));
  writeFileSync(path.join(dir, 'c.log.zst'), compress(Buffer.from(text(3))));
  const done = await binocle(['import', ...['a.log', 'b.log.gz', 'c.log.zst'].map((name) => path.join(dir, name)), '--addr', base, '--label', 'job=old']);
  assert.strictEqual(done.status, 0, done.err);
  assert.match(done.err, /3 lines without a time[^]*6 lines taken in/);
  assert.deepStrictEqual(await queryLines(base, '{job="old"}', nov20), [1, 2, 3].flatMap((n) => [`2026-11-20 12:00:0${n},000 ERROR first of ${n}`, '  at continued']));
});

test('import --from-loki takes over streams and metadata, and can be repeated', async (context) => {
  const [source, target] = [await runServer(context), await runServer(context)];
  const values = Array.from({ length: 12_000 }, (_, i) => [String(1_795_176_000_000_000_000n + BigInt(Math.floor(i / 7)) * 30_000_000_000n), `line ${i}`, { trace: String(i % 3) }]);
  await pushJson(source, [{ stream: { app: 'a', env: 'x' }, values: values.slice(0, 6_000) }, { stream: { job: 'b' }, values: values.slice(6_000) }]);
  const dir = folder(context);
  const words = ['import', '--from-loki', source, '--addr', target, '--from', '2026-11-19', '--to', '2026-11-21', '--state', path.join(dir, 's.json')];
  const first = await binocle(words);
  assert.deepStrictEqual([first.status, first.err], [0, `10080 lines taken over from ${source}\n`], 'lines at the end of a page count once');
  const again = await binocle(words);
  assert.strictEqual(again.status, 0, again.err);
  const count = async (base: string): Promise<unknown> => (await (await fetch(`${base}/loki/api/v1/index/stats?${new URLSearchParams({ query: '{}', ...nov20 })}`)).json()) as unknown;
  assert.deepStrictEqual(await count(target), await count(source));
  assert.deepStrictEqual((await queryStreams(target, '{app="a"} |= "line 17 "', nov20)).map(({ stream }) => stream), (await queryStreams(source, '{app="a"} |= "line 17 "', nov20)).map(({ stream }) => stream));
});

test('an import that was stopped goes on as it began, or says how to begin anew', async (context) => {
  let asked: Array<[string, string]> = [];
  let isWell = false;
  const loki = createServer((request, response) => {
    const params = new URL(request.url ?? '', 'http://x').searchParams;
    asked.push([params.get('query') ?? '', String(Number(params.get('start')) / 1e9)]);
    response.writeHead(isWell || asked.length < 2 ? 200 : 500).end(JSON.stringify({ status: 'success', data: { resultType: 'streams', result: [] } }));
  }).listen(0, '127.0.0.1');
  await once(loki, 'listening');
  context.after(() => loki.close());
  const source = `http://127.0.0.1:${(loki.address() as AddressInfo).port}`;
  const target = await runServer(context);
  const state = path.join(folder(context), 's.json');
  const run = (...more: string[]): Promise<Done> => binocle(['import', '--from-loki', source, '--addr', target, '--state', state, ...more]);
  const first = ['--selector', '{a="b"}', '--from', '2026-11-19', '--to', '2026-11-21'];
  assert.strictEqual((await run(...first)).status, 1);
  for (const other of [['--selector', '{a="c"}'], ['--from', '2026-11-18'], ['--since', '2d'], ['--addr', source]]) {
    const refused = await run(...other);
    assert.deepStrictEqual([refused.status, refused.err], [1, `binocle import: ${state} belongs to an import that was stopped, from ${source} to ${target} with --selector {a="b"} --from 2026-11-19 --to 2026-11-21; give the same again to go on with it, remove ${state} to start anew, or name another file with --state\n`]);
  }
  asked = [];
  isWell = true;
  const done = await run();
  assert.strictEqual(done.status, 0, done.err);
  assert.match(done.err, /^.*s\.json belongs to .* with --selector .*; going on at 2026-11-20T00:00:00Z \(to start anew, remove that file\)\n/);
  assert.deepStrictEqual(asked, [['{a="b"}', nov20.start]]);
});

test('serve says when it accepts requests, refuses a taken port, and stops on SIGTERM', async (context) => {
  const dir = folder(context);
  const article = path.join(root, 'tests/fixtures/article/local-config.nbsp.yaml');
  const served = await binocle(['serve', `-config.file=${article}`, '--port', '0', '--host', '127.0.0.1', '--data', path.join(dir, 'data'), '--store', 'memory'], '', (out) => /listens on http:\/\/127\.0\.0\.1:\d+/.test(out));
  assert.strictEqual(served.status, 0, served.err);
  assert.match(served.err, /no-break spaces/);
  assert.match(served.err, /schema_config has no effect/);
  assert.match(served.err, /only this machine can reach it/);
  const base = await runServer(context);
  const taken = await binocle(['serve', '--port', new URL(base).port, '--host', '127.0.0.1', '--store', 'memory']);
  assert.deepStrictEqual([taken.status, taken.err.trim()], [1, `binocle serve: port ${new URL(base).port} is taken; choose another with --port`]);
});

test('query says where a mistake is, and why it found nothing', async (context) => {
  const base = await runServer(context);
  await pushJson(base, [{ stream: { job: 'nginxlogs', host: 'a' }, values: [['1795176000000000000', 'GET /']] }, { stream: { job: 'api', host: 'b' }, values: [['1795176000000000000', 'x']] }]);
  const err = async (query: string, ...more: string[]): Promise<string> => (await binocle(['query', query, '--addr', base, ...day, ...more])).err.trimEnd();
  assert.match(await err('{job=api}'), /col 6: .*\n {2}\{job=api\}\n {7}\^\nPut the value in quotes: \{job="api"\}$/);
  assert.match(await err('{job="api"}\n|= 5'), /line 2, col 4: .*\n {2}\|= 5\n {5}\^$/);
  const between = 'from 2026-11-20T00:00:00Z to 2026-11-21T00:00:00Z';
  assert.strictEqual(await err('{job="nginxlog"}'), `no lines ${between}: nothing has job="nginxlog"; did you mean nginxlogs?`);
  assert.strictEqual(await err('{jbo="api"}'), `no lines ${between}: there is no label jbo; did you mean job?`);
  assert.strictEqual(await err('{job="something"}'), `no lines ${between}: nothing has job="something"; there is api, nginxlogs`);
  assert.strictEqual(await err('{job="api", host="a"}'), `no lines: no stream has all of {job="api", host="a"} ${between}`);
  assert.strictEqual(await err('{job="api"} |= "y"'), `no lines of {job="api"} pass the filters ${between}`);
  assert.match(await err('{job="api"}', '--from', '2026-11-18', '--to', '2026-11-19'), /^no lines: there are no logs at all from /);
  assert.strictEqual(await err('{host=~".*", hots=~"a|", job="nginxlog"}'), `no lines ${between}: nothing has job="nginxlog"; did you mean nginxlogs?`);
  assert.strictEqual(await err('{job="nginxlog"}', '--quiet'), '');
  assert.match(await err('{job="api"}', '--limit', 'all'), /--limit: a number of lines is expected/);
});

test('something else at the address, and what a server refuses, are said in words', async (context) => {
  const other = createServer((_request, response) => response.writeHead(404).end('404 page not found')).listen(0, '127.0.0.1');
  await once(other, 'listening');
  context.after(() => other.close());
  const address = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  for (const words of [['query', '{a="b"}'], ['push', '--label', 'a=b']]) {
    const done = await binocle([...words, '--addr', address], 'x');
    assert.deepStrictEqual([done.status, /answers, but not as Binocle or Loki do \(404 for \/loki\/.*right port\?/.test(done.err)], [1, true], done.err);
  }
  const proxy = createServer((_request, response) => response.writeHead(401).end('<html><h1>401 Authorization Required</h1></html>')).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  context.after(() => proxy.close());
  const shut = await binocle(['query', '{a="b"}', '--addr', `127.0.0.1:${(proxy.address() as AddressInfo).port}`]);
  assert.deepStrictEqual([shut.status, shut.err], [1, 'binocle query: 401 Unauthorized\n']);
  const base = await runServer(context, [], (config) => Object.assign(config.limits.ingest, { rejectOldSamples: true, maxLabelNamesPerSeries: 15 }));
  const file = path.join(folder(context), 'old.log');
  writeFileSync(file, Array.from({ length: 300 }, (_, i) => `2020-01-01 00:${String(i % 60).padStart(2, '0')}:${String(Math.floor(i / 60)).padStart(2, '0')} old`).join('\n'));
  const done = await binocle(['import', file, '--addr', base]);
  assert.strictEqual(done.status, 1);
  assert.match(done.err, /^refused: entry for stream .* has timestamp too old: .*reject_old_samples_max_age\)\n300 lines read, at least 300 refused by the server\n$/);
  const labels = Array.from({ length: 20 }, (_, i) => ['--label', `l${i}=x`]).flat();
  const tooMany = await binocle(['push', ...labels, '--addr', base], 'one\ntwo\n');
  assert.match(tooMany.err, /^refused: entry for stream .* has 20 label names; limit 15\n2 lines read, at least 1 refused by the server\n$/);
  const missing = await binocle(['import', path.dirname(file), '--addr', base]);
  assert.match(missing.err, /is no file; name the files in it, such as .*\*\.log/);
});

test('a busy server is waited for, and what it says is shown once', async (context) => {
  let asked = 0;
  const busy = createServer((request, response) => request.resume().on('end', () => response.writeHead(++asked < 3 ? 503 : 204).end(asked < 3 ? 'the disk is full' : ''))).listen(0, '127.0.0.1');
  await once(busy, 'listening');
  context.after(() => busy.close());
  const address = `http://127.0.0.1:${(busy.address() as AddressInfo).port}`;
  const done = await binocle(['push', '--label', 'a=b', '--addr', address], 'x');
  assert.deepStrictEqual([done.status, done.err], [0, `waiting for ${address}: 503 the disk is full\n1 line sent\n`]);
});

test('check does not call a folder sound that holds no data', async (context) => {
  const dir = folder(context);
  mkdirSync(path.join(dir, 'loki/binocle/tenants'), { recursive: true });
  assert.match((await binocle(['check', '--data', dir])).err, /holds no data of Binocle; --data names another/);
  assert.match((await binocle(['check', '--data', path.join(dir, 'loki')])).err, /holds no data of Binocle; .*loki\/binocle does/);
});

test('a flag that does not exist is refused, one of Loki is reported', async () => {
  const typo = await binocle(['serve', '--prot', '3200']);
  assert.deepStrictEqual([typo.status, typo.err], [2, 'binocle serve: there is no flag --prot; did you mean --port? (binocle serve --help names all)\n']);
  const loki = await binocle(['serve', '-verify-config', '-target=all', '-ingester.wal-enabled=false']);
  assert.strictEqual(loki.status, 0, loki.err);
  assert.match(loki.err, /-target has no effect here\n.*-ingester\.wal-enabled has no effect here/);
});

test('help and wrong use', async () => {
  const [help, serveHelp, unknown] = await Promise.all([binocle(['--help']), binocle(['serve', '--help']), binocle(['nonsense'])]);
  assert.match(help.out, /binocle serve/);
  assert.match(serveHelp.out, /-config\.file=FILE/);
  assert.deepStrictEqual([help.status, serveHelp.status, unknown.status], [0, 0, 2]);
});

test('serve -health asks the server of the same configuration and leaves', async (context) => {
  const base = new URL(await runServer(context));
  const well = await binocle(['serve', '-health', '--port', base.port]);
  assert.deepStrictEqual([well.status, well.out], [0, `http://127.0.0.1:${base.port}/ready: 200 ready\n`], well.err);
  const file = path.join(folder(context), 'loki.yaml');
  writeFileSync(file, `server: {http_listen_address: 0.0.0.0, http_listen_port: ${base.port}}\n`);
  assert.strictEqual((await binocle(['serve', '-health', `-config.file=${file}`])).status, 0);
  const away = await binocle(['serve', '-health', '--port', '1']);
  assert.strictEqual(away.status, 1);
  assert.match(away.err, /^http:\/\/127\.0\.0\.1:1\/ready: .+/);
});
