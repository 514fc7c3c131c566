import { CollectionTimes } from './collectionTimes';
import { collectNow } from './garbage';

/**
 * Each thread's own look at the memory of the process. The keeper on the main thread (`memoryKeeper.ts`) tells threads to collect, but neither it nor they
 * hear of anything while they go through hundreds of thousands of rows at a stretch; such loops call `mindMemory` as they go.
 */

/** Least time between two looks, and between two collections: these take some 20 ms. */
const lookEveryMs = 25;
const restMs = 200;

let times: CollectionTimes | undefined;
let lookedMs = 0;

/** Says what the process may use; to be called once in each thread. Without it nothing is watched. */
export function watchMemory(bytesMax: number): void {
  times = new CollectionTimes(bytesMax, restMs);
}

/** Collects this thread's garbage when memory is short. Costs next to nothing when called often. */
export function mindMemory(): void {
  const nowMs = performance.now();
  if (nowMs - lookedMs >= lookEveryMs) {
    lookedMs = nowMs;
    times?.look(collectNow);
  }
}
