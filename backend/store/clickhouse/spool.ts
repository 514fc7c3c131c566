import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { entriesOfColumns, streamEntries, type Batch, type Receipt, type StreamEntries } from '../../model/entry';
import { RequestError, unavailable } from '../../model/errors';
import { makeLabels } from '../../model/labels';
import { packBatch } from '../sqlite/write/pack';
import type { AppendResult, Chunk, Scan, Store } from '../store';
import type { ClickHouseClient, ClientLog } from './client';
import type { Readiness } from './readiness';
import { writeReceipts } from './receipts';
import type { ClickHouseWriter } from './writer';

export interface SpoolOptions {
  dir: string;
  /** Text that may wait; beyond it pushes are refused with 503. */
  bytesMax: number;
  /** Opens the store of one generation: the SQLite driver, whose hot rows make a push durable. */
  open(dir: string): Store;
  client: ClickHouseClient;
  readiness: Pick<Readiness, 'notReady'>;
  writer: ClickHouseWriter;
  log: ClientLog;
}

/** After a failure pushes go to the spool without asking ClickHouse first, so that none waits for a deadline. */
const awayMs = 5_000;
/** Text that is sent on in one batch. */
const batchBytesMax = 4 * 1024 * 1024;
/** What a full spool tells clients to wait. */
const fullRetrySeconds = 30;
/** The spool is one tenant of its store; whose an entry is, is a label. */
const spoolTenant = 'spool';
const tenantLabel = '__spool_tenant__';
const agentLabel = '__spool_agent__';

/**
 * Where pushes wait while ClickHouse is away: durable, bounded, sent on in order of time when it is back. Each generation is a directory of its own;
 * one that is being sent on takes nothing new, and goes as a whole when all of it has arrived. Sent twice after a crash, entries are
 * recognised as repeats.
 */
export class Spool {
  private current: { name: number; store: Store } | undefined;
  private generations: number[];
  private bytes: number;
  private awayUntilMs = 0;
  private draining: Promise<void> | undefined;
  private readonly timer: NodeJS.Timeout;
  private closed = false;

  constructor(private readonly options: SpoolOptions) {
    mkdirSync(options.dir, { recursive: true });
    this.generations = readdirSync(options.dir).filter((name) => /^\d+$/.test(name)).map(Number).sort((a, b) => a - b);
    this.bytes = filesBytes(options.dir);
    this.timer = setInterval(() => void this.drain(), awayMs);
    this.timer.unref();
  }

  /** Sends a batch the direct way, or keeps it when ClickHouse is away. */
  async append(batch: Batch, receipt: Receipt | undefined, direct: () => Promise<AppendResult>): Promise<AppendResult> {
    if (Date.now() >= this.awayUntilMs) {
      try {
        return await direct();
      } catch (error) {
        if (!(error instanceof RequestError) || error.status !== 503) {
          throw error;
        }
        this.awayUntilMs = Date.now() + awayMs;
        this.options.log('ClickHouse is away; pushes wait on this machine', error);
      }
    }
    return this.keep(batch, receipt);
  }

  private async keep(batch: Batch, receipt: Receipt | undefined): Promise<AppendResult> {
    const bytes = batch.streams.reduce((sum, { count, starts, ends }) => sum + (count > 0 ? ends[count - 1] - starts[0] : 0), 0);
    if (this.bytes + bytes > this.options.bytesMax) {
      throw unavailable(`ClickHouse is away and ${this.bytes} bytes wait for it on this machine (limit ${this.options.bytesMax}); send again later`, fullRetrySeconds);
    }
    const streams = batch.streams.map(({ labels, baseNs, times, body, starts, ends, metadata, levels }) =>
      streamEntries(makeLabels([...labels, [tenantLabel, batch.tenant]]), baseNs, times, body, starts, ends, metadata, levels)
    );
    const own = receipt && { ...receipt, agent: receiptKey(batch.tenant, receipt.agent) };
    this.bytes += bytes;
    return this.opened().append({ tenant: spoolTenant, streams: receipt ? [...streams, receiptStream(batch.tenant, receipt)] : streams }, own).then((result) => ({
      stored: Math.max(0, result.stored - (receipt ? 1 : 0)),
      repeated: result.repeated,
    }));
  }

  private opened(): Store {
    if (!this.current) {
      const name = (this.generations.at(-1) ?? 0) + 1;
      this.current = { name, store: this.options.open(path.join(this.options.dir, String(name))) };
      this.generations.push(name);
    }
    return this.current.store;
  }

  /** The receipt of a push that waits here, if any. */
  async receipt(tenant: string, agent: string): Promise<Receipt | undefined> {
    const found = await this.current?.store.receipt(spoolTenant, receiptKey(tenant, agent));
    return found && { ...found, agent };
  }

  /** Sends on what waits. Resolves when all of it has arrived or ClickHouse is away again. */
  drain(): Promise<void> {
    if (this.generations.length === 0 || this.closed || this.options.readiness.notReady !== undefined) {
      return Promise.resolve();
    }
    this.draining ??= this.sendOn()
      .catch((error: unknown) => this.options.log('the spool could not be sent to ClickHouse; it is tried again', error))
      .finally(() => (this.draining = undefined));
    return this.draining;
  }

  private async sendOn(): Promise<void> {
    await this.options.client.rows('toUInt8(1)', (row) => row.u8());
    this.awayUntilMs = 0;
    const ending = this.current;
    this.current = undefined;
    await ending?.store.close();
    const closing = [...this.generations];
    for (const name of closing) {
      const dir = path.join(this.options.dir, String(name));
      if (existsSync(dir)) {
        const store = this.options.open(dir);
        try {
          await this.sendGeneration(store);
        } finally {
          await store.close();
        }
        rmSync(dir, { recursive: true, force: true });
      }
      this.generations = this.generations.filter((other) => other !== name);
    }
    this.bytes = filesBytes(this.options.dir);
    this.options.log('what waited on this machine has arrived in ClickHouse');
  }

  private async sendGeneration(store: Store): Promise<void> {
    const receipts: Array<Receipt & { tenant: string }> = [];
    let batches = new Map<string, StreamEntries[]>();
    let bytes = 0;
    const send = async (): Promise<void> => {
      for (const [tenant, streams] of batches) {
        if (this.closed) {
          throw unavailable('the server stops; what waits is sent on after the next start');
        }
        await this.options.writer.append(packBatch({ tenant, streams }, undefined, this.options.writer.buffers));
      }
      batches = new Map();
      bytes = 0;
    };
    for await (const chunk of store.scan(everything, new AbortController().signal)) {
      const tenant = chunk.stream.get(tenantLabel)!;
      const agent = chunk.stream.get(agentLabel);
      if (agent !== undefined) {
        receipts.push(...receiptsOf(chunk, tenant, agent));
        continue;
      }
      batches.set(tenant, [...(batches.get(tenant) ?? []), entriesOf(chunk)]);
      bytes += chunk.offsets[chunk.count];
      if (bytes >= batchBytesMax) {
        await send();
      }
    }
    await send();
    await writeReceipts(this.options.client, receipts);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    await this.draining;
    await this.current?.store.close();
  }
}

const earliestNs = -(2n ** 62n);
const everything: Scan = {
  tenant: spoolTenant, matchers: [], startNs: earliestNs, endNs: 2n ** 63n - 1n, direction: 'forward', hints: [],
  needs: { text: 'lines', metadata: true, levels: true },
};

const receiptKey = (tenant: string, agent: string): string => JSON.stringify([tenant, agent]);

/** A receipt as an entry, so that it goes the way of its batch. */
function receiptStream(tenant: string, { agent, sequence, state }: Receipt): StreamEntries {
  const body = Buffer.from(JSON.stringify({ sequence, state }));
  const labels = makeLabels([[tenantLabel, tenant], [agentLabel, agent]]);
  return streamEntries(labels, BigInt(sequence), new Float64Array(1), body, new Uint32Array(1), Uint32Array.of(body.length), undefined, undefined);
}

function receiptsOf(chunk: Chunk, tenant: string, agent: string): Array<Receipt & { tenant: string }> {
  return Array.from({ length: chunk.count }, (_, i) => {
    const text = Buffer.from(chunk.text.subarray(chunk.offsets[i], chunk.offsets[i + 1])).toString('utf8');
    return { tenant, agent, ...(JSON.parse(text) as { sequence: number; state: string }) };
  });
}

/** What waited, as it came: without the label that says whose it is. */
function entriesOf(chunk: Chunk): StreamEntries {
  const labels = makeLabels([...chunk.stream].filter(([name]) => name !== tenantLabel));
  return entriesOfColumns(labels, chunk.baseNs, chunk);
}

function filesBytes(dir: string): number {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath ?? entry.path, entry.name)).size, 0);
}
