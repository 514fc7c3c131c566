import assert from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { parseFlags } from './flags';
import { parseAddress } from '../store/clickhouse/address';
import { loadServerConfig, withoutSecrets, type ServerConfig } from './server';
import { withoutPassword } from './storage';

const article = path.resolve(__dirname, '../../tests/fixtures/article');

function load(words: string[], env: Record<string, string> = {}): ServerConfig {
  return loadServerConfig({ flags: parseFlags(words, new Set(['config.expand-env'])), env });
}

function loadText(text: string, words: string[] = [], env: Record<string, string> = {}): ServerConfig {
  const dir = mkdtempSync(path.join(tmpdir(), 'binocle-config-'));
  try {
    const file = path.join(dir, 'c.yaml');
    writeFileSync(file, text);
    return load([`-config.file=${file}`, ...words], env);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

test('the file of the article works as it is, and says once what has no effect', () => {
  const config = load([`-config.file=${article}/local-config.yaml`]);
  assert.deepStrictEqual([config.port, config.authEnabled, config.host], [3100, false, '127.0.0.1']);
  assert.ok(config.limits.ingest.rejectOldSamples);
  assert.strictEqual(config.limits.ingest.rejectOldSamplesMaxAgeNs, 168n * 3_600n * 1_000_000_000n);
  assert.deepStrictEqual(config.retention.rules, []);
  assert.strictEqual(config.dataDir, '/tmp/loki/index/binocle');
  assert.deepStrictEqual(config.warnings, []);
  const ignored = config.ignored.map(({ key }) => key.split(' ')[0]);
  assert.deepStrictEqual([...ignored].sort(), [
    'chunk_store_config', 'ingester', 'limits_config.enforce_metric_name', 'schema_config',
    'table_manager.chunk_tables_provisioning', 'table_manager.index_tables_provisioning',
  ]);
});

test('pasted no-break spaces are read as spaces, with one line of warning', () => {
  const pasted = load([`-config.file=${article}/local-config.nbsp.yaml`]);
  const typed = load([`-config.file=${article}/local-config.yaml`]);
  assert.strictEqual(pasted.warnings.length, 1);
  assert.match(pasted.warnings[0], /no-break spaces/);
  assert.deepStrictEqual({ ...pasted, warnings: [] }, typed);
});

test('flags win over the file, with one dash or two', () => {
  const config = load([`--config.file=${article}/local-config.yaml`, '--port', '3200', '-host=::1', '--data=/x', '-memory-max', '512MB', '-log.level=debug']);
  assert.deepStrictEqual([config.port, config.host, config.dataDir, config.memoryBytesMax, config.logLevel], [3200, '::1', '/x', 512 * 1024 * 1024, 'debug']);
});

test('a ceiling of memory that a server can not hold is refused', () => {
  assert.throws(() => load(['--memory-max', '1MB']), { message: '--memory-max: 1MB is less than a server needs that has little to do; give 160MB or more (256MB is the default)' });
  assert.throws(() => load(['--memory-max', '100MB', '--store', 'memory']), /100MB .* 112MB or more on this store/);
  assert.throws(() => load(['--memory-max', '1 apple']), /a size such as 256MB is expected, not 1 apple/);
  assert.deepStrictEqual(['160MB', '1GB'].map((size) => load(['--memory-max', size]).memoryBytesMax / 1024 / 1024), [160, 1024]);
  assert.strictEqual(load(['--memory-max', '112MB', '--store', 'memory']).memoryBytesMax / 1024 / 1024, 112);
});

test('without a file: port 3100, one tenant, ./data', () => {
  const config = load([]);
  assert.deepStrictEqual([config.port, config.authEnabled, config.dataDir, config.store], [3100, false, './data', 'sqlite']);
});

test('a file of Loki 3 with retention, overrides and own keys', () => {
  const config = loadText(`
auth_enabled: true
common: {path_prefix: /nowhere/loki, ring: {kvstore: {store: inmemory}}}
limits_config:
  retention_period: 744h
  retention_stream: [{selector: '{env="dev"}', priority: 1, period: 24h}, {selector: '{env="prod"}', priority: 2, period: 1y}]
  max_line_size: 10KB
  ingestion_rate_mb: 2
  max_entries_limit_per_query: 100
  discover_service_name: []
  query_timeout: 5m
overrides: {team-a: {max_line_size: 1MB, ingestion_rate_mb: 8}}
compactor: {retention_enabled: true, delete_request_store: filesystem}
querier: {multi_tenant_queries_enabled: true, tail_max_duration: 30m, max_concurrent: 4}
bloom_build: {enabled: false}
made_up: 1
binocle: {retention_bytes_max: 10GB, data: /own/place, datasources: [{uid: prometheus, url: http://localhost:9090}]}
`);
  assert.ok(config.authEnabled && config.multiTenantQueries);
  assert.strictEqual(config.dataDir, '/own/place');
  assert.deepStrictEqual(
    config.retention.rules.map(({ tenant, matchers, ageNs }) => [tenant, matchers.map(({ value }) => value).join(), ageNs / 3_600_000_000_000n]),
    [['team-a', 'prod', 8760n], ['team-a', 'dev', 24n], ['team-a', '', 744n], ['*', 'prod', 8760n], ['*', 'dev', 24n], ['*', '', 744n]]
  );
  assert.strictEqual(config.retention.bytesMax, 10 * 1024 ** 3);
  assert.deepStrictEqual([config.limits.ingest.maxLineSizeBytes, config.overrides.get('team-a')?.ingest.maxLineSizeBytes], [10_240, 1_048_576]);
  assert.deepStrictEqual([config.limits.ingest.ingestionRateBytes, config.overrides.get('team-a')?.ingest.ingestionRateBytes], [2_097_152, 8_388_608]);
  assert.deepStrictEqual([config.limits.server.query.entriesMax, config.limits.server.query.timeoutMs], [100, 300_000]);
  assert.deepStrictEqual([config.limits.server.tailDurationMsMax, config.overrides.get('team-a')?.server.tailDurationMsMax], [1_800_000, 1_800_000]);
  assert.ok(config.ignored.every(({ key }) => !key.includes('tail_max_duration')), JSON.stringify(config.ignored));
  assert.deepStrictEqual(config.limits.ingest.discoverServiceName, []);
  assert.ok(config.ignored.some(({ key, why }) => key === 'made_up' && /no such key/.test(why)), JSON.stringify(config.ignored));
  assert.deepStrictEqual([...config.datasources], [['prometheus', 'http://localhost:9090']]);
});

test('times that no timer can hold end at the longest one, not at once', () => {
  const { server } = loadText('limits_config: {tail_max_duration: 720h, query_timeout: 0}\n').limits;
  assert.deepStrictEqual([server.tailDurationMsMax, server.query.timeoutMs], [2 ** 31 - 1, 0]);
});

test('old deletes of the table manager, unitless zeros, quoted numbers', () => {
  const config = loadText('table_manager: {retention_deletes_enabled: true, retention_period: 336h}\nlimits_config: {max_query_length: 0, max_query_series: "700"}\nserver: {http_listen_port: "3300"}\n');
  assert.deepStrictEqual(config.retention.rules.map(({ ageNs }) => ageNs), [336n * 3_600_000_000_000n]);
  assert.deepStrictEqual([config.limits.server.query.lengthNsMax, config.limits.server.query.seriesMax, config.port], [0, 700, 3300]);
});

test('keys of the file that a flag goes before are known keys', () => {
  const file = 'auth_enabled: false\nserver: {http_listen_port: 1, http_listen_address: a, http_path_prefix: /p, log_level: warn, log_format: json}\nbinocle: {data: /a, memory_max: 1GB, explore_dir: /e}\ncommon: {path_prefix: /loki}';
  const words = ['--port', '2', '--host', 'b', '--data', '/b', '--memory-max', '300MB', '-auth.enabled', '-server.path-prefix=/q', '-log.level=error', '-log.format=logfmt', '--explore-dir', '/f'];
  const config = loadText(file, words);
  assert.deepStrictEqual(config.ignored, []);
  assert.deepStrictEqual([config.port, config.host, config.dataDir, config.authEnabled, config.pathPrefix, config.logLevel], [2, 'b', '/b', true, '/q', 'error']);
});

test('of the two keys for the size of a push, Binocle’s own goes before Loki’s, and that is said', () => {
  const [loki, own] = ['distributor: {max_recv_msg_size: 2MB}\n', 'binocle: {push_bytes_max: 3MB}\n'];
  assert.deepStrictEqual([loki, own, loki + own].map((text) => loadText(text).pushBytesMax / 1024 ** 2), [2, 3, 3]);
  assert.deepStrictEqual(loadText(loki).ignored, []);
  assert.deepStrictEqual(loadText(loki + own).ignored, [{ key: 'distributor.max_recv_msg_size', why: 'binocle.push_bytes_max goes before it', mistake: false }]);
});

test('otlp_config: attributes that are labels by default stay that, unless the defaults are ignored or changed', () => {
  const names = ['service.name', 'host.arch', 'host.id', 'process.pid'];
  const rules = 'attributes_config: [{action: drop, attributes: [service.name, host.id]}, {action: index_label, regex: "host.*"}, {attributes: [process.pid]}]';
  const actions = (text: string): string[] => names.map((name) => loadText(text).limits.ingest.otlp.resource(name));
  assert.deepStrictEqual(actions(`limits_config: {otlp_config: {resource_attributes: {${rules}}}}`), ['index_label', 'index_label', 'drop', 'structured_metadata']);
  assert.deepStrictEqual(actions(`limits_config: {otlp_config: {resource_attributes: {ignore_defaults: true, ${rules}}}}`), ['drop', 'index_label', 'drop', 'structured_metadata']);
  assert.deepStrictEqual(actions('distributor: {otlp_config: {default_resource_attributes_as_index_labels: [process.pid]}}'), ['structured_metadata', 'structured_metadata', 'structured_metadata', 'index_label']);
});

test("otlp_config of a tenant: what it does not set is as in limits_config", () => {
  const config = loadText(`
limits_config: {otlp_config: {resource_attributes: {ignore_defaults: true, attributes_config: [{action: drop, attributes: [host.id]}]}, log_attributes: [{action: drop, attributes: [secret]}]}}
overrides: {a: {otlp_config: {scope_attributes: [{action: drop, regex: "s.*"}]}}, b: {otlp_config: {resource_attributes: {ignore_defaults: false}, log_attributes: []}}}
`);
  const of = (tenant: string): string[] => {
    const { otlp } = config.overrides.get(tenant)!.ingest;
    return [otlp.resource('service.name'), otlp.resource('host.id'), otlp.scope('secret'), otlp.log('secret')];
  };
  assert.deepStrictEqual(of('a'), ['structured_metadata', 'drop', 'drop', 'drop']);
  assert.deepStrictEqual(of('b'), ['index_label', 'drop', 'structured_metadata', 'structured_metadata']);
});

const wrong: Array<[string, RegExp]> = [
  ['limits_config: {max_line_size: lots}', /limits_config\.max_line_size: a size .* not "lots"/],
  ['limits_config: {reject_old_samples_max_age: 5 apples}', /reject_old_samples_max_age: a duration/],
  ['server: {log_level: loud}', /Error: server\.log_level: debug, info, warn or error is expected, not loud/],
  ['server: {http_listen_port: 99999}', /Error: server\.http_listen_port: a number from 0 to 65535/],
  ['binocle: {memory_max: lots}', /Error: binocle\.memory_max: a size/],
  ['a: [1, 2', /c\.yaml: /],
  ['limits_config: {retention_stream: [{selector: "{", period: 24h}]}', /retention_stream\[0\]\.selector: a stream selector/],
];
for (const [text, message] of wrong) {
  test(`a wrong value is named: ${text}`, () => assert.throws(() => loadText(text), message));
}

test('a wrong value is named by the flag that gave it, though the file has a right one', () => {
  const file = 'server: {http_listen_port: 3100, log_level: info}\nbinocle: {memory_max: 256MB}';
  assert.throws(() => loadText(file, ['--port', 'many']), /Error: --port: a number/);
  assert.throws(() => loadText(file, ['-log.level=loud']), /Error: --log\.level: debug/);
  assert.throws(() => loadText(file, ['--memory-max', 'lots']), /Error: --memory-max: a size/);
});

test('a key that looks like another is told from one that Loki has', () => {
  const { ignored } = loadText('sever: {http_listen_port: 1}\nlimits_config: {retention_perod: 24h, max_query_parallelism: 3}\nbinocle: {nonsense: 1}\nserver: {grpc_listen_port: 9095}');
  assert.deepStrictEqual(ignored.map(({ key, why, mistake }) => [key, /did you mean (\w+)/.exec(why)?.[1], mistake]), [
    ['sever', undefined, true], ['limits_config.retention_perod', 'retention_period', true], ['limits_config.max_query_parallelism', undefined, false],
    ['binocle.nonsense', undefined, true], ['server.grpc_listen_port', undefined, false],
  ]);
});

test('no section or key that Loki has at the top of its file is taken for a mistake', () => {
  const sections = [
    'lbac', 'ui', 'distributor', 'querier', 'query_engine', 'query_scheduler', 'frontend', 'query_range', 'ruler', 'ruler_storage', 'ingester_client', 'ingester', 'pattern_ingester', 'index_gateway',
    'bloom_build', 'bloom_gateway', 'storage_config', 'chunk_store_config', 'schema_config', 'compactor', 'compactor_grpc_client', 'limits_config', 'frontend_worker', 'memberlist', 'kafka_config',
    'dataobj', 'ingest_limits', 'ingest_limits_frontend', 'ingest_limits_frontend_client', 'runtime_config', 'operational_config', 'tracing', 'analytics', 'profiling', 'common', 'table_manager', 'server',
  ];
  const keys = ['target', 'no_auth_tenant', 'ballast_bytes', 'tenant_limits_allow_publish', 'shutdown_delay', 'metrics_namespace', 'http_prefix'];
  const { ignored } = loadText([...sections.map((section) => `${section}: {unheard: 1}`), ...keys.map((key) => `${key}: 1`)].join('\n'));
  assert.deepStrictEqual(ignored.filter(({ mistake }) => mistake), []);
});

test('blocked queries by text and pattern', () => {
  const { blocked } = loadText(`limits_config: {blocked_queries: [{pattern: '{a="b"}'}, {pattern: '.*slow.*', regex: true}]}`).limits.server.query;
  assert.deepStrictEqual(['{a="b"}', '{x="slow"}', '{a="c"}'].map((query) => blocked(query)), [true, true, false]);
});

test('-config.expand-env', () => {
  assert.throws(() => loadText('server: {http_listen_port: ${P', ['-config.expand-env=true']), /missing closing brace/);
  assert.strictEqual(loadText('server: {http_listen_port: ${P:-3400}}', ['-config.expand-env=true']).port, 3400);
});

test('/config shows no secrets', () => {
  const shown = JSON.stringify(withoutSecrets({ storage: { s3: { secret_access_key: 'abc', url: 'http://u:pw@h/' } }, list: [{ password: 'x' }] }));
  assert.doesNotMatch(shown, /abc|pw|"x"/);
});

test('storage: clickhouse, with its address in a section, in the key itself or as a flag; no password is shown', () => {
  const file = 'storage: clickhouse\nclickhouse:\n  url: clickhouse://a:8123,b:8123/logs?cluster=test\n  user: me\n  password: "p@ss:/?word"\n  timeout_seconds: 5\n';
  const config = loadText(file);
  assert.strictEqual(config.store, 'clickhouse://me:p%40ss%3A%2F%3Fword@a:8123,b:8123/logs?cluster=test&timeout_seconds=5');
  assert.deepStrictEqual(parseAddress(config.store), { ...parseAddress('clickhouse://me@a:8123,b:8123/logs?cluster=test&timeout_seconds=5'), password: 'p@ss:/?word' });
  assert.strictEqual(JSON.stringify(config.content).includes('p@ss'), false);
  assert.strictEqual(withoutPassword('clickhouse://me:with:colon@a:8123/x?y=z'), 'clickhouse://me:<secret>@a:8123/x?y=z');
  assert.strictEqual(loadText(file, ['--store=memory']).store, 'memory');
  assert.strictEqual(loadText('storage: clickhouse://u:secret@h/db').store, 'clickhouse://u:secret@h/db');
  assert.deepStrictEqual(loadText('storage: clickhouse://u:secret@h/db').content, { storage: 'clickhouse://u:<secret>@h/db' });
  assert.strictEqual(loadText('clickhouse:\n  url: clickhouses://u:v@h/db', ['--store', 'clickhouse']).store, 'clickhouses://u:v@h/db');
  assert.throws(() => loadText('storage: clickhouse'), /needs to know where/);
  assert.throws(() => loadText('storage: clickhouse\nclickhouse: { url: "http://h" }'), /clickhouse.url/);
});
