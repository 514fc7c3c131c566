import { existsSync } from 'node:fs';
import type { Statement } from 'better-sqlite3';
import { packHead, unpackHead, type BlockHeader } from '../format/block';
import { packDense, packText, unpackText } from '../text/blockText';
import { cut, merge, sharesTime, textBytes, type Columns } from '../format/columns';
import { dayKind, emptyLog, formatVersion, openWriter, type Db } from '../database';
import { GramCollector } from '../format/grams';
import { dayFile } from '../names';
import { packRollup } from '../format/rollup';
import { labelsOfKey } from '../format/streamKey';
import { Scratch } from '../format/zstd';

/** Text of a block: large enough to compress well, small enough to read for one line. */
export const blockBytes = 256 * 1024;
/** Text that shares one entry of the index. Fewer, larger entries make a smaller index; a hit then reads a few blocks instead of one. */
export const groupBytes = 512 * 1024;
/** Blocks below this are merged with their like. */
export const smallBlockBytes = blockBytes / 4;
/** Text that one merge or seal may hold in memory. */
export const stepBytesMax = 4 * 1024 * 1024;
const streamIdsMax = 20_000;
/** Hot rows that are forgotten at a time: twice as many as one step seals, in half a millisecond. */
const forgottenAtOnce = 8_000;
/** Rows of blocks read at a time: a day of very many streams has a million. */
const pageRows = 5_000;
/** Pages of the index that one step of tidying writes. */
const mergePages = 500;

/** Entries of one stream to be sealed. */
export interface SealPart {
  key: string;
  columns: Columns;
}

/** One tables of grams for the whole thread: they are megabytes. */
const collector = new GramCollector();
/** Memory for a text that is packed again. */
const unpacked = new Scratch();

/** Writes one day's file. Every public method is one transaction. */
export class DayWriter {
  readonly db: Db;
  private readonly streamIds = new Map<string, number>();
  private readonly statements = new Map<string, Statement<unknown[], unknown>>();

  constructor(
    readonly file: string,
    meta: { tenant: string; day: number }
  ) {
    this.db = openWriter(file, dayKind, meta);
  }

  static exists(dir: string, tenant: string, day: number): boolean {
    return existsSync(dayFile(dir, tenant, day));
  }

  private sql<T>(text: string): Statement<unknown[], T> {
    let statement = this.statements.get(text);
    if (!statement) {
      statement = this.db.prepare(text);
      this.statements.set(text, statement);
    }
    return statement as Statement<unknown[], T>;
  }

  private transaction<T>(work: () => T): T {
    try {
      return this.db.transaction(work).immediate();
    } catch (error) {
      this.streamIds.clear();
      throw error;
    }
  }

  /** The number of a stream, or undefined when this day has none of it. */
  findStream(key: string): number | undefined {
    return this.streamIds.get(key) ?? (this.sql<{ id: number }>('SELECT id FROM streams WHERE labels = ?').get(key)?.id);
  }

  private streamId(key: string): number {
    let id = this.findStream(key);
    if (id === undefined) {
      id = Number(this.sql('INSERT INTO streams (labels) VALUES (?)').run(key).lastInsertRowid);
      for (const [name, value] of labelsOfKey(key)) {
        this.sql('INSERT OR IGNORE INTO pairs (name, value) VALUES (?, ?)').run(name, value);
        const pair = this.sql<{ id: number }>('SELECT id FROM pairs WHERE name = ? AND value = ?').get(name, value)!.id;
        this.sql('INSERT OR IGNORE INTO stream_pairs (pair, stream) VALUES (?, ?)').run(pair, id);
      }
    }
    if (this.streamIds.size >= streamIdsMax) {
      this.streamIds.clear();
    }
    this.streamIds.set(key, id);
    return id;
  }

  /** Youngest time of a stream, or -1. */
  maxOf(key: string): number {
    const stream = this.findStream(key);
    return stream === undefined ? -1 : (this.sql<{ max: number | null }>('SELECT max(max) AS max FROM blocks WHERE stream = ?').get(stream)?.max ?? -1);
  }

  /** Blocks of a stream that hold a time of the row; with their text. */
  sharing(key: string, row: Columns): Columns[] {
    const stream = this.findStream(key);
    if (stream === undefined) {
      return [];
    }
    const blocks = this.sql<{ id: number }>('SELECT id FROM blocks WHERE stream = ? AND max >= ? AND min <= ?').all(stream, row.times[0], row.times[row.count - 1]);
    const found: Columns[] = [];
    for (const { id } of blocks) {
      const head = this.readHead(id);
      if (sharesTime(row, head)) {
        found.push({ ...head, text: this.readText(id) });
      }
    }
    return found;
  }

  readHead(id: number): Columns {
    return unpackHead(this.sql<{ data: Uint8Array }>('SELECT data FROM heads WHERE id = ?').get(id)!.data);
  }

  readText(id: number): Uint8Array {
    return unpackText(this.packedText(id));
  }

  private packedText(id: number): Uint8Array {
    return this.sql<{ data: Uint8Array }>('SELECT data FROM texts WHERE id = ?').get(id)!.data;
  }

  read(id: number): Columns {
    return { ...this.readHead(id), text: this.readText(id) };
  }

  /** Stores parts as blocks and remembers the hot rows they came from, in one transaction: the moment at which they change house. */
  seal(parts: SealPart[], hotIds: number[], nowMs: number): void {
    this.transaction(() => {
      this.addGroups(parts);
      const remember = this.sql('INSERT OR IGNORE INTO sealed (hot, at) VALUES (?, ?)');
      for (const id of hotIds) {
        remember.run(id, nowMs);
      }
    });
  }

  private addGroups(parts: SealPart[]): void {
    let group = 0;
    let bytes = 0;
    const close = (): void => {
      if (group !== 0) {
        const { words, filter } = collector.take();
        this.sql('UPDATE groups SET filter = ? WHERE id = ?').run(filter, group);
        this.sql('INSERT INTO grams (rowid, words) VALUES (?, ?)').run(group, words);
      }
      group = bytes = 0;
    };
    for (const part of parts) {
      for (const piece of cut(part.columns, blockBytes)) {
        if (bytes + textBytes(piece) > groupBytes + blockBytes / 2) {
          close();
        }
        group ||= Number(this.sql('INSERT INTO groups (filter) VALUES (NULL)').run().lastInsertRowid);
        this.addBlock(part.key, group, piece);
        collector.add(piece.text.subarray(0, textBytes(piece)));
        bytes += textBytes(piece);
      }
    }
    close();
    this.noteFormat();
  }

  /** The file holds what this version writes from now on; an older Binocle would read it wrongly. */
  private noteFormat(): void {
    this.sql("UPDATE meta SET value = ? WHERE key = 'format' AND value < ?").run(formatVersion, formatVersion);
  }

  private addBlock(key: string, group: number, columns: Columns): void {
    const { count, times } = columns;
    const inserted = this.sql('INSERT INTO blocks (grp, stream, min, max, count, bytes) VALUES (?, ?, ?, ?, ?, ?)');
    const id = Number(inserted.run(group, this.streamId(key), times[0], times[count - 1], count, textBytes(columns)).lastInsertRowid);
    this.writeBlock(id, columns);
  }

  private writeBlock(id: number, columns: Columns): void {
    this.sql('INSERT OR REPLACE INTO heads (id, data) VALUES (?, ?)').run(id, packHead(columns));
    this.sql('INSERT OR REPLACE INTO rollups (id, data) VALUES (?, ?)').run(id, packRollup(columns) ?? null);
    this.sql('INSERT OR REPLACE INTO texts (id, data) VALUES (?, ?)').run(id, packText(columns.text.subarray(0, textBytes(columns))));
  }

  private dropBlock(id: number): void {
    for (const table of ['blocks', 'heads', 'rollups', 'texts']) {
      this.sql(`DELETE FROM ${table} WHERE id = ?`).run(id);
    }
  }

  /** Puts fewer entries in the place of a block (undefined: none). Its group keeps its grams, which only say too much from now on. */
  replace(id: number, columns: Columns | undefined): void {
    this.transaction(() => {
      if (columns === undefined) {
        this.dropBlock(id);
      } else {
        const { count, times } = columns;
        this.sql('UPDATE blocks SET min = ?, max = ?, count = ?, bytes = ? WHERE id = ?').run(times[0], times[count - 1], count, textBytes(columns), id);
        this.writeBlock(id, columns);
      }
    });
  }

  /** Drops whole blocks. */
  drop(ids: number[]): void {
    this.transaction(() => ids.forEach((id) => this.dropBlock(id)));
  }

  /** After deletes: forgets streams and groups that have no block any more. */
  sweep(): void {
    this.transaction(() => {
      this.sql('DELETE FROM streams WHERE id NOT IN (SELECT stream FROM blocks)').run();
      this.sql('DELETE FROM stream_pairs WHERE stream NOT IN (SELECT id FROM streams)').run();
      this.sql('DELETE FROM pairs WHERE id NOT IN (SELECT pair FROM stream_pairs)').run();
      this.sql('DELETE FROM groups WHERE id NOT IN (SELECT grp FROM blocks)').run();
      this.streamIds.clear();
    });
    this.db.pragma('incremental_vacuum');
  }

  /**
   * Merges the small blocks of streams that have at least `blocksMin` of them, as far as one step may hold. False when there
   * is nothing to do.
   */
  mergeSmall(blocksMin: number): boolean {
    const streams = this.sql<{ stream: number; bytes: number }>(
      'SELECT stream, sum(bytes) AS bytes FROM blocks WHERE bytes < ? GROUP BY stream HAVING count(*) >= ? LIMIT 1000'
    ).all(smallBlockBytes, blocksMin);
    if (streams.length === 0) {
      return false;
    }
    this.transaction(() => {
      const parts: SealPart[] = [];
      let bytes = 0;
      for (const { stream } of streams) {
        if (bytes >= stepBytesMax) {
          break;
        }
        const blocks = this.sql<BlockHeader>('SELECT * FROM blocks WHERE stream = ? AND bytes < ? ORDER BY id LIMIT 4096').all(stream, smallBlockBytes);
        const taken: Columns[] = [];
        for (const block of blocks) {
          if (bytes >= stepBytesMax && taken.length >= 2) {
            break;
          }
          taken.push(this.read(block.id));
          bytes += block.bytes;
          this.dropBlock(block.id);
        }
        const key = this.sql<{ labels: string }>('SELECT labels FROM streams WHERE id = ?').get(stream)!.labels;
        parts.push({ key, columns: merge(taken) });
      }
      this.addGroups(parts);
      this.sql('DELETE FROM groups WHERE id NOT IN (SELECT grp FROM blocks)').run();
    });
    return true;
  }

  /**
   * Packs texts again, densely, in the order of their blocks; as far as one step may hold. False when all are done. Which ones
   * are is remembered as the highest number.
   */
  densify(): boolean {
    const done = this.sql<{ value: number }>("SELECT value FROM meta WHERE key = 'dense'").get()?.value ?? 0;
    const blocks = this.sql<BlockHeader>('SELECT * FROM blocks WHERE id > ? ORDER BY id LIMIT 256').all(done);
    if (blocks.length === 0) {
      return false;
    }
    this.transaction(() => {
      let bytes = 0;
      let last = done;
      for (const block of blocks) {
        if (bytes >= stepBytesMax) {
          break;
        }
        const packed = this.packedText(block.id);
        this.sql('UPDATE texts SET data = ? WHERE id = ?').run(packDense(unpackText(packed, unpacked), this.readHead(block.id).offsets, packed), block.id);
        bytes += block.bytes;
        last = block.id;
      }
      this.sql("INSERT OR REPLACE INTO meta (key, value) VALUES ('dense', ?)").run(last);
      this.noteFormat();
    });
    return true;
  }

  /** Whether the day has taken this hot row; it remembers an hour's, which may be a million. */
  hasTaken(hot: number): boolean {
    return this.sql('SELECT 1 FROM sealed WHERE hot = ?').get(hot) !== undefined;
  }

  /** Forgets hot rows that were sealed before `beforeMs` and are gone since: of the oldest, since to look at all of a million takes 80 ms. */
  forgetSealed(beforeMs: number): void {
    this.sql('DELETE FROM sealed WHERE at < ? AND hot <= (SELECT max(hot) FROM (SELECT hot FROM sealed ORDER BY hot LIMIT ?))').run(beforeMs, forgottenAtOnce);
  }

  /** The next blocks behind a number that touch the times [from, to], ascending by number; none at the end. */
  blocksAfter(id: number, from: number, to: number): BlockHeader[] {
    return this.sql<BlockHeader>(`SELECT * FROM blocks WHERE id > ? AND max >= ? AND min <= ? ORDER BY id LIMIT ${pageRows}`).all(id, from, to);
  }

  /** Label sets of all streams; a day may have millions. Nothing may be written meanwhile. */
  *streamKeys(): Generator<string> {
    for (const { labels } of this.sql<{ labels: string }>('SELECT labels FROM streams').iterate()) {
      yield labels;
    }
  }

  /** The label set of a stream that is there. */
  streamKey(id: number): string {
    return this.sql<{ labels: string }>('SELECT labels FROM streams WHERE id = ?').get(id)!.labels;
  }

  get empty(): boolean {
    return this.sql<{ one: number }>('SELECT 1 AS one FROM blocks LIMIT 1').get() === undefined;
  }

  /**
   * Brings the index into its smallest form, a bounded piece at a time, and at last the log into the file. False when all is done.
   * FTS5's `merge` with a negative number starts what `optimize` does at once (sqlite.org/fts5.html, 6.7).
   */
  tidyStep(): boolean {
    const changes = this.sql<{ changes: number }>('SELECT total_changes() AS changes');
    const before = changes.get()!.changes;
    this.sql("INSERT INTO grams (grams, rank) VALUES ('merge', ?)").run(this.tidying ? mergePages : -mergePages);
    // a merge that found nothing to do still counts one change
    this.tidying = changes.get()!.changes - before >= 2;
    if (!this.tidying) {
      this.shrink();
    }
    return this.tidying;
  }

  /** Gives free pages and the log back to the disk. */
  shrink(): void {
    this.db.pragma('incremental_vacuum');
    emptyLog(this.db);
  }

  private tidying = false;

  close(): void {
    this.db.close();
  }
}
