// `npm run compat [VERSION]`: the browser tests with the libraries of the oldest and the newest Grafana. The plugin is not built anew:
// the same dist/module.js is loaded as each Grafana loads it.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ensureBackend, ensurePlugin } from '../../scripts/ensure.mjs';
import { librariesOf, root, versions } from './libraries.mjs';

process.chdir(root);
ensureBackend();
ensurePlugin();
const chosen = process.argv.slice(2);
const unknown = chosen.filter((version) => !versions.includes(version));
if (unknown.length > 0) {
  console.error(`No libraries are known of ${unknown.join(', ')}; there are: ${versions.join(', ')}`);
  process.exit(2);
}
let failed = false;
for (const version of chosen.length > 0 ? chosen : versions) {
  const libraries = librariesOf(version);
  const page = path.join(libraries, 'page');
  console.log(`Grafana ${version}`);
  const build = spawnSync(process.execPath, ['tests/host/build.mjs', libraries, page], { stdio: 'inherit' });
  const tests = build.status === 0 && spawnSync(process.execPath, ['--enable-source-maps', '--import', 'tsx', '--test', '--test-reporter=spec', 'tests/browser/browser.test.ts'], { stdio: 'inherit', env: { ...process.env, EXPLORE_PAGE: page } });
  failed ||= !tests || tests.status !== 0;
}
process.exit(failed ? 1 : 0);
