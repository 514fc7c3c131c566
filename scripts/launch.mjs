import { spawn } from 'node:child_process';

/**
 * Settings of V8 and of glibc's malloc that can only be given when a process starts; together they keep some 80 MB of memory from
 * being held for nothing: a smaller nursery, buffers from 64 KB on given back to the system when they are freed, and one heap of malloc for all threads instead
 * of two half-empty ones. What can be set later is in `backend/runtime/v8Settings.ts`.
 */
export const v8Flags = ['--max-semi-space-size=4'];
export const mallocSettings = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '65536', MALLOC_TRIM_THRESHOLD_: '131072' };

/** Runs the bundle with these arguments, passes signals on, and ends as it ends. */
export function launch(args) {
  const child = spawn(process.execPath, [...v8Flags, '--enable-source-maps', 'backend/dist/main.js', ...args], { stdio: 'inherit', env: { ...mallocSettings, ...process.env } });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}
