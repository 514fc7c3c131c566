import v8 from 'node:v8';
import vm from 'node:vm';
import { isMainThread } from 'node:worker_threads';

/**
 * V8 lets 64 MB of buffers pile up in each thread before it looks for dead ones, a quarter of the whole server's ceiling. What
 * makes buffers by the megabyte therefore counts them and asks for a collection sooner. Heaps are small here, so that one costs
 * a few milliseconds in a worker and twenty on the main thread, where it comes less often.
 */
const bytesBetween = (isMainThread ? 32 : 24) * 1024 * 1024;
let bytesSince = 0;
let collect: (() => void) | undefined;

/** Counts buffers that were made and will soon be garbage. */
export function noteBuffer(bytes: number): void {
  bytesSince += bytes;
  if (bytesSince >= bytesBetween) {
    collectNow();
  }
}

/** A full collection of this thread, now. */
export function collectNow(): void {
  bytesSince = 0;
  collect ??= exposedCollector();
  collect();
}

/** `gc` exists only in contexts made after its flag was set. */
function exposedCollector(): () => void {
  v8.setFlagsFromString('--expose-gc');
  const gc: unknown = vm.runInNewContext('gc');
  return typeof gc === 'function' ? (gc as () => void) : () => undefined;
}
