/** What a tenant may ask of the HTTP layer itself; limits of pushes and queries are in `ingest/limits.ts` and `query/budget.ts`. */
import type { QueryLimits } from '../query/budget';

export interface ServerLimits {
  query: QueryLimits;
  concurrentTailsMax: number;
  /** 0: a tail may last for ever. */
  tailDurationMsMax: number;
  volumeSeriesMax: number;
  volumeEnabled: boolean;
  deletionMode: 'disabled' | 'filter-only' | 'filter-and-delete';
  /** 0n: kept for ever. */
  retentionNs: bigint;
}

export const defaultServerLimits: Omit<ServerLimits, 'query'> = {
  concurrentTailsMax: 10,
  tailDurationMsMax: 0,
  volumeSeriesMax: 1_000,
  volumeEnabled: true,
  deletionMode: 'filter-and-delete',
  retentionNs: 0n,
};
