import { Worker } from 'node:worker_threads';
import { cancelled, RequestError } from '../../model/errors';
import type { Fragment, FragmentResult, FragmentRunner } from '../../query/fragment';
import { threadFile } from '../../threads';
import { RemoteThread } from './rpc';

/** What a reader thread is started with. */
export interface ReaderThreadData {
  dir: string;
  /** What the whole process may use. */
  memoryBytesMax: number;
}

/** Fragments a thread works on at the same time, so that a short one does not wait for a long one. */
const perThreadMax = 2;
const youngMegabytes = 6;

interface Waiting {
  fragment: Fragment;
  signal: AbortSignal;
  resolve(result: FragmentResult): void;
  reject(error: Error): void;
}

interface Seat {
  thread: RemoteThread;
  busy: number;
}

/** Runs fragments in worker threads that read the files themselves; what waits is taken in the order of arrival. */
export class ReaderPool implements FragmentRunner {
  readonly parallel: number;
  private readonly seats: Seat[];
  private readonly waiting: Waiting[] = [];
  private nextRun = 1;

  /** @param heapMegabytesMax old generation of one thread; a query that needs more is ended with an error. */
  constructor(data: ReaderThreadData, threads: number, heapMegabytesMax: number, log: (message: string, error?: unknown) => void) {
    this.parallel = threads;
    const limits = { maxOldGenerationSizeMb: heapMegabytesMax, maxYoungGenerationSizeMb: youngMegabytes };
    const start = (): Worker => new Worker(threadFile('reader'), { workerData: data, resourceLimits: limits });
    const died = (reason: string): Error => {
      log(`a reader thread died (${reason}) and is started again`);
      return /memory limit|heap/i.test(reason)
        ? new RequestError(400, `the query needs more than the ${heapMegabytesMax} MB of memory a reader may use; ask for a shorter range, fewer streams or fewer labels, or start with a higher --memory-max`)
        : new Error(`a reader thread died: ${reason}`);
    };
    this.seats = Array.from({ length: threads }, () => ({ thread: new RemoteThread(start, died, (note) => log(String(note))), busy: 0 }));
    this.seats.forEach(({ thread }) => thread.warm());
  }

  run(fragment: Fragment, signal: AbortSignal): Promise<FragmentResult> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ fragment, signal, resolve, reject });
      this.next();
    });
  }

  private next(): void {
    for (;;) {
      const seat = this.seats.reduce((a, b) => (b.busy < a.busy ? b : a));
      if (seat.busy >= perThreadMax) {
        return;
      }
      const item = this.waiting.shift();
      if (!item) {
        return;
      }
      if (item.signal.aborted) {
        item.reject(cancelled());
        continue;
      }
      void this.work(seat, item);
    }
  }

  private async work(seat: Seat, { fragment, signal, resolve, reject }: Waiting): Promise<void> {
    const run = this.nextRun++;
    const cancel = (): void => {
      seat.thread.note('cancel', [run]);
      reject(cancelled());
    };
    signal.addEventListener('abort', cancel, { once: true });
    seat.busy++;
    try {
      resolve(await seat.thread.call<FragmentResult>('run', [run, fragment]));
    } catch (error) {
      reject(error instanceof Error ? error : new Error(String(error)));
    } finally {
      signal.removeEventListener('abort', cancel);
      seat.busy--;
      this.next();
    }
  }

  /** Tells the threads to collect their garbage. */
  collect(): void {
    this.seats.forEach((seat) => seat.thread.note('collect', []));
  }

  async close(): Promise<void> {
    await Promise.all(this.seats.map((seat) => seat.thread.close()));
  }
}
