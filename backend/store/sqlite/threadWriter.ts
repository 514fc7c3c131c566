import { Worker } from 'node:worker_threads';
import type { Receipt } from '../../model/entry';
import { threadFile } from '../../runtime/threads';
import type { AppendResult, Chunk, RetentionPolicy, RetentionReport } from '../store';
import { BufferPool, type PackedBatch } from './write/pack';
import { RemoteThread } from './rpc';
import type { DeleteSelect, WriterOptions } from './write/writer';
import type { WriterPort } from './write/writerLoop';

/** What the writer thread is started with. */
export interface WriterThreadData {
  /** What the whole process may use. */
  memoryBytesMax: number;
  dir: string;
  options: WriterOptions;
}

/** A step of a delete, as it crosses the thread: a piece to mark, or the end. */
export type RemoveStep = { removal: number; chunk: Chunk } | { removed: number };

/** The answer to `append`: the buffer comes back to be used again. */
export interface Appended {
  result: AppendResult;
  buffer: ArrayBuffer;
}

/** Old generation of the writer's heap: it holds buffers outside the heap, and little inside. */
const heapMegabytesMax = 96;
const youngMegabytes = 6;

/** The writer in a thread of its own, so that neither fsync nor compression holds up HTTP. */
export class ThreadWriter implements WriterPort {
  readonly buffers = new BufferPool();
  private readonly thread: RemoteThread;

  constructor(data: WriterThreadData, log: (message: string, error?: unknown) => void) {
    const start = (): Worker => new Worker(threadFile('writer'), { workerData: data, resourceLimits: { maxOldGenerationSizeMb: heapMegabytesMax, maxYoungGenerationSizeMb: youngMegabytes } });
    const died = (reason: string): Error => {
      log(`the writer thread died (${reason}) and is started again; what it had not confirmed is answered with an error`);
      return new Error(`the writer thread died: ${reason}`);
    };
    this.thread = new RemoteThread(start, died, (note) => log(String(note)));
    // what a crash or the last run left is cleared up and sealed without a push, and the first push need not wait for a thread to start
    this.thread.warm();
  }

  async append(batch: PackedBatch): Promise<AppendResult> {
    const { result, buffer } = await this.thread.call<Appended>('append', [batch], [batch.buffer]);
    this.buffers.give(buffer);
    return result;
  }

  receipts(tenant: string): Promise<Receipt[]> {
    return this.thread.call('receipts', [tenant]);
  }

  receipt(tenant: string, agent: string): Promise<Receipt | undefined> {
    return this.thread.call('receipt', [tenant, agent]);
  }

  async remove(request: DeleteSelect, drops?: (chunk: Chunk) => Uint8Array | Promise<Uint8Array>): Promise<number> {
    let step = await this.thread.call<RemoveStep>('remove', [request, drops !== undefined]);
    while ('chunk' in step) {
      const { removal, chunk } = step;
      let marks: Uint8Array | undefined;
      try {
        marks = await drops!(chunk);
      } finally {
        if (!marks) {
          await this.thread.call('removeEnd', [removal]);
        }
      }
      step = await this.thread.call<RemoveStep>('removeNext', [removal, marks]);
    }
    return step.removed;
  }

  retain(policy: RetentionPolicy, nowNs: bigint): Promise<RetentionReport> {
    return this.thread.call('retain', [policy, nowNs]);
  }

  compact(): Promise<void> {
    return this.thread.call('compact', []);
  }

  /** Lets go of buffers that nobody uses, and tells the thread to collect its garbage. */
  collect(): void {
    this.buffers.clear();
    this.thread.note('collect', []);
  }

  async close(): Promise<void> {
    await this.thread.call('close', []);
    await this.thread.close();
  }
}
