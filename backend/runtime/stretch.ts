import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest stretch of work before pushes, messages, timers and aborts get their turn. */
const stretchMsMax = 25;

/** When all that works in this turn of the thread's event loop has to give way; undefined before the first that asks. */
let untilMs: number | undefined;

/** A promise of the next turn when this one has been long enough, whoever worked in it. */
export function pauseWhenLong(): Promise<void> | undefined {
  const nowMs = performance.now();
  if (untilMs === undefined) {
    untilMs = nowMs + stretchMsMax;
    setImmediate(() => (untilMs = undefined));
  }
  return nowMs > untilMs ? nextTurn() : undefined;
}
