import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * V8 lets garbage grow to a multiple of what lives, because it does not know our ceiling. This watches resident memory and collects
 * earlier when the ceiling comes near.
 */

/** Share of the ceiling from which on garbage is not left lying. */
const shareOfCeiling = 0.9;
const lookEveryMs = 250;
/** A collection stops this thread for some 30 ms, so it has to be worth it, and comes every other second unless much lies around. */
const garbageBytesMin = 32 * 1024 * 1024;
const garbageBytesMuch = 64 * 1024 * 1024;
const collectEveryMsMin = 2_000;

export class MemoryKeeper {
  private readonly collect: () => void;
  private readonly timer: NodeJS.Timeout;
  private usedAfterLast = 0;
  private lastMs = 0;

  constructor(private readonly ceilingBytes: number) {
    setFlagsFromString('--expose-gc');
    this.collect = runInNewContext('gc') as () => void;
    this.timer = setInterval(() => this.look(), lookEveryMs);
    this.timer.unref();
  }

  /** Collects when it is time. To be called after something large was let go of, since a busy thread may not come to its timer. */
  look(): void {
    if (process.memoryUsage.rss() < this.ceilingBytes * shareOfCeiling) {
      return;
    }
    const garbage = used() - this.usedAfterLast;
    if (garbage > garbageBytesMuch || (garbage > garbageBytesMin && Date.now() - this.lastMs >= collectEveryMsMin)) {
      this.collect();
      this.usedAfterLast = used();
      this.lastMs = Date.now();
    }
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

/** Memory that a collection could free: objects, and buffers that objects hold. */
function used(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
