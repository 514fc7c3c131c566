import { statSync } from 'node:fs';
import type { FragmentRunner } from '../../query/fragment';
import type { QuestionRunner } from '../../query/question';
import type { NewestDay } from '../store';
import { DirLock } from './lock';
import { dayFile, dayStartNs, daysOf } from './names';
import { SqliteReader } from './read/reader';
import { ReaderPool } from './readerPool';
import { SqliteStore } from './sqliteStore';
import { ThreadWriter } from './threadWriter';
import { sealPolicy, type SealPolicy } from './write/sealPolicy';
import type { TenantOptions } from './write/tenantWriter';
import { SqliteWriter, tenantsOf } from './write/writer';
import { WriterLoop } from './write/writerLoop';

export interface SqliteSettings {
  dir: string;
  keepRepeats: boolean;
  /** When hot rows are sealed; the default suits servers. */
  seal?: Partial<SealPolicy>;
  appendBytesQueuedMax: number;
  log: (message: string, error?: unknown) => void;
}

/** The store in one thread: for tests, and where threads are not wanted. */
export function openLocalSqlite(settings: SqliteSettings): SqliteStore {
  const { dir, log } = settings;
  const lock = DirLock.take(dir);
  const writer = localWriter(settings);
  return new SqliteStore({ dir, lock, writer, reader: new SqliteReader(dir, log), appendBytesQueuedMax: settings.appendBytesQueuedMax });
}

function writerOptions({ keepRepeats, seal }: SqliteSettings): TenantOptions {
  return { keepRepeats, seal: { ...sealPolicy, ...seal } };
}

function localWriter(settings: SqliteSettings): WriterLoop {
  const writer = new SqliteWriter(settings.dir, writerOptions(settings));
  writer.warm(settings.log);
  return new WriterLoop(writer, settings.log);
}

interface ThreadedSqlite {
  store: SqliteStore;
  runner: FragmentRunner & QuestionRunner;
  collect: () => void;
  newest: () => NewestDay[];
}

/** The store as a server runs it: a writer thread, and reader threads that run fragments. */
export function openThreadedSqlite(settings: SqliteSettings & { readerThreads: number; readerHeapMegabytes: number; memoryBytesMax: number }): ThreadedSqlite {
  const { dir, log, readerThreads, readerHeapMegabytes, memoryBytesMax, appendBytesQueuedMax } = settings;
  const lock = DirLock.take(dir);
  const writer = new ThreadWriter({ dir, options: writerOptions(settings), memoryBytesMax }, log);
  const runner = new ReaderPool({ dir, memoryBytesMax }, readerThreads, readerHeapMegabytes, log);
  const collect = (): void => {
    writer.collect();
    runner.collect();
  };
  const store = new SqliteStore({ dir, lock, writer, runner, reader: new SqliteReader(dir, log), appendBytesQueuedMax });
  return { store, runner, collect, newest: () => newestDays(dir) };
}

/** Tenants whose last day is looked at. */
const newestTenantsMax = 3;

function newestDays(dir: string): NewestDay[] {
  return tenantsOf(dir, newestTenantsMax).flatMap((tenant) => {
    const last = daysOf(dir, tenant).at(-1);
    return last === undefined ? [] : [{ tenant, startNs: dayStartNs(last), endNs: dayStartNs(last + 1), bytes: statSync(dayFile(dir, tenant, last), { throwIfNoEntry: false })?.size ?? 0 }];
  });
}
