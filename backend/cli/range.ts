import type { Flags } from '../config/flags';
import { agoNs } from '../model/ago';
import { formatRfc3339Ns, nowNs, parseRfc3339Ns } from '../model/time';

/** The time a command asks about, from `--from`, `--to` and `--since`. */
export interface Range {
  startNs: bigint;
  endNs: bigint;
}

/** Throws an Error that says what is accepted. */
export function rangeOf(flags: Flags, defaultSince = '1h', now = nowNs()): Range {
  const time = (name: string): bigint | undefined => {
    const value = flags.values.get(name);
    return value === undefined ? undefined : timeOf(value, name, now);
  };
  const endNs = time('to') ?? now;
  const since = flags.values.get('since') ?? defaultSince;
  const sinceNs = agoNs(since);
  if (sinceNs === undefined) {
    throw new Error(`--since: a duration such as 30m, 2h or 7d is expected, not ${since}`);
  }
  const startNs = time('from') ?? endNs - sinceNs;
  if (startNs > endNs) {
    throw new Error(`--from (${formatRfc3339Ns(startNs)}) lies after --to (${formatRfc3339Ns(endNs)})`);
  }
  return { startNs, endNs };
}

function timeOf(text: string, name: string, now: bigint): bigint {
  const ago = agoNs(text);
  const ns = /^\d{1,10}$/.test(text) ? BigInt(text) * 1_000_000_000n : /^\d{11,19}$/.test(text) ? BigInt(text) : ago !== undefined ? now - ago : parseRfc3339Ns(wholeTime(text));
  if (ns === undefined) {
    throw new Error(`--${name}: a time such as now, now-2h, 2h (ago), 2026-11-20, 2026-11-20T12:00:00Z or 1795176000 is expected, not ${text}`);
  }
  return ns;
}

/** Fills what people leave out of a time: the hours of a day, the seconds, the zone (UTC). */
function wholeTime(text: string): string {
  const [, day, minutes = '00:00', seconds = ':00', zone = 'Z'] = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d(?:[.,]\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/i.exec(text) ?? [];
  return day === undefined ? text : `${day}T${minutes}${seconds}${zone}`;
}
