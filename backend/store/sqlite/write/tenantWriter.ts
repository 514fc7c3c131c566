import type { Statement } from 'better-sqlite3';
import type { Receipt } from '../../../model/entry';
import type { AppendResult } from '../../store';
import { filter, merge, sharesTime, textBytes, type Columns } from '../format/columns';
import { DamagedFile, emptyLog, hotKind, openWriter, type Db } from '../database';
import { DayWriter, stepBytesMax, type SealPart } from './dayWriter';
import { keepNew } from './dedup';
import { collectYoung } from '../../../runtime/garbage';
import { readHotRow, writeHotRow } from '../format/hotRow';
import { HotRowReader, type HotData } from './hotRowReader';
import { dayFile, daysOf, hotFile } from '../names';
import type { PackedBatch, PackedRow } from './pack';
import type { SealPolicy } from './sealPolicy';
import { nameOf, SealQueue, type Waiting, type WaitingRows } from './sealQueue';
import { steadyMs } from './steadyClock';

/** How long a day remembers which hot rows it took: longer than any query may hold a view of the past. */
const sealedKeepMs = 3_600_000;
/** Streams whose youngest time is kept at hand, and how many for a tenant that is one of many. */
const newestMax = 20_000;
const newestSlimMax = 500;
/** Day files open for writing at the same time. */
const openDaysMax = 3;
/** How long a day whose file can't be written is left alone. */
const troubledMs = 60_000;
/** Hot rows that one step seals: pushes wait meanwhile, and a row of one line costs as much as one of a thousand. */
const stepRowsMax = 4_000;
/** Small blocks of one stream that are merged while the server runs. */
const mergeBlocksMin = 8;
/** Text in hot rows that is worth sealing as soon as it is quiet; less would make small blocks of every line that comes now and then. */
const quietBytesMin = 1024 * 1024;

export interface TenantOptions {
  keepRepeats: boolean;
  seal: SealPolicy;
}

/** Writes the files of one tenant: takes batches into `hot.db`, seals them into days. Synchronous; lives in one thread. */
export class TenantWriter {
  readonly hot: Db;
  private readonly rows = new HotRowReader();
  private readonly days = new Map<number, DayWriter>();
  private readonly newest = new Map<string, number>();
  private readonly queue: SealQueue;
  /** Days with new blocks since they were last looked through for small ones. */
  private readonly unmerged = new Set<number>();
  private mergesDueMs = 0;
  /** Days that are not at rest: when they last took something, and whether their texts were compressed harder since. */
  private readonly loose = new Map<number, { sinceMs: number; dense: boolean }>();
  /** Whether the file of hot rows was made small since they were last written. */
  private hotTidy = false;

  /** @param tookAtMs when it last took something, by the steady clock; when that is not known, now. */
  constructor(
    private readonly dir: string,
    readonly tenant: string,
    private readonly options: TenantOptions,
    private tookAtMs = steadyMs()
  ) {
    this.queue = new SealQueue(options.seal.hotAgeMs);
    this.hot = openWriter(hotFile(dir, tenant), hotKind, { tenant });
    this.finishSeals();
    this.loadQueue();
    // the end of the process may have come before their rest
    daysOf(this.dir, this.tenant).slice(-openDaysMax).forEach((day) => this.loose.set(day, { sinceMs: tookAtMs, dense: false }));
  }

  /** When it last took something, by the steady clock. */
  get lastTookMs(): number {
    return this.tookAtMs;
  }

  /** Whether nothing is left to be done here until the next push. */
  get atRest(): boolean {
    return this.queue.rows === 0 && this.unmerged.size === 0 && this.loose.size === 0;
  }

  get hotRows(): number {
    return this.queue.rows;
  }

  /** Lets go of memory and files that only matter to who pushes all the time. */
  slim(): void {
    this.closeDays();
    if (this.newest.size > newestSlimMax) {
      this.newest.clear();
    }
    this.hot.pragma('shrink_memory');
  }

  /** After a crash: hot rows that a day has taken already are removed. */
  private finishSeals(): void {
    const days = this.hot.prepare('SELECT DISTINCT day FROM hot').pluck().all() as number[];
    const remove = this.hot.prepare('DELETE FROM hot WHERE id = ?');
    for (const day of days.filter((candidate) => DayWriter.exists(this.dir, this.tenant, candidate))) {
      const ids = this.hot.prepare('SELECT id FROM hot WHERE day = ?').pluck().all(day) as number[];
      const writer = this.readableDay(day);
      const sealed = ids.filter((id) => writer?.hasTaken(id));
      this.hot.transaction(() => sealed.forEach((id) => remove.run(id))).immediate();
    }
  }

  private loadQueue(): void {
    const rows = this.hot.prepare('SELECT day, stream AS key, sum(bytes) AS bytes, count(*) AS rows FROM hot GROUP BY day, stream').all() as WaitingRows[];
    this.queue.load(rows, this.tookAtMs);
    this.newest.clear();
  }

  /** The writer of a day, made with its file when it is new. */
  day(day: number): DayWriter {
    let writer = this.days.get(day);
    if (writer) {
      this.days.delete(day);
    } else {
      if (this.days.size >= openDaysMax) {
        const [oldest, closing] = this.days.entries().next().value!;
        this.days.delete(oldest);
        closing.close();
      }
      writer = new DayWriter(dayFile(this.dir, this.tenant, day), { tenant: this.tenant, day });
    }
    this.days.set(day, writer);
    return writer;
  }

  /** The writer of a day that exists. */
  existingDay(day: number): DayWriter | undefined {
    return this.days.has(day) || DayWriter.exists(this.dir, this.tenant, day) ? this.day(day) : undefined;
  }

  /**
   * The writer of a day to look for repeats in. A damaged file must not stop pushes: they wait in `hot.db` until it is repaired (sealing
   * says so in the log), and repeats of what it holds can't be seen meanwhile.
   */
  private readableDay(day: number): DayWriter | undefined {
    try {
      return this.existingDay(day);
    } catch (error) {
      if (error instanceof DamagedFile) {
        return undefined;
      }
      throw error;
    }
  }

  /** Lets go of a day's file, for its removal. */
  forgetDay(day: number): void {
    this.days.get(day)?.close();
    this.days.delete(day);
    this.unmerged.delete(day);
    this.loose.delete(day);
    this.newest.clear();
  }

  /** Takes batches in one commit: on return all are on disk. On an error none is. */
  append(batches: PackedBatch[]): AppendResult[] {
    this.tookAtMs = steadyMs();
    this.hotTidy = false;
    try {
      return this.hot.transaction(() => batches.map((batch) => this.take(batch))).immediate();
    } catch (error) {
      this.loadQueue();
      throw error;
    }
  }

  private take(batch: PackedBatch): AppendResult {
    const result = { stored: 0, repeated: 0 };
    if (batch.receipt && !this.takeReceipt(batch.receipt)) {
      return result;
    }
    for (const row of batch.rows) {
      const stored = this.takeRow(row, new Uint8Array(batch.buffer, row.at, row.size));
      result.stored += stored;
      result.repeated += row.count - stored;
    }
    return result;
  }

  private takeReceipt({ agent, sequence, state }: Receipt): boolean {
    const changed = this.hot
      .prepare('INSERT INTO receipts VALUES (?, ?, ?) ON CONFLICT (agent) DO UPDATE SET sequence = excluded.sequence, state = excluded.state WHERE excluded.sequence > sequence')
      .run(agent, sequence, state);
    return changed.changes > 0;
  }

  private takeRow(row: PackedRow, data: Uint8Array): number {
    let { count, bytes, min, max } = row;
    const name = nameOf(row.day, row.key);
    const newest = this.newestOf(name, row);
    if (!this.options.keepRepeats) {
      const columns = readHotRow(data);
      const keep = keepNew(columns, min <= newest ? this.sharing(row, columns) : []);
      if (keep) {
        const kept = filter(columns, keep);
        if (!kept) {
          return 0;
        }
        data = writeHotRow(kept);
        count = kept.count;
        bytes = textBytes(kept);
        min = kept.times[0];
        max = kept.times[count - 1];
      }
    }
    this.statement('INSERT INTO hot (day, stream, min, max, count, bytes, data) VALUES (?, ?, ?, ?, ?, ?, ?)').run(row.day, row.key, min, max, count, bytes, data);
    this.newest.set(name, Math.max(newest, max));
    this.queue.add(row.day, row.key, bytes, steadyMs());
    return count;
  }

  private readonly statements = new Map<string, Statement<unknown[], unknown>>();

  /** A statement on `hot.db`, prepared once. */
  statement(sql: string): Statement<unknown[], unknown> {
    let statement = this.statements.get(sql);
    if (!statement) {
      statement = this.hot.prepare(sql);
      this.statements.set(sql, statement);
    }
    return statement;
  }

  /** Youngest time of a stream and day, -1 when it has none. */
  private newestOf(name: string, row: PackedRow): number {
    const known = this.newest.get(name);
    if (known !== undefined) {
      return known;
    }
    if (this.newest.size >= newestMax) {
      this.newest.clear();
    }
    const hot = this.statement('SELECT max(max) AS max FROM hot WHERE day = ? AND stream = ?').get(row.day, row.key) as { max: number | null };
    return Math.max(hot.max ?? -1, this.readableDay(row.day)?.maxOf(row.key) ?? -1);
  }

  /** What is stored of a stream at the times of a row. */
  private sharing(row: PackedRow, columns: Columns): Columns[] {
    const rows = this.statement('SELECT id, data FROM hot WHERE day = ? AND stream = ? AND max >= ? AND min <= ?').all(row.day, row.key, row.min, row.max) as HotData[];
    const hot = rows.flatMap((other) => this.rows.read(other, row.day) ?? []).filter((other) => sharesTime(columns, other));
    return [...hot, ...(this.readableDay(row.day)?.sharing(row.key, columns) ?? [])];
  }

  /** One piece of background work, bounded in time and memory. False when nothing is due. @param crowded there are too many rows in all. */
  work(nowMs: number, crowded = false): boolean {
    const { hotBytesMax, hotRowsMax, hotRowsMin, hotRowsEach } = this.options.seal;
    const quiet = this.isQuiet(nowMs);
    const byRows = crowded || this.queue.rows >= Math.min(hotRowsMax, Math.max(hotRowsMin, hotRowsEach * this.queue.size));
    const due = this.due(nowMs, byRows || this.queue.bytes >= (quiet ? quietBytesMin : hotBytesMax));
    if (due.length > 0) {
      this.seal(due.sort((a, b) => (byRows ? b.rows - a.rows : b.bytes - a.bytes)), nowMs);
      // rows and their copies, up to twice what a step may hold, are dead now and still young
      collectYoung();
      return true;
    }
    if (this.unmerged.size > 0 && nowMs >= this.mergesDueMs && this.mergeStep(mergeBlocksMin, nowMs)) {
      return true;
    }
    if (quiet && !this.hotTidy) {
      this.tidyHot();
    }
    return false;
  }

  private due(nowMs: number, all: boolean): Waiting[] {
    return this.queue.due(nowMs, all).filter(({ day }) => (this.troubled.get(day) ?? 0) <= nowMs);
  }

  private isQuiet(nowMs: number): boolean {
    return nowMs - this.tookAtMs >= this.options.seal.quietAfterMs;
  }

  /** One piece of the work that can wait for a good moment. False when nothing is due. */
  rest(nowMs: number): boolean {
    const restedMs = nowMs - this.options.seal.denseAfterMs;
    return this.restStep(this.isQuiet(nowMs) ? nowMs : restedMs, restedMs);
  }

  /**
   * Brings days to rest: compresses the texts of those that took nothing since `denseMs`, tidies the files of those that took nothing
   * since `tidyMs` (their index is written anew, which takes longer the larger a day is). False when there is nothing to do.
   */
  restStep(denseMs: number, tidyMs: number): boolean {
    for (const [day, state] of this.loose) {
      try {
        if (this.bringToRest(day, state, denseMs, tidyMs)) {
          return true;
        }
      } catch (error) {
        // told once; a day that can't be read is not tried every few seconds
        this.loose.delete(day);
        throw error;
      }
    }
    return false;
  }

  private bringToRest(day: number, state: { sinceMs: number; dense: boolean }, denseMs: number, tidyMs: number): boolean {
    if (!state.dense && state.sinceMs <= denseMs) {
      const writer = this.existingDay(day);
      if (writer?.densify()) {
        return true;
      }
      writer?.shrink();
      state.dense = true;
    }
    if (state.dense && state.sinceMs <= tidyMs) {
      if (this.existingDay(day)?.tidyStep()) {
        return true;
      }
      this.loose.delete(day);
    }
    return false;
  }

  /** Gives back to the disk what sealed rows have left in `hot.db` and its log. */
  private tidyHot(): void {
    // set first: a disk that is full must not be asked every few seconds
    this.hotTidy = true;
    if (this.hot.pragma('freelist_count', { simple: true }) !== 0) {
      this.hot.exec('VACUUM');
    }
    this.hotTidy = emptyLog(this.hot);
  }

  /** Whether sealing is so far behind that new pushes must wait for it. */
  get behind(): boolean {
    return this.queue.bytes >= 4 * this.options.seal.hotBytesMax || this.queue.rows >= 2 * this.options.seal.hotRowsMax;
  }

  /** Moves the hot rows of the first streams of one day into blocks, as much as one step may hold. */
  private seal(candidates: Waiting[], nowMs: number): void {
    if (this.taken.length > 0) {
      // the candidates are counted anew with it: the next step looks at them
      this.finishMoves();
      return;
    }
    const { day } = candidates[0];
    const parts: SealPart[] = [];
    const hotIds: number[] = [];
    let bytes = 0;
    for (const waiting of candidates) {
      if (waiting.day !== day || bytes >= stepBytesMax || hotIds.length >= stepRowsMax) {
        continue;
      }
      const columns: Columns[] = [];
      const rows = this.statement('SELECT id, bytes, data FROM hot WHERE day = ? AND stream = ? ORDER BY id').iterate(day, waiting.key) as Iterable<HotData & { bytes: number }>;
      for (const row of rows) {
        const entries = this.rows.read(row, day);
        if (entries) {
          columns.push(entries);
          hotIds.push(row.id);
        }
        // with its metadata, which may be much more than its text
        bytes += row.data.length;
        this.queue.take(waiting, row.bytes);
        if (bytes >= stepBytesMax || hotIds.length >= stepRowsMax) {
          break;
        }
      }
      if (columns.length > 0) {
        parts.push({ key: waiting.key, columns: merge(columns) });
      }
    }
    if (parts.length > 0) {
      this.move(day, parts, hotIds, nowMs);
    }
    this.rows.tellDamage();
  }

  private move(day: number, parts: SealPart[], hotIds: number[], nowMs: number): void {
    try {
      // Streams of like labels write like lines: beside each other in a group they share its grams.
      parts.sort((a, b) => (a.key < b.key ? -1 : 1));
      const writer = this.day(day);
      writer.seal(parts, hotIds, nowMs);
      this.taken = hotIds;
      this.removeHot(hotIds);
      this.taken = [];
      writer.forgetSealed(nowMs - sealedKeepMs);
      this.unmerged.add(day);
      this.loose.set(day, { sinceMs: nowMs, dense: false });
      this.hotTidy = false;
    } catch (error) {
      this.troubled.set(day, nowMs + troubledMs);
      this.loadQueue();
      throw error;
    }
  }

  /** Days that could not be sealed, and when they are tried again: one damaged file must not hold up the others. */
  private readonly troubled = new Map<number, number>();

  /** Hot rows that a day has taken and that could not be removed yet (a disk that is full). Nothing may take them for new. */
  private taken: number[] = [];

  /** Removes hot rows that a day has taken. Throws when the disk still refuses; to be called before anything reads hot rows to move or remove them. */
  finishMoves(): void {
    if (this.taken.length > 0) {
      this.removeHot(this.taken);
      this.taken = [];
      this.loadQueue();
    }
  }

  private removeHot(ids: number[]): void {
    const remove = this.statement('DELETE FROM hot WHERE id = ?');
    this.hot.transaction(() => ids.forEach((id) => remove.run(id))).immediate();
  }

  private mergeStep(blocksMin: number, nowMs: number): boolean {
    const [day] = this.unmerged;
    this.unmerged.delete(day);
    if (this.readableDay(day)?.mergeSmall(blocksMin)) {
      this.unmerged.add(day);
      return true;
    }
    this.mergesDueMs = nowMs + this.options.seal.mergeEveryMs;
    return false;
  }

  /**
   * Seals what is there, merges what is small, compresses harder and tidies the files; yields after each bounded step, between which
   * batches may be taken. A day that can't be written is left out and thrown as an error at the end.
   */
  *compact(nowMs: number): Generator<void, void, undefined> {
    let failed: unknown;
    // days that failed lately are tried too: who asks wants to know
    this.troubled.clear();
    // each step finishes a stream or takes as much as it may: so many are enough for all that is there now, whatever comes meanwhile
    for (let steps = this.queue.size + this.queue.bytes / stepBytesMax + this.queue.rows / stepRowsMax + 1; steps > 0; steps--) {
      const due = this.due(nowMs, true);
      if (due.length === 0) {
        break;
      }
      try {
        this.seal(due, nowMs);
      } catch (error) {
        failed ??= error;
      }
      yield;
    }
    for (const day of [...this.unmerged]) {
      this.unmerged.delete(day);
      while (this.readableDay(day)?.mergeSmall(2)) {
        yield;
      }
    }
    for (let more = true; more; ) {
      try {
        more = this.restStep(Infinity, Infinity);
      } catch (error) {
        failed ??= error;
      }
      yield;
    }
    this.tidyHot();
    if (failed !== undefined) {
      throw failed;
    }
  }

  receipts(): Receipt[] {
    return this.hot.prepare('SELECT agent, sequence, state FROM receipts').all() as Receipt[];
  }

  receipt(agent: string): Receipt | undefined {
    return this.hot.prepare('SELECT agent, sequence, state FROM receipts WHERE agent = ?').get(agent) as Receipt | undefined;
  }

  /** Puts fewer entries in the place of a hot row (undefined: none). */
  replaceHot(id: number, columns: Columns | undefined): void {
    if (columns) {
      const { count, times } = columns;
      this.statement('UPDATE hot SET min = ?, max = ?, count = ?, bytes = ?, data = ? WHERE id = ?').run(times[0], times[count - 1], count, textBytes(columns), writeHotRow(columns), id);
    } else {
      this.statement('DELETE FROM hot WHERE id = ?').run(id);
    }
  }

  /** After hot rows changed from outside `append` and `seal`. */
  recount(): void {
    this.loadQueue();
  }

  private closeDays(): void {
    this.days.forEach((writer) => writer.close());
    this.days.clear();
  }

  close(): void {
    this.closeDays();
    this.hot.close();
  }
}
