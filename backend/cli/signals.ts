interface Says {
  info: (text: string) => void;
}

/** Ctrl+C reaches a program from the terminal and once more from each launcher above it (npm): within this time they are one signal. */
const sameSignalMs = 1_000;

/** Resolves at the first SIGTERM or SIGINT. A second one, a moment later, ends the process at once. */
export function untilStopped(log: Says): Promise<void> {
  return new Promise((resolve) => {
    let stoppedAtMs: number | undefined;
    const stop = (signal: NodeJS.Signals): void => {
      if (stoppedAtMs !== undefined) {
        if (performance.now() - stoppedAtMs > sameSignalMs) {
          process.exit(1);
        }
        return;
      }
      stoppedAtMs = performance.now();
      log.info(`${signal}: stopping`);
      resolve();
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
}
