import assert from 'node:assert';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import test, { type TestContext } from 'node:test';
import { readConfig, runAgentCommand } from '../../backend/agent/main';
import { parseAgentFlags } from '../../backend/agent/flags';
import { startPushServer, waitMsMax } from './pushServer';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Called {
  /** Both streams, in the order of writing. */
  output: () => string;
  stderr: () => string;
  signal(what: 'stop' | 'reload'): void;
  stdin: PassThrough;
  exit: Promise<number>;
}

function call(words: string[], env: Record<string, string> = {}): Called {
  let output = '';
  let errors = '';
  let listener: ((what: 'stop' | 'reload') => void) | undefined;
  const write = (text: string) => void (output += text);
  const stdin = new PassThrough();
  const exit = runAgentCommand(words, {
    env, stdin, stdout: { write }, stderr: { write: (text) => (write(text), void (errors += text)) },
    onSignal(next) {
      listener = next;
      return () => undefined;
    },
  });
  return { output: () => output, stderr: () => errors, stdin, exit, signal: (what) => listener?.(what) };
}

function directoryOf(context: TestContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'agent-command-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function until(done: () => boolean, what: string): Promise<void> {
  for (const endMs = Date.now() + waitMsMax; !done(); await sleep(10)) {
    assert.ok(Date.now() < endMs, what);
  }
}

test('flags are written with one dash or two, with or without an equals sign', async () => {
  for (const words of [['-version'], ['--version'], ['-version=true']]) {
    const called = call(words);
    assert.strictEqual(await called.exit, 0);
    assert.match(called.output(), /^binocle agent, version \d/);
  }
  assert.strictEqual(await call(['-nosuch']).exit, 2);
  assert.strictEqual(await call(['-client.batch-wait', 'soon']).exit, 2);
  assert.strictEqual(await call(['-config.file']).exit, 2);
  const missing = call(['--config.file', '/no/such/file.yaml']);
  assert.strictEqual(await missing.exit, 1);
  assert.match(missing.output(), /Unable to parse config: .*\/no\/such\/file\.yaml/);
});

test('without a configuration the command says what to give', async (context) => {
  const cwd = process.cwd();
  process.chdir(directoryOf(context));
  context.after(() => process.chdir(cwd));
  const called = call([]);
  assert.strictEqual(await called.exit, 1);
  assert.strictEqual(called.output(), 'which configuration? Give one in Promtail\'s YAML with -config.file=FILE (without it config.yaml is read, which is not here)\n');
});

test('-check-syntax refuses keys that do not exist, and says which targets read nothing', async (context) => {
  const directory = directoryOf(context);
  const check = async (text: string): Promise<[number, string]> => {
    const file = path.join(directory, 'config.yaml');
    writeFileSync(file, `clients: [{url: "http://127.0.0.1:9/"}]\npositions: {filename: ${directory}/positions.yaml}\n${text}`);
    const called = call(['-check-syntax', `-config.file=${file}`]);
    return [await called.exit, called.output().trimEnd()];
  };
  const job = (labels: string, more = ''): string => `scrape_configs: [{job_name: x, static_configs: [{labels: {${labels}}}]${more}}]`;
  const valid = 'Valid config file! No syntax issues found';
  assert.deepStrictEqual(await check(`scrape_config: []\nserver: {http_listen_prot: 1}`), [1, 'Invalid config: there is no key server.http_listen_prot (line 4) (did you mean http_listen_port?)\nthere is no key scrape_config (line 3) (did you mean scrape_configs?)']);
  assert.deepStrictEqual(await check(job('__path__: /x', ', entry_parser: docker')), [1, 'Invalid config: there is no key scrape_configs[0].entry_parser (line 3) any more; stages do its work, such as pipeline_stages: [docker: {}]']);
  assert.deepStrictEqual(await check(job('__path__: /x', ', relabel_configs: [{source_label: [a], target_label: b}]')).then(([status, said]) => [status, /no key scrape_configs\[0\]\.relabel_configs\[0\]\.source_label \(line 3\) \(did you mean source_labels\?\)/.test(said)]), [1, true]);
  assert.deepStrictEqual(await check(job('job: x, __pth__: /x')), [0, `job "x": a target has no label __path__, so nothing is read for it; did you mean __path__ instead of __pth__?\n${valid}`]);
  assert.deepStrictEqual(await check(job('job: x', ', relabel_configs: [{target_label: __path__, replacement: /x}]')), [0, valid]);
  assert.deepStrictEqual(await check(`${job('__path__: /x')}\nwal: {enabled: true}`), [0, `keys of the configuration that have no effect here: wal\n${valid}`]);
});

test('what is wrong in a configuration is named with its line and how to mend it', async (context) => {
  const file = path.join(directoryOf(context), 'config.yaml');
  const said = async (lines: string[]): Promise<string> => {
    writeFileSync(file, lines.join('\n'));
    const called = call(['-check-syntax', `-config.file=${file}`]);
    assert.strictEqual(await called.exit, 1);
    return called.output().trimEnd().replace(`${file}: `, '').replace(/^(Invalid config|Unable to parse config): /, '');
  };
  const stages = (...list: string[]): string[] => ['clients: [{url: "http://127.0.0.1:9/"}]', 'scrape_configs:', '- job_name: x', '  static_configs: [{labels: {__path__: /x}}]', '  pipeline_stages:', ...list];
  const first = 'scrape_configs[0].pipeline_stages[0]';
  for (const [lines, message] of [
    [stages('  - json: {expressions: {agent: request_User-Agent}}'), `${first} (line 6): invalid json stage config: could not compile JMES expression \`request_User-Agent\` of agent: Unexpected token type: Number, value: NaN; a name with other characters than letters, digits and _ is quoted: '"request_User-Agent"'`],
    [stages('  - label_drop: [a]'), `${first} (line 6): invalid label_drop stage config: Unknown stage type: label_drop (did you mean labeldrop?)`],
    [stages('  - docker:', '  - match:', `      selector: '{a="b"}'`, '      stages:', `      - regex: {expression: '(?<a'}`), 'scrape_configs[0].pipeline_stages[1].match.stages[0] (line 10): invalid regex stage config: could not compile regular expression: error parsing regexp: invalid named capture: `(?<a`'],
    [stages('  - logfmt: {mapping: {n: }}'), `${first} (line 6): invalid logfmt stage config: 'mapping[key]' expected type 'string', got unconvertible type 'bool', value: 'n'; in quotes, "n", it is text`],
    [stages('  - docker'), `${first} (line 6): invalid YAML config, make sure each stage of your pipeline is a YAML object (must end with a \`:\`), check stage \`- docker\``],
    [['clients:', '  - url: ${LOKI_URL}'], 'clients[0].url (line 2): "${LOKI_URL}" is not an http or https address. Use `-config.expand-env=true` flag if you want to expand environment variables in your config file'],
    [['server: &s', '  http_listen_port: 80', 'clients:', '  - backoff_config:', '      max_retries: many', '    url: "http://127.0.0.1:9/"'], 'clients[0].backoff_config.max_retries (line 5): cannot unmarshal string `many`, a number is expected'],
    [['clients: [{url: "http://127.0.0.1:9/"}]', 'scrape_configs:', '- job_name: x', '  kafka: {brokers: [a]}'], 'scrape_configs[0].kafka (line 4): not supported by this agent (static_configs, file_sd_configs, docker_sd_configs, kubernetes_sd_configs, journal, syslog and loki_push_api are)'],
    [['scrape_configs: []'], 'at least one client config must be provided'],
  ] as Array<[string[], string]>) {
    assert.strictEqual(await said(lines), message);
  }
});

test('-inspect shows what stages of stages do, and names as dropped what was dropped', async (context) => {
  const directory = directoryOf(context);
  const file = path.join(directory, 'config.yaml');
  writeFileSync(file, `server: {disable: true}
positions: {filename: ${directory}/positions.yaml}
clients: [{url: "http://127.0.0.1:9/"}]
scrape_configs:
- job_name: x
  static_configs: [{labels: {job: x}}]
  pipeline_stages:
  - docker:
  - match: {selector: '{job="x"} |= "hello"', stages: [static_labels: {m: "1"}]}
  - match: {selector: '{job="x"} |= "bye"', action: drop}
  - multiline: {firstline: '^\\w'}
`);
  const called = call(['-stdin', '-dry-run', '-inspect', `-config.file=${file}`]);
  const line = (log: string): string => JSON.stringify({ log, stream: 'stdout', time: '2024-03-05T14:07:09.5Z' });
  called.stdin.end([line('hello'), line('bye'), line(' more'), 'plain'].join('\n'));
  assert.strictEqual(await called.exit, 0);
  const shown = called.stderr().split('\n').filter((text) => /^\[inspect|^dropped|Entry\.Labels|^\t\+: \{/.test(text));
  const docker = ['[inspect: docker stage]: ', '{stages.Entry}.Entry.Labels:', '\t+: {job="x", stream="stdout"}'];
  const labelled = ['{stages.Entry}.Entry.Labels:', '\t+: {job="x", m="1", stream="stdout"}'];
  const nothing = '[inspect: match stage]: none';
  assert.deepStrictEqual(shown, [
    ...docker, '[inspect: static_labels stage]: ', ...labelled, '[inspect: match stage]: ', ...labelled, nothing,
    ...docker, nothing, '[inspect: match stage]: ', 'dropped',
    ...docker, nothing, nothing, '[inspect: multiline stage]: none',
    '[inspect: docker stage]: none', nothing, nothing,
  ]);
  assert.strictEqual(called.stderr().match(/\[inspect/g)!.length, called.output().match(/\[inspect/g)!.length, 'standard output is for the entries');
});

test('all flags of Promtail are known, and sizes have units', async () => {
  const words = ['-server.path-prefix=/x', '-server.proxy-protocol-enabled', '-server.grpc.num-workers', '4', '-file-watch.min', '1s', '-tracing.enabled', '-max-line-size', '256kb'];
  assert.strictEqual(await call([...words, '-version']).exit, 0);
  assert.strictEqual(await call(['-max-line-size=long', '-version']).exit, 2);
  assert.strictEqual(await call(['-file-watch.min_poll_frequency=100ms', '-file-watch.max_poll_frequency', '1s', '-version']).exit, 0);
});

test('labels on the command line are pairs between commas, in quotes where a value has one', async (context) => {
  const directory = directoryOf(context);
  const file = path.join(directory, 'config.yaml');
  writeFileSync(file, `server: {disable: true}\npositions: {filename: ${directory}/positions.yaml}\nclients: [{url: "http://127.0.0.1:9/"}]\n`);
  for (const [written, labels] of [
    ['a=1,b=2', '{a="1", b="2"}'],
    ['a=x,y', '{a="x,y"}'],
    ['a=1=2', '{a="1=2"}'],
    ['"a=x,y",b=""', '{a="x,y", b="\\"\\""}'],
  ]) {
    assert.strictEqual(readConfig(readFileSync(file, 'utf8'), parseAgentFlags([`-client.external-labels=${written}`]).values).clients[0].externalLabels.text, labels);
  }
  for (const written of ['', 'a', 'a=1,b,c=2']) {
    const called = call([`-client.external-labels=${written}`, `-config.file=${file}`]);
    assert.deepStrictEqual([await called.exit, called.output().includes('must be formatted as key=value')], [2, true]);
  }
});

test('a positions file that is no file is refused, and is not waited for', async (context) => {
  const directory = directoryOf(context);
  execFileSync('mkfifo', [path.join(directory, 'pipe')]);
  const file = path.join(directory, 'config.yaml');
  for (const [name, what] of [['pipe', 'a named pipe'], ['', 'a directory']]) {
    const positions = path.join(directory, name);
    writeFileSync(file, `server: {disable: true}\npositions: {filename: ${positions}}\nclients: [{url: "http://127.0.0.1:9/"}]\n`);
    const called = call([`-config.file=${file}`]);
    assert.strictEqual(await called.exit, 1);
    assert.ok(called.output().endsWith(`error creating promtail: positions.filename (line 2): ${positions} is ${what}; positions are kept in a file\n`), called.output());
  }
});

test('at the start the log says where the pages are, and how they are opened to other machines', async (context) => {
  const directory = directoryOf(context);
  const file = path.join(directory, 'config.yaml');
  for (const [server, said] of [
    ['http_listen_port: 0', /msg="server listening on addresses" http=127\.0\.0\.1:\d+ reachable="from this machine only; server\.http_listen_address: 0\.0\.0\.0 opens the pages to others"$/m],
    ['http_listen_port: 0, http_listen_address: 127.0.0.1', /msg="server listening on addresses" http=127\.0\.0\.1:\d+$/m],
    ['http_listen_port: 0, http_listen_address: 0.0.0.0', /msg="server listening on addresses" http=0\.0\.0\.0:\d+$/m],
    ['http_listen_port: 0, http_listen_address: "::"', /msg="server listening on addresses" http=\[::\]:\d+$/m],
  ] as Array<[string, RegExp]>) {
    writeFileSync(file, `server: {${server}}\npositions: {filename: ${directory}/positions.yaml}\nclients: [{url: "http://127.0.0.1:9/"}]\n`);
    const called = call([`-config.file=${file}`]);
    await until(() => called.output().includes('server listening'), 'it did not start');
    assert.match(called.output(), said);
    called.signal('stop');
    await called.exit;
  }
});

test('an agent with nothing to read runs until it is stopped', async (context) => {
  const file = path.join(directoryOf(context), 'config.yaml');
  writeFileSync(file, `server: {http_listen_address: 127.0.0.1, http_listen_port: 0}\npositions: {filename: ${file}.positions}\nclients: [{url: "http://127.0.0.1:9/"}]\nscrape_configs: []\n`);
  const called = call([`-config.file=${file}`]);
  await until(() => called.output().includes('server listening'), 'it did not start');
  assert.strictEqual(await Promise.race([called.exit, sleep(100).then(() => 'runs')]), 'runs');
  called.signal('stop');
  assert.strictEqual(await called.exit, 0);
});

test('a reload takes the new configuration over, and a wrong one leaves the old at work', async (context) => {
  const directory = directoryOf(context);
  const push = await startPushServer();
  context.after(() => push.close());
  const file = path.join(directory, 'config.yaml');
  const config = (label: string) => `server: {http_listen_address: 127.0.0.1, http_listen_port: 0, enable_runtime_reload: true}
positions: {filename: ${directory}/positions.yaml}
clients: [{url: "${push.url}", batchwait: 10ms}]
scrape_configs: [{job_name: x, static_configs: [{labels: {job: ${label}, __path__: ${directory}/*.log}}]}]
`;
  writeFileSync(file, config('old'));
  writeFileSync(path.join(directory, 'a.log'), 'one\n');
  const called = call([`-config.file=${file}`]);
  await until(() => push.entries.length === 1, 'the first line did not arrive');
  writeFileSync(file, 'clients: [');
  called.signal('reload');
  await until(() => called.output().includes('cannot load the configuration again'), 'the wrong configuration was not reported');
  writeFileSync(file, config('new'));
  const port = /http=127\.0\.0\.1:(\d+)/.exec(called.output())![1];
  assert.strictEqual((await fetch(`http://127.0.0.1:${port}/reload`, { method: 'POST' })).status, 200);
  writeFileSync(path.join(directory, 'b.log'), 'two\n');
  await until(() => push.entries.some((entry) => entry.line.toString() === 'two'), 'the second line did not arrive');
  for (const [page, text] of [['targets', 'job=&#34;new&#34;'], ['service-discovery', '__path__'], ['config', 'job: new'], ['metrics', 'promtail_targets_active_total 1'],
    ['metrics', 'promtail_config_reload_success_total 1'], ['metrics', 'promtail_config_reload_fail_total 1'], ['metrics', 'promtail_build_info{version="'], ['metrics', '\nprocess_resident_memory_bytes ']]) {
    assert.ok((await (await fetch(`http://127.0.0.1:${port}/${page}`)).text()).includes(text), page);
  }
  called.signal('stop');
  assert.strictEqual(await called.exit, 0);
  assert.deepStrictEqual(
    push.entries.map((entry) => `${/job="(\w+)"/.exec(entry.labels)![1]} ${entry.line.toString()}`),
    ['old one', 'new two'],
    'the position of a path holds for its new labels'
  );
});

test('a target that finds no file says so once, and says when files come', async (context) => {
  const directory = directoryOf(context);
  const file = path.join(directory, 'config.yaml');
  const targets = [`{labels: {__path__: ${directory}/ngnix/*.log}}`, '{labels: {job: x}}'].join(', ');
  writeFileSync(file, `server: {disable: true}\npositions: {filename: ${directory}/positions.yaml}\nclients: [{url: "http://127.0.0.1:9/"}]\nscrape_configs: [{job_name: web, static_configs: [${targets}]}]\n`);
  const called = call([`-config.file=${file}`, '-target.sync-period=100ms']);
  await until(() => called.output().includes('no label __path__'), 'the target without a path was not mentioned');
  await sleep(300);
  mkdirSync(path.join(directory, 'ngnix'));
  writeFileSync(path.join(directory, 'ngnix', 'a.log'), '');
  await until(() => called.output().includes('files match'), 'the file was not mentioned');
  called.signal('stop');
  await called.exit;
  const said = called.output().split('\n').filter((line) => line.includes('__path__ now') || line.includes('level=warn'));
  assert.deepStrictEqual(said.map((line) => line.replace(/ ts=\S+/, '')), [
    'level=warn msg="a target has no label __path__, so nothing is read for it" job=web labels="{__address__=\\"localhost\\", job=\\"x\\"}"',
    `level=warn msg="no file matches __path__ yet; new ones are looked for every second" job=web path=${directory}/ngnix/*.log because="there is no directory ${directory}/ngnix"`,
    `level=info msg="files match __path__ now" job=web path=${directory}/ngnix/*.log files=1`,
  ]);
});

test('-dry-run shows entries and touches no positions', async (context) => {
  const directory = directoryOf(context);
  const file = path.join(directory, 'config.yaml');
  writeFileSync(path.join(directory, 'a.log'), 'shown\n');
  writeFileSync(file, `server: {disable: true}\npositions: {filename: ${directory}/positions.yaml}\nclients: [{url: "http://127.0.0.1:9/loki/api/v1/push", basic_auth: {username: u, password: hidden}}]\nscrape_configs: [{job_name: x, static_configs: [{labels: {job: x, __path__: ${directory}/*.log}}]}]\n`);
  const called = call([`-config.file=${file}`, '-dry-run', '-print-config-stderr']);
  await until(() => called.output().includes('shown'), 'the line was not shown');
  called.signal('stop');
  assert.strictEqual(await called.exit, 0);
  assert.ok(!existsSync(path.join(directory, 'positions.yaml')) && !existsSync(path.join(directory, 'positions.yaml.binocle')));
  assert.ok(!called.output().includes('hidden'), 'a secret was printed');
});
