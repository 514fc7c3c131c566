import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest that answers are written before pushes, small questions and the like get their turn. */
const stretchMsMax = 25;

/** When the answers that are written in this turn of the event loop have to give way, all of them together; undefined before the first one. */
let untilMs: number | undefined;

/** A promise of the next turn when answers were written for long enough in this one. */
export function pauseWhenLong(): Promise<void> | undefined {
  const nowMs = performance.now();
  if (untilMs === undefined) {
    untilMs = nowMs + stretchMsMax;
    setImmediate(() => (untilMs = undefined));
  }
  return nowMs > untilMs ? nextTurn() : undefined;
}
