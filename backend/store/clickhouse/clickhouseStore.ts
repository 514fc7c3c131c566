import type { Batch, Receipt } from '../../model/entry';
import { tooMany } from '../../model/errors';
import type { Labels } from '../../model/labels';
import { packBatch } from '../sqlite/write/pack';
import type {
  AggregatedSeries, AggregateRequest, AppendResult, Chunk, CountedSeries, CountRequest, DeleteRequest, RetentionPolicy, RetentionReport, Scan, Select, Store, StoreReader, StoreStats,
} from '../store';
import { checkTables, describeTables } from './check';
import type { ClickHouseClient } from './client';
import type { CommitNotes } from './commits';
import type { CommitFollower } from './follow';
import type { Readiness } from './readiness';
import { answered, ClickHouseReader } from './reader';
import { allReceipts, readReceipts } from './receipts';
import type { Remover } from './removal';
import type { Retention } from './retention';
import { LivingShards, type ShardNodes } from './shards';
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
  retention: Retention;
  /** Only when the operator allows answers without the shards that are away. */
  shardNodes?: ShardNodes;
  /** Where pushes wait on this machine while ClickHouse is away; undefined: they are refused. */
  spool?: Spool;
  appendBytesQueuedMax: number;
}

/** The ClickHouse store as the rest of the server sees it. Keeps nothing on this machine but the spool, so any number of servers may share the tables. */
export class ClickHouseStore implements Store {
  private queuedBytes = 0;

  private readonly reader: ClickHouseReader;

  constructor(private readonly parts: ClickHouseStoreParts) {
    this.reader = new ClickHouseReader(parts.client, parts.readiness);
  }

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
    const stored = (await answered(this.parts.readiness, () => readReceipts(this.parts.client, [{ tenant, agent }])))[0]?.[1];
    return waiting && waiting.sequence > (stored?.sequence ?? 0) ? waiting : stored;
  }

  receipts(tenant: string): Promise<Receipt[]> {
    return answered(this.parts.readiness, () => allReceipts(this.parts.client, tenant));
  }

  scan(scan: Scan, signal: AbortSignal): AsyncIterable<Chunk> {
    return this.reader.scan(scan, signal);
  }

  labelNames(select: Select, signal: AbortSignal): Promise<string[]> {
    return this.reader.labelNames(select, signal);
  }

  labelValues(name: string, select: Select, signal: AbortSignal): Promise<string[]> {
    return this.reader.labelValues(name, select, signal);
  }

  series(select: Select, signal: AbortSignal): Promise<Labels[]> {
    return this.reader.series(select, signal);
  }

  stats(select: Select, signal: AbortSignal): Promise<StoreStats> {
    return this.reader.stats(select, signal);
  }

  count(request: CountRequest, signal: AbortSignal): Promise<CountedSeries[] | undefined> {
    return this.reader.count(request, signal);
  }

  aggregate(request: AggregateRequest, signal: AbortSignal): Promise<AggregatedSeries[] | undefined> {
    return this.reader.aggregate(request, signal);
  }

  partial(warn: (sentence: string) => void): StoreReader | undefined {
    const { shardNodes, readiness } = this.parts;
    return shardNodes && new ClickHouseReader(new LivingShards(shardNodes, warn), readiness);
  }

  delete(request: DeleteRequest): Promise<number> {
    return answered(this.parts.readiness, () => this.parts.remover.delete(request));
  }

  retain(policy: RetentionPolicy, nowNs: bigint): Promise<RetentionReport> {
    return answered(this.parts.readiness, () => this.parts.retention.apply(policy, nowNs));
  }

  compact(): Promise<void> {
    return answered(this.parts.readiness, () => this.parts.remover.compact());
  }

  check(): AsyncIterable<string> {
    return checkTables(this.parts.client, this.parts.streams);
  }

  describe(): AsyncIterable<string> {
    return describeTables(this.parts.client, this.parts.streams);
  }

  tenants(): Promise<string[]> {
    return answered(this.parts.readiness, () => this.parts.streams.tenants());
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
