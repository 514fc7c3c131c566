// `node tests/compat/writeExports.mjs`: writes down what the oldest supported Grafana shares with plugins, for exports.test.ts.
import { build } from 'esbuild';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { librariesOf, root, versions } from './libraries.mjs';

const [oldest] = versions;
const folder = librariesOf(oldest);
const modules = ['@grafana/data', '@grafana/runtime', '@grafana/ui'];

/** Names a package exports, found by bundling everything it exports. */
async function exportsOf(name) {
  const { metafile } = await build({
    stdin: { contents: `export * from '${name}';`, resolveDir: folder },
    bundle: true, format: 'esm', outdir: 'out', write: false, metafile: true, logLevel: 'error', loader: { '.ttf': 'empty', '.svg': 'empty', '.png': 'empty', '.css': 'empty' },
    plugins: [{ name: 'shallow', setup: (all) => all.onResolve({ filter: /^[^./]/ }, ({ path: asked, kind }) => (kind === 'entry-point' || asked === name ? undefined : { path: asked, external: true })) }],
  });
  return Object.values(metafile.outputs).flatMap((output) => output.exports).sort();
}

const found = Object.fromEntries(await Promise.all(modules.map(async (name) => [name, await exportsOf(name)])));
for (const [name, names] of Object.entries(found)) {
  if (names.length === 0) {
    throw new Error(`No exports were found of ${name}`);
  }
}
writeFileSync(path.join(root, 'tests/compat', oldest, 'exports.json'), `${JSON.stringify(found, null, 1)}\n`);
