import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { parseFlags } from '../config/flags';
import { withoutPassword } from '../config/storage';
import { entriesOfColumns, type Batch, type Receipt, type StreamEntries } from '../model/entry';
import { formatRfc3339Ns } from '../model/time';
import { openStore } from '../store/open';
import type { Select, Store, TimeRange } from '../store/store';
import { Progress } from './progress';

/** Text in one batch. */
const batchBytesMax = 4 * 1024 * 1024;
/** How long a batch that the target can't take now is offered again, and how often. */
const waitMs = 1_000;
const waitsMax = 60;
const dayNs = 86_400_000_000_000n;
/** All that 64 bits of nanoseconds hold, on midnights. */
const allTime: TimeRange = { startNs: -106_000n * dayNs, endNs: 106_000n * dayNs };
/** Who no longer wants a migration ends the process. */
const never = new AbortController().signal;

/** What was copied, by tenant: everything before `untilNs` has arrived. */
type State = { from: string; to: string; tenants: Record<string, { untilNs: string; entries: number }> };

/** `binocle migrate`: copies one store into another. Exit status 1 when the counts do not agree at the end. */
export async function migrate(words: string[]): Promise<number> {
  const flags = parseFlags(words, new Set(['quiet', 'help', 'h']));
  const [from, to] = ['from', 'to'].map((name) => {
    const value = flags.values.get(name);
    if (value === undefined || value === 'true') {
      throw new Error(`--${name}: a data directory or clickhouse://user:password@host:8123/database is expected`);
    }
    return value;
  });
  if (!from.includes('://') && !existsSync(from)) {
    throw new Error(`--from: there is no directory ${from}`);
  }
  const progress = new Progress(process.stderr.isTTY === true && !flags.values.has('quiet'));
  const source = await openEnd(from);
  try {
    const target = await openEnd(to);
    try {
      return await copyStore(source, target, new StateFile(flags.values.get('state') ?? 'binocle-migrate.json', withoutPassword(from), withoutPassword(to)), progress);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** The target drops repeats, which is what makes going on after a stop safe. Of a source with `keep_repeats` they are lost, and the counts say so. */
async function openEnd(text: string): Promise<Store> {
  const log = (message: string, error?: unknown): void => void process.stderr.write(`${message}${error ? `: ${(error as Error).message}` : ''}\n`);
  const { store } = await openStore(text.includes('://') ? { driver: 'clickhouse', url: text, log } : { driver: 'sqlite', dir: text, readerThreads: 0, log });
  return store;
}

/** Progress in a file, so that a stopped run goes on where it was. */
class StateFile {
  readonly state: State;

  constructor(
    private readonly file: string,
    from: string,
    to: string
  ) {
    this.state = { from, to, tenants: Object.create(null) as State['tenants'] };
    if (existsSync(file)) {
      const kept = JSON.parse(readFileSync(file, 'utf8')) as State;
      if (kept.from !== from || kept.to !== to) {
        throw new Error(`${file} is about ${kept.from} to ${kept.to}; remove it or name another with --state`);
      }
      Object.assign(this.state.tenants, kept.tenants);
    }
  }

  save(tenant: string, untilNs: bigint, entries: number): void {
    this.state.tenants[tenant] = { untilNs: String(untilNs), entries };
    writeFileSync(`${this.file}.new`, JSON.stringify(this.state));
    renameSync(`${this.file}.new`, this.file);
  }

  remove(): void {
    rmSync(this.file, { force: true });
  }
}

async function copyStore(source: Store, target: Store, state: StateFile, progress: Progress): Promise<number> {
  let wrong = 0;
  for (const tenant of await source.tenants()) {
    const entries = await copyTenant(tenant, source, target, state, progress);
    progress.clear();
    process.stdout.write(`${tenant}: ${entries} entries sent\n`);
    const difference = await compare(tenant, source, target);
    process.stdout.write(`${tenant}: ${difference.text}\n`);
    wrong += difference.lost ? 1 : 0;
  }
  if (wrong === 0) {
    state.remove();
  }
  return wrong === 0 ? 0 : 1;
}

async function copyTenant(tenant: string, source: Store, target: Store, state: StateFile, progress: Progress): Promise<number> {
  const before = state.state.tenants[tenant];
  const startNs = before ? BigInt(before.untilNs) : allTime.startNs;
  let entries = before?.entries ?? 0;
  const scan = { ...everyEntry(tenant), startNs, direction: 'forward' as const, hints: [], needs: { text: 'lines' as const, metadata: true, levels: true } };
  let waiting: StreamEntries[] = [];
  let bytes = 0;
  const send = async (untilNs: bigint): Promise<void> => {
    await appendPatiently(target, { tenant, streams: waiting });
    entries += waiting.reduce((sum, { count }) => sum + count, 0);
    waiting = [];
    bytes = 0;
    state.save(tenant, untilNs, entries);
    progress.show(`${tenant}: ${entries} entries, ${formatRfc3339Ns(untilNs)}`);
  };
  let lastNs = startNs;
  for await (const chunk of source.scan(scan, never)) {
    if (bytes >= batchBytesMax) {
      // chunks come by their first time: whatever lies before this one's has been read
      await send(chunk.minNs);
    }
    waiting.push(entriesOfColumns(chunk.stream, chunk.baseNs, chunk));
    bytes += chunk.offsets[chunk.count];
    lastNs = chunk.minNs;
  }
  if (waiting.length > 0) {
    await send(lastNs);
  }
  // behind the entries they stand for, as everywhere
  for (const receipt of await source.receipts(tenant)) {
    await appendPatiently(target, { tenant, streams: [] }, receipt);
  }
  return entries;
}

const everyEntry = (tenant: string): Select => ({ tenant, matchers: [], ...allTime });

async function appendPatiently(target: Store, batch: Batch, receipt?: Receipt): Promise<void> {
  for (let waits = 0; ; waits++) {
    try {
      await target.append(batch, receipt);
      return;
    } catch (error) {
      const { status } = error as { status?: number };
      if ((status !== 429 && status !== 503) || waits >= waitsMax) {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
}

/** Counts both sides. More at the target is fine: it may have had something of its own. */
async function compare(tenant: string, source: Store, target: Store): Promise<{ lost: boolean; text: string }> {
  const [there, here] = [await source.stats(everyEntry(tenant), never), await target.stats(everyEntry(tenant), never)];
  const say = ({ entries, bytes, streams }: typeof here): string => `${entries} entries, ${bytes} bytes, ${streams} streams`;
  const lost = here.entries < there.entries || here.streams < there.streams;
  return { lost, text: lost ? `NOT COMPLETE: the source has ${say(there)}, the target ${say(here)}` : `verified, the target has ${say(here)}` };
}
