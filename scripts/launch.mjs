import { spawn } from 'node:child_process';

/**
 * Settings of V8 and of glibc's malloc that can only be given when a process starts; together they keep some 60 MB of memory from
 * being held for nothing: a smaller nursery in each thread, and large buffers given back to the system when they are freed. What can be set
 * later is in `backend/v8Settings.ts`.
 */
export const v8Flags = ['--max-semi-space-size=4'];
export const mallocSettings = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' };

/** Runs the bundle with these arguments, passes signals on, and ends as it ends. */
export function launch(args) {
  const child = spawn(process.execPath, [...v8Flags, '--enable-source-maps', 'backend/dist/main.js', ...args], { stdio: 'inherit', env: { ...mallocSettings, ...process.env } });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}
