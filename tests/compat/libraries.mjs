// The libraries of the oldest and the newest supported Grafana, installed into `.compat/`, which git does not see.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
export const root = path.resolve(here, '../..');

/** Grafana versions with a lock file here. */
export const versions = ['10.1', '13'];

/** Folder with the libraries of a version in its `node_modules`; installs them from the npm registry when the lock file has changed. */
export function librariesOf(version) {
  const folder = path.join(root, '.compat', version);
  const lock = path.join(here, version, 'package-lock.json');
  const hash = createHash('sha256').update(readFileSync(lock)).digest('hex');
  const stamp = path.join(folder, 'installed');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== hash) {
    console.log(`installing the libraries of Grafana ${version}: 450 packages, about a minute`);
    mkdirSync(folder, { recursive: true });
    for (const file of ['package.json', 'package-lock.json']) {
      cpSync(path.join(here, version, file), path.join(folder, file));
    }
    const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder, stdio: 'inherit' });
    if (status !== 0) {
      throw new Error(`The libraries of Grafana ${version} could not be installed; the lines above say why`);
    }
    writeFileSync(stamp, hash);
  }
  return folder;
}
