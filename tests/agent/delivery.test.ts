import assert from 'node:assert';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import { compress } from 'zstd-napi';
import { Agent } from '../../backend/agent/agent';
import { Random } from '../../backend/bench/random';
import { bytesOfText, byteLengthOfText, quoteText, textOfBytes } from '../../backend/agent/bytes';
import { retryAfterMs, tlsOptions } from '../../backend/agent/client/transport';
import { readConfig } from '../../backend/agent/config/config';
import { expandEnv } from '../../backend/config/expandEnv';
import type { Log } from '../../backend/agent/log';
import { RangeSet } from '../../backend/agent/rangeSet';
import { type PushServer, startPushServer, waitMsMax } from './pushServer';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface World {
  directory: string;
  push: PushServer;
  /** @param extra more of the configuration. @param client more of the client's. */
  start(extra?: string, client?: string): Promise<Agent>;
  write(name: string, text: string | Buffer): void;
  append(name: string, text: string): void;
  lines(): string[];
}

async function world(context: TestContext): Promise<World> {
  const directory = mkdtempSync(path.join(tmpdir(), 'agent-delivery-'));
  mkdirSync(path.join(directory, 'logs'));
  const push = await startPushServer();
  const agents: Agent[] = [];
  context.after(async () => {
    push.answers = [204];
    await Promise.all(agents.map((agent) => agent.stop()));
    await push.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    directory, push,
    async start(extra = '', client = 'backoff_config: {min_period: 5ms, max_period: 20ms}') {
      const agent = new Agent(
        readConfig(`
server: {disable: true}
positions: {filename: ${directory}/positions.yaml, sync_period: 50ms}
global: {file_watch_config: {max_poll_frequency: 20ms}}
clients: [{url: "${push.url}", batchwait: 10ms, batchsize: 1000, ${client}}]
scrape_configs:
  - job_name: it
    static_configs: [{labels: {job: it, __path__: ${directory}/logs/*}}]
${extra}
`),
        { log: silent }
      );
      agents.push(agent);
      await agent.start();
      return agent;
    },
    write: (name, text) => writeFileSync(path.join(directory, 'logs', name), text),
    append: (name, text) => appendFileSync(path.join(directory, 'logs', name), text),
    lines: () => push.entries.map((entry) => entry.line.toString('utf8')),
  };
}

async function until(done: () => boolean, what: string): Promise<void> {
  for (const endMs = Date.now() + waitMsMax; !done(); await sleep(10)) {
    assert.ok(Date.now() < endMs, what);
  }
}

test('while the server is away batches wait on disk; a restart sends them, in order, before anything new', async (context) => {
  const it = await world(context);
  it.push.answers = [503];
  const first = await it.start();
  for (let i = 0; i < 50; i++) {
    it.append('a.log', `${'x'.repeat(100)} ${i}\n`);
  }
  const queue = path.join(it.directory, 'positions.yaml.queue');
  await until(() => existsSync(queue) && readdirSync(queue, { recursive: true }).some((name) => String(name).endsWith('.batch')), 'nothing was put on disk');
  const fromMs = Date.now();
  await first.stop();
  assert.ok(Date.now() - fromMs < 8_000, 'the stop must be bounded although the server is away');
  assert.deepStrictEqual(it.lines(), []);
  rmSync(path.join(it.directory, 'logs', 'a.log'));
  it.push.answers = [204];
  await it.start();
  it.append('b.log', 'new\n');
  await until(() => it.lines().length === 51, 'not everything arrived');
  assert.deepStrictEqual(it.lines().filter((line) => line !== 'new').map((line) => Number(line.split(' ')[1])), Array.from({ length: 50 }, (_, i) => i));
  await until(() => readdirSync(queue, { recursive: true }).every((name) => !String(name).endsWith('.batch')), 'the queue must be empty at the end');
});

test('a damaged file of the queue is moved aside and does not stop the agent', async (context) => {
  const it = await world(context);
  it.push.answers = [503];
  const first = await it.start();
  it.append('a.log', 'kept on disk\n');
  const queue = path.join(it.directory, 'positions.yaml.queue');
  await until(() => existsSync(queue) && readdirSync(queue, { recursive: true }).some((name) => String(name).endsWith('.batch')), 'nothing was put on disk');
  await first.stop();
  const [file] = readdirSync(queue, { recursive: true }).map(String).filter((name) => name.endsWith('.batch'));
  writeFileSync(path.join(queue, file), 'not a batch');
  it.push.answers = [204];
  await it.start();
  it.append('a.log', 'next\n');
  await until(() => it.lines().includes('next'), 'the agent does not deliver');
  assert.ok(existsSync(path.join(queue, `${file}.damaged`)));
});

test('a full queue holds sources back; nothing is lost when the server returns', async (context) => {
  const it = await world(context);
  it.push.answers = [503];
  await it.start('queue: {max_size: 4000}');
  for (let i = 0; i < 2_000; i++) {
    it.append('a.log', `${i} ${Math.random().toString(36).repeat(20)}\n`);
  }
  await sleep(500);
  it.push.answers = [204];
  await until(() => it.lines().length >= 2_000, 'not everything arrived');
  assert.deepStrictEqual(it.lines().map((line) => Number(line.split(' ')[0])), Array.from({ length: 2_000 }, (_, i) => i));
});

test('what the server will never take is dropped with its reason, and the next batch goes on', async (context) => {
  const it = await world(context);
  it.push.answers = [400, 204];
  const agent = await it.start();
  it.append('a.log', 'refused\n');
  await until(() => it.push.statuses.length === 1, 'nothing was sent');
  it.append('a.log', 'taken\n');
  await until(() => it.lines().length === 1, 'the second batch did not arrive');
  assert.deepStrictEqual(it.lines(), ['taken']);
  assert.match(await agent.metrics.text(), /promtail_dropped_entries_total\{host="[^"]*",reason="ingester_error",tenant=""\} 1\n/);
});

for (const [what, answers, client, reason] of [
  ['after so many tries', [500, 503, 204], 'backoff_config: {min_period: 5ms, max_period: 20ms, max_retries: 2}', 'ingester_error'],
  ['at once when a rate limit says no', [429, 204], 'drop_rate_limited_batches: true', 'rate_limited'],
] as const) {
  test(`a batch is given up ${what}, if the configuration says so, and the next goes on`, async (context) => {
    const it = await world(context);
    it.push.answers = [...answers];
    const agent = await it.start('', client);
    it.append('a.log', 'given up\n');
    await until(() => it.push.statuses.length === answers.length - 1, 'it was not tried');
    it.append('a.log', 'taken\n');
    await until(() => it.lines().length === 1, 'the second batch did not arrive');
    assert.deepStrictEqual([it.lines(), it.push.statuses], [['taken'], answers]);
    assert.match(await agent.metrics.text(), new RegExp(`promtail_dropped_entries_total\\{host="[^"]*",reason="${reason}",tenant=""\\} 1\\n`));
  });
}

test('a token is fetched when there is none or it is about to expire, and used until then', async (context) => {
  const it = await world(context);
  const asked: string[] = [];
  const tokens = createServer((request, response) => {
    request.on('data', (data) => asked.push(String(data)));
    request.on('end', () => response.end(JSON.stringify({ access_token: `token ${asked.length}`, expires_in: asked.length === 1 ? 9 : 3_600 })));
  });
  await new Promise<void>((resolve) => tokens.listen(0, '127.0.0.1', resolve));
  context.after(() => tokens.close());
  const url = `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/token`;
  await it.start('', `oauth2: {client_id: me, client_secret: "s&s", scopes: [a, b], endpoint_params: {audience: logs}, token_url: "${url}"}`);
  for (let i = 1; i <= 3; i++) {
    it.append('a.log', `${i}\n`);
    await until(() => it.lines().length === i, 'a line did not arrive');
  }
  assert.deepStrictEqual(asked, Array(2).fill('grant_type=client_credentials&client_id=me&client_secret=s%26s&scope=a+b&audience=logs'));
  assert.deepStrictEqual(it.push.requests.map(({ headers }) => headers.authorization), ['Bearer token 1', 'Bearer token 2', 'Bearer token 2']);
});

test('certificates of servers are checked unless the configuration says otherwise', () => {
  const tls = (text: string): ReturnType<typeof tlsOptions> => tlsOptions(readConfig(`clients: [{url: "https://x", tls_config: ${text}}]`).clients[0].tls!);
  assert.deepStrictEqual(tls('{server_name: y}'), { servername: 'y', rejectUnauthorized: true });
  assert.deepStrictEqual(tls('{insecure_skip_verify: true}'), { rejectUnauthorized: false });
});

test('an unreadable file only warns, the others go on; symbolic links are followed', async (context) => {
  const it = await world(context);
  mkdirSync(path.join(it.directory, 'elsewhere'));
  writeFileSync(path.join(it.directory, 'elsewhere', 'pod.log'), 'through a link\n');
  symlinkSync('../elsewhere/pod.log', path.join(it.directory, 'logs', 'link.log'));
  symlinkSync('../elsewhere/gone.log', path.join(it.directory, 'logs', 'dangling.log'));
  it.write('a.log', 'plain\n');
  await it.start();
  await until(() => it.lines().length === 2, 'not everything arrived');
  assert.deepStrictEqual(it.lines().sort(), ['plain', 'through a link']);
});

test('a line without its ending waits, and is sent when the file has ended for good', async (context) => {
  const it = await world(context);
  it.write('a.log', 'whole\nhalf');
  await it.start();
  await until(() => it.lines().length === 1, 'the whole line did not arrive');
  rmSync(path.join(it.directory, 'logs', 'a.log'));
  await until(() => it.lines().length === 2, 'the last line did not arrive');
  assert.deepStrictEqual(it.lines(), ['whole', 'half']);
});

test('a file that is renamed to another path of its target is read on there, each line once, and bears that name from then on', async (context) => {
  const it = await world(context);
  const nameOf = (line: string) => /logs\/(\w)\.log/.exec(String(it.push.entries.find((entry) => entry.line.toString() === line)?.labels))?.[1];
  it.write('a.log', 'first\n');
  await it.start('target_config: {sync_period: 100ms}');
  await until(() => it.lines().length === 1, 'the first line did not arrive');
  renameSync(path.join(it.directory, 'logs', 'a.log'), path.join(it.directory, 'logs', 'b.log'));
  it.write('a.log', 'of the next file\n');
  const written = ['first', 'of the next file'];
  for (let i = 1; nameOf(`late ${i - 1}`) !== 'b'; i++) {
    assert.ok(i < 1_000, 'no line bears the new name');
    it.append('b.log', `late ${i}\n`);
    written.push(`late ${i}`);
    await until(() => it.lines().includes(`late ${i}`), 'a late line did not arrive');
  }
  it.append('a.log', 'end\n');
  await until(() => it.lines().includes('end'), 'the next file is not read');
  assert.deepStrictEqual(it.lines().sort(), [...written, 'end'].sort());
  assert.deepStrictEqual([nameOf('first'), nameOf('of the next file'), nameOf('end')], ['a', 'a', 'a']);
});

const compressed = {
  gz: gzipSync('one\ntwo\r\nlast'),
  z: deflateSync('one\ntwo\r\nlast'),
  bz2: Buffer.from('QlpoOTFBWSZTWScZt3kAAARBgAASIgWMgCAAIgaZGhADCgiiG+ZHi7kinChIE4zbvIA=', 'base64'),
  zst: compress(Buffer.from('one\ntwo\r\nlast')),
};
for (const [format, bytes] of Object.entries(compressed)) {
  test(`a compressed file is read once, and its position counts lines: ${format}`, async (context) => {
    const it = await world(context);
    it.write('a.packed', bytes);
    await it.start(`    decompression: {enabled: true, format: ${format}}`);
    await until(() => it.lines().length === 3, 'not everything arrived');
    assert.deepStrictEqual(it.lines(), ['one', 'two', 'last']);
    const positions = path.join(it.directory, 'positions.yaml');
    await until(() => existsSync(positions) && readFileSync(positions, 'utf8').includes('"3"'), 'the position must count lines');
  });
}

const article = (push: string, directory: string) => `server:
  http_listen_port: 0
  grpc_listen_port: 0

positions:
  filename: ${directory}/positions.yaml

clients:
  - url: ${push.replace('/loki/api/v1/push', '/api/prom/push')}

scrape_configs:
- job_name: system
  static_configs:
  - targets:
      - localhost
    labels:
      job: varlogs
      __path__: ${directory}/logs/*log
- job_name: nginx
  static_configs:
  - targets:
      - localhost
    labels:
      job: nginxlogs
      __path__: ${directory}/logs/nginx/*log
      hostname: b2d
`;

for (const [what, change] of [['as written', (text: string) => text], ['pasted with no-break spaces', (text: string) => text.replace(/^ +/gm, (spaces) => '\u00a0'.repeat(spaces.length))]] as const) {
  test(`the configuration of the article, ${what}`, async (context) => {
    const it = await world(context);
    mkdirSync(path.join(it.directory, 'logs', 'nginx'));
    it.write('syslog', 'from syslog\n');
    writeFileSync(path.join(it.directory, 'logs', 'nginx', 'access.log'), 'GET /\n');
    const config = readConfig(change(article(it.push.url, it.directory)));
    assert.strictEqual(config.warnings.length, what === 'as written' ? 0 : 1);
    assert.deepStrictEqual(config.ignored, [{ key: 'server.grpc_listen_port', mistake: false }]);
    const agent = new Agent(config, { log: silent });
    context.after(() => agent.stop());
    await agent.start();
    await until(() => it.push.entries.length === 2, 'not everything arrived');
    assert.deepStrictEqual(
      it.push.entries.map((entry) => `${entry.path} ${entry.labels} ${entry.line.toString()}`).sort(),
      [
        `/api/prom/push {filename="${it.directory}/logs/nginx/access.log", hostname="b2d", job="nginxlogs"} GET /`,
        `/api/prom/push {filename="${it.directory}/logs/syslog", job="varlogs"} from syslog`,
      ]
    );
  });
}

test('bytes survive the way through text', () => {
  for (const bytes of [[0x61, 0xff, 0x62], [0xe2, 0x98, 0x95], [0xe2, 0x98], [0xed, 0xb2, 0x80], [0x80, 0x80], [], [0xf0, 0x9f, 0x98, 0x80, 0xf0]]) {
    const buffer = Buffer.from(bytes);
    const text = textOfBytes(buffer);
    assert.deepStrictEqual([...bytesOfText(text)], bytes);
    assert.strictEqual(byteLengthOfText(text), bytes.length);
  }
  assert.strictEqual(quoteText(textOfBytes(Buffer.from([0x22, 0xff, 0xc3, 0xa9, 0x0a]))), '"\\"\\xffé\\n"');
});

test('ranges: what is finished in any order adds up', () => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));
  const random = new Random(seed);
  for (let round = 0; round < 200; round++) {
    const set = new RangeSet(0);
    const cuts = [...new Set(Array.from({ length: 10 }, () => 1 + random.below(99)))].sort((a, b) => a - b);
    const pieces = [0, ...cuts].map((start, i) => [start, [...cuts, 100][i]] as const).sort(() => random.next() - 0.5);
    const done = new Set<number>();
    for (const [start, end] of pieces) {
      set.add(start, end);
      for (let i = start; i < end; i++) {
        done.add(i);
      }
      let low = 0;
      while (done.has(low)) {
        low++;
      }
      assert.strictEqual(set.low, low, `seed ${seed}, round ${round}`);
      assert.ok(pieces.every(([a, b]) => set.covers(a, b) === Array.from({ length: b - a }, (_, i) => done.has(a + i)).every(Boolean)), `seed ${seed}, round ${round}`);
    }
    assert.deepStrictEqual([set.low, set.ranges.length], [100, 0]);
  }
});

test('Retry-After in seconds and as a date', () => {
  assert.deepStrictEqual([retryAfterMs('3'), retryAfterMs('x'), retryAfterMs(undefined), retryAfterMs('99999999')], [3_000, undefined, undefined, 300_000]);
  assert.strictEqual(retryAfterMs('Wed, 21 Oct 2015 07:28:10 GMT', Date.parse('Wed, 21 Oct 2015 07:28:00 GMT')), 10_000);
});

test('environment in the configuration', () => {
  const env = { A: 'Hello.World', E: '' };
  const cases: Array<[string, string]> = [
    ['${A}', 'Hello.World'], ['$A', '$A'], ['${B:-d}', 'd'], ['${E:-d}', 'd'], ['${B:-${A}}', 'Hello.World'], ['${#A}', '11'], ['${A##*.}', 'World'], ['${A%%.*}', 'Hello'],
    ['${A//l/L}', 'HeLLo.WorLd'], ['${A/#He/J}', 'Jllo.World'], ['${A:2:3}', 'llo'], ['a\\\\w', 'a\\w'], ['$$', '$'], ['${A^^}', 'HELLO.WORLD'],
  ];
  for (const [text, wanted] of cases) {
    assert.strictEqual(expandEnv(text, env), wanted, text);
  }
  for (const broken of ['${A', '${B-x}', '${A:-x']) {
    assert.throws(() => expandEnv(broken, env), /missing closing brace/, broken);
  }
});
