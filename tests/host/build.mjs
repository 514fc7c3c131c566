// Builds the preview page into tests/host/dist: the page itself, Grafana's icons, fonts and Monaco, and the built plugin.
// `node tests/host/build.mjs FOLDER OUT` builds it with the libraries of another Grafana, installed in FOLDER/node_modules.
import { build } from 'esbuild';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const [libraries, outGiven] = process.argv.slice(2);
const out = path.resolve(outGiven ?? path.join(here, 'dist'));
const rootModules = path.join(root, 'node_modules');
const modules = libraries ? path.resolve(libraries, 'node_modules') : rootModules;
/** Version of Grafana whose libraries these are. */
const { version } = JSON.parse(readFileSync(path.join(modules, '@grafana/ui/package.json'), 'utf8'));
/** Before 11, Grafana loads plugins with the SystemJS inside its own runtime package, and Monaco by Monaco's own loader. */
const isOld = Number(version.split('.')[0]) < 11;

if (!existsSync(path.join(root, 'dist/module.js'))) {
  console.error('The plugin is not built: run `npm run build:plugin` first');
  process.exit(1);
}
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

/** The page's own imports come from the chosen libraries, whatever else is installed around them. */
const fromLibraries = {
  name: 'libraries',
  setup(all) {
    all.onResolve({ filter: /^[^./]/ }, async ({ path: name, importer, kind, pluginData }) => {
      if (pluginData === 'asked' || !importer.startsWith(here)) {
        return undefined;
      }
      const found = await all.resolve(name, { kind, resolveDir: modules, pluginData: 'asked' });
      return found.errors.length === 0 ? found : { path: name, namespace: 'absent' };
    });
    // Not there in every version: translations before 12, d3 as a whole in some.
    all.onLoad({ filter: /.*/, namespace: 'absent' }, () => ({ contents: 'export const initPluginTranslations = async () => undefined;', loader: 'js' }));
  },
};

await build({
  entryPoints: [path.join(here, 'host.tsx')],
  bundle: true,
  outdir: out,
  format: 'esm',
  splitting: true,
  minify: true,
  target: 'es2022',
  jsx: 'transform',
  entryNames: '[name]',
  chunkNames: 'chunks/[hash]',
  assetNames: 'assets/[hash]',
  // `define` exists on the page for the plugin; UMD packages inside the bundle must not see it.
  define: { define: 'undefined', 'process.env.NODE_ENV': '"production"', 'process.env': '{}', global: 'window', grafanaVersion: JSON.stringify(version) },
  loader: { '.ttf': 'file', '.svg': 'file', '.png': 'file', '.woff2': 'file', '.woff': 'file' },
  logLevel: 'error',
  // Grafana's own fonts are not in its packages; index.html brings the page's.
  plugins: [fromLibraries, { name: 'node', setup: (all) => all.onResolve({ filter: /^fs$/ }, () => ({ path: 'fs', namespace: 'absent' })) }, { name: 'fonts', setup: (all) => all.onLoad({ filter: /themes\/GlobalStyles\/fonts\.m?js$/ }, () => ({ contents: 'export const getFontStyles = () => ({});', loader: 'js' })) }],
});

if (isOld) {
  cpSync(path.join(modules, 'monaco-editor/min'), path.join(out, 'public/lib/monaco/min'), { recursive: true });
  // Later libraries bring the styles of graphs themselves.
  cpSync(path.join(modules, 'uplot/dist/uPlot.min.css'), path.join(out, 'host.css'));
} else {
  for (const file of ['system.min.js', 'extras/amd.min.js', 'extras/use-default.min.js']) {
    cpSync(path.join(rootModules, 'systemjs/dist', file), path.join(out, 'system', path.basename(file)));
  }
}
// Older libraries leave icons to Grafana: those of the newer serve them as well.
for (const folder of ['public/build/img/icons', 'public/img/icons']) {
  cpSync(path.join(rootModules, '@grafana/ui/dist/public/img/icons'), path.join(out, folder), { recursive: true });
}
// Icons that @grafana/ui asks for and leaves out of its package.
const icons = {
  'angle-double-left': '<path d="m11.300 7-5 5 5 5 1.400-1.400L9.100 12l3.600-3.600L11.300 7Zm6 0-5 5 5 5 1.400-1.400-3.600-3.600 3.600-3.600L17.300 7Z"/>',
  spinner: '<path d="M12 2a10 10 0 1 0 10 10h-2.500A7.500 7.500 0 1 1 12 4.500V2Z"/>',
};
for (const [name, drawing] of Object.entries(icons)) {
  writeFileSync(path.join(out, `public/build/img/icons/unicons/${name}.svg`), `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">${drawing}</svg>`);
}
cpSync(path.join(root, 'dist'), path.join(out, 'plugin'), { recursive: true });
for (const weight of ['400', '500']) {
  cpSync(path.join(rootModules, `@fontsource/inter/files/inter-latin-${weight}-normal.woff2`), path.join(out, `public/fonts/inter-${weight}.woff2`));
}
const page = readFileSync(path.join(here, 'index.html'), 'utf8');
writeFileSync(path.join(out, 'index.html'), isOld ? page.replace(/ *<script src="system.*\n/g, '') : page);
