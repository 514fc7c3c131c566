import { collectNow } from './garbage';

/**
 * Each thread's own look at the memory of the process. The keeper on the main thread (`memoryKeeper.ts`) tells threads to collect, but neither it nor they
 * hear of anything while they go through hundreds of thousands of rows at a stretch; such loops call `mindMemory` as they go.
 */

/** Share of the ceiling above which a thread that is in the middle of something large looks for its garbage. */
const watchShare = 0.75;
/** Least time between two looks, and between two collections: these take some 20 ms. */
const lookEveryMs = 25;
const restMs = 200;

let ceilingBytes = Infinity;
let lookedMs = 0;
let collectedMs = 0;

/** Says what the process may use; to be called once in each thread. Without it nothing is watched. */
export function watchMemory(bytesMax: number): void {
  ceilingBytes = bytesMax;
}

/** Collects this thread's garbage when memory is short. Costs next to nothing when called often. */
export function mindMemory(): void {
  const nowMs = performance.now();
  if (nowMs - lookedMs < lookEveryMs) {
    return;
  }
  lookedMs = nowMs;
  if (nowMs - collectedMs >= restMs && process.memoryUsage.rss() > ceilingBytes * watchShare) {
    collectNow();
    collectedMs = performance.now();
  }
}
