import Database from 'better-sqlite3';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { unavailable, type RequestError } from '../../model/errors';

export type Db = Database.Database;

/**
 * Written into every file; a file of a higher number was made by a newer server and is refused. Format 2 has split texts
 * (`splitText.ts`), format 3 has families in its index (`grams.ts`). Older files are read, and become files of this format when something is
 * sealed into them or their texts are packed densely.
 */
export const formatVersion = 3;

/** A file that can't be used, in words for the person who runs the server. `file` names it. */
export class DamagedFile extends Error {
  constructor(
    readonly file: string,
    reason: string
  ) {
    super(`${file}: ${reason}`);
    this.name = 'DamagedFile';
  }
}

/**
 * `hot.db`, one per tenant: rows as pushes brought them, and the receipts of agents. One file for all days, so that a push is
 * one transaction whatever its times are.
 */
const hotSchema = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
  CREATE TABLE hot (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    day INTEGER NOT NULL,
    stream TEXT NOT NULL,
    min INTEGER NOT NULL,
    max INTEGER NOT NULL,
    count INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    data BLOB NOT NULL
  );
  CREATE INDEX hot_by_stream ON hot (day, stream, max, min, count, bytes);
  CREATE TABLE receipts (agent TEXT PRIMARY KEY, sequence INTEGER NOT NULL, state TEXT NOT NULL) WITHOUT ROWID;
`;

/** `YYYY-MM-DD.db`, one per tenant and UTC day: what was sealed. */
const daySchema = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
  CREATE TABLE streams (id INTEGER PRIMARY KEY, labels TEXT NOT NULL UNIQUE);
  CREATE TABLE pairs (id INTEGER PRIMARY KEY, name TEXT NOT NULL, value TEXT NOT NULL, UNIQUE (name, value));
  CREATE TABLE stream_pairs (pair INTEGER NOT NULL, stream INTEGER NOT NULL, PRIMARY KEY (pair, stream)) WITHOUT ROWID;
  CREATE TABLE blocks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    grp INTEGER NOT NULL,
    stream INTEGER NOT NULL,
    min INTEGER NOT NULL,
    max INTEGER NOT NULL,
    count INTEGER NOT NULL,
    bytes INTEGER NOT NULL
  );
  CREATE INDEX blocks_by_max ON blocks (stream, max, min, grp, count, bytes);
  CREATE INDEX blocks_by_min ON blocks (stream, min);
  CREATE INDEX blocks_by_group ON blocks (grp);
  CREATE TABLE rollups (id INTEGER PRIMARY KEY, data BLOB);
  CREATE TABLE heads (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
  CREATE TABLE texts (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
  CREATE TABLE groups (id INTEGER PRIMARY KEY AUTOINCREMENT, filter BLOB);
  CREATE VIRTUAL TABLE grams USING fts5 (words, content='', detail=none, columnsize=0, tokenize='ascii');
  INSERT INTO grams (grams, rank) VALUES ('automerge', 8);
  CREATE TABLE sealed (hot INTEGER PRIMARY KEY, at INTEGER NOT NULL);
`;

/**
 * A push that brings some lines of some streams changes a page of the index for each of them: with pages of 16 KB more than twice as many bytes
 * went to disk. Pushes of large rows write less as well, since what a row leaves of its last page is written too.
 */
const hotPageBytes = 4_096;
/** Hot rows come and go: the longer the log, the more of their pages are overwritten in it before they are copied into the file. 32 MB. */
const hotCheckpointPages = 8_192;
const dayPageBytes = 4_096;

interface Kind {
  schema: string;
  pageBytes: number;
  cacheKiB: number;
  /** Pages after which the log is copied into the file. */
  checkpointPages: number;
  /** Whether freed pages can be given back to the disk; costs a write for each page that is taken or freed. */
  shrinks: boolean;
}

export const hotKind: Kind = { schema: hotSchema, pageBytes: hotPageBytes, cacheKiB: 2048, checkpointPages: hotCheckpointPages, shrinks: false };
export const dayKind: Kind = { schema: daySchema, pageBytes: dayPageBytes, cacheKiB: 2048, checkpointPages: 2000, shrinks: true };

/**
 * Opens a file for writing, made with its schema when it is new. WAL with `synchronous = FULL`: a commit is on disk when it returns,
 * so an acknowledged push survives a crash of the process and of the machine (as far as the disk keeps its word).
 * Throws DamagedFile.
 */
export function openWriter(file: string, kind: Kind, meta: Record<string, string | number>): Db {
  mkdirSync(path.dirname(file), { recursive: true });
  let db: Db | undefined;
  try {
    db = new Database(file);
    db.pragma(`page_size = ${kind.pageBytes}`);
    db.pragma(`auto_vacuum = ${kind.shrinks ? 'INCREMENTAL' : 'NONE'}`);
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma(`cache_size = -${kind.cacheKiB}`);
    db.pragma(`wal_autocheckpoint = ${kind.checkpointPages}`);
    db.pragma(`journal_size_limit = ${kind.checkpointPages * kind.pageBytes}`);
    if (isBlank(db)) {
      create(db, kind.schema, meta);
    }
    checkVersion(db, file);
    return db;
  } catch (error) {
    db?.close();
    throw asDamage(file, error);
  }
}

/** A file without tables: its maker was killed, or is about to make them. */
function isBlank(db: Db): boolean {
  return db.prepare('SELECT count(*) FROM sqlite_master').pluck().get() === 0;
}

function create(db: Db, schema: string, meta: Record<string, string | number>): void {
  db.transaction(() => {
    db.exec(schema);
    const insert = db.prepare('INSERT INTO meta (key, value) VALUES (?, ?)');
    for (const [key, value] of Object.entries({ format: formatVersion, ...meta })) {
      insert.run(key, value);
    }
  }).immediate();
}

function checkVersion(db: Db, file: string): void {
  const version = db.prepare("SELECT value FROM meta WHERE key = 'format'").pluck().get();
  if (typeof version !== 'number' || version > formatVersion) {
    throw new DamagedFile(file, `has format ${String(version)}, and this version of Binocle reads up to ${formatVersion}; a newer Binocle wrote it`);
  }
}

/** How long SQLite waits for a lock that another connection holds (its own default in better-sqlite3). */
const busyMs = 5_000;

/**
 * Copies the log of writes into the file and cuts it to nothing. False when a reader still needs it: the log is then copied as far
 * as may be, and used again from its start when the reader is done. Does not wait, since pushes would wait too.
 */
export function emptyLog(db: Db): boolean {
  db.pragma('busy_timeout = 0');
  try {
    const [{ busy }] = db.pragma('wal_checkpoint(TRUNCATE)') as Array<{ busy: number }>;
    return busy === 0;
  } finally {
    db.pragma(`busy_timeout = ${busyMs}`);
  }
}

/** Memory a reading connection may use for pages; there is one per file, thread and running scan. */
const readerCacheKiB = 512;

/** Opens a file that exists for reading; undefined when nothing was ever committed to it. Throws DamagedFile. */
export function openReader(file: string): Db | undefined {
  let db: Db | undefined;
  try {
    db = new Database(file, { readonly: true, fileMustExist: true });
    db.pragma(`cache_size = -${readerCacheKiB}`);
    if (isBlank(db)) {
      db.close();
      return undefined;
    }
    checkVersion(db, file);
    return db;
  } catch (error) {
    db?.close();
    throw tooManyFiles(file, error) ?? asDamage(file, error);
  }
}

/** SQLite says only that it could not open a file. When that is for want of descriptors the file is sound, and an answer without it would be wrong. */
function tooManyFiles(file: string, error: unknown): RequestError | undefined {
  if (!(error instanceof Database.SqliteError) || error.code !== 'SQLITE_CANTOPEN') {
    return undefined;
  }
  try {
    closeSync(openSync(file, 'r'));
  } catch (reason) {
    const { code } = reason as NodeJS.ErrnoException;
    return code === 'EMFILE' || code === 'ENFILE' ? unavailable(`${file} can't be opened: too many files are open; raise the limit (ulimit -n, LimitNOFILE)`, 5) : undefined;
  }
  return undefined;
}

/** SQLite's own words for damage become a DamagedFile; other errors stay what they are. */
export function asDamage(file: string, error: unknown): unknown {
  const code = error instanceof Database.SqliteError ? error.code : '';
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(code) || (code === 'SQLITE_ERROR' && /no such table/.test(String(error)))) {
    return new DamagedFile(file, `is damaged (${error instanceof Error ? error.message : String(error)})`);
  }
  return error;
}

/** Whether the disk, not the data, is the trouble: full, read-only, failing. */
export function isDiskTrouble(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|PERM)/.test(error.code);
}

/** What an operator is told of a part of a file that can't be read, when the rest is answered. */
export function leftOut(what: string, error: unknown): Error {
  return new Error(`${what} is damaged and was left out: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}
