import { unavailable } from '../../model/errors';
import type { ClientLog } from './client';
import { mayPass } from './serverError';

/** How often is tried whether ClickHouse is there and its tables fit. */
const againMs = 2_000;

/** Whether the tables are there and as this version needs them; until then nothing is read or written. */
export class Readiness {
  private reason: string | undefined = 'ClickHouse was not asked yet';
  private timer: NodeJS.Timeout | undefined;
  private trying: Promise<void> | undefined;
  private closed = false;
  /** Called once, when everything is ready. */
  onReady: () => void = () => undefined;

  constructor(
    private readonly prepare: () => Promise<void>,
    private readonly log: ClientLog
  ) {}

  /** With `patient` resolves when ClickHouse is away, and goes on trying; whatever else is wrong rejects. */
  async start(patient: boolean): Promise<void> {
    try {
      await this.prepare();
      this.reason = undefined;
      setImmediate(() => this.onReady());
    } catch (error) {
      if (!patient || !mayPass(error)) {
        throw error;
      }
      this.wait(error);
    }
  }

  /** Why not, in words for `/ready` and for clients; undefined when ready. */
  get notReady(): string | undefined {
    return this.reason;
  }

  /** Throws a RequestError 503 until everything is ready. */
  check(): void {
    if (this.reason !== undefined) {
      throw unavailable(this.reason, againMs / 1000);
    }
  }

  private wait(error: unknown): void {
    const reason = `not ready: ${(error as Error).message}`;
    if (reason !== this.reason) {
      this.log('started without ClickHouse; it is tried every few seconds', error);
    }
    this.reason = reason;
    if (!this.closed) {
      this.timer = setTimeout(() => (this.trying = this.again()), againMs);
      this.timer.unref();
    }
  }

  private async again(): Promise<void> {
    try {
      await this.prepare();
    } catch (error) {
      this.wait(error);
      return;
    }
    this.reason = undefined;
    this.log('ClickHouse is there; everything is ready');
    this.onReady();
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.trying;
  }
}
