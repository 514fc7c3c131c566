import { Worker } from 'node:worker_threads';
import { cancelled, RequestError } from '../../model/errors';
import type { Fragment, FragmentResult, FragmentRunner } from '../../query/fragment';
import type { Answer, Question, QuestionOf, QuestionRunner } from '../../query/question';
import { threadFile } from '../../runtime/threads';
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

/** What a thread is asked for: the name of its method, and what it is about. */
interface Task {
  method: 'run' | 'answer';
  about: Fragment | Question;
  /** Of the `perThreadMax` places of a thread. */
  places: number;
}

/** A thread died while it worked on several: which of them was too much for it is seen when each runs alone. */
class DiedTogether extends Error {}

interface Waiting extends Task {
  signal: AbortSignal;
  /** Called when the signal fires while it waits. */
  leave(): void;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

interface Seat {
  thread: RemoteThread;
  busy: number;
}

/** Runs fragments, and answers questions, in worker threads that read the files themselves; what waits is taken in the order of arrival. */
export class ReaderPool implements FragmentRunner, QuestionRunner {
  readonly parallel: number;
  private readonly seats: Seat[];
  private readonly waiting: Waiting[] = [];
  private nextRun = 1;

  /**
   * @param heapMegabytesMax old generation of one thread; a query that needs more is ended with an error.
   * @param file what a thread runs.
   */
  constructor(data: ReaderThreadData, threads: number, heapMegabytesMax: number, log: (message: string, error?: unknown) => void, file = threadFile('reader')) {
    this.parallel = threads;
    const limits = { maxOldGenerationSizeMb: heapMegabytesMax, maxYoungGenerationSizeMb: youngMegabytes };
    const start = (): Worker => new Worker(file, { workerData: data, resourceLimits: limits });
    const died = (reason: string, calls: number): Error => {
      log(`a reader thread died (${reason}) and is started again`);
      if (calls > 1) {
        return new DiedTogether();
      }
      return /memory limit|heap/i.test(reason)
        ? new RequestError(400, `the query needs more than the ${heapMegabytesMax} MB of memory a reader may use; ask for a shorter range, fewer streams or fewer labels, or start with a higher --memory-max`)
        : new Error(`a reader thread died: ${reason}`);
    };
    this.seats = Array.from({ length: threads }, () => ({ thread: new RemoteThread(start, died, (note) => log(String(note))), busy: 0 }));
    this.seats.forEach(({ thread }) => thread.warm());
  }

  run(fragment: Fragment, signal: AbortSignal): Promise<FragmentResult> {
    return this.ask({ method: 'run', about: fragment, places: 1 }, signal);
  }

  answer<Kind extends Question['kind']>(question: QuestionOf<Kind>, signal: AbortSignal): Promise<Answer<Kind>> {
    return this.ask({ method: 'answer', about: question, places: 1 }, signal);
  }

  private ask<T>(task: Task, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.waiting.splice(this.waiting.indexOf(item), 1);
        reject(cancelled());
        this.next();
      };
      const item: Waiting = { ...task, signal, leave, resolve: resolve as (result: unknown) => void, reject };
      if (signal.aborted) {
        reject(cancelled());
        return;
      }
      signal.addEventListener('abort', leave, { once: true });
      this.waiting.push(item);
      this.next();
    });
  }

  private next(): void {
    for (;;) {
      const seat = this.seats.reduce((a, b) => (b.busy < a.busy ? b : a));
      const item = this.waiting.at(0);
      if (!item || seat.busy + item.places > perThreadMax) {
        return;
      }
      this.waiting.shift();
      item.signal.removeEventListener('abort', item.leave);
      void this.work(seat, item);
    }
  }

  private async work(seat: Seat, { method, about, places, signal, resolve, reject }: Waiting): Promise<void> {
    const run = this.nextRun++;
    const cancel = (): void => {
      seat.thread.note('cancel', [run]);
      reject(cancelled());
    };
    signal.addEventListener('abort', cancel, { once: true });
    seat.busy += places;
    try {
      resolve(await seat.thread.call(method, [run, about]));
    } catch (error) {
      if (error instanceof DiedTogether) {
        this.ask({ method, about, places: perThreadMax }, signal).then(resolve, reject);
        return;
      }
      reject(error instanceof Error ? error : new Error(String(error)));
    } finally {
      signal.removeEventListener('abort', cancel);
      seat.busy -= places;
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
