import { parentPort, workerData, type TransferListItem } from 'node:worker_threads';
import type { Fragment, FragmentResult, LogFragmentResult } from './query/fragment';
import { answerQuestion, type Question } from './query/question';
import './query/fragments/keptShapes';
import { runFragment } from './query/fragments/runFragment';
import { collectNow } from './runtime/garbage';
import { watchMemory } from './runtime/heapWatch';
import { SqliteReader } from './store/sqlite/read/reader';
import type { ReaderThreadData } from './store/sqlite/readerPool';
import { serve } from './store/sqlite/rpc';

/** Entry of a reader thread: runs fragments on read-only connections of its own. */
const port = parentPort!;
const { dir, memoryBytesMax } = workerData as ReaderThreadData;
watchMemory(memoryBytesMax);
const reader = new SqliteReader(dir, (message) => port.postMessage({ note: message }));
const running = new Map<number, AbortController>();

/** Work that the main thread can cancel by its number. */
async function cancellable<T>(number: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  running.set(number, abort);
  try {
    return await work(abort.signal);
  } finally {
    running.delete(number);
  }
}

/** The number columns of a fragment's result leave without being copied. */
function transferOf(result: unknown): TransferListItem[] {
  const answer = isFragmentResult(result) ? result : undefined;
  const columns = !answer ? [] : answer.kind === 'log' ? logColumns(answer) : answer.series.flatMap((series) => [series.values, series.present]);
  return [...new Set(columns.map((column) => column.buffer))].filter((buffer): buffer is ArrayBuffer => buffer instanceof ArrayBuffer);
}

const logColumns = ({ set, times, sets: { ends, names, values, origins } }: LogFragmentResult): ArrayBufferView[] => [set, times, ends, names, values, origins];

serve(
  port,
  new Map<string, (...args: never[]) => unknown>([
    ['run', (number: number, fragment: Fragment) => cancellable(number, (signal) => runFragment(fragment, reader, signal))],
    ['answer', (number: number, question: Question) => cancellable(number, (signal) => answerQuestion(question, reader, signal))],
    ['collect', collectNow],
    ['cancel', (number: number): void => running.get(number)?.abort()],
  ]),
  transferOf
);

const isFragmentResult = (result: unknown): result is FragmentResult => typeof result === 'object' && result !== null && 'kind' in result;
