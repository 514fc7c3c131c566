import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { runStoreContract } from '../contract';
import { openLocalSqlite } from './openSqlite';
import type { SqliteStore } from './sqliteStore';

const dirs = new Map<SqliteStore, { dir: string; keepRepeats: boolean }>();
const root = mkdtempSync(path.join(os.tmpdir(), 'binocle-sqlite-'));
after(() => rmSync(root, { recursive: true, force: true }));

function openAt(dir: string, keepRepeats: boolean): SqliteStore {
  const log = (message: string, error?: unknown): void => {
    throw new Error(message, { cause: error });
  };
  const store = openLocalSqlite({ dir, keepRepeats, appendBytesQueuedMax: 64e6, log });
  dirs.set(store, { dir, keepRepeats });
  return store;
}

runStoreContract('sqlite in one thread', {
  open: async ({ keepRepeats = false }) => openAt(mkdtempSync(path.join(root, 'data-')), keepRepeats),
  reopen: async (store) => {
    const { dir, keepRepeats } = dirs.get(store as SqliteStore)!;
    await store.close();
    return openAt(dir, keepRepeats);
  },
});
