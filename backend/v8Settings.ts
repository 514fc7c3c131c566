import v8 from 'node:v8';

/**
 * Settings of V8 that hold for all threads and can be given while it runs, so that they do not depend on who starts the process. (What
 * can only be given at its start is in `scripts/launch.mjs`.)
 *
 * - A heap may double between two full collections: by itself V8 looks through all 20 MB of the main thread's for every 3 MB that a
 *   burst of pushes leaves behind, and throws compiled code away each time.
 * - A function runs four times as long before it is compiled with optimizations (V8 counts bytes of bytecode; 67,584 by itself in Node 20).
 *   What is compiled early is thrown away at the first value of another kind and compiled again. V8 of Node 22 and later counts calls instead, and compiles
 *   in three steps; there it is left alone, since a setting that V8 does not know is an error on the console.
 */
const settings = ['--heap-growing-percent=100', ...(Number.parseInt(process.versions.v8, 10) < 12 ? ['--interrupt-budget=264000'] : [])];

export function setV8(): void {
  settings.forEach((setting) => v8.setFlagsFromString(setting));
}
