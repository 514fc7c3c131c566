import { Worker, type MessagePort, type TransferListItem } from 'node:worker_threads';
import { RequestError } from '../../model/errors';

/** Calls between the main thread and a worker: numbered questions, one answer each. Errors keep their status. */
export interface Call {
  id: number;
  method: string;
  args: unknown[];
}

export interface Answer {
  id: number;
  result?: unknown;
  error?: PlainError;
}

export interface PlainError {
  message: string;
  stack?: string;
  status?: number;
  retryAfterSeconds?: number;
  code?: string;
}

export function plainError(error: unknown): PlainError {
  if (error instanceof RequestError) {
    return { message: error.message, status: error.status, retryAfterSeconds: error.retryAfterSeconds, code: error.code };
  }
  return error instanceof Error ? { message: error.message, stack: error.stack, code: (error as { code?: string }).code } : { message: String(error) };
}

export function asError(plain: PlainError): Error {
  if (plain.status !== undefined) {
    return new RequestError(plain.status, plain.message, plain.retryAfterSeconds, plain.code);
  }
  const error = new Error(plain.message);
  error.stack = plain.stack ?? error.stack;
  return plain.code ? Object.assign(error, { code: plain.code }) : error;
}

type Method = (...args: never[]) => unknown;

/** The worker's side: answers calls with `methods`. `transferOf` names memory that may leave with an answer. */
export function serve(port: MessagePort, methods: Map<string, Method>, transferOf: (result: unknown) => TransferListItem[] = () => []): void {
  port.on('message', ({ id, method, args }: Call) => {
    const body = methods.get(method);
    new Promise((resolve) => resolve((body as (...values: unknown[]) => unknown)(...args))).then(
      (result) => port.postMessage({ id, result } satisfies Answer, transferOf(result)),
      (error: unknown) => port.postMessage({ id, error: plainError(error) } satisfies Answer)
    );
  });
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** The main thread's side: a worker that is started again when it dies; calls that it took with it are rejected. */
export class RemoteThread {
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 1;
  private closed = false;

  /**
   * @param start makes a worker.
   * @param diedError what calls under way, of which there are so many, are told when it dies.
   * @param onNote gets messages that are no answers.
   */
  constructor(
    private readonly start: () => Worker,
    private readonly diedError: (reason: string, calls: number) => Error,
    private readonly onNote: (note: unknown) => void
  ) {}

  /** Starts the worker ahead of the first call, which would wait for it otherwise. */
  warm(): void {
    this.running();
  }

  private running(): Worker {
    if (!this.worker) {
      const worker = this.start();
      this.worker = worker;
      let reason = '';
      worker.on('message', (answer: Answer | { note: unknown }) => this.take(answer));
      worker.on('error', (error) => (reason = error instanceof Error ? error.message : String(error)));
      worker.on('exit', (code) => {
        if (this.worker === worker) {
          this.worker = undefined;
        }
        if (!this.closed) {
          this.rejectAll(this.diedError(reason || `exit code ${code}`, this.waiting.size));
        }
      });
      worker.unref();
    }
    return this.worker;
  }

  private take(answer: Answer | { note: unknown }): void {
    if ('note' in answer) {
      this.onNote(answer.note);
      return;
    }
    const waiting = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if (this.waiting.size === 0) {
      this.worker?.unref();
    }
    if (answer.error) {
      waiting?.reject(asError(answer.error));
    } else {
      waiting?.resolve(answer.result);
    }
  }

  private rejectAll(error: Error): void {
    const all = [...this.waiting.values()];
    this.waiting.clear();
    all.forEach(({ reject }) => reject(error));
  }

  /** Asks the worker; `transfer` leaves this thread. */
  call<T>(method: string, args: unknown[], transfer: TransferListItem[] = []): Promise<T> {
    if (this.closed) {
      return Promise.reject(new Error('the store is closed'));
    }
    return new Promise((resolve, reject) => {
      const id = this.nextId++;
      this.waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
      const worker = this.running();
      worker.ref();
      worker.postMessage({ id, method, args } satisfies Call, transfer);
    });
  }

  /** Sends without waiting for an answer. */
  note(method: string, args: unknown[]): void {
    this.worker?.postMessage({ id: 0, method, args } satisfies Call);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.rejectAll(new Error('the store is closed'));
    await this.worker?.terminate();
  }
}
