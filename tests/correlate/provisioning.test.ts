import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { metricCorrelations } from '../../backend/correlate/provision';
import { formOf } from '../../src/correlate';
import { parse } from '../../src/logql';

/** The files that Grafana, compose and the demo's programs read: valid by their own tools where those are here, by shape otherwise. */

const root = path.resolve(__dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const plugin = JSON.parse(read('src/plugin.json')) as { id: string };

const service = z.strictObject({
  image: z.string().regex(/^[a-z0-9/.-]+:[a-z]?[0-9][\w.-]*$/, 'an image with a pinned version').optional(),
  build: z.strictObject({ context: z.string(), dockerfile: z.string() }).optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  ports: z.array(z.string().regex(/^127\.0\.0\.1:\d+:\d+$/, 'a port of this machine only')).optional(),
  volumes: z.array(z.string()).optional(),
  networks: z.record(z.string(), z.strictObject({ aliases: z.array(z.string()) })).optional(),
  depends_on: z.array(z.string()).optional(),
  restart: z.enum(['unless-stopped']).optional(),
  pid: z.enum(['host']).optional(),
});
const compose = z.strictObject({ services: z.record(z.string(), service), volumes: z.record(z.string(), z.strictObject({})) });

test('docker-compose.yml: known keys, pinned images, nothing that does not exist', () => {
  const { services, volumes } = compose.parse(parseYaml(read('docker-compose.yml')));
  for (const [name, one] of Object.entries(services)) {
    assert.ok(one.image !== undefined || one.build !== undefined, `${name} has neither image nor build`);
    for (const other of one.depends_on ?? []) {
      assert.ok(services[other], `${name} waits for ${other}, which is not there`);
    }
    for (const volume of one.volumes ?? []) {
      const [source] = volume.split(':');
      const known = source.startsWith('.') ? source === './dist' || existsSync(path.join(root, source)) : source.startsWith('/') || source in volumes;
      assert.ok(known, `${name} mounts ${source}, which is not there`);
    }
  }
  assert.ok(services.grafana.volumes?.includes(`./dist:/var/lib/grafana/plugins/${plugin.id}:ro`), 'Grafana gets the built plugin');
  assert.equal(services.grafana.environment?.GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS, plugin.id);
  assert.ok(existsSync(path.join(root, services.binocle.build?.dockerfile ?? '')));
});

const composeBinary = ['/usr/bin/docker-compose', '/usr/local/bin/docker-compose', '/usr/libexec/docker/cli-plugins/docker-compose'].find((file) => existsSync(file));
test('docker-compose.yml by compose itself', { skip: composeBinary ? false : 'docker-compose is not here' }, () => {
  const done = spawnSync(composeBinary ?? '', ['-f', path.join(root, 'docker-compose.yml'), 'config', '-q'], { encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr);
});

test('docker/prometheus.yml by promtool', { skip: existsSync('/usr/bin/promtool') ? false : 'promtool is not here' }, () => {
  const done = spawnSync('/usr/bin/promtool', ['check', 'config', path.join(root, 'docker/prometheus.yml')], { encoding: 'utf8' });
  assert.equal(done.status, 0, done.stderr + done.stdout);
});

test('docker/nginx.conf by nginx', { skip: existsSync('/usr/sbin/nginx') ? false : 'nginx is not here' }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'binocle-nginx-'));
  try {
    // The same file with places that exist here, and a port that needs no rights.
    const moved = read('docker/nginx.conf').replaceAll('/var/log/web', folder).replaceAll('/tmp/nginx.pid', `${folder}/pid`).replace('listen 80;', 'listen 127.0.0.1:18080;');
    writeFileSync(path.join(folder, 'nginx.conf'), moved);
    const done = spawnSync('/usr/sbin/nginx', ['-t', '-p', folder, '-c', path.join(folder, 'nginx.conf')], { encoding: 'utf8' });
    assert.equal(done.status, 0, done.stderr);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('shell scripts of the image and the demo are sound, and the programs can be run', () => {
  for (const name of ['binocle', 'loki', 'promtail', 'visitor.sh']) {
    assert.equal(spawnSync('sh', ['-n', path.join(root, 'docker', name)]).status, 0, name);
    assert.match(read(`docker/${name}`), /^#!\/bin\/sh\n/);
  }
  // What the Dockerfile copies must be there.
  for (const [, sources] of read('docker/Dockerfile').matchAll(/^COPY (?!--from)(?:--\S+ )*(.+) \S+$/gm)) {
    for (const source of sources.split(' ')) {
      assert.ok(existsSync(path.join(root, source)), `the Dockerfile copies ${source}`);
    }
  }
});

/** What Grafana makes of a provisioned text: `$$` is a dollar, `$NAME` a variable of the environment (here: a mistake). */
function asGrafanaReads(text: string): string {
  assert.doesNotMatch(text.replaceAll('$$', ''), /\$/, `${text}: a single dollar is taken for an environment variable`);
  return text.replaceAll('$$', '$');
}

const correlation = z.strictObject({
  targetUID: z.string(), label: z.string(), description: z.string(), type: z.literal('query'),
  config: z.strictObject({
    type: z.literal('query'), field: z.string(),
    target: z.strictObject({ expr: z.string().transform(asGrafanaReads), queryType: z.literal('range') }),
    transformations: z.array(z.strictObject({ type: z.literal('regex'), expression: z.string().transform(asGrafanaReads), field: z.string(), mapValue: z.string() })).optional(),
  }),
});
const pair = z.strictObject({ log: z.string(), metric: z.string(), rule: z.enum(['equal', 'without-port', 'short-host', 'regex']), side: z.enum(['log', 'metric', 'both']).optional(), pattern: z.string().optional(), replacement: z.string().optional() });
const datasources = z.strictObject({
  apiVersion: z.literal(1),
  datasources: z.array(z.strictObject({
    name: z.string(), type: z.enum(['prometheus', 'binocle-logs-datasource']), uid: z.string(), access: z.literal('proxy'), url: z.url(), isDefault: z.boolean().optional(),
    jsonData: z.strictObject({ timeInterval: z.string().optional(), prometheusUid: z.string().optional(), correlation: z.strictObject({ pairs: z.array(pair) }).optional() }).optional(),
    correlations: z.array(correlation).optional(),
  })),
});
const sources = datasources.parse(parseYaml(read('provisioning/datasources/binocle.yml'))).datasources;
const uids = new Map(sources.map((source) => [source.uid, source.type as string]));

test('provisioned data sources: uids agree, the map is usable, every correlation is a query', () => {
  const binocle = sources.find((source) => source.type === plugin.id);
  assert.equal(uids.get(binocle?.jsonData?.prometheusUid ?? ''), 'prometheus');
  const pairs = binocle?.jsonData?.correlation?.pairs ?? [];
  assert.ok(pairs.length > 0);
  pairs.forEach((pair) => formOf(pair));
  const correlations = sources.flatMap((source) => source.correlations ?? []);
  // The file is what the command writes for this map.
  assert.deepEqual(correlations, metricCorrelations(pairs, { binocleUid: binocle?.uid ?? '' }));
  for (const { targetUID, config } of correlations) {
    assert.equal(uids.get(targetUID), plugin.id);
    assert.deepEqual(parse(config.target.expr, { variables: true }).problems, [], config.target.expr);
    config.transformations?.forEach(({ expression }) => assert.equal(new RegExp(expression).exec('web1:9100')?.[1], 'web1'));
  }
});

interface Target {
  datasource: { uid: string; type: string };
  expr: string;
}
interface Panel {
  id: number;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource: { uid: string };
  targets: Target[];
  fieldConfig?: { defaults: { links?: Array<{ title: string; url: string }> } };
}
interface Dashboard {
  uid: string;
  title: string;
  panels: Panel[];
  templating: { list: Array<{ name: string; datasource?: { uid: string }; query: { stream?: string } | string }> };
  annotations: { list: Array<{ datasource: { uid: string }; expr?: string }> };
}

const dashboardFiles = readdirSync(path.join(root, 'provisioning/dashboards')).filter((file) => file.endsWith('.json'));
for (const file of dashboardFiles) {
  const dashboard = JSON.parse(read(`provisioning/dashboards/${file}`)) as Dashboard;

  test(`${file}: every source is provisioned, every log query parses, variables exist`, () => {
    const known = new Set([...dashboard.templating.list.map(({ name }) => name), '__auto', '__rate_interval', '__interval', '__range', '1', '2']);
    for (const panel of dashboard.panels) {
      for (const { datasource, expr } of panel.targets) {
        assert.equal(uids.get(datasource.uid), datasource.type, `${panel.title}: ${datasource.uid}`);
        if (datasource.type === plugin.id) {
          assert.deepEqual(parse(expr, { variables: true }).problems, [], expr);
        }
        for (const [, name] of expr.matchAll(/\$\{?(\w+)/g)) {
          assert.ok(known.has(name), `${panel.title}: $${name}`);
        }
      }
    }
    for (const { datasource, query } of dashboard.templating.list) {
      if (datasource && typeof query === 'object') {
        assert.equal(uids.get(datasource.uid), plugin.id);
        assert.deepEqual(parse(query.stream ?? '').problems, []);
      }
    }
    for (const { datasource, expr } of dashboard.annotations.list) {
      if (expr !== undefined) {
        assert.ok(uids.has(datasource.uid));
        assert.deepEqual(parse(expr, { variables: true }).problems, []);
      }
    }
  });

  test(`${file}: panels do not overlap, ids are different`, () => {
    assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
    const taken = new Set<string>();
    for (const { gridPos: { x, y, w, h } } of dashboard.panels) {
      for (let i = x; i < x + w; i++) {
        for (let j = y; j < y + h; j++) {
          assert.ok(i < 24 && !taken.has(`${i} ${j}`), `${i}, ${j} is taken`);
          taken.add(`${i} ${j}`);
        }
      }
    }
  });

  test(`${file}: links lead both ways, with the series' labels and the range`, () => {
    const links = dashboard.panels.flatMap((panel) => (panel.fieldConfig?.defaults.links ?? []).map((link) => ({ from: uids.get(panel.datasource.uid), ...link })));
    const ways = new Set<string>();
    for (const { from, url } of links) {
      const filled = url.replaceAll('${__field.labels.hostname}', 'web1').replaceAll('${__from}', '1763800000000').replaceAll('${__to}', '1763803600000').replaceAll('${__org.id}', '1');
      assert.doesNotMatch(filled, /\$\{/);
      const panes = JSON.parse(new URL(filled, 'http://grafana').searchParams.get('panes') ?? '') as Record<string, { datasource: string; queries: Target[]; range: { from: string; to: string } }>;
      for (const { datasource, queries, range } of Object.values(panes)) {
        assert.deepEqual(range, { from: '1763800000000', to: '1763803600000' });
        assert.match(queries[0].expr, /web1/);
        if (uids.get(datasource) === plugin.id) {
          assert.deepEqual(parse(queries[0].expr).problems, []);
        }
        ways.add(`${from} to ${uids.get(datasource)}`);
      }
    }
    assert.ok(ways.has(`prometheus to ${plugin.id}`) && ways.has(`${plugin.id} to prometheus`), [...ways].join(', '));
  });
}

test('dashboards: there is the one of the article', () => {
  assert.ok(dashboardFiles.includes('nginx-beside-the-machine.json'));
  assert.match(read('docker-compose.yml'), /dashboards\/nginx-beside-the-machine\.json/);
});
