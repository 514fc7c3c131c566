import assert from 'node:assert';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import { Agent, type AgentOptions } from '../../backend/agent/agent';
import { readConfig } from '../../backend/agent/config/config';
import { podTargets } from '../../backend/agent/discover/kubernetes';
import type { Log } from '../../backend/agent/log';
import { journalLabels, journalLine } from '../../backend/agent/targets/journal';
import { SenderNames } from '../../backend/agent/targets/senderNames';
import { SyslogTarget } from '../../backend/agent/targets/syslog';
import { messagesOf, SyslogFrames } from '../../backend/agent/targets/syslogFrames';
import { parseRfc3164, parseRfc5424 } from '../../backend/agent/targets/syslogMessage';
import { type PushServer, startPushServer, waitMsMax } from './pushServer';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const has = (program: string) => spawnSync('which', [program]).status === 0;

interface Running {
  agent: Agent;
  push: PushServer;
  directory: string;
}

/** An agent with one job in front of a push server; stopped at the end of the test. */
async function running(context: TestContext, job: string, options: Partial<AgentOptions> = {}): Promise<Running> {
  const directory = mkdtempSync(path.join(tmpdir(), 'agent-target-'));
  const push = await startPushServer();
  const config = readConfig(`
server: {disable: true}
positions: {filename: ${directory}/positions.yaml}
clients: [{url: "${push.url}", batchwait: 20ms}]
scrape_configs:
  - job_name: it
${job.replaceAll('@DIR@', directory).replace(/^/gm, '    ')}
`);
  const agent = new Agent(config, { log: silent, ...options });
  await agent.start();
  context.after(async () => {
    await agent.stop();
    await push.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return { agent, push, directory };
}

async function arrived(push: PushServer, count: number): Promise<string[]> {
  for (const endMs = Date.now() + waitMsMax; push.entries.length < count; await sleep(10)) {
    assert.ok(Date.now() < endMs, `only ${push.entries.length} of ${count} lines arrived: ${JSON.stringify(push.entries.map((entry) => entry.line.toString()))}`);
  }
  return push.entries.map((entry) => `${entry.labels} ${entry.line.toString('utf8')}`);
}

const syslogPort = ({ agent }: Running): number => (agent.targets.find((target) => target instanceof SyslogTarget) as SyslogTarget).port;

const syslogJob = (extra: string) => `syslog:
  listen_address: 127.0.0.1:0
  labels: {job: syslog}
${extra.replace(/^/gm, '  ')}
relabel_configs:
  - {source_labels: [__syslog_message_severity], target_label: severity}
  - {source_labels: [__syslog_message_app_name], target_label: app}
  - {action: labelmap, regex: '__syslog_message_sd_(.+)'}`;

test('syslog RFC 5424: the fields of a message', () => {
  const message = parseRfc5424('<165>1 2003-10-11T22:14:15.003Z host.example evntslog 12 ID47 [ex@32473 iut="3" source="a \\"b\\] c"][other x="1"] \ufeffAn event');
  assert.deepStrictEqual(message, {
    facility: 'local4', severity: 'notice', tsNs: 1065910455003000000n, hostname: 'host.example', appName: 'evntslog', procId: '12', msgId: 'ID47',
    data: [{ id: 'ex@32473', params: [['iut', '3'], ['source', 'a "b] c']] }, { id: 'other', params: [['x', '1']] }], message: 'An event',
  });
  assert.strictEqual(parseRfc5424('<34>1 - - - - - - only text')?.message, 'only text');
  assert.strictEqual(parseRfc5424('<34>1 - - - - - -')?.message, '');
  for (const wrong of ['', 'no', '<999>1 - - - - - - x', '<34>1 yesterday h a p m - x', '<34>1 - - - - - [open x']) {
    assert.strictEqual(parseRfc5424(wrong), undefined, wrong);
  }
});

test('syslog RFC 3164: the fields of a message', () => {
  const now = new Date(2026, 10, 22);
  const message = parseRfc3164('<34>Oct 11 22:14:15 mymachine su[12]: failed for lonvick', now);
  assert.deepStrictEqual({ ...message, tsNs: undefined }, { facility: 'auth', severity: 'critical', tsNs: undefined, hostname: 'mymachine', appName: 'su', procId: '12', msgId: undefined, data: [], message: 'failed for lonvick' });
  assert.strictEqual(message?.tsNs, BigInt(new Date(2026, 9, 11, 22, 14, 15).getTime()) * 1_000_000n);
  assert.strictEqual(parseRfc3164('<13>just text')?.message, 'just text');
});

test('a TCP stream of syslog is cut by length or line, in pieces of any size', () => {
  const stream = Buffer.from('11 <34>1 - abcd<1>line one\n6 <2>xyz<3>second line\n33 <4>this is too long for the limit<5>after\n');
  for (const size of [1, 2, 3, 7, 100]) {
    const found: string[] = [];
    let dropped = 0;
    const frames = new SyslogFrames(20, (message) => found.push(message.toString()), () => dropped++);
    for (let i = 0; i < stream.length; i += size) {
      frames.push(stream.subarray(i, i + size));
    }
    frames.end();
    assert.deepStrictEqual(found, ['<34>1 - abc', 'd<1>line one', '<2>xyz', '<3>second line', '<5>after'], `pieces of ${size}`);
    assert.strictEqual(dropped, 1, `pieces of ${size}`);
  }
});

test('a datagram of syslog is one message, or several that each begin a line', () => {
  for (const [datagram, messages] of [
    ['<13>1 - - - - - - one\nand its second line\n', ['<13>1 - - - - - - one\nand its second line\n']],
    ['<13>1 - - - - - - one\n<14>1 - - - - - - two', ['<13>1 - - - - - - one', '<14>1 - - - - - - two']],
    ['22 <13>1 - - - - - - one\n', ['<13>1 - - - - - - one\n']],
    ['junk', ['junk']],
  ] as const) {
    assert.deepStrictEqual(messagesOf(Buffer.from(datagram)).map(String), messages);
  }
});

for (const [size, atOnce] of [[60_000, 1], [1, 100]]) {
  test(`datagrams of ${size} bytes wait for the name of their sender, but not without end`, async (context) => {
    const asked: Array<(name: string) => void> = [];
    // Far longer than it takes to send them all.
    const senderNames = new SenderNames(() => new Promise((resolve) => asked.push(resolve)), 10 * waitMsMax);
    const it = await running(context, syslogJob('listen_protocol: udp'), { senderNames });
    const sender = createSocket('udp4');
    context.after(() => sender.close());
    const send = (text: string) => new Promise((resolve) => sender.send(text, syslogPort(it), '127.0.0.1', resolve));
    const errors = async () => Number(/^promtail_syslog_target_parsing_errors_total (\d+)/m.exec(await it.agent.metrics.text())?.[1] ?? 0);
    for (let sent = 0; (await errors()) === 0; sent++) {
      assert.ok(sent < 500, 'nothing is given up');
      await Promise.all(Array.from({ length: atOnce }, () => send(`<13>1 - - - - - - ${'x'.repeat(size)}`)));
      await sleep(1);
    }
    assert.strictEqual(asked.length, 1);
    asked[0]('sender.example');
    await send('<13>1 - - - - - - last');
    await arrived(it.push, 2);
  });
}

test('the push target takes raw lines with any ending, and nothing but POST', async (context) => {
  const port = 20_000 + (process.pid % 10_000);
  const it = await running(context, `loki_push_api: {server: {http_listen_address: 127.0.0.1, http_listen_port: ${port}, grpc_listen_port: 0}, labels: {job: raw}}`);
  const address = `http://127.0.0.1:${port}/promtail/api/v1/raw`;
  assert.strictEqual((await fetch(address)).status, 405);
  assert.strictEqual((await fetch(address, { method: 'POST', body: 'one\r\n\r\ntwo\nthree' })).status, 204);
  assert.deepStrictEqual((await arrived(it.push, 3)).map((line) => line.replace(/^.*} /, '')), ['one', 'two', 'three']);
});

test('syslog over TCP and UDP from the logger of util-linux', { skip: !has('logger') && 'logger is not installed' }, async (context) => {
  const tcp = await running(context, syslogJob('label_structured_data: true'));
  execFileSync('logger', ['--server', '127.0.0.1', '--port', String(syslogPort(tcp)), '--tcp', '--octet-count', '--rfc5424', '-p', 'user.err', '-t', 'myapp', '--sd-id', 'zoo@123', '--sd-param', 'tiger="hungry"', 'over tcp']);
  const [line] = await arrived(tcp.push, 1);
  assert.match(line, /app="myapp", job="syslog", severity="error".*zoo_123_tiger="hungry"\} over tcp$/);
  const udp = await running(context, syslogJob('listen_protocol: udp'));
  execFileSync('logger', ['--server', '127.0.0.1', '--port', String(syslogPort(udp)), '--udp', '--rfc5424', '-p', 'daemon.info', '-t', 'u', 'over udp']);
  assert.match((await arrived(udp.push, 1))[0], /\{app="u", job="syslog", severity="informational"\} over udp$/);
  const old = await running(context, syslogJob('syslog_format: rfc3164'));
  execFileSync('logger', ['--server', '127.0.0.1', '--port', String(syslogPort(old)), '--tcp', '--rfc3164', '-p', 'local0.warning', '-t', 'legacy', 'old style']);
  assert.match((await arrived(old.push, 1))[0], /\{app="legacy", job="syslog", severity="warning"\} old style$/);
});

test('syslog from rsyslog', { skip: !has('rsyslogd') && 'rsyslogd is not installed' }, async (context) => {
  const it = await running(context, syslogJob('idle_timeout: 30s'));
  const config = path.join(it.directory, 'rsyslog.conf');
  writeFileSync(path.join(it.directory, 'in.log'), '');
  writeFileSync(
    config,
    `module(load="imfile")\nglobal(workDirectory="${it.directory}")\ninput(type="imfile" File="${it.directory}/in.log" Tag="filed" Severity="warning")\naction(type="omfwd" Target="127.0.0.1" Port="${syslogPort(it)}" Protocol="tcp" Template="RSYSLOG_SyslogProtocol23Format" TCP_Framing="octet-counted")\n`
  );
  const rsyslog = spawn('rsyslogd', ['-n', '-f', config, '-i', path.join(it.directory, 'rsyslog.pid')], { stdio: 'ignore' });
  context.after(() => rsyslog.kill('SIGKILL'));
  await sleep(500);
  writeFileSync(path.join(it.directory, 'in.log'), 'first\nsecond\n');
  for (const endMs = Date.now() + waitMsMax; !it.push.entries.some((entry) => entry.line.toString() === 'second'); await sleep(20)) {
    assert.ok(Date.now() < endMs, 'rsyslog sent nothing');
  }
  const lines = it.push.entries.map((entry) => `${entry.labels} ${entry.line.toString()}`).filter((line) => line.includes('filed'));
  assert.deepStrictEqual(lines, ['{app="filed", job="syslog", severity="warning"} first', '{app="filed", job="syslog", severity="warning"} second']);
});

test('bytes that are no syslog neither stop the target nor the next connection', async (context) => {
  const it = await running(context, syslogJob('max_message_length: 64'));
  for (const garbage of [Buffer.from([0, 1, 2, 255, 10]), Buffer.from('99999999999999 x\n'), Buffer.alloc(100_000, 0x41)]) {
    await new Promise<void>((resolve) => connect(syslogPort(it), '127.0.0.1', function (this: import('node:net').Socket) { this.end(garbage, () => resolve()); }));
  }
  await new Promise<void>((resolve) => connect(syslogPort(it), '127.0.0.1', function (this: import('node:net').Socket) { this.end('<11>1 - - app - - - still here\n', () => resolve()); }));
  assert.match((await arrived(it.push, 1))[0], / still here$/);
});

/** What `journalctl -o json` prints, from its manual and from real machines. */
const journalEntry = {
  __CURSOR: 's=1;i=2', __REALTIME_TIMESTAMP: '1614834367123456', MESSAGE: 'started', PRIORITY: '3', _SYSTEMD_UNIT: 'nginx.service', _PID: '12', SYSLOG_IDENTIFIER: 'nginx',
};

test('journal: labels and lines of an entry', () => {
  assert.deepStrictEqual([...journalLabels(journalEntry)], [
    ['__journal_message', 'started'], ['__journal_priority', '3'], ['__journal__systemd_unit', 'nginx.service'], ['__journal__pid', '12'], ['__journal_syslog_identifier', 'nginx'],
    ['__journal_priority_keyword', 'error'],
  ]);
  assert.strictEqual(journalLine(journalEntry, true), '{"MESSAGE":"started","PRIORITY":"3","SYSLOG_IDENTIFIER":"nginx","_PID":"12","_SYSTEMD_UNIT":"nginx.service"}');
  assert.strictEqual(journalLine({ MESSAGE: [104, 105, 195, 169] }, false), 'hié');
  assert.strictEqual(journalLine({ MESSAGE: null }, false), undefined);
});

test('journal: follows journalctl and goes on behind the cursor of the last delivered entry', async (context) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'agent-journal-'));
  // Where no journal runs, a program that prints journalctl's own format stands in for it, and notes how it was called.
  const program = path.join(directory, 'journalctl');
  writeFileSync(program, `#!/bin/sh\necho "$@" >> ${directory}/calls\ncat <<'END'\n${JSON.stringify(journalEntry)}\n${JSON.stringify({ ...journalEntry, __CURSOR: 's=1;i=3', MESSAGE: 'again' })}\nEND\nexec sleep 100\n`);
  chmodSync(program, 0o755);
  const before = process.env.PATH;
  process.env.PATH = `${directory}:${before}`;
  context.after(() => {
    process.env.PATH = before;
    rmSync(directory, { recursive: true, force: true });
  });
  const it = await running(context, `journal: {max_age: 12h, labels: {job: journal}, matches: _TRANSPORT=kernel}\nrelabel_configs: [{source_labels: [__journal__systemd_unit], target_label: unit}]`);
  assert.deepStrictEqual(await arrived(it.push, 2), ['{job="journal", unit="nginx.service"} started', '{job="journal", unit="nginx.service"} again']);
  assert.strictEqual(it.push.entries[0].tsNs, 1614834367123456000n);
  const calls = execFileSync('cat', [path.join(directory, 'calls')], { encoding: 'utf8' });
  assert.match(calls, /--follow .*--since=-43200s _TRANSPORT=kernel/);
  await it.agent.stop();
  assert.match(execFileSync('cat', [path.join(it.directory, 'positions.yaml')], { encoding: 'utf8' }), /cursor-it: s=1;i=3/);
});

function frame(stream: number, text: string): Buffer {
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([head, Buffer.from(text)]);
}

test('docker: containers are found and followed through the socket, split frames joined', async (context) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'agent-docker-'));
  const asked: string[] = [];
  const docker = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url?.startsWith('/containers/json')) {
      response.end(JSON.stringify([{ Id: 'abc', Names: ['/web'], Labels: { 'com.docker.compose.service': 'front' }, Ports: [], HostConfig: { NetworkMode: 'bridge' }, NetworkSettings: { Networks: { bridge: { NetworkID: 'n1', IPAddress: '172.17.0.2' } } } }]));
    } else if (request.url === '/containers/abc/json') {
      response.end(JSON.stringify({ Config: { Tty: false } }));
    } else {
      response.write(frame(1, '2021-03-04T05:06:07.1Z one\n'));
      response.write(frame(2, '2021-03-04T05:06:07.2Z to err\n'));
      response.write(frame(1, '2021-03-04T05:06:07.3Z a long '));
      response.write(frame(1, '2021-03-04T05:06:07.3Z line\n'));
    }
  });
  const socket = path.join(directory, 'docker.sock');
  await new Promise<void>((resolve) => docker.listen(socket, resolve));
  context.after(() => {
    docker.closeAllConnections();
    docker.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const it = await running(
    context,
    `docker_sd_configs: [{host: "unix://${socket}", filters: [{name: label, values: [logs]}]}]
relabel_configs:
  - {source_labels: [__meta_docker_container_name], regex: '/(.*)', target_label: container}
  - {source_labels: [__meta_docker_container_log_stream], target_label: stream}
  - {source_labels: [__meta_docker_container_label_com_docker_compose_service], target_label: service}`
  );
  assert.deepStrictEqual((await arrived(it.push, 3)).sort(), [
    '{container="web", service="front", stream="stderr"} to err',
    '{container="web", service="front", stream="stdout"} a long line',
    '{container="web", service="front", stream="stdout"} one',
  ]);
  assert.ok(asked[0].includes(encodeURIComponent('{"label":["logs"]}')));
});

test('kubernetes: labels of a pod and its containers', () => {
  const [first, second] = podTargets({
    metadata: { name: 'web-1', namespace: 'shop', uid: 'u1', labels: { 'app.kubernetes.io/name': 'web' }, annotations: { a: 'b' }, ownerReferences: [{ kind: 'ReplicaSet', name: 'web', controller: true }] },
    spec: { nodeName: 'node1', containers: [{ name: 'main', image: 'nginx', ports: [{ name: 'http', containerPort: 80 }] }, { name: 'side' }] },
    status: { podIP: '10.0.0.5', hostIP: '10.1.0.1', phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], containerStatuses: [{ name: 'main', containerID: 'containerd://1' }] },
  });
  const get = (name: string) => first.get(`__meta_kubernetes_${name}`);
  assert.deepStrictEqual(
    ['namespace', 'pod_name', 'pod_uid', 'pod_node_name', 'pod_label_app_kubernetes_io_name', 'pod_annotation_a', 'pod_controller_kind', 'pod_container_name', 'pod_container_port_number', 'pod_ready'].map(get),
    ['shop', 'web-1', 'u1', 'node1', 'web', 'b', 'ReplicaSet', 'main', '80', 'true']
  );
  assert.strictEqual(first.get('__address__'), '10.0.0.5:80');
  assert.strictEqual(second.get('__meta_kubernetes_pod_container_name'), 'side');
});
