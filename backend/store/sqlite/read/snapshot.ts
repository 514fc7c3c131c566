import { statSync } from 'node:fs';
import type { Statement } from 'better-sqlite3';
import { noteYoung } from '../../../runtime/garbage';
import { RequestError } from '../../../model/errors';
import type { Labels } from '../../../model/labels';
import { asDamage, openReader, type Db } from '../database';
import { IdSet } from './idSet';
import { KeptHeaders, type HeaderRow, type HeaderTable } from './keptHeaders';
import { KeptRollups } from './keptRollups';
import { dayFile, daysOf, hotFile } from '../names';
import { MetadataNames } from './metadataNames';
import type { HotHeader } from '../format/hotRow';
import { labelsOfKey } from '../format/streamKey';

/** Connections kept open for the next scan, over all files. */
const idleUsual = 12;
/** Parsed label sets kept per connection, up to a kilobyte each; each thread may have two connections to one file. */
const labelsMax = 4_000;

/** A read-only connection with its statements; a transaction is open on it while a snapshot holds it. */
export class Connection {
  private readonly statements = new Map<string, Statement<unknown[], unknown>>();
  private readonly labels = new Map<number, { key: string; labels: Labels }>();
  readonly metadataNames = new MetadataNames();

  constructor(
    readonly db: Db,
    readonly file: string,
    /** Tells a file from another that took its name. */
    readonly inode: number,
    /** One object for all connections of a thread to this file, for what is kept of it. */
    readonly sameFile: object = {},
    private readonly keptHeaders = new KeptHeaders()
  ) {}

  sql<T>(text: string): Statement<unknown[], T> {
    let statement = this.statements.get(text);
    if (!statement) {
      statement = this.db.prepare(text);
      this.statements.set(text, statement);
    }
    return statement as Statement<unknown[], T>;
  }

  /** Like `sql`, for rows as arrays: SQLite's wrapper makes those three times as fast as objects. */
  raw(text: string): Statement<unknown[], unknown[]> {
    const key = `raw ${text}`;
    let statement = this.statements.get(key);
    if (!statement) {
      statement = this.db.prepare(text).raw(true);
      this.statements.set(key, statement);
    }
    return statement as Statement<unknown[], unknown[]>;
  }

  /** The stream of a number. Numbers are used again only after a sweep, so what is kept is asked for anew when the data version changed. */
  stream(id: number): { key: string; labels: Labels } {
    let stream = this.labels.get(id);
    if (!stream) {
      const { labels } = this.sql<{ labels: string }>('SELECT labels FROM streams WHERE id = ?').get(id)!;
      stream = { key: labels, labels: labelsOfKey(labels) };
      if (this.labels.size >= labelsMax) {
        this.labels.clear();
      }
      this.labels.set(id, stream);
    }
    return stream;
  }

  /** The key of a stream, for who needs no labels: nothing is kept of it. */
  streamKey(id: number): string {
    return this.labels.get(id)?.key ?? this.sql<{ labels: string }>('SELECT labels FROM streams WHERE id = ?').get(id)!.labels;
  }

  /** The headers of all blocks, when they are kept or worth keeping. @param read answers up to so many rows. */
  headers(read: (connection: Connection, max: number) => Iterable<HeaderRow>): HeaderTable | undefined {
    return this.keptHeaders.of(this.state, (max) => read(this, max));
  }

  /** Stands for what the file holds now. */
  private state = {};

  begin(): void {
    this.db.exec('BEGIN');
    // the first read takes the snapshot; without it the view would begin at some later statement
    this.sql('SELECT count(*) FROM meta').get();
    const version = this.db.pragma('data_version', { simple: true }) as number;
    if (version !== this.version) {
      this.version = version;
      this.labels.clear();
      this.keptHeaders.forget(this.state);
      this.state = {};
    }
  }

  private version = -1;

  end(): void {
    if (this.db.inTransaction) {
      this.db.exec('COMMIT');
    }
  }

  close(): void {
    this.keptHeaders.forget(this.state);
    this.db.close();
  }
}

/** Connections of one thread, kept for use again. A connection belongs to one snapshot at a time. */
export class ConnectionPool {
  readonly rollups = new KeptRollups();
  private readonly headers = new KeptHeaders();
  private idle: Connection[] = [];
  private idleMax = idleUsual;
  private readonly open = new Set<Connection>();

  constructor(
    readonly dir: string,
    /** Told about files that can't be read; the rest is answered. */
    readonly onDamage: (error: unknown) => void
  ) {}

  /** Undefined when there is no such file (any more). Throws DamagedFile, or a RequestError 503 when too many files are open. */
  take(file: string): Connection | undefined {
    const inode = statSync(file, { throwIfNoEntry: false })?.ino;
    const at = this.idle.findIndex((connection) => connection.file === file);
    const kept = at >= 0 ? this.idle.splice(at, 1)[0] : undefined;
    if (kept && kept.inode !== inode) {
      this.end(kept);
    }
    const connection = kept && kept.inode === inode ? kept : this.connect(file, inode);
    try {
      connection?.begin();
    } catch (error) {
      this.end(connection!);
      throw error;
    }
    return connection;
  }

  private connect(file: string, inode: number | undefined): Connection | undefined {
    const db = inode === undefined ? undefined : openReader(file);
    if (!db || inode === undefined) {
      return undefined;
    }
    // an inode is not given to another file while a connection to it is open
    const beside = [...this.open].find((connection) => connection.file === file && connection.inode === inode);
    const connection = new Connection(db, file, inode, beside?.sameFile, this.headers);
    this.open.add(connection);
    return connection;
  }

  private end(connection: Connection): void {
    connection.close();
    this.open.delete(connection);
  }

  give(connection: Connection): void {
    try {
      connection.end();
    } catch (error) {
      // a damaged file can refuse even the end of a transaction that only read; what was read of it is answered all the same
      this.onDamage(asDamage(connection.file, error));
      this.end(connection);
      return;
    }
    this.idle.push(connection);
    if (this.idle.length > this.idleMax) {
      this.end(this.idle.shift()!);
    }
  }

  /** What is in use is closed when it is given back. */
  close(): void {
    this.idle.forEach((connection) => this.end(connection));
    this.idle = [];
    this.idleMax = 0;
  }
}

/**
 * One tenant as it is at one moment. Hot rows are looked at first: what moves into a day afterwards is known there as
 * sealed and skipped here, so that every entry is seen once. Must be closed.
 */
export class Snapshot {
  private readonly hot: Connection | undefined;

  constructor(
    private readonly pool: ConnectionPool,
    readonly tenant: string
  ) {
    this.hot = this.take(hotFile(pool.dir, tenant));
  }

  private take(file: string): Connection | undefined {
    try {
      return this.pool.take(file);
    } catch (error) {
      if (error instanceof RequestError) {
        throw error;
      }
      this.pool.onDamage(error);
      return undefined;
    }
  }

  /** Days that have a file or hot rows, ascending. */
  days(firstDay: number, lastDay: number): number[] {
    const hotDays = this.hot ? this.hot.sql<{ day: number }>('SELECT DISTINCT day FROM hot').all().map((row) => row.day) : [];
    const all = new Set([...daysOf(this.pool.dir, this.tenant), ...hotDays]);
    return [...all].filter((day) => day >= firstDay && day <= lastDay).sort((a, b) => a - b);
  }

  /** Runs `work` on one day. The hot rows it gets are those that touch [from, to) and are not in the day's file. */
  openDay(day: number, from: number, to: number): DayView {
    const connection = this.take(dayFile(this.pool.dir, this.tenant, day));
    return { day, from, to, connection, hot: { [Symbol.iterator]: () => this.hotRows(day, from, to, connection) } };
  }

  /** One by one: after a burst of very many streams there are tens of thousands, and they would be megabytes in each question. */
  private *hotRows(day: number, from: number, to: number, connection: Connection | undefined): Generator<HotHeader> {
    // the first and last of all days, since looking for those of this one would go through all its rows
    const ends = this.hot?.raw('SELECT (SELECT min(id) FROM hot), (SELECT max(id) FROM hot) WHERE EXISTS (SELECT 1 FROM hot WHERE day = ?)').get(day) as [number, number] | undefined;
    if (!this.hot || !ends) {
      return;
    }
    const sealed = connection ? sealedIn(connection, ...ends) : new IdSet();
    for (const row of this.hot.sql<HotHeader>('SELECT id, day, stream, min, max, count, bytes FROM hot WHERE day = ? AND max >= ? AND min < ?').iterate(day, from, to)) {
      if (!sealed.has(row.id)) {
        yield row;
      }
    }
  }

  closeDay(view: DayView): void {
    if (view.connection) {
      this.pool.give(view.connection);
    }
  }

  hotData(id: number): Uint8Array {
    const { data } = this.hot!.sql<{ data: Uint8Array }>('SELECT data FROM hot WHERE id = ?').get(id)!;
    noteYoung(data.length);
    return data;
  }

  close(): void {
    if (this.hot) {
      this.pool.give(this.hot);
    }
  }
}

/** The hot rows among these numbers that the day has taken. */
function sealedIn(connection: Connection, first: number, last: number): IdSet {
  const sealed = new IdSet();
  for (const [id] of connection.raw('SELECT hot FROM sealed WHERE hot BETWEEN ? AND ?').iterate(first, last) as Iterable<[number]>) {
    sealed.add(id);
  }
  return sealed;
}

/** One day of a snapshot: its file, if it has one, and its hot rows, for the times [from, to) after its midnight. */
export interface DayView {
  day: number;
  from: number;
  to: number;
  connection: Connection | undefined;
  hot: Iterable<HotHeader>;
}
