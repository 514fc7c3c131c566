const durations = { second: 1_000, minute: 60_000 };

/** What counts where neither the file nor a flag says anything: Promtail's own defaults, but for the number of retries and the address of the pages. */
export const defaults = {
  client: {
    batchWaitMs: durations.second, batchBytes: 1_048_576, minBackoffMs: 500, maxBackoffMs: 5 * durations.minute, retriesMax: 0, timeoutMs: 10 * durations.second,
  },
  server: { host: '127.0.0.1', port: 80 },
  logLevel: 'info',
  logFormat: 'logfmt',
  positionsFile: '/var/log/positions.yaml',
  positionsSyncMs: 10 * durations.second,
  targetSyncMs: 10 * durations.second,
  readRate: { linesPerSecond: 10_000, burst: 10_000, drop: true },
  queueBytesMax: 1_073_741_824,
} as const;
