import { parentPort, workerData } from 'node:worker_threads';
import type { Receipt } from './model/entry';
import type { RetentionPolicy, RetentionReport } from './store/store';
import { collectNow } from './runtime/garbage';
import { watchMemory } from './runtime/heapWatch';
import type { PackedBatch } from './store/sqlite/write/pack';
import { serve } from './store/sqlite/rpc';
import type { Appended, RemoveStep, WriterThreadData } from './store/sqlite/threadWriter';
import { SqliteWriter, type DeleteSelect, type RemovalSteps } from './store/sqlite/write/writer';
import { WriterLoop } from './store/sqlite/write/writerLoop';

/** Entry of the writer thread: the SQLite writer behind messages. */
const port = parentPort!;
const { dir, options, memoryBytesMax } = workerData as WriterThreadData;
watchMemory(memoryBytesMax);
const log = (message: string, error?: unknown): void => port.postMessage({ note: error instanceof Error ? `${message}: ${error.stack}` : message });
const writer = new SqliteWriter(dir, options);
writer.warm(log);
const loop = new WriterLoop(writer, log);
const removals = new Map<number, RemovalSteps>();
let nextRemoval = 1;

function step(removal: number, marks: Uint8Array | undefined): RemoveStep {
  const { done, value } = removals.get(removal)!.next(marks);
  if (done) {
    removals.delete(removal);
    return { removed: value };
  }
  return { removal, chunk: value.chunk };
}

serve(
  port,
  new Map<string, (...args: never[]) => unknown>([
    ['append', async (batch: PackedBatch): Promise<Appended> => ({ result: await loop.append(batch), buffer: batch.buffer })],
    ['receipts', (tenant: string): Promise<Receipt[]> => loop.receipts(tenant)],
    ['receipt', (tenant: string, agent: string): Promise<Receipt | undefined> => loop.receipt(tenant, agent)],
    [
      'remove',
      (request: DeleteSelect, asks: boolean): RemoveStep => {
        const removal = nextRemoval++;
        removals.set(removal, writer.remove(request, asks));
        return step(removal, undefined);
      },
    ],
    ['removeNext', (removal: number, marks: Uint8Array): RemoveStep => step(removal, marks)],
    [
      'removeEnd',
      (removal: number): void => {
        removals.get(removal)?.return(0);
        removals.delete(removal);
      },
    ],
    ['retain', (policy: RetentionPolicy, nowNs: bigint): Promise<RetentionReport> => loop.retain(policy, nowNs)],
    ['compact', (): Promise<void> => loop.compact()],
    ['collect', collectNow],
    ['close', (): Promise<void> => loop.close()],
  ]),
  (result) => (isAppended(result) ? [result.buffer] : [])
);

function isAppended(result: unknown): result is Appended {
  return typeof result === 'object' && result !== null && 'buffer' in result;
}
