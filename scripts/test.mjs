// `npm test`: sets itself up, then runs every check. The last line is `N passed, N failed`, the sum over all runners.
// `npm test -- PATTERN` runs only the backend, script and browser test files whose path contains PATTERN.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { ensureBackend, ensurePackages, ensurePlugin } from './ensure.mjs';
import { ensureDebianPackages } from './debian.mjs';

const pattern = process.argv[2];
const started = Date.now();
let passed = 0;
let failed = 0;

function filesUnder(folder, end) {
  if (!existsSync(folder)) {
    return [];
  }
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(end))
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .filter((file) => !/(^|\/)(dist|node_modules)\//.test(file) && (!pattern || file.includes(pattern)))
    .sort();
}

/** Runs a command, shows its output when it fails (or all of it when `show`), resolves to exit status and text. */
function run(name, command, args, { show = false, env = {} } = {}) {
  const from = Date.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, { env: { ...process.env, FORCE_COLOR: '0', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        text += data;
        if (show) {
          process.stdout.write(data);
        }
      });
    }
    child.on('close', (status) => {
      if (status !== 0 && !show) {
        process.stdout.write(text);
      }
      console.log(`${status === 0 ? 'ok' : 'FAILED'}  ${name} (${((Date.now() - from) / 1000).toFixed(1)} s)`);
      resolve({ status, text });
    });
  });
}

/** A check that has no count of its own counts as one test. */
async function check(name, command, args) {
  const { status } = await run(name, command, args);
  status === 0 ? passed++ : failed++;
}

async function jest() {
  const { status, text } = await run('plugin and language tests (jest)', 'npx', ['jest', '--maxWorkers', '2', ...(pattern ? [pattern, '--passWithNoTests'] : [])]);
  const counts = /^Tests:\s+(?:(\d+) failed, )?(?:\d+ skipped, )?(?:\d+ todo, )?(?:(\d+) passed, )?\d+ total/m.exec(text);
  passed += Number(counts?.[2] ?? 0);
  failed += Number(counts?.[1] ?? 0);
  if (status !== 0 && !counts?.[1]) {
    failed++;
  }
}

/** A test file that hangs is ended after so long, so that a run always comes to its last line. */
const fileMsMax = 600_000;

/** node:test files; `concurrency` 1 for those that start browsers and servers. */
async function nodeTests(name, files, concurrency) {
  if (files.length === 0) {
    return;
  }
  const { status, text } = await run(name, process.execPath, [
    '--enable-source-maps', '--import', 'tsx', '--test', `--test-concurrency=${concurrency}`, `--test-timeout=${fileMsMax}`, '--test-force-exit', '--test-reporter=spec', ...files,
  ]);
  const count = (word) => Number(new RegExp(`^(?:ℹ|#) ${word} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  passed += count('pass');
  const bad = count('fail') + count('cancelled');
  failed += bad;
  if (status !== 0 && bad === 0) {
    failed++;
  }
  for (const line of text.match(/^.*# SKIP.*$/gm) ?? []) {
    console.log(`    left out: ${line.trim()}`);
  }
}

const debianPackages = ensureDebianPackages();
ensurePackages();
await debianPackages;
ensureBackend();
ensurePlugin();

if (!pattern) {
  await Promise.all([check('types (plugin)', 'npx', ['tsc', '--noEmit']), check('types (backend)', 'npx', ['tsc', '--noEmit', '-p', 'backend']), check('types (browser tests)', 'npx', ['tsc', '--noEmit', '-p', 'tests/browser']), check('types (page)', 'npx', ['tsc', '--noEmit', '-p', 'tests/host'])]);
  await check('lint', 'npx', ['eslint', '--cache', '--max-warnings', '0', '.']);
}
await jest();
await nodeTests('backend tests', [...filesUnder('backend', '.test.ts'), ...filesUnder('tests', '.test.ts').filter((file) => !file.startsWith('tests/browser/'))], 2);
await nodeTests('browser tests', filesUnder('tests/browser', '.test.ts'), 1);

console.log(`finished after ${((Date.now() - started) / 1000).toFixed(0)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
