import { collectNow } from './garbage';

/**
 * V8 lets garbage grow to a multiple of what lives, and has no idea of a ceiling that several heaps share: each would grow until its own
 * limit. This watches the resident memory of the process and has garbage collected when the ceiling comes near.
 */

/** Share of the ceiling from which garbage is looked for. Below it V8 decides by itself, which costs a fifth less CPU. */
const watchShare = 0.75;
const lookEveryMs = 50;
/** Least time between two collections, so that a server that truly needs the memory still does its work. */
const restMs = 750;
/** Share of the ceiling from which the garbage of something large is worth a collection at once. */
const relieveShare = 0.5;

export class MemoryKeeper {
  private readonly timer: NodeJS.Timeout;
  private lastMs = 0;

  /** @param collectElsewhere tells the other threads to collect. */
  constructor(
    private readonly ceilingBytes: number,
    private readonly collectElsewhere: () => void
  ) {
    this.timer = setInterval(() => this.look(), lookEveryMs);
    this.timer.unref();
  }

  private look(): void {
    const nowMs = performance.now();
    if (nowMs - this.lastMs >= restMs && this.above(watchShare)) {
      this.collectElsewhere();
      collectNow();
      this.lastMs = performance.now();
    }
  }

  /** To be called when something large was let go of, or is about to come: it should not find the garbage of others there. */
  relieve(): void {
    if (this.above(relieveShare)) {
      this.collectElsewhere();
      collectNow();
    }
  }

  private above(share: number): boolean {
    return process.memoryUsage.rss() > this.ceilingBytes * share;
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
