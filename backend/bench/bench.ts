import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { withoutPassword } from '../config/storage';
import { clickhouseMissing, ownClickhouse } from './clickhouse';
import { BenchServer, sleep } from './process';
import { pushCorpus } from './push';
import { benchQueries } from './queries';

/** What one size of the corpus measured. */
interface Measured {
  lines: number;
  textBytes: number;
  linesPerSecond: number;
  cpuSeconds: number;
  peakBytes: number;
  compactSeconds: number;
  /** What the server spends on its own when it has rested (`http/warmUp.ts`). */
  warmUpSeconds: number;
  /** Undefined when the data lie elsewhere. */
  diskBytes?: number;
  queryPeakBytes: number;
  queries: Array<{ name: string; goalMs?: number; firstMs: number; bestMs: number; medianMs: number; cpuMs: number; answer: string }>;
}

const linesDefault = 2_000_000;
const repeats = 9;
/** A server that has rested for five seconds warms up; users seldom ask sooner after a burst. */
const restMs = 7_000;

/**
 * `binocle bench [--lines N[,N...]] [--write FILE] [--keep] [--store clickhouse[://...]]`: starts a server on an empty directory, pushes the corpus, asks the
 * questions, prints a table; with `--write` also puts it into a file (`docs/benchmarks.md`). `--store clickhouse` without an address starts a ClickHouse
 * of its own for each size. Answers the exit status.
 */
export async function runBench(args: string[]): Promise<number> {
  const flag = (name: string): string | undefined => {
    const at = args.findIndex((arg) => arg.replace(/^-+/, '').split('=')[0] === name);
    return at < 0 ? undefined : (args[at].split('=')[1] ?? args[at + 1] ?? '');
  };
  const sizes = (flag('lines') ?? String(linesDefault)).split(',').map(Number);
  if (sizes.some((lines) => !Number.isInteger(lines) || lines < 1000)) {
    console.error('bench: --lines takes whole numbers of at least 1000, separated by commas');
    return 2;
  }
  const store = flag('store');
  if (store === 'clickhouse' && clickhouseMissing) {
    console.error(`bench: ${clickhouseMissing} (apt-get install clickhouse-server); or say where one runs: --store clickhouse://user:password@host:8123/database`);
    return 2;
  }
  const all: Measured[] = [];
  for (const lines of sizes) {
    const own = store === 'clickhouse' ? await ownClickhouse() : undefined;
    try {
      all.push(await measure(lines, flag('keep') !== undefined, own?.address ?? store));
    } finally {
      own?.stop();
    }
    console.log(report(all.slice(-1)));
  }
  const file = flag('write');
  if (file) {
    writeFileSync(file, written(existsSync(file) ? readFileSync(file, 'utf8') : '', all, store));
    console.log(`written to ${file}`);
  }
  return 0;
}

async function measure(lines: number, keep: boolean, store: string | undefined): Promise<Measured> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'binocle-bench-'));
  const command = serverCommand();
  const server = await BenchServer.start(command, dir, store ? [`--store=${store}`] : []);
  try {
    const idle = server.cpuSeconds();
    const pushed = await pushCorpus(server.url, lines);
    await server.settled();
    const cpuSeconds = server.cpuSeconds() - idle;
    const peakBytes = server.peakBytes();
    const flushed = await fetch(`${server.url}/flush`, { method: 'POST' });
    if (!flushed.ok) {
      throw new Error(`/flush answered ${flushed.status}`);
    }
    await server.settled();
    const compactSeconds = server.cpuSeconds() - idle - cpuSeconds;
    await sleep(restMs);
    await server.settled();
    const warmUpSeconds = server.cpuSeconds() - idle - cpuSeconds - compactSeconds;
    const diskBytes = store ? undefined : bytesUnder(dir);
    server.resetPeak();
    const queries = [];
    for (const query of benchQueries) {
      queries.push(await ask(server, query));
    }
    const measured = {
      lines,
      textBytes: pushed.bytes,
      linesPerSecond: lines / pushed.seconds,
      cpuSeconds,
      peakBytes,
      compactSeconds,
      warmUpSeconds,
      diskBytes,
      queryPeakBytes: server.peakBytes(),
      queries,
    };
    return measured;
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

async function ask(server: BenchServer, query: (typeof benchQueries)[number]): Promise<Measured['queries'][number]> {
  const url = `${server.url}${query.path}?${new URLSearchParams(query.params)}`;
  const times: number[] = [];
  let answer = '';
  const cpu = server.cpuSeconds();
  for (let i = 0; i < repeats; i++) {
    const from = process.hrtime.bigint();
    const response = await fetch(url);
    const text = await response.text();
    times.push(Number(process.hrtime.bigint() - from) / 1e6);
    if (!response.ok) {
      return { name: query.name, goalMs: query.goalMs, firstMs: NaN, bestMs: NaN, medianMs: NaN, cpuMs: NaN, answer: `status ${response.status}: ${text.slice(0, 100)}` };
    }
    answer = query.verify((JSON.parse(text) as { data: { result: Array<{ values: unknown[] }> } }).data);
  }
  const [firstMs] = times;
  times.sort((a, b) => a - b);
  return { name: query.name, goalMs: query.goalMs, firstMs, bestMs: times[0], medianMs: times[Math.floor(repeats / 2)], cpuMs: ((server.cpuSeconds() - cpu) * 1000) / repeats, answer };
}

function bytesUnder(dir: string): number {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0);
}

const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
const ms = (value: number): string => (Number.isNaN(value) ? '-' : value.toFixed(value < 10 ? 1 : 0));

function report(all: Measured[]): string {
  const row = (name: string, goal: string, cell: (measured: Measured) => string): string => `| ${name} | ${goal} | ${all.map(cell).join(' | ')} |`;
  const rows = [
    row('', 'goal at 2 M', (m) => `${(m.lines / 1e6).toFixed(1)} M lines`),
    row('---', '---', () => '---'),
    row('text', '', (m) => mb(m.textBytes)),
    row('lines per second taken in', '', (m) => Math.round(m.linesPerSecond).toLocaleString('en')),
    row('CPU seconds of the server to take it in', '6', (m) => m.cpuSeconds.toFixed(2)),
    row('CPU seconds to merge and tidy', '', (m) => m.compactSeconds.toFixed(2)),
    row('CPU seconds to warm up, once', '', (m) => m.warmUpSeconds.toFixed(2)),
    row('peak memory while taking in', '256 MB', (m) => mb(m.peakBytes)),
    row('peak memory while querying', '256 MB', (m) => mb(m.queryPeakBytes)),
    row('on disk, index included', '60 MB', (m) => (m.diskBytes === undefined ? '-' : mb(m.diskBytes))),
    ...benchQueries.map((query, i) => row(`${query.name} (ms: first, best, median; CPU)`, String(query.goalMs ?? ''), (m) => `${ms(m.queries[i].firstMs)}, ${ms(m.queries[i].bestMs)}, ${ms(m.queries[i].medianMs)}; ${ms(m.queries[i].cpuMs)}${m.queries[i].answer.startsWith('status') ? ` (${m.queries[i].answer})` : ''}`)),
  ];
  return rows.join('\n');
}

const sectionStart = '<!-- bench: what follows is written by the command -->';
const sectionEnd = '<!-- /bench -->';

/** The text of the file with the table in it: in its marked section, or the whole of `docs/benchmarks.md`. */
function written(before: string, all: Measured[], store: string | undefined): string {
  const [from, to] = [before.indexOf(sectionStart), before.indexOf(sectionEnd)];
  if (from < 0 || to < from) {
    return document(all);
  }
  const command = `npm run bench -- --lines ${all.map(({ lines }) => lines).join(',')}${store ? ` --store ${withoutPassword(store)}` : ''}`;
  return `${before.slice(0, from)}${sectionStart}\n\nWritten by \`${command}\` on ${machine()}.\n\n${report(all)}\n\n${before.slice(to)}`;
}

const machine = (): string => `${os.cpus().length} cores (${os.cpus()[0]?.model.trim() ?? 'unknown'}), Node ${process.version}`;

function document(all: Measured[]): string {
  return `# Benchmarks

Written by \`npm run bench -- --lines ${all.map((measured) => measured.lines).join(',')} --write docs/benchmarks.md\` on ${machine()}.

The corpus is generated (\`backend/bench/corpus.ts\`, the same bytes on every machine): 40 streams over 24 hours of nginx, JSON, logfmt, syslog and Java lines
with random ids, pushed as snappy-compressed protobuf bodies of 6,000 lines over four connections into a server of its own. CPU seconds are those of the whole
server process, memory is the kernel's high-water mark of its resident memory, queries go over HTTP and ask for all 24 hours, ${repeats} times each, once the server has rested for some seconds.

${report(all)}
`;
}
