import { setImmediate as nextTurn } from 'node:timers/promises';
import { mindMemory } from './heapWatch';
import { cancelled } from './model/errors';

/** Longest stretch of work before timers, messages and aborts get their turn. */
const stretchMsMax = 25;

/** Lets long loops stop: a loop calls `pause` now and then, which gives way to the event loop when it ran long enough. */
export class Breather {
  private until = performance.now() + stretchMsMax;

  constructor(private readonly signal?: AbortSignal) {}

  /** Throws when the signal has fired. */
  async pause(): Promise<void> {
    if (performance.now() > this.until) {
      mindMemory();
      await nextTurn();
      this.until = performance.now() + stretchMsMax;
    }
    if (this.signal?.aborted) {
      throw cancelled();
    }
  }
}
