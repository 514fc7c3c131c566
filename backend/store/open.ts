import type { FragmentRunner } from '../query/fragment';
import type { QuestionRunner } from '../query/question';
import { openClickhouse } from './clickhouse/openClickhouse';
import { MemoryStore } from './memory';
import { openLocalSqlite, openThreadedSqlite, type SqliteSettings } from './sqlite/openSqlite';
import { repairDataDir } from './sqlite/repair';
import type { SealPolicy } from './sqlite/write/sealPolicy';
import type { NewestDay, Store } from './store';

/** What the server needs to know to open a store. Every bound has a default. */
export interface StoreSettings {
  driver: 'memory' | 'sqlite' | 'clickhouse';
  /** Where the files lie; not needed by `memory`, and by `clickhouse` only for its spool. Made when it is missing. */
  dir?: string;
  /** Where ClickHouse is: `clickhouse://user:password@host:8123/database?cluster=name`. */
  url?: string;
  /** Start although the ClickHouse is away: `notReady` says so, pushes go to the spool, and it is ready when ClickHouse comes. */
  patient?: boolean;
  /** Store entries with equal time and line of one stream again and again (off: once). */
  keepRepeats?: boolean;
  /** Resident memory the whole server may use; caches and queues are sized from it. */
  memoryBytesMax?: number;
  /** Bytes of entries that may wait to be written before `append` answers 429. */
  appendBytesQueuedMax?: number;
  /** Threads that run fragments of queries; 0 runs them on the main thread. */
  readerThreads?: number;
  /** When the sqlite driver turns fresh rows into blocks; the default suits servers. */
  seal?: Partial<SealPolicy>;
  /** Told about what happens in the background and is nobody's answer: a thread that died, a file that is torn. */
  log?: (message: string, error?: unknown) => void;
}

export interface OpenedStore {
  store: Store;
  /** Undefined for a driver without reader threads: the engine then runs fragments beside the store itself. */
  runner?: FragmentRunner & QuestionRunner;
  /** Tells the driver's threads to collect their garbage. */
  collect?: () => void;
  /** Where the youngest entries of some tenants lie now, for reader threads to warm up with. */
  newest?: () => NewestDay[];
}

/** Opens the store of a driver. Rejects with an Error in plain words when the directory can't be used (another server, no rights, a newer format). */
export async function openStore(settings: StoreSettings): Promise<OpenedStore> {
  switch (settings.driver) {
    case 'memory':
      return { store: new MemoryStore(settings) };
    case 'sqlite':
      return openSqlite(settings);
    case 'clickhouse': {
      const { url = '', dir, patient, keepRepeats = false, appendBytesQueuedMax = appendBytesQueuedDefault, log = logToConsole } = settings;
      return { store: await openClickhouse({ url, dir, patient, keepRepeats, appendBytesQueuedMax, log }) };
    }
  }
}

/** One reader for each of two cores, a common small machine; more readers need more memory. */
const readerThreadsDefault = 2;
const memoryBytesDefault = 256 * 1024 * 1024;
/** Share of the ceiling that the heap of one reader may take: most of the rest is the threads' own weight. */
const readerHeapShare = 0.25;

function openSqlite(settings: StoreSettings): OpenedStore {
  const { readerThreads = readerThreadsDefault, memoryBytesMax = memoryBytesDefault } = settings;
  if (readerThreads === 0) {
    return { store: openLocalSqlite(sqliteSettings(settings)) };
  }
  const readerHeapMegabytes = Math.max(32, Math.floor((memoryBytesMax * readerHeapShare) / 1024 / 1024));
  return openThreadedSqlite({ ...sqliteSettings(settings), readerThreads, readerHeapMegabytes, memoryBytesMax });
}

const logToConsole = (message: string, error?: unknown): void => console.error(message, error);

/** Text waiting to be written: a few seconds of a fast disk, and a fraction of the memory ceiling. */
const appendBytesQueuedDefault = 32 * 1024 * 1024;

function sqliteSettings(settings: StoreSettings): SqliteSettings {
  const { dir, seal, keepRepeats = false, appendBytesQueuedMax = appendBytesQueuedDefault, log = logToConsole } = settings;
  if (!dir) {
    throw new Error('the sqlite store needs a directory for its data');
  }
  return { dir, seal, keepRepeats, appendBytesQueuedMax, log };
}

/** Saves what is readable in a damaged directory that no server runs on (the sqlite driver's); yields a sentence for each file. */
export function repairStore(dir: string): AsyncIterable<string> {
  return repairDataDir(dir);
}
