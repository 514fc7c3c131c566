import { mindMemory } from './heapWatch';
import { cancelled } from '../model/errors';
import { pauseWhenLong } from './stretch';

/** Lets long loops stop: a loop calls `pause` now and then, which gives way to the event loop when it ran long enough. */
export class Breather {
  constructor(private readonly signal: AbortSignal) {}

  /** Throws when the signal has fired. */
  async pause(): Promise<void> {
    const pause = pauseWhenLong();
    if (pause) {
      mindMemory();
      await pause;
    }
    if (this.signal.aborted) {
      throw cancelled();
    }
  }
}
