import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { runStoreContract } from '../contract';
import type { SqliteStore } from './sqliteStore';
import { openTestStore, testFolder } from './testStore';

const dirs = new Map<SqliteStore, { dir: string; keepRepeats: boolean }>();
const root = testFolder();

function openAt(dir: string, keepRepeats: boolean): SqliteStore {
  const store = openTestStore(dir, undefined, { keepRepeats });
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
