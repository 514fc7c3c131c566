import Database from 'better-sqlite3';
import path from 'node:path';
import { makeFolder } from '../../makeFolder';
import type { Db } from './database';

/** Holds the data directory for one server. The kernel lets go when the process dies, however it dies. */
export class DirLock {
  private constructor(private readonly db: Db) {}

  /** Throws an Error in plain words when another process holds the directory or it can't be written. */
  static take(dir: string): DirLock {
    let db: Db | undefined;
    try {
      makeFolder(dir);
      db = new Database(path.join(dir, 'lock.db'), { timeout: 0 });
      db.pragma('locking_mode = EXCLUSIVE');
      db.pragma('journal_mode = DELETE');
      db.exec('BEGIN EXCLUSIVE; CREATE TABLE IF NOT EXISTS held (pid INTEGER); DELETE FROM held');
      db.prepare('INSERT INTO held VALUES (?)').run(process.pid);
      db.exec('COMMIT; BEGIN EXCLUSIVE');
      return new DirLock(db);
    } catch (error) {
      db?.close();
      const code = (error as { code?: string }).code ?? '';
      if (code.startsWith('SQLITE_BUSY')) {
        throw new Error(`${dir} is in use by another Binocle server; stop it or choose another directory with --data`, { cause: error });
      }
      throw new Error(`${dir} can't be used for data: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }

  release(): void {
    this.db.close();
  }
}
