import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openLocalSqlite, type SqliteSettings } from './openSqlite';
import type { SqliteStore } from './sqliteStore';

const folders: string[] = [];
process.on('exit', () => folders.forEach((dir) => rmSync(dir, { recursive: true, force: true })));

/** A folder for the stores of tests; gone when all tests of a file are over, whatever order they close their stores in. */
export function testFolder(): string {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'binocle-store-'));
  folders.push(dir);
  return dir;
}

/** A store in this thread, as most tests want it. What it says of itself goes to `told`; without that it must not say anything. */
export function openTestStore(dir: string, told?: string[], settings: Partial<SqliteSettings> = {}): SqliteStore {
  const log = (message: string, error?: unknown): void => {
    if (!told) {
      throw new Error(message, { cause: error });
    }
    told.push(message);
  };
  return openLocalSqlite({ dir, keepRepeats: false, appendBytesQueuedMax: 64e6, log, ...settings });
}
