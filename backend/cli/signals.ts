interface Says {
  info: (text: string) => void;
}

/** Resolves at the first SIGTERM or SIGINT. A second one ends the process at once. */
export function untilStopped(log: Says): Promise<void> {
  return new Promise((resolve) => {
    let stopping = false;
    const stop = (signal: NodeJS.Signals): void => {
      if (stopping) {
        process.exit(1);
      }
      stopping = true;
      log.info(`${signal}: stopping`);
      resolve();
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
}
