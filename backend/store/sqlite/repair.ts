import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { checkFile } from './check';
import { hotKind, openReader, openWriter, type Db } from './database';
import { DayWriter } from './write/dayWriter';
import { readHotRow } from './format/hotRow';
import { DirLock } from './lock';
import { dayOfFile, folderTenant, tenantFolders, tenantsDir } from './names';
import { unpackHead } from './format/block';
import { unpackText } from './text/blockText';

/**
 * Saves what is readable of damaged files: each is written anew from its readable rows and kept beside as `*.damaged`. Files of a newer
 * format are left alone. Takes the lock of the directory, so no server may run on it. Yields a sentence for each file.
 */
export async function* repairDataDir(dir: string): AsyncIterable<string> {
  const lock = DirLock.take(dir);
  try {
    for (const folder of tenantFolders(dir)) {
      const where = path.join(tenantsDir(dir), folder);
      for (const name of readdirSync(where).filter((entry) => entry.endsWith('.db')).sort()) {
        const file = path.join(where, name);
        const [damage] = checkFile(file);
        if (damage) {
          yield damage.includes('has format') ? `${damage}; it is left as it is` : repairFile(file, folder);
        }
        await new Promise(setImmediate);
      }
    }
  } finally {
    lock.release();
  }
}

/** What was read of a file, and what was not. */
interface Saved {
  saved: number;
  lost: number;
}

function repairFile(file: string, folder: string): string {
  const damaged = `${file}.damaged`;
  for (const end of ['', '-wal', '-shm']) {
    rmSync(damaged + end, { force: true });
    if (existsSync(file + end)) {
      renameSync(file + end, damaged + end);
    }
  }
  const day = dayOfFile(path.basename(file));
  let source: Db | undefined;
  try {
    source = openReader(damaged);
  } catch (error) {
    return `${file}: nothing could be saved (${error instanceof Error ? error.message : String(error)}); the file is kept as ${damaged}`;
  }
  if (!source) {
    return `${file}: held nothing`;
  }
  try {
    const tenant = folderTenant(folder) ?? folder;
    const { saved, lost } = day === undefined ? saveHot(source, file, tenant) : saveDay(source, file, tenant, day);
    return `${file}: ${saved} entries saved, ${lost} places could not be read; the file is kept as ${damaged}`;
  } finally {
    source.close();
  }
}

/** Row numbers up to the highest there ever was; asked one by one, since a damaged page ends every walk over a table. */
function* numbers(source: Db, table: string): Generator<number> {
  let last = 0;
  try {
    last = (source.prepare('SELECT seq FROM sqlite_sequence WHERE name = ?').pluck().get(table) as number | undefined) ?? 0;
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) {
      throw error;
    }
    last = guessMax;
  }
  for (let id = 1; id <= last; id++) {
    yield id;
  }
}

/** Tried when even the highest number is unreadable. */
const guessMax = 100_000;

/** Runs a read of one row; a damaged place counts and is passed over. */
function attempt<T>(saved: Saved, read: () => T): T | undefined {
  try {
    return read();
  } catch {
    // what is lost here is counted, and said in the sentence about the file
    saved.lost++;
    return undefined;
  }
}

function saveHot(source: Db, file: string, tenant: string): Saved {
  const result: Saved = { saved: 0, lost: 0 };
  const target = openWriter(file, hotKind, { tenant });
  try {
    const get = source.prepare('SELECT * FROM hot WHERE id = ?');
    const put = target.prepare('INSERT INTO hot (id, day, stream, min, max, count, bytes, data) VALUES (@id, @day, @stream, @min, @max, @count, @bytes, @data)');
    for (const id of numbers(source, 'hot')) {
      attempt(result, () => {
        const row = get.get(id) as { data: Uint8Array } | undefined;
        if (row) {
          // the other columns are made anew from what they are about
          const { count, offsets, times } = readHotRow(row.data);
          put.run({ ...row, count, bytes: offsets[count], min: times[0], max: times[count - 1] });
          result.saved += count;
        }
      });
    }
    const receipts = attempt(result, () => source.prepare('SELECT * FROM receipts').all()) ?? [];
    receipts.forEach((row) => target.prepare('INSERT OR REPLACE INTO receipts VALUES (@agent, @sequence, @state)').run(row));
  } finally {
    target.close();
  }
  return result;
}

function saveDay(source: Db, file: string, tenant: string, day: number): Saved {
  const result: Saved = { saved: 0, lost: 0 };
  const target = new DayWriter(file, { tenant, day });
  try {
    const block = source.prepare('SELECT labels FROM blocks LEFT JOIN streams ON streams.id = blocks.stream WHERE blocks.id = ?');
    const head = source.prepare('SELECT data FROM heads WHERE id = ?');
    const text = source.prepare('SELECT data FROM texts WHERE id = ?');
    for (const id of numbers(source, 'blocks')) {
      attempt(result, () => {
        const found = block.get(id) as { labels: string | null } | undefined;
        if (found) {
          if (found.labels === null) {
            throw new Error('nothing says of which stream it is');
          }
          const columns = { ...unpackHead((head.get(id) as { data: Uint8Array }).data), text: unpackText((text.get(id) as { data: Uint8Array }).data) };
          target.seal([{ key: found.labels, columns }], [], 0);
          result.saved += columns.count;
        }
      });
    }
    const sealed = attempt(result, () => source.prepare('SELECT hot, at FROM sealed').all() as Array<{ hot: number; at: number }>) ?? [];
    sealed.forEach((row) => target.seal([], [row.hot], row.at));
  } finally {
    target.close();
  }
  return result;
}
