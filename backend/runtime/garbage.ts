import v8 from 'node:v8';
import vm from 'node:vm';

/**
 * V8 lets 64 MB of buffers pile up in each thread before it looks for dead ones, a quarter of the whole server's ceiling. What
 * makes buffers by the megabyte therefore counts them and asks for a collection sooner: a small one, since nearly all of them die with the
 * push, or the block of a scan, they were made for. A full one costs more, and throws compiled code away with the shapes of objects that
 * happen not to live.
 */
let collect: ((options?: { type: 'minor' }) => void) | undefined;

/** A push in flight that sees two of these collections counts as old and waits for a full one, so they must not come too often. */
const youngBetween = 12 * 1024 * 1024;
let youngSince = 0;

/** Counts buffers that die with what they were made for. */
export function noteYoung(bytes: number): void {
  youngSince += bytes;
  if (youngSince >= youngBetween) {
    youngSince = 0;
    collectYoung();
  }
}

/**
 * Collects what was made since the last collection and is dead: buffers of one push or of one step of background work. Takes a
 * millisecond or two, and unlike a full collection it does not throw compiled code away with the shapes it was made for.
 */
export function collectYoung(): void {
  collect ??= exposedCollector();
  collect({ type: 'minor' });
}

/**
 * A full collection of this thread, now. While `--optimize-for-size` is set V8 also empties pages that are a fifth empty, instead of only those that are two thirds
 * empty: after bursts that is a tenth of the whole server's memory. Set for good it costs a quarter more CPU.
 */
export function collectNow(): void {
  collect ??= exposedCollector();
  v8.setFlagsFromString('--optimize-for-size');
  collect();
  v8.setFlagsFromString('--no-optimize-for-size');
}

/** `gc` exists only in contexts made after its flag was set. */
function exposedCollector(): NonNullable<typeof collect> {
  v8.setFlagsFromString('--expose-gc');
  const gc: unknown = vm.runInNewContext('gc');
  return typeof gc === 'function' ? (gc as NonNullable<typeof collect>) : () => undefined;
}
