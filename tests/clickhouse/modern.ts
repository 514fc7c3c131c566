import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { clickhouseReady, freePorts } from '../../backend/bench/clickhouse';

/** The engine of a modern ClickHouse: npm `chdb`, half a gigabyte, so nothing installs it: who has it (`npm install --no-save chdb`) tests with it. */

function findChdb(): string | undefined {
  try {
    return createRequire(path.resolve('package.json')).resolve(process.env.CHDB ?? 'chdb');
  } catch {
    return undefined; // not installed
  }
}

const module = findChdb();

/** Why tests with it can't run here, or false. */
export const modernMissing: string | false = module ? false : 'chdb is not installed (npm install --no-save chdb)';

export async function startModern(): Promise<{ address(database: string): string; stop(): void }> {
  const dir = mkdtempSync(path.join(tmpdir(), 'binocle-chdb-'));
  const [port] = await freePorts(1);
  const child = spawn(process.execPath, [path.join(__dirname, 'chdbServer.mjs'), module!, String(port), dir], { stdio: ['ignore', 'ignore', 'inherit'] });
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  await clickhouseReady(port, child);
  return {
    address: (database) => `clickhouse://127.0.0.1:${port}/${database}`,
    stop: () => {
      kill();
      process.off('exit', kill);
      rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
