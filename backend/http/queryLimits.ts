import type { QueryLimits } from '../query/budget';
import type { AppDeps } from './deps';

/** What these tenants may ask together: of each limit the strictest counts, so that nobody gets round one by naming another tenant beside. */
export function queryLimits(deps: Pick<AppDeps, 'limits'>, tenants: string[]): QueryLimits {
  const [first, ...others] = tenants.map((tenant) => deps.limits(tenant).query);
  return others.reduce(
    (strictest, limits) => ({
      ...strictest,
      entriesMax: smallest(strictest.entriesMax, limits.entriesMax),
      seriesMax: smallest(strictest.seriesMax, limits.seriesMax),
      lengthNsMax: smallest(strictest.lengthNsMax, limits.lengthNsMax),
      rangeNsMax: smallest(strictest.rangeNsMax, limits.rangeNsMax),
      lookbackNsMax: smallest(strictest.lookbackNsMax, limits.lookbackNsMax),
      timeoutMs: smallest(strictest.timeoutMs, limits.timeoutMs),
      bytesReadMax: smallest(strictest.bytesReadMax, limits.bytesReadMax),
      matchersMax: smallest(strictest.matchersMax, limits.matchersMax),
      minimumLabels: Math.max(strictest.minimumLabels, limits.minimumLabels),
      requiredLabels: [...new Set([...strictest.requiredLabels, ...limits.requiredLabels])],
      blocked: (query: string) => strictest.blocked(query) || limits.blocked(query),
    }),
    first
  );
}

/** 0 means no limit. */
const smallest = (a: number, b: number): number => (a > 0 && b > 0 ? Math.min(a, b) : a || b);
