// Bundles the backend with esbuild: one file per entry point (the command and its worker threads), libraries left outside.
import { build } from 'esbuild';
import { existsSync } from 'node:fs';

/** Entry points: `main` is the command; the others are loaded as worker threads by name (backend/runtime/threads.ts). */
const entryPoints = ['backend/main.ts', 'backend/reader.ts', 'backend/writer.ts'].filter((file) => existsSync(file));

await build({
  entryPoints,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  packages: 'external',
  sourcemap: 'linked',
  // Maps without the sources are a third as large; Node keeps them in memory.
  sourcesContent: false,
  outdir: 'backend/dist',
  logLevel: 'warning',
});
