import { existsSync } from 'node:fs';
import { parseFlags } from '../config/flags';
import { loadServerConfig } from '../config/server';
import { openStore, repairStore } from '../store/open';

/** `binocle check`: reads everything at rest and says what is damaged. Exit status 1 when something is. */
export async function check(words: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const flags = parseFlags(words, new Set(['repair', 'help', 'h']));
  const dir = flags.arguments[0] ?? loadServerConfig({ flags, env }).dataDir;
  if (!existsSync(dir)) {
    throw new Error(`${dir} does not exist; --data names another`);
  }
  if (flags.values.has('repair')) {
    for await (const done of repairStore(dir)) {
      process.stdout.write(`${done}\n`);
    }
  }
  const { store } = await openStore({ driver: 'sqlite', dir, readerThreads: 0, log: (message, error) => process.stderr.write(`${message}${error ? `: ${(error as Error).message}` : ''}\n`) });
  let damages = 0;
  try {
    for await (const damage of store.check()) {
      damages++;
      process.stdout.write(`${damage}\n`);
    }
  } finally {
    await store.close();
  }
  process.stdout.write(damages === 0 ? `${dir}: no damage found\n` : `${dir}: ${damages} damages\n`);
  return damages === 0 ? 0 : 1;
}
