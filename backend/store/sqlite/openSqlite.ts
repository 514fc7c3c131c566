import { DirLock } from './lock';
import { SqliteReader } from './reader';
import { SqliteStore } from './sqliteStore';
import { SqliteWriter } from './writer';
import { WriterLoop } from './writerLoop';

export interface SqliteSettings {
  dir: string;
  keepRepeats: boolean;
  appendBytesQueuedMax: number;
  log: (message: string, error?: unknown) => void;
}

/** The store in one thread: for tests, and where threads are not wanted. */
export function openLocalSqlite(settings: SqliteSettings): SqliteStore {
  const { dir, log } = settings;
  const lock = DirLock.take(dir);
  const writer = new WriterLoop(new SqliteWriter(dir, settings), log);
  return new SqliteStore({ dir, lock, writer, reader: new SqliteReader(dir, log), appendBytesQueuedMax: settings.appendBytesQueuedMax });
}
