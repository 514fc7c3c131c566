// Builds the preview page into tests/host/dist: the page itself, Grafana's icons, fonts and Monaco, and the built plugin.
import { build } from 'esbuild';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const out = path.join(here, 'dist');
const modules = path.join(root, 'node_modules');

if (!existsSync(path.join(root, 'dist/module.js'))) {
  console.error('The plugin is not built: run `npm run build:plugin` first');
  process.exit(1);
}
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

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
  define: { define: 'undefined', 'process.env.NODE_ENV': '"production"', 'process.env': '{}', global: 'window' },
  loader: { '.ttf': 'file', '.svg': 'file', '.png': 'file', '.woff2': 'file', '.woff': 'file' },
  logLevel: 'error',
  // Grafana's own fonts are not in its packages; index.html brings the page's.
  plugins: [{ name: 'fonts', setup: (all) => all.onLoad({ filter: /themes\/GlobalStyles\/fonts\.m?js$/ }, () => ({ contents: 'export const getFontStyles = () => ({});', loader: 'js' })) }],
});

const system = ['system.min.js', 'extras/amd.min.js', 'extras/use-default.min.js'];
for (const file of system) {
  cpSync(path.join(modules, 'systemjs/dist', file), path.join(out, 'system', path.basename(file)));
}
cpSync(path.join(modules, '@grafana/ui/dist/public/img/icons'), path.join(out, 'public/build/img/icons'), { recursive: true });
cpSync(path.join(modules, '@grafana/ui/dist/public/img/icons'), path.join(out, 'public/img/icons'), { recursive: true });
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
  cpSync(path.join(modules, `@fontsource/inter/files/inter-latin-${weight}-normal.woff2`), path.join(out, `public/fonts/inter-${weight}.woff2`));
}
writeFileSync(path.join(out, 'index.html'), readFileSync(path.join(here, 'index.html')));
