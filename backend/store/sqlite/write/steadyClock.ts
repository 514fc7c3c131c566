/**
 * Milliseconds since 1970 as they were when the process began, plus what has passed since: for distances of time, which a clock that is set
 * forwards or back must not change.
 */
export const steadyMs = (): number => performance.timeOrigin + performance.now();
