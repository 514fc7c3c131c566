import type { ClickHouseClient, ClientLog } from './client';
import type { CommittedRange } from './encode';
import { everywhere, onCluster, systemRows } from './nodes';
import { RowWriter } from './rowBinary';
import { localName } from './schema';
import { quote } from './sql';

/** What was stored since the last note is told to all servers together: fewer inserts, and nobody sees the difference. */
const noteEveryMs = 250;
/** After a failure. */
const noteAgainMs = 2_000;
/** Ranges that wait while ClickHouse is away; of more the oldest are forgotten, and live tails do not show them. */
const waitingMax = 50_000;
/** Partitions of the table are hours; notes older than two of them are nobody's. */
const sweepEveryMs = 10 * 60_000;
const hourMs = 3_600_000;
const closeMsMax = 2_000;

type Note = CommittedRange & { sequence: number };

/**
 * Tells the other servers what this one stored: a row of `commits` for each stream and day, behind the entries themselves. By the writer's number and
 * the range of arrivals every entry belongs to exactly one note. Losing notes loses nothing but lines of live tails.
 */
export class CommitNotes {
  private waiting: CommittedRange[] = [];
  /** With their numbers, which they keep when they are sent again: so that nobody takes them twice. */
  private numbered: Note[] = [];
  private sequence = 0;
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> | undefined;
  private readonly sweeper: NodeJS.Timeout;
  private closed = false;
  private failing = false;

  constructor(
    private readonly client: ClickHouseClient,
    private readonly writer: number,
    private readonly log: ClientLog
  ) {
    this.sweeper = setInterval(() => void this.sweep(), sweepEveryMs);
    this.sweeper.unref();
  }

  note(ranges: CommittedRange[]): void {
    this.waiting.push(...ranges);
    if (this.waiting.length > waitingMax) {
      this.waiting.splice(0, this.waiting.length - waitingMax);
    }
    this.schedule(noteEveryMs);
  }

  private schedule(ms: number): void {
    if (!this.closed && !this.timer && !this.sending && this.waiting.length + this.numbered.length > 0) {
      this.timer = setTimeout(() => {
        this.timer = undefined;
        this.sending = this.send().finally(() => {
          this.sending = undefined;
          this.schedule(this.failing ? noteAgainMs : noteEveryMs);
        });
      }, ms);
      this.timer.unref();
    }
  }

  private async send(deadlineMs?: number): Promise<void> {
    this.numbered.push(...merged(this.waiting.splice(0)).map((range) => ({ ...range, sequence: ++this.sequence })));
    this.numbered.splice(0, this.numbered.length - waitingMax);
    try {
      await this.insert(this.numbered, deadlineMs);
      this.numbered = [];
      this.failing = false;
    } catch (error) {
      if (!this.failing) {
        this.log('live tails wait: what was stored could not be told to other servers; it is tried again', error);
      }
      this.failing = true;
    }
  }

  private async insert(notes: Note[], deadlineMs?: number): Promise<void> {
    const rows = new RowWriter();
    for (const { sequence, tenant, streamId, firstNs, lastNs, arrivalFirst, arrivalLast, entries, bytes } of notes) {
      rows.u32(this.writer);
      rows.count(sequence);
      rows.text(tenant);
      rows.u64(streamId);
      rows.i64(firstNs);
      rows.i64(lastNs);
      rows.count(arrivalFirst);
      rows.count(arrivalLast);
      rows.count(entries);
      rows.count(bytes);
    }
    const columns = 'writer, sequence, tenant, stream_id, ts_first, ts_last, arrival_first, arrival_last, entries, bytes';
    await this.client.run(`INSERT INTO commits (${columns}) FORMAT RowBinary`, { body: rows.finish(), deadlineMs });
  }

  /** Drops old notes; every server does, which does no harm. Modern servers do it by themselves too (TTL). */
  private async sweep(): Promise<void> {
    const { address } = this.client;
    const local = localName('commits', address.cluster !== undefined);
    const old = Math.floor(Date.now() / hourMs) - 2;
    try {
      const hours = await systemRows(this.client, 'partition', 'parts', `database = ${quote(address.database)} AND table = ${quote(local)} AND active = 1`, (row) => Number(row.text()));
      for (const hour of new Set(hours.filter((one) => one < old))) {
        await everywhere(this.client, `ALTER TABLE ${local}${onCluster(address)} DROP PARTITION ${hour}`);
      }
    } catch (error) {
      this.log('old notes of what was stored could not be dropped; it is tried again', error);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.sweeper);
    clearTimeout(this.timer);
    await this.sending;
    if (this.waiting.length + this.numbered.length > 0) {
      await this.send(closeMsMax);
    }
  }
}

/** Ranges of the same stream that follow each other as one. */
function merged(ranges: CommittedRange[]): CommittedRange[] {
  const result = new Map<string, CommittedRange>();
  for (const range of ranges) {
    const name = `${range.streamId} ${range.day} ${range.tenant}`;
    const one = result.get(name);
    if (one) {
      one.firstNs = range.firstNs < one.firstNs ? range.firstNs : one.firstNs;
      one.lastNs = range.lastNs > one.lastNs ? range.lastNs : one.lastNs;
      one.arrivalFirst = Math.min(one.arrivalFirst, range.arrivalFirst);
      one.arrivalLast = Math.max(one.arrivalLast, range.arrivalLast);
      one.entries += range.entries;
      one.bytes += range.bytes;
    } else {
      result.set(name, { ...range });
    }
  }
  return [...result.values()];
}
