import type { Batch } from '../../backend/model/entry';
import type { Fragment, FragmentResult, FragmentRunner } from '../../backend/query/fragment';
import { runFragment } from '../../backend/query/runFragment';
import { MemoryStore } from '../../backend/store/memory';
import type { Store, StoreReader } from '../../backend/store/store';
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

/** A store with the engine beside it. `reader` may change how the store is read. */
export class EngineTarget implements Target {
  private store: Store | undefined;

  constructor(
    private readonly open: () => Promise<Store>,
    private readonly parallel: number,
    private readonly reader: (store: Store) => StoreReader = (store) => store
  ) {}

  async load(batch: Batch): Promise<void> {
    await (await this.opened()).append(batch);
  }

  async clear(): Promise<void> {
    await this.store?.close();
    this.store = undefined;
  }

  async ask(ask: AskCommand): Promise<Answered> {
    return askEngine(ask, new CopyingRunner(this.reader(await this.opened()), ask.verb === 'explain' ? 1 : this.parallel));
  }

  async close(): Promise<void> {
    await this.clear();
  }

  private async opened(): Promise<Store> {
    this.store ??= await this.open();
    return this.store;
  }
}

/** The store without its optional fast paths. */
export function onlyScans(store: StoreReader): StoreReader {
  return {
    scan: (scan, signal) => store.scan(scan, signal),
    labelNames: (select) => store.labelNames(select),
    labelValues: (name, select) => store.labelValues(name, select),
    series: (select) => store.series(select),
    stats: (select) => store.stats(select),
  };
}

/** Every way a script is run in the tests. */
export const targets: Array<{ name: string; make: () => Target }> = [
  { name: 'memory', make: () => new EngineTarget(async () => new MemoryStore(), 1) },
  { name: 'memory, three fragments at a time', make: () => new EngineTarget(async () => new MemoryStore(), 3) },
  { name: 'memory, without counts', make: () => new EngineTarget(async () => new MemoryStore(), 2, onlyScans) },
];
