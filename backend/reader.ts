import { parentPort, workerData, type TransferListItem } from 'node:worker_threads';
import type { Fragment, FragmentResult } from './query/fragment';
import { runFragment } from './query/runFragment';
import { collectNow } from './garbage';
import { watchMemory } from './heapWatch';
import { SqliteReader } from './store/sqlite/reader';
import type { ReaderThreadData } from './store/sqlite/readerPool';
import { serve } from './store/sqlite/rpc';

/** Entry of a reader thread: runs fragments on read-only connections of its own. */
const port = parentPort!;
const { dir, memoryBytesMax } = workerData as ReaderThreadData;
watchMemory(memoryBytesMax);
const reader = new SqliteReader(dir, (message) => port.postMessage({ note: message }));
const running = new Map<number, AbortController>();

async function run(number: number, fragment: Fragment): Promise<FragmentResult> {
  const abort = new AbortController();
  running.set(number, abort);
  try {
    return await runFragment(fragment, reader, abort.signal);
  } finally {
    running.delete(number);
  }
}

/** The number columns of an answer leave without being copied. */
function transferOf(result: unknown): TransferListItem[] {
  const answer = result as FragmentResult | undefined;
  const columns = !answer ? [] : answer.kind === 'log' ? [answer.set, answer.times] : answer.series.flatMap((series) => [series.values, series.present]);
  return [...new Set(columns.map((column) => column.buffer))].filter((buffer): buffer is ArrayBuffer => buffer instanceof ArrayBuffer);
}

serve(
  port,
  new Map<string, (...args: never[]) => unknown>([
    ['run', run],
    ['collect', collectNow],
    ['cancel', (number: number): void => running.get(number)?.abort()],
  ]),
  transferOf
);
