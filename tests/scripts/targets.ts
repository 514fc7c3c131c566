import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Batch } from '../../backend/model/entry';
import type { Fragment, FragmentResult, FragmentRunner } from '../../backend/query/fragment';
import { runFragment } from '../../backend/query/fragments/runFragment';
import { MemoryStore } from '../../backend/store/memory';
import { openStore } from '../../backend/store/open';
import type { Store, StoreReader } from '../../backend/store/store';
import { missing, openOnShards } from '../clickhouse/servers';
import type { Answered } from './answers';
import { askEngine, type Target } from './runScript';
import type { AskCommand } from './script';

/** Runs fragments as reader threads would: several at a time, and only copies cross over. */
export class CopyingRunner implements FragmentRunner {
  constructor(
    private readonly reader: StoreReader,
    readonly parallel: number
  ) {}

  async run(fragment: Fragment, signal: AbortSignal): Promise<FragmentResult> {
    return structuredClone(await runFragment(structuredClone(fragment), this.reader, signal));
  }
}

/** A store with the engine beside it. */
export class EngineTarget implements Target {
  private store: Store | undefined;
  private release: () => void = () => undefined;

  constructor(
    private readonly open: () => Promise<OpenedForTest>,
    private readonly options: {
      parallel: number;
      /** Changes how the store is read. */
      reader?: (store: Store) => StoreReader;
      /** Turn fresh rows into blocks after each load. */
      compact?: boolean;
    }
  ) {}

  async load(batch: Batch): Promise<void> {
    const store = await this.opened();
    await store.append(batch);
    if (this.options.compact) {
      await store.compact();
    }
  }

  async clear(): Promise<void> {
    await this.store?.close();
    this.store = undefined;
    this.release();
  }

  async ask(ask: AskCommand): Promise<Answered> {
    const { parallel, reader = (store) => store } = this.options;
    return askEngine(ask, new CopyingRunner(reader(await this.opened()), ask.verb === 'explain' ? 1 : parallel));
  }

  async close(): Promise<void> {
    await this.clear();
  }

  private async opened(): Promise<Store> {
    if (!this.store) {
      ({ store: this.store, release: this.release } = await this.open());
    }
    return this.store;
  }
}

export interface OpenedForTest {
  store: Store;
  /** Removes what the store left behind. */
  release: () => void;
}

export const openMemory = async (): Promise<OpenedForTest> => ({ store: new MemoryStore(), release: () => undefined });

/** An SQLite store in a folder of its own, without threads. */
export async function openSqlite(): Promise<OpenedForTest> {
  const dir = mkdtempSync(path.join(tmpdir(), 'binocle-test-'));
  const { store } = await openStore({ driver: 'sqlite', dir, readerThreads: 0 });
  return { store, release: () => rmSync(dir, { recursive: true, force: true }) };
}

/** The store without its optional fast paths. */
export function onlyScans(store: StoreReader): StoreReader {
  return {
    scan: (scan, signal) => store.scan(scan, signal),
    labelNames: (select, signal) => store.labelNames(select, signal),
    labelValues: (name, select, signal) => store.labelValues(name, select, signal),
    series: (select, signal) => store.series(select, signal),
    stats: (select, signal) => store.stats(select, signal),
  };
}

/** Every way a script is run in the tests. */
export const targets: Array<{ name: string; make: () => Target; skip?: string | false }> = [
  { name: 'memory', make: () => new EngineTarget(openMemory, { parallel: 1 }) },
  { name: 'memory, three fragments at a time', make: () => new EngineTarget(openMemory, { parallel: 3 }) },
  { name: 'memory, without counts', make: () => new EngineTarget(openMemory, { parallel: 2, reader: onlyScans }) },
  { name: 'sqlite, fresh rows', make: () => new EngineTarget(openSqlite, { parallel: 1 }) },
  { name: 'sqlite, blocks', make: () => new EngineTarget(openSqlite, { parallel: 2, compact: true }) },
  { name: 'clickhouse, two shards', make: () => new EngineTarget(openOnShards, { parallel: 1 }), skip: missing },
];
