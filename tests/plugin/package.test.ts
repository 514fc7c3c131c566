import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

/**
 * The built plugin as Grafana's catalogue wants it: what its validator looks for and can be seen without its network. `npm test` builds the
 * plugin before; on its own this needs `npm run build:plugin`.
 */

const root = path.resolve(__dirname, '../..');
const dist = path.join(root, 'dist');
const skip = existsSync(path.join(dist, 'module.js')) ? false : 'the plugin is not built';
const read = (file: string): string => readFileSync(path.join(dist, file), 'utf8');
const filesOf = (): string[] => readdirSync(dist, { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/'));
const scripts = (): string[] => filesOf().filter((file) => file.endsWith('.js'));

interface PluginJson {
  id: string;
  buildMode: string;
  type: string;
  name: string;
  info: {
    description: string;
    author: { name: string; url?: string };
    keywords: string[];
    logos: { small: string; large: string };
    screenshots: Array<{ name: string; path: string }>;
    links: Array<{ name: string; url: string }>;
    version: string;
    updated: string;
  };
  dependencies: { grafanaDependency: string; plugins: unknown[] };
}

const pluginJson = (): PluginJson => JSON.parse(read('plugin.json'));

test('plugin.json: fields, names, versions', { skip }, () => {
  const plugin = pluginJson();
  const { info, dependencies } = plugin;
  assert.match(plugin.id, /^[0-9a-z]+-[0-9a-z]+-datasource$/);
  assert.equal(plugin.type, 'datasource');
  assert.equal(plugin.buildMode, 'production');
  assert.ok(!JSON.stringify(plugin).includes('%'), 'a placeholder was left');
  const known = new Set([
    '$schema', 'type', 'name', 'id', 'category', 'logs', 'metrics', 'annotations', 'streaming', 'multiValueFilterOperators', 'queryOptions', 'info', 'dependencies', 'languages', 'buildMode',
  ]);
  assert.deepEqual(Object.keys(plugin).filter((field) => !known.has(field)), [], 'a server part, an executable or alerting would need Go');
  assert.ok(info.description.length >= 20 && info.description.length <= 200);
  assert.ok(info.author.name);
  assert.equal(new Set(info.keywords).size, info.keywords.length);
  assert.ok(info.keywords.length > 0 && info.keywords.length <= 10);
  assert.ok(info.links.every(({ name, url }) => name && /^https:\/\/[^\s]+$/.test(url)));
  assert.equal(info.version, JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).version);
  assert.match(info.version, /^\d+\.\d+\.\d+$/);
  assert.match(info.updated, /^\d{4}-\d\d-\d\d$/);
  assert.match(dependencies.grafanaDependency, /^>=10\.1\.0(-0)?$/, 'the oldest that is tested, and no upper bound');
});

test('pictures are there, and the logo is a harmless SVG', { skip }, () => {
  const { logos, screenshots } = pluginJson().info;
  for (const { name, path: file } of screenshots) {
    const bytes = readFileSync(path.join(dist, file));
    assert.equal(bytes.toString('latin1', 1, 4), 'PNG', file);
    const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
    assert.ok(name && width >= 600 && height >= 400 && width / height < 2.5 && bytes.length < 1_000_000, `${file}: ${width} x ${height}, ${bytes.length} bytes`);
  }
  assert.ok(screenshots.length > 0);
  for (const file of [logos.small, logos.large]) {
    const svg = read(file);
    const elements = new Set([...svg.matchAll(/<([A-Za-z][\w:-]*)/g)].map(([, name]) => name));
    const harmless = new Set(['svg', 'g', 'path', 'circle', 'rect', 'ellipse', 'line', 'polygon', 'polyline', 'defs', 'linearGradient', 'radialGradient', 'stop', 'title', 'clipPath', 'mask', 'use']);
    assert.deepEqual([...elements].filter((name) => !harmless.has(name)), [], file);
    assert.doesNotMatch(svg, /\son\w+=|javascript:|(?:href|src)="(?!#)/i, file);
  }
});

test('README, CHANGELOG and LICENSE as a visitor of the catalogue expects them', { skip }, () => {
  const readme = read('README.md');
  assert.ok(readme.length > 1_000);
  assert.doesNotMatch(readme, /%[A-Z_]+%|create-plugin|\b(npm|yarn|pnpm)\b/i, 'words for developers');
  for (const [, address] of readme.matchAll(/\]\(([^)\s]+)/g)) {
    assert.match(address, /^https:\/\//, 'links in the catalogue have no place to be relative to');
  }
  assert.match(read('CHANGELOG.md'), /^## .*\d+\.\d+\.\d+/m);
  assert.match(read('LICENSE'), /Apache License\s+Version 2\.0/);
});

/** What every Grafana since 10.1 shares with plugins, of what we use. A name more, and 10.1 could not load the plugin. */
const sharedByAll = ['@emotion/css', '@grafana/data', '@grafana/runtime', '@grafana/ui', 'module', 'react', 'rxjs'];

test('the bundle asks Grafana only for what every version shares', { skip }, () => {
  const asked = /define\((\[[^\]]*\])/.exec(read('module.js'));
  const names = JSON.parse(asked?.[1] ?? '[]') as string[];
  assert.deepEqual(names.filter((name) => !sharedByAll.includes(name)), []);
  assert.ok(names.includes('module'), 'chunks are found by the address of module.js');
});

test('the bundle does nothing that reviewers refuse', { skip }, () => {
  for (const file of scripts()) {
    assert.doesNotMatch(read(file), /\bconsole\.\w+\(|\bdebugger\b|\beval\(|new Function\(|window\.open\(|\balert\(|grafanaBootData|document\.cookie|localStorage/, file);
  }
  const strays = filesOf().filter((file) => /(^|\/)(MANIFEST\.txt|node_modules|testdata)|\.(ts|tsx|go)$|gpx_/.test(file));
  assert.deepEqual(strays, [], 'no signature of somebody else, no sources, no executables');
});

test('every script has a source map of the files in this repository', { skip }, () => {
  for (const file of scripts()) {
    const map = JSON.parse(read(`${file}.map`)) as { sources: string[]; sourcesContent: string[] };
    const own = map.sources.flatMap((source, index) => {
      const found = /^webpack:\/\/[^/]+\/\.\/(.+\.tsx?)$/.exec(source)?.[1];
      return found ? [{ file: found, text: map.sourcesContent[index] }] : [];
    });
    assert.ok(own.length > 0, file);
    for (const source of own) {
      assert.equal(source.text, readFileSync(path.join(root, 'src', source.file), 'utf8'), `${source.file} in ${file}.map`);
    }
  }
});

test('small, and as small as the documents say', { skip }, () => {
  const kilobytes = (files: string[]) => Math.round(files.reduce((sum, file) => sum + gzipSync(read(file)).length, 0) / 1000);
  const first = kilobytes(['module.js']);
  const all = kilobytes(scripts());
  const said = /module\.js` is (\d+) kB, and (\d+) kB/.exec(readFileSync(path.join(root, 'docs/datasource.md'), 'utf8'));
  assert.ok(said, 'docs/datasource.md says how big the plugin is');
  for (const [name, actual, claimed] of [['module.js', first, Number(said[1])], ['all scripts', all, Number(said[2])]] as const) {
    assert.ok(Math.abs(actual - claimed) <= Math.max(2, claimed * 0.1), `${name} is ${actual} kB compressed, docs/datasource.md says ${claimed}`);
  }
});

test('built the way the catalogue knows', () => {
  assert.match(readFileSync(path.join(root, '.config/webpack/webpack.config.ts'), 'utf8'), /@grafana\/create-plugin/);
});
