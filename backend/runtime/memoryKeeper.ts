import { CollectionTimes } from './collectionTimes';
import { collectNow } from './garbage';
import { cpuMs, Quiet, quietLookMs } from './quiet';

/**
 * V8 lets garbage grow to a multiple of what lives, and has no idea of a ceiling that several heaps share: each would grow until its own
 * limit. This watches the resident memory of the process and has garbage collected when the ceiling comes near, or when the process has little to do and has grown.
 */

const lookEveryMs = 50;
/** Least time between two collections, so that a server that truly needs the memory still does its work. */
const restMs = 750;
/** Share of the ceiling from which the garbage of something large is worth a collection at once. */
const relieveShare = 0.5;

export class MemoryKeeper {
  private readonly timers: NodeJS.Timeout[];
  private readonly times: CollectionTimes;

  /** @param collectElsewhere tells the other threads to collect. */
  constructor(
    private readonly ceilingBytes: number,
    private readonly collectElsewhere: () => void
  ) {
    this.times = new CollectionTimes(ceilingBytes, restMs);
    const quiet = new Quiet(quietLookMs);
    let atRest = false;
    this.timers = [
      setInterval(() => (atRest = quiet.look(cpuMs())), quietLookMs),
      setInterval(() => this.times.look(() => this.collect(), atRest), lookEveryMs),
    ];
    this.timers.forEach((timer) => timer.unref());
  }

  private collect(): void {
    this.collectElsewhere();
    collectNow();
  }

  /** To be called when something large was let go of, or is about to come: it should not find the garbage of others there. */
  relieve(): void {
    if (process.memoryUsage.rss() > this.ceilingBytes * relieveShare) {
      this.collect();
    }
  }

  stop(): void {
    this.timers.forEach(clearInterval);
  }
}
