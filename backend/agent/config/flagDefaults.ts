import type { LineLimits } from './client';

/** What flags say: they fill what the file leaves open, as Promtail's flags do (the file wins). */
export interface FlagDefaults {
  client: {
    url: string | undefined;
    batchWaitMs: number;
    batchBytes: number;
    minBackoffMs: number;
    maxBackoffMs: number;
    retriesMax: number | undefined;
    timeoutMs: number;
    tenant: string;
    externalLabels: ReadonlyMap<string, string>;
    dropRateLimited: boolean;
  };
  server: { host: string; port: number; disabled: boolean; reload: boolean };
  logLevel: string;
  logFormat: string;
  positionsFile: string;
  positionsSyncMs: number;
  positionsIgnoreInvalid: boolean;
  targetSyncMs: number;
  limits: LineLimits;
  readRate: { enabled: boolean; linesPerSecond: number; burst: number; drop: boolean };
  queueBytesMax: number;
}

const durations = { second: 1_000, minute: 60_000 };

/** Promtail's own defaults (docs/sources/send-data/promtail/configuration.md), but for the number of retries. */
export const flagDefaults: FlagDefaults = {
  client: {
    url: undefined, batchWaitMs: durations.second, batchBytes: 1_048_576, minBackoffMs: 500, maxBackoffMs: 5 * durations.minute,
    retriesMax: undefined, timeoutMs: 10 * durations.second, tenant: '', externalLabels: new Map(), dropRateLimited: false,
  },
  server: { host: '127.0.0.1', port: 80, disabled: false, reload: false },
  logLevel: 'info',
  logFormat: 'logfmt',
  positionsFile: '/var/log/positions.yaml',
  positionsSyncMs: 10 * durations.second,
  positionsIgnoreInvalid: false,
  targetSyncMs: 10 * durations.second,
  limits: { lineBytesMax: 0, truncate: false },
  readRate: { enabled: false, linesPerSecond: 10_000, burst: 10_000, drop: true },
  queueBytesMax: 1_073_741_824,
};
