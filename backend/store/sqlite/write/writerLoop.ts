import type { Receipt } from '../../../model/entry';
import { RequestError, unavailable } from '../../../model/errors';
import type { AppendResult, Chunk, RetentionPolicy, RetentionReport } from '../../store';
import { mindMemory } from '../../../runtime/heapWatch';
import { InTurn } from '../../../runtime/inTurn';
import { DamagedFile, isDiskTrouble } from '../database';
import { BufferPool, type PackedBatch } from './pack';
import { steadyMs } from './steadyClock';
import type { DeleteSelect, SqliteWriter } from './writer';

/** What the store on the main thread asks of the writer, wherever that runs. */
export interface WriterPort {
  /** Memory for batches; what is appended comes back to it. */
  readonly buffers: BufferPool;
  append(batch: PackedBatch): Promise<AppendResult>;
  receipt(tenant: string, agent: string): Promise<Receipt | undefined>;
  receipts(tenant: string): Promise<Receipt[]>;
  remove(request: DeleteSelect, drops?: (chunk: Chunk) => Uint8Array | Promise<Uint8Array>): Promise<number>;
  retain(policy: RetentionPolicy, nowNs: bigint): Promise<RetentionReport>;
  compact(): Promise<void>;
  close(): Promise<void>;
}

interface Waiting {
  batch: PackedBatch;
  resolve(result: AppendResult): void;
  reject(error: Error): void;
}

/** Bytes of text that share one commit; more would keep the first of them waiting. */
const commitBytesMax = 8 * 1024 * 1024;
/** How long compacting waits before it looks again whether a delete is done. */
const restMs = 5;
/** Pause behind a piece of work that can wait, in lengths of that piece: a third of one processor at most. */
const restPauses = 2;
/** How often the writer looks for work that time makes due. */
const idleCheckMs = 5_000;

/**
 * Gives the writer its turns: batches that arrived together in one commit, background work in small pieces between. When sealing is
 * far behind, it goes first, so that what has no index stays small; pushes then wait in the queue, whose bound is the store's.
 */
export class WriterLoop implements WriterPort {
  readonly buffers = new BufferPool();
  private waiting: Waiting[] = [];
  private scheduled = false;
  private closed = false;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly writer: SqliteWriter,
    private readonly log: (message: string, error?: unknown) => void
  ) {
    this.timer = setInterval(() => this.schedule(), idleCheckMs);
    this.timer.unref();
  }

  private schedule(): void {
    if (!this.scheduled && !this.closed) {
      this.scheduled = true;
      setImmediate(() => {
        this.scheduled = false;
        this.turn();
      });
    }
  }

  private turn(): void {
    if (this.closed) {
      return;
    }
    if (this.waiting.length === 0) {
      if (this.work()) {
        this.schedule();
      } else {
        this.rest();
      }
      return;
    }
    // when sealing can't catch up (a file that is damaged, a disk that is full) pushes go on all the same
    if (!this.writer.behind || !this.work()) {
      this.commit();
    }
    this.schedule();
  }

  private work(): boolean {
    return this.attempt((nowMs) => this.writer.work(nowMs));
  }

  /** Work that can wait, with pauses: queries want the processor meanwhile. */
  private rest(): void {
    const fromMs = steadyMs();
    if (!this.pausing && this.attempt((nowMs) => this.writer.rest(nowMs))) {
      this.pausing = true;
      const again = (): void => {
        this.pausing = false;
        this.schedule();
      };
      setTimeout(again, (steadyMs() - fromMs) * restPauses).unref();
    }
  }

  private pausing = false;

  /** One piece of background work. Its failure is logged, and tried again after a while. */
  private attempt(step: (nowMs: number) => boolean): boolean {
    const nowMs = steadyMs();
    if (nowMs < this.workAgainMs) {
      return false;
    }
    try {
      const more = step(nowMs);
      mindMemory();
      return more;
    } catch (error) {
      this.log('background work of the store failed; it is tried again', error);
      this.workAgainMs = nowMs + idleCheckMs;
      return false;
    }
  }

  private workAgainMs = 0;

  private commit(): void {
    let bytes = 0;
    let count = 0;
    while (count < this.waiting.length && (count === 0 || bytes < commitBytesMax)) {
      bytes += this.waiting[count++].batch.bytes;
    }
    const group = this.waiting.splice(0, count);
    const results = this.writer.append(group.map((item) => item.batch));
    group.forEach((item, i) => {
      const result = results[i];
      if (result instanceof Error) {
        item.reject(asAnswer(result));
      } else {
        item.resolve(result);
      }
    });
  }

  append(batch: PackedBatch): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      if (this.closed) {
        reject(unavailable('the store is closed'));
        return;
      }
      this.waiting.push({ batch, resolve, reject });
      this.schedule();
    });
  }

  async receipts(tenant: string): Promise<Receipt[]> {
    return this.writer.receipts(tenant);
  }

  async receipt(tenant: string, agent: string): Promise<Receipt | undefined> {
    return this.writer.receipt(tenant, agent);
  }

  async remove(request: DeleteSelect, drops?: (chunk: Chunk) => Uint8Array | Promise<Uint8Array>): Promise<number> {
    this.flush();
    const steps = this.writer.remove(request, drops !== undefined);
    try {
      let step = steps.next();
      while (!step.done) {
        step = steps.next(await drops!(step.value.chunk));
      }
      return step.value;
    } finally {
      // an error of `drops` must not leave sealing at rest
      steps.return(0);
    }
  }

  /** Takes turns with pushes, as compacting does. */
  async retain(policy: RetentionPolicy, nowNs: bigint): Promise<RetentionReport> {
    const steps = this.writer.retain(policy, nowNs);
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done) {
        return step.value;
      }
      await new Promise(setImmediate);
      if (this.closed) {
        throw unavailable('the store is closed');
      }
    }
  }

  /** Everything at rest in its smallest form. It takes turns with pushes: after each bounded step what waits is committed. */
  async compact(): Promise<void> {
    return this.compactions.run(() => this.compactNow());
  }

  private readonly compactions = new InTurn();

  private async compactNow(): Promise<void> {
    this.flush();
    const steps = this.writer.compact();
    try {
      while (!this.closed) {
        if (this.writer.resting) {
          await new Promise((resolve) => setTimeout(resolve, restMs));
        } else if (steps.next().done) {
          return;
        }
        // pushes are taken, in groups as always, before the next step
        await new Promise(setImmediate);
      }
    } finally {
      steps.return();
    }
  }

  private flush(): void {
    while (this.waiting.length > 0) {
      this.commit();
    }
  }

  async close(): Promise<void> {
    this.flush();
    this.closed = true;
    clearInterval(this.timer);
    this.writer.close();
  }
}

/** A damaged file needs a person; clients that keep their logs meanwhile need not ask often. */
const damagedRetrySeconds = 30;

/** What the client of a failed push reads. A disk that refuses is worth trying again. */
function asAnswer(error: Error): Error {
  if (error instanceof DamagedFile) {
    return unavailable(error.message, damagedRetrySeconds);
  }
  if (error instanceof RequestError || !isDiskTrouble(error)) {
    return error;
  }
  return unavailable(`the disk refuses to store: ${error.message}`, 5);
}
