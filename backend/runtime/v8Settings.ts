import v8 from 'node:v8';

/**
 * Settings of V8 that hold for all threads and can be given while it runs, so that they do not depend on who starts the process. (What
 * can only be given at its start is in `scripts/launch.mjs`.)
 *
 * A heap may double between two full collections: by itself V8 looks through all 20 MB of the main thread's for every 3 MB that a
 * burst of pushes leaves behind, and throws compiled code away each time.
 *
 * The nursery of the main thread is given at the start, and would hold for threads that start later as well, over the smaller ones they ask for.
 */
const settings = ['--heap-growing-percent=100', '--max-semi-space-size=0'];

export function setV8(): void {
  settings.forEach((setting) => v8.setFlagsFromString(setting));
}
