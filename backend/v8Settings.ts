import v8 from 'node:v8';

/**
 * A setting of V8 that holds for all threads and can be given while it runs, so that it does not depend on who starts the process. (What
 * can only be given at its start is in `scripts/launch.mjs`.)
 *
 * A heap may double between two full collections: by itself V8 looks through all 20 MB of the main thread's for every 3 MB that a
 * burst of pushes leaves behind, and throws compiled code away each time.
 */
const setting = '--heap-growing-percent=100';

export function setV8(): void {
  v8.setFlagsFromString(setting);
}
