import type { Batch, Receipt } from '../../model/entry';
import { timedOut, tooMany, unavailable } from '../../model/errors';
import { compareLabels, type Labels } from '../../model/labels';
import { packBatch } from '../sqlite/pack';
import type {
  AppendResult, Chunk, CountedSeries, CountRequest, DeleteRequest, RetentionPolicy, RetentionReport, Scan, Select, Store, StoreStats,
} from '../store';
import { checkTables } from './check';
import type { ClickHouseClient } from './client';
import type { CommitNotes } from './commits';
import { countEntries, entryStats, liveStreams } from './counts';
import type { CommitFollower } from './follow';
import type { Readiness } from './readiness';
import { readReceipts } from './receipts';
import type { Remover } from './removal';
import { scanEntries } from './scan';
import { DeadlinePassed, mayPass } from './serverError';
import type { Spool } from './spool';
import type { StreamTable } from './streams';
import type { ClickHouseWriter } from './writer';

export interface ClickHouseStoreParts {
  client: ClickHouseClient;
  readiness: Readiness;
  streams: StreamTable;
  writer: ClickHouseWriter;
  notes: CommitNotes;
  live: CommitFollower;
  remover: Remover;
  /** Where pushes wait on this machine while ClickHouse is away; undefined: they are refused. */
  spool?: Spool;
  appendBytesQueuedMax: number;
}

/** The ClickHouse store as the rest of the server sees it. Keeps nothing on this machine but the spool, so any number of servers may share the tables. */
export class ClickHouseStore implements Store {
  private queuedBytes = 0;

  constructor(private readonly parts: ClickHouseStoreParts) {}

  get live(): CommitFollower {
    return this.parts.live;
  }

  async append(batch: Batch, receipt?: Receipt): Promise<AppendResult> {
    const { appendBytesQueuedMax, writer, spool } = this.parts;
    const packed = packBatch(batch, receipt, writer.buffers);
    if (this.queuedBytes > 0 && this.queuedBytes + packed.bytes > appendBytesQueuedMax) {
      throw tooMany(`${this.queuedBytes} bytes of log lines wait to be written (limit ${appendBytesQueuedMax}); send again later`);
    }
    this.queuedBytes += packed.bytes;
    try {
      const direct = async (): Promise<AppendResult> => {
        this.parts.readiness.check();
        return writer.append(packed);
      };
      return spool ? await spool.append(batch, receipt, direct) : await direct();
    } finally {
      this.queuedBytes -= packed.bytes;
    }
  }

  notReady(): string | undefined {
    return this.parts.readiness.notReady;
  }

  async receipt(tenant: string, agent: string): Promise<Receipt | undefined> {
    const waiting = await this.parts.spool?.receipt(tenant, agent);
    const stored = (await this.answered(() => readReceipts(this.parts.client, [{ tenant, agent }])))[0]?.[1];
    return waiting && waiting.sequence > (stored?.sequence ?? 0) ? waiting : stored;
  }

  async *scan(scan: Scan, signal: AbortSignal): AsyncGenerator<Chunk> {
    this.parts.readiness.check();
    try {
      yield* scanEntries(this.parts.client, this.parts.streams, scan, signal);
    } catch (error) {
      throw asAnswer(error);
    }
  }

  async labelNames(select: Select): Promise<string[]> {
    return [...new Set((await this.streamsIn(select)).flatMap(({ labels }) => [...labels.keys()]))].sort();
  }

  async labelValues(name: string, select: Select): Promise<string[]> {
    return [...new Set((await this.streamsIn(select)).flatMap(({ labels }) => labels.get(name) ?? []))].sort();
  }

  async series(select: Select): Promise<Labels[]> {
    return (await this.streamsIn(select)).map(({ labels }) => labels).sort(compareLabels);
  }

  private streamsIn(select: Select): ReturnType<typeof liveStreams> {
    return this.answered(() => liveStreams(this.parts.client, this.parts.streams, select));
  }

  stats(select: Select): Promise<StoreStats> {
    return this.answered(() => entryStats(this.parts.client, this.parts.streams, select));
  }

  count(request: CountRequest, signal: AbortSignal): Promise<CountedSeries[] | undefined> {
    return this.answered(() => countEntries(this.parts.client, this.parts.streams, request, signal));
  }

  delete(request: DeleteRequest): Promise<number> {
    return this.answered(() => this.parts.remover.delete(request));
  }

  retain(policy: RetentionPolicy, nowNs: bigint): Promise<RetentionReport> {
    return this.answered(() => this.parts.remover.retain(policy, nowNs));
  }

  compact(): Promise<void> {
    return this.answered(() => this.parts.remover.compact());
  }

  check(): AsyncIterable<string> {
    return checkTables(this.parts.client, this.parts.streams);
  }

  tenants(): Promise<string[]> {
    return this.answered(() => this.parts.streams.tenants());
  }

  private async answered<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    this.parts.readiness.check();
    try {
      return await ask();
    } catch (error) {
      throw asAnswer(error);
    }
  }

  async close(): Promise<void> {
    await this.parts.readiness.close();
    await this.parts.live.close();
    await this.parts.spool?.close();
    await this.parts.writer.settle();
    await this.parts.notes.close();
    await this.parts.client.close();
  }
}

/** What the reader of an answer is told: too slow, away for now, or our own mistake. */
function asAnswer(error: unknown): unknown {
  if (error instanceof DeadlinePassed) {
    return timedOut(error.message);
  }
  return mayPass(error) ? unavailable((error as Error).message, 5) : error;
}
