import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { withoutPassword } from '../config/storage';
import { clickhouseMissing, ownClickhouse } from './clickhouse';
import { measure, type Measured, type Subject } from './measure';
import { BenchServer, ServerProcess } from './process';
import { table, withTable } from './table';

const linesDefault = 2_000_000;

/**
 * `binocle bench [--lines N[,N...]] [--write FILE] [--keep] [--store clickhouse[://...]] [--beside URL --beside-pid N [--beside-dir DIR]]`: starts a server on an
 * empty directory, pushes the corpus, asks the questions, prints a table; with `--write` also puts it into a file (`docs/benchmarks.md`). `--store clickhouse`
 * without an address starts a ClickHouse of its own for each size. `--beside` measures a server of another program that speaks Loki's API at the same moments.
 * Answers the exit status.
 */
export async function runBench(args: string[]): Promise<number> {
  const flag = (name: string): string | undefined => {
    const at = args.findIndex((arg) => arg.replace(/^-+/, '').split('=')[0] === name);
    return at < 0 ? undefined : (args[at].split('=')[1] ?? args[at + 1] ?? '');
  };
  const sizes = (flag('lines') ?? String(linesDefault)).split(',').map(Number);
  const store = flag('store');
  const beside = flag('beside');
  const besidePid = Number(flag('beside-pid'));
  const wrong = wrongFlags(sizes, store, beside, besidePid);
  if (wrong) {
    console.error(`bench: ${wrong}`);
    return 2;
  }
  const others = beside === undefined ? [] : [{ name: await nameOf(beside), server: new ServerProcess(beside, besidePid), dir: flag('beside-dir') }];
  const all: Measured[] = [];
  for (const lines of sizes) {
    const own = store === 'clickhouse' ? await ownClickhouse() : undefined;
    try {
      const measured = await measureOwn(lines, flag('keep') !== undefined, own?.address ?? store, others);
      console.log(table(measured));
      all.push(...measured);
    } finally {
      own?.stop();
    }
  }
  const file = flag('write');
  if (file) {
    const command = `npm run bench -- --lines ${sizes.join(',')}${store ? ` --store ${withoutPassword(store)}` : ''}${beside === undefined ? '' : ' --beside ...'}`;
    writeFileSync(file, withTable(existsSync(file) ? readFileSync(file, 'utf8') : '', beside === undefined ? 'bench' : 'beside', command, all));
    console.log(`written to ${file}`);
  }
  return 0;
}

function wrongFlags(sizes: number[], store: string | undefined, beside: string | undefined, besidePid: number): string | undefined {
  if (sizes.some((lines) => !Number.isInteger(lines) || lines < 1000)) {
    return '--lines takes whole numbers of at least 1000, separated by commas';
  }
  if (store === 'clickhouse' && clickhouseMissing) {
    return `${clickhouseMissing} (apt-get install clickhouse-server); or say where one runs: --store clickhouse://user:password@host:8123/database`;
  }
  if (beside !== undefined && !/^https?:\/\/./.test(beside)) {
    return `--beside takes the address of a server, such as http://127.0.0.1:3100, not "${beside}"`;
  }
  if (beside !== undefined && !existsSync(`/proc/${besidePid}/stat`)) {
    return '--beside needs --beside-pid with the number of its process on this machine, whose CPU and memory are measured';
  }
  if (beside !== undefined && sizes.length > 1) {
    return '--beside takes one number of lines: the other server would still hold those of the first';
  }
  return undefined;
}

/** The other server by the version that it tells. */
async function nameOf(url: string): Promise<string> {
  try {
    const response = await fetch(`${url}/loki/api/v1/status/buildinfo`);
    const { version } = (await response.json()) as { version?: string };
    return `the other (${version ?? 'of no version'})`;
  } catch (error) {
    throw new Error(`no server that speaks Loki's API answers at ${url}`, { cause: error });
  }
}

async function measureOwn(lines: number, keep: boolean, store: string | undefined, others: Subject[]): Promise<Measured[]> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'binocle-bench-'));
  const server = await BenchServer.start(serverCommand(), dir, store ? [`--store=${store}`] : []);
  try {
    return await measure([{ name: 'Binocle', server, dir: store ? undefined : dir }, ...others], lines);
  } finally {
    await server.stop();
    if (keep) {
      console.log(`the data stay in ${dir}`);
    } else {
      rmSync(dir, { recursive: true, force: true });
    }
  }
}

/** The bundle: what runs now, when it is the bundle, else the one that was built last. */
function serverCommand(): string {
  const beside = path.join(__dirname, 'main.js');
  return existsSync(beside) ? beside : path.join(__dirname, '..', 'dist', 'main.js');
}
