import { parsePrometheusDuration } from '../../src/logql';
import type { Flags } from '../config/flags';
import { nowNs, parseRfc3339Ns } from '../model/time';

/** The time a command asks about, from `--from`, `--to` and `--since`. */
export interface Range {
  startNs: bigint;
  endNs: bigint;
}

export function rangeOf(flags: Flags, defaultSince = '1h'): Range {
  const time = (name: string): bigint | undefined => {
    const value = flags.values.get(name);
    return value === undefined ? undefined : timeOf(value, name);
  };
  const endNs = time('to') ?? nowNs();
  const since = flags.values.get('since') ?? defaultSince;
  const parsed = parsePrometheusDuration(since);
  if (!parsed.ok) {
    throw new Error(`--since: a duration such as 1h or 2d is expected, not ${since}`);
  }
  return { startNs: time('from') ?? endNs - BigInt(parsed.value), endNs };
}

function timeOf(text: string, name: string): bigint {
  const ns = /^\d{1,10}$/.test(text) ? BigInt(text) * 1_000_000_000n : /^\d{11,19}$/.test(text) ? BigInt(text) : (parseRfc3339Ns(text) ?? parseRfc3339Ns(/T/.test(text) ? `${text}Z` : `${text}T00:00:00Z`));
  if (ns === undefined) {
    throw new Error(`--${name}: a time such as 2026-11-20T12:00:00Z or 1795176000 is expected, not ${text}`);
  }
  return ns;
}
