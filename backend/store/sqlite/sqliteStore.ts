import { lineBytes, type Batch, type Receipt } from '../../model/entry';
import { tooMany } from '../../model/errors';
import type { Labels } from '../../model/labels';
import type {
  AppendResult, Chunk, CountedSeries, CountRequest, DeleteRequest, RetentionPolicy, RetentionReport, Scan, Select, Store, StoreStats,
} from '../store';
import { checkDataDir } from './check';
import { noteYoung } from '../../runtime/garbage';
import { InTurn } from '../../runtime/inTurn';
import type { DirLock } from './lock';
import { packBatch } from './write/pack';
import type { SqliteReader } from './read/reader';
import { tenantsOf } from './write/writer';
import type { WriterPort } from './write/writerLoop';

export interface SqliteStoreParts {
  dir: string;
  lock: DirLock;
  writer: WriterPort;
  reader: SqliteReader;
  /** Reader threads to stop with the store. */
  runner?: { close(): Promise<void> };
  appendBytesQueuedMax: number;
}

/** The SQLite store as the rest of the server sees it: writes go to the writer, reads to read-only connections of this thread. */
export class SqliteStore implements Store {
  private queuedBytes = 0;

  constructor(private readonly parts: SqliteStoreParts) {}

  async append(batch: Batch, receipt?: Receipt): Promise<AppendResult> {
    const bytes = batch.streams.reduce((sum, stream) => sum + lineBytes(stream), 0);
    const { appendBytesQueuedMax } = this.parts;
    if (this.queuedBytes > 0 && this.queuedBytes + bytes > appendBytesQueuedMax) {
      throw tooMany(`${this.queuedBytes} bytes of log lines wait to be written (limit ${appendBytesQueuedMax}); send again later`);
    }
    this.queuedBytes += bytes;
    try {
      return await this.parts.writer.append(packBatch(batch, receipt, this.parts.writer.buffers));
    } finally {
      this.queuedBytes -= bytes;
      // the body that the batch came from is dead now
      noteYoung(bytes);
    }
  }

  receipts(tenant: string): Promise<Receipt[]> {
    return this.parts.writer.receipts(tenant);
  }

  receipt(tenant: string, agent: string): Promise<Receipt | undefined> {
    return this.parts.writer.receipt(tenant, agent);
  }

  delete({ drops, ...select }: DeleteRequest): Promise<number> {
    return this.removals.run(() => this.parts.writer.remove(select, drops));
  }

  retain(policy: RetentionPolicy, nowNs: bigint): Promise<RetentionReport> {
    return this.removals.run(() => this.parts.writer.retain(policy, nowNs));
  }

  /** A delete waits for marks of what it has read: what another took of that meanwhile, it would write back. */
  private readonly removals = new InTurn();

  compact(): Promise<void> {
    return this.parts.writer.compact();
  }

  async tenants(): Promise<string[]> {
    return tenantsOf(this.parts.dir).sort();
  }

  check(): AsyncIterable<string> {
    return checkDataDir(this.parts.dir);
  }

  scan(scan: Scan, signal: AbortSignal): AsyncIterable<Chunk> {
    return this.parts.reader.scan(scan, signal);
  }

  labelNames(select: Select, signal: AbortSignal): Promise<string[]> {
    return this.parts.reader.labelNames(select, signal);
  }

  labelValues(name: string, select: Select, signal: AbortSignal): Promise<string[]> {
    return this.parts.reader.labelValues(name, select, signal);
  }

  series(select: Select, signal: AbortSignal): Promise<Iterable<Labels>> {
    return this.parts.reader.series(select, signal);
  }

  stats(select: Select, signal: AbortSignal): Promise<StoreStats> {
    return this.parts.reader.stats(select, signal);
  }

  count(request: CountRequest, signal: AbortSignal): Promise<CountedSeries[] | undefined> {
    return this.parts.reader.count(request, signal);
  }

  async close(): Promise<void> {
    await this.parts.writer.close();
    await this.parts.runner?.close();
    this.parts.reader.close();
    this.parts.lock.release();
  }
}
