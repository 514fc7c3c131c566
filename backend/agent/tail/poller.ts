import type { FileTail } from './fileTail';

/** A tail counts as active this long after something happened; active ones are looked at in every round. */
const activeForMs = 10_000;
/** Quiet tails are looked at in turns, so that ten thousand of them cost a few per cent of a core: one more millisecond of period for five tails. */
const quietTailsPerMs = 5;
const quietPeriodMsMax = 2_000;
/** Bytes read from one tail before the next has its turn. */
const turnBytesMax = 1_048_576;
/** The event loop gets a chance after so many milliseconds. */
const sliceMs = 15;

/** One loop looks after all files: no watchers, no thread per file. */
export class Poller {
  private readonly tails = new Set<FileTail>();
  private quiet: FileTail[] = [];
  private quietNext = 0;
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;
  private again = false;
  private paused = false;

  constructor(
    private readonly periodMs: number,
    private readonly refreshClock: () => void,
    private readonly onError: (tail: FileTail, error: unknown) => void
  ) {}

  add(tail: FileTail): void {
    this.tails.add(tail);
    this.quiet.push(tail);
    this.wake();
  }

  remove(tail: FileTail): void {
    this.tails.delete(tail);
    this.quiet = this.quiet.filter((other) => other !== tail);
  }

  get size(): number {
    return this.tails.size;
  }

  /** There is room again, or a new tail: go round now. */
  wake(): void {
    if (this.stopped || this.running) {
      this.again = true;
      return;
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.go(), 0);
  }

  /** To be called when outputs have room: only matters when somebody waited for it. */
  room(): void {
    if (this.paused) {
      this.wake();
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private go(): void {
    this.running = this.round().finally(() => {
      this.running = undefined;
      if (!this.stopped) {
        const delayMs = this.again ? 0 : this.periodMs;
        this.again = false;
        this.timer = setTimeout(() => this.go(), delayMs);
      }
    });
  }

  private async round(): Promise<void> {
    const nowMs = Date.now();
    const active = [...this.tails].filter((tail) => tail.busy || nowMs - tail.activeMs < activeForMs);
    const quiet = this.nextQuiet().filter((tail) => !(tail.busy || nowMs - tail.activeMs < activeForMs));
    let queue = [...active, ...quiet];
    this.paused = false;
    let sliceEndMs = performance.now() + sliceMs;
    while (queue.length > 0 && !this.stopped) {
      const more: FileTail[] = [];
      for (const tail of queue) {
        if (this.stopped) {
          return;
        }
        if (this.turn(tail) === 'more') {
          more.push(tail);
        }
        if (performance.now() > sliceEndMs) {
          await new Promise((resolve) => setImmediate(resolve));
          sliceEndMs = performance.now() + sliceMs;
        }
      }
      queue = more;
    }
  }

  private turn(tail: FileTail): string {
    this.refreshClock();
    try {
      const turn = tail.turn(Date.now(), turnBytesMax);
      this.paused ||= turn === 'paused';
      return turn;
    } catch (error) {
      this.onError(tail, error);
      return 'idle';
    }
  }

  /** The quiet tails whose turn it is. */
  private nextQuiet(): FileTail[] {
    const { quiet } = this;
    const quietPeriodMs = Math.max(this.periodMs, Math.min(quietPeriodMsMax, quiet.length / quietTailsPerMs));
    const count = Math.ceil((quiet.length * this.periodMs) / quietPeriodMs);
    const part = quiet.slice(this.quietNext, this.quietNext + count);
    this.quietNext = this.quietNext + count >= quiet.length ? 0 : this.quietNext + count;
    return part;
  }
}
