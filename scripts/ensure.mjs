// Brings a checkout to a state in which it runs: installs packages and builds, but only what is missing or out of date.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

function run(command, args, what) {
  console.error(`binocle: ${what} (${command} ${args.join(' ')})`);
  const done = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
  if (done.status !== 0) {
    console.error(`binocle: ${what} failed; the lines above say why`);
    process.exit(done.status ?? 1);
  }
}

/** Newest change below a path, in ms since 1970; 0 when there is nothing. */
function newest(where) {
  if (!existsSync(where)) {
    return 0;
  }
  const stat = statSync(where);
  if (!stat.isDirectory()) {
    return stat.mtimeMs;
  }
  return Math.max(0, ...readdirSync(where).filter((name) => name !== 'dist' && name !== 'node_modules').map((name) => newest(path.join(where, name))));
}

/** Holds the lock file's hash as it was when packages were installed, so that a pull that changes it is noticed. */
const stampFile = 'node_modules/.binocle-lock';

/** Installs packages when there are none, or when the lock file has changed since. Packages installed by hand are trusted. */
export function ensurePackages() {
  const hash = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
  const installed = existsSync('node_modules/.package-lock.json');
  if (!installed || (existsSync(stampFile) && readFileSync(stampFile, 'utf8') !== hash)) {
    run('npm', ['ci', '--no-audit', '--no-fund'], 'installing packages, this takes some minutes the first time');
  }
  writeFileSync(stampFile, hash);
}

/** Builds the backend when its sources are newer than its bundle. */
export function ensureBackend() {
  ensurePackages();
  const sources = Math.max(newest('backend'), newest('src/logql'), newest('src/correlate'), newest('src/levels'), newest('scripts/build-backend.mjs'));
  if (newest('backend/dist/main.js') < sources) {
    run(process.execPath, ['scripts/build-backend.mjs'], 'building the backend');
  }
}

/** Builds the plugin, and the page that shows it without a Grafana, when their sources are newer than what was built. */
export function ensurePlugin() {
  ensurePackages();
  if (newest('dist/module.js') < newest('src')) {
    run('npm', ['run', '-s', 'build:plugin'], 'building the plugin');
  }
  if (newest('tests/host/dist/index.html') < Math.max(newest('dist/module.js'), newest('tests/host'))) {
    run(process.execPath, ['tests/host/build.mjs'], 'building the page at /explore');
  }
}
