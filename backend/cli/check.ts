import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { parseFlags } from '../config/flags';
import { loadServerConfig } from '../config/server';
import { withoutPassword } from '../config/storage';
import { openStore, repairStore, type StoreSettings } from '../store/open';

/** `binocle check`: reads everything at rest and says what is damaged. Exit status 1 when something is. */
export async function check(words: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const flags = parseFlags(words, new Set(['repair', 'config.expand-env', 'help', 'h']));
  const config = loadServerConfig({ flags, env });
  const dir = flags.arguments[0] ?? config.dataDir;
  const elsewhere = flags.arguments.length === 0 && config.store.includes('://');
  if (elsewhere) {
    sayWhatWaits(dir);
    // only looked at: nothing is made, and what waits in the spool is the server's
    const [address, query = ''] = config.store.split('?');
    const options = new URLSearchParams(query);
    options.set('schema', 'check');
    return checkStore({ driver: 'clickhouse', url: `${address}?${options}` }, withoutPassword(config.store));
  }
  if (!existsSync(dir)) {
    throw new Error(`${dir} does not exist; --data names another`);
  }
  const inside = path.join(dir, 'binocle');
  const isOurs = (folder: string): boolean => existsSync(path.join(folder, 'tenants'));
  if (!isOurs(dir) && (isOurs(inside) || !existsSync(path.join(dir, 'lock.db')))) {
    throw new Error(`${dir} holds no data of Binocle; ${isOurs(inside) ? `${inside} does` : '--data names another'}`);
  }
  if (flags.values.has('repair')) {
    for await (const done of repairStore(dir)) {
      process.stdout.write(`${done}\n`);
    }
  }
  return checkStore({ driver: 'sqlite', dir, readerThreads: 0 }, dir);
}

async function checkStore(settings: StoreSettings, name: string): Promise<number> {
  const { store } = await openStore({ ...settings, log: (message, error) => process.stderr.write(`${message}${error ? `: ${(error as Error).message}` : ''}\n`) });
  let damages = 0;
  try {
    for await (const damage of store.check()) {
      damages++;
      process.stdout.write(`${damage}\n`);
    }
    for await (const fact of damages === 0 && store.describe ? store.describe() : []) {
      process.stdout.write(`${fact}\n`);
    }
  } finally {
    await store.close();
  }
  process.stdout.write(damages === 0 ? `${name}: no damage found\n` : `${name}: ${damages} damages\n`);
  return damages === 0 ? 0 : 1;
}

/** What the server of this machine keeps for a store that is away. */
function sayWhatWaits(dir: string): void {
  const spool = path.join(dir, 'spool');
  const files = existsSync(spool) ? readdirSync(spool, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()) : [];
  const bytes = files.reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0);
  process.stdout.write(bytes === 0 ? `${spool}: nothing waits here\n` : `${spool}: ${bytes} bytes wait here to be sent on\n`);
}
