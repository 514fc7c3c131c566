import type { Receipt } from '../../model/entry';
import { unavailable } from '../../model/errors';
import { filter, type Columns } from '../sqlite/format/columns';
import { keepNew } from '../sqlite/write/dedup';
import { readHotRow } from '../sqlite/format/hotRow';
import { dayStartNs } from '../sqlite/names';
import { BufferPool, type PackedBatch, type PackedRow } from '../sqlite/write/pack';
import type { AppendResult } from '../store';
import type { ClickHouseClient } from './client';
import type { CommitNotes } from './commits';
import { encodeRow, entryInsert, type Numbering } from './encode';
import { readReceipts, writeReceipts } from './receipts';
import { EntryRows, entryColumns, type Needs } from './rows';
import { RowWriter } from './rowBinary';
import { DeadlinePassed, mayPass } from './serverError';
import { quote } from './sql';
import type { StreamTable } from './streams';

interface Waiting {
  batch: PackedBatch;
  resolve(result: AppendResult): void;
  reject(error: unknown): void;
}

interface Row {
  tenant: string;
  row: PackedRow;
  columns: Columns;
}

/** Text that shares one insert; more would keep the first of them waiting. */
const groupBytesMax = 8 * 1024 * 1024;
/** How often an insert that may pass is sent, and the wait before the second time; it doubles. */
const triesMax = 3;
const retryMs = 200;
/** A pusher waits for the answer; agents give up after ten seconds. */
const insertMsMax = 8_000;
/** Times in one question for entries that are there already. */
const timesMax = 10_000;
/** Below this it is not worth asking whether anything is there at all. */
const timesFew = 500;
const existingNeeds: Needs = { text: 'lines', metadata: false, levels: false };

/** Writes batches: those that come while an insert is under way share the next one. */
export class ClickHouseWriter {
  /** For packing batches; `append` gives their buffers back. */
  readonly buffers = new BufferPool();
  private waiting: Waiting[] = [];
  private running: Promise<void> | undefined;

  constructor(
    private readonly client: ClickHouseClient,
    private readonly streams: StreamTable,
    private readonly numbering: Numbering,
    private readonly notes: CommitNotes
  ) {}

  /** Resolves when ClickHouse has the batch. Rejects with 503 when it can't take it now; a part may be there then, and is not stored twice. */
  append(batch: PackedBatch): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ batch, resolve, reject });
      this.running ??= this.run().finally(() => (this.running = undefined));
    });
  }

  async settle(): Promise<void> {
    await this.running;
  }

  private async run(): Promise<void> {
    // lets requests of one turn of the loop meet
    await new Promise((resolve) => setImmediate(resolve));
    while (this.waiting.length > 0) {
      let bytes = 0;
      let count = 0;
      while (count < this.waiting.length && (count === 0 || bytes < groupBytesMax)) {
        bytes += this.waiting[count++].batch.bytes;
      }
      const group = this.waiting.splice(0, count);
      try {
        const results = await this.store(group.map(({ batch }) => batch));
        group.forEach(({ resolve }, i) => resolve(results[i]));
      } catch (error) {
        group.forEach(({ reject }) => reject(mayPass(error) ? unavailable(`ClickHouse can't store now: ${(error as Error).message}`, 5) : error));
      }
      group.forEach(({ batch }) => this.buffers.give(batch.buffer));
    }
  }

  private async store(batches: PackedBatch[]): Promise<AppendResult[]> {
    const { taken, receipts } = await this.chooseByReceipts(batches);
    const rows = taken.map((batch): Row[] =>
      batch ? batch.rows.map((row) => ({ tenant: batch.tenant, row, columns: readHotRow(new Uint8Array(batch.buffer, row.at, row.size)) })) : []
    );
    const there = this.numbering.repeats ? new Map<string, Columns[]>() : await this.existing(rows.flat());
    const results: AppendResult[] = [];
    const fresh: Row[] = [];
    for (const part of rows) {
      const result = { stored: 0, repeated: 0 };
      for (const one of part) {
        const kept = this.numbering.repeats ? one.columns : withoutRepeats(one, there);
        result.stored += kept?.count ?? 0;
        result.repeated += one.columns.count - (kept?.count ?? 0);
        if (kept) {
          fresh.push({ ...one, columns: kept });
        }
      }
      results.push(result);
    }
    await this.insert(fresh);
    await retried(() => writeReceipts(this.client, receipts));
    return results;
  }

  /** Leaves out batches that were taken before. */
  private async chooseByReceipts(batches: PackedBatch[]): Promise<{ taken: Array<PackedBatch | undefined>; receipts: Array<Receipt & { tenant: string }> }> {
    const withReceipt = batches.filter((batch) => batch.receipt);
    const latest = new Map<string, Receipt & { tenant: string }>();
    for (const [tenant, receipt] of await readReceipts(this.client, withReceipt.map(({ tenant, receipt }) => ({ tenant, agent: receipt!.agent })))) {
      latest.set(JSON.stringify([tenant, receipt.agent]), { tenant, ...receipt });
    }
    const changed = new Set<string>();
    const taken = batches.map((batch) => {
      const { tenant, receipt } = batch;
      if (!receipt) {
        return batch;
      }
      const key = JSON.stringify([tenant, receipt.agent]);
      if (receipt.sequence <= (latest.get(key)?.sequence ?? 0)) {
        return undefined;
      }
      latest.set(key, { tenant, ...receipt });
      changed.add(key);
      return batch;
    });
    return { taken, receipts: [...changed].map((key) => latest.get(key)!) };
  }

  /** What is stored at the times of the rows, by `rowName`. */
  private async existing(rows: Row[]): Promise<Map<string, Columns[]>> {
    const there = new Map<string, Columns[]>();
    const days = new Map<string, Row[]>();
    for (const one of rows) {
      const name = `${one.row.day} ${one.tenant}`;
      days.set(name, [...(days.get(name) ?? []), one]);
    }
    for (const part of days.values()) {
      await this.existingOfDay(part, there);
    }
    return there;
  }

  private async existingOfDay(rows: Row[], there: Map<string, Columns[]>): Promise<void> {
    const [{ tenant, row: { day } }] = rows;
    const keys = new Map(rows.map(({ row }) => [this.streams.idOf(row.key), row.key]));
    const times = [...new Set(rows.flatMap(({ columns }) => [...columns.times]))].sort((a, b) => a - b);
    const baseNs = dayStartNs(day);
    const at = (time: number): bigint => baseNs + BigInt(time);
    const where = `tenant = ${quote(tenant)} AND stream_id IN (${[...keys.keys()].join(', ')})`;
    if (times.length > timesFew) {
      const [count] = await retried(() => this.client.rows(`count() FROM entries WHERE ${where} AND ts >= ${at(times[0])} AND ts <= ${at(times.at(-1)!)}`, (row) => row.count()));
      if (count === 0) {
        return;
      }
    }
    for (let from = 0; from < times.length; from += timesMax) {
      const some = times.slice(from, from + timesMax);
      const range = `ts >= ${at(some[0])} AND ts <= ${at(some.at(-1)!)} AND ts IN (${some.map(at).join(', ')})`;
      const answer = await retried(() => this.client.read(`${entryColumns(existingNeeds)} FROM entries WHERE ${where} AND ${range}`));
      for (const { id, columns } of new EntryRows(answer, existingNeeds, day).columns()) {
        const name = rowName(tenant, day, keys.get(id)!);
        there.set(name, [...(there.get(name) ?? []), columns]);
      }
    }
  }

  private async insert(rows: Row[]): Promise<void> {
    if (rows.length === 0) {
      return;
    }
    await retried(() => this.streams.register(rows.map(({ tenant, row }) => ({ tenant, day: row.day, key: row.key }))));
    const body = new RowWriter(rows.reduce((sum, { columns }) => sum + columns.offsets[columns.count] + columns.count * 64, 0));
    const ranges = rows.map(({ tenant, row, columns }) => encodeRow(body, { tenant, streamId: this.streams.idOf(row.key), day: row.day, columns }, this.numbering));
    try {
      // the same bytes again: what a broken try left behind is told from these by nothing, so it merges with them
      await retried(() => this.client.run(entryInsert, { body: body.finish(), deadlineMs: insertMsMax }));
    } finally {
      // after a failure too: the entries may be there all the same, and then nobody else tells of them
      this.notes.note(ranges);
    }
  }
}

const rowName = (tenant: string, day: number, key: string): string => `${day} ${JSON.stringify(tenant)} ${key}`;

/** The entries of a row that are new; they count as there from then on. */
function withoutRepeats({ tenant, row, columns }: Row, there: Map<string, Columns[]>): Columns | undefined {
  const name = rowName(tenant, row.day, row.key);
  const others = there.get(name) ?? [];
  const marks = keepNew(columns, others);
  const kept = marks ? filter(columns, marks) : columns;
  if (kept) {
    there.set(name, [...others, kept]);
  }
  return kept;
}

/** Sends again what may pass. */
async function retried<Answer>(send: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    try {
      return await send();
    } catch (error) {
      if (!mayPass(error) || error instanceof DeadlinePassed || tries >= triesMax) {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, retryMs * 2 ** (tries - 1)));
    }
  }
}
