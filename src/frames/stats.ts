import type { QueryResultMetaStat } from '@grafana/data';
import type { QueryResponse, WireStats, WireStatsSummary } from '../wire';

/** Parts of Loki's `stats` object worth showing: path inside it, words, unit. */
const shown: Array<{ path: [string, string]; displayName: string; unit?: string }> = [
  { path: ['summary', 'bytesProcessedPerSecond'], displayName: 'Summary: bytes processed per second', unit: 'Bps' },
  { path: ['summary', 'linesProcessedPerSecond'], displayName: 'Summary: lines processed per second' },
  { path: ['summary', 'totalBytesProcessed'], displayName: bytesStat(), unit: 'decbytes' },
  { path: ['summary', 'totalLinesProcessed'], displayName: 'Summary: total lines processed' },
  { path: ['summary', 'totalEntriesReturned'], displayName: 'Summary: lines returned' },
  { path: ['summary', 'execTime'], displayName: 'Summary: exec time', unit: 's' },
  { path: ['summary', 'queueTime'], displayName: 'Summary: queue time', unit: 's' },
];

/** Explore looks the read bytes up by this name (`meta.custom.lokiQueryStatKey`). */
export function bytesStat(): string {
  return 'Summary: total bytes processed';
}

/** What the server says about the work a query made, for the inspector. Unknown or missing parts are left out. */
export function statsOf(response: QueryResponse): QueryResultMetaStat[] {
  const stats = response.data.stats as unknown as Record<string, Record<string, unknown>> | undefined;
  const found: QueryResultMetaStat[] = [];
  for (const { path, displayName, unit } of shown) {
    const value = stats?.[path[0]]?.[path[1]];
    if (typeof value === 'number') {
      found.push({ displayName, value, unit });
    }
  }
  return found;
}

/** Statistics of parts of one query as those of the whole: sums, except rates, which are taken from sums. */
export function addStats(left: QueryResultMetaStat[] = [], right: QueryResultMetaStat[] = []): QueryResultMetaStat[] {
  const summed = new Map<string, QueryResultMetaStat>();
  for (const stat of [...left, ...right]) {
    const before = summed.get(stat.displayName);
    summed.set(stat.displayName, before ? { ...stat, value: before.value + stat.value } : stat);
  }
  const value = (name: string) => summed.get(`Summary: ${name}`)?.value;
  const seconds = value('exec time');
  for (const what of ['bytes', 'lines']) {
    const rate = summed.get(`Summary: ${what} processed per second`);
    const total = value(`total ${what} processed`);
    if (rate && seconds && total !== undefined) {
      summed.set(rate.displayName, { ...rate, value: Math.round(total / seconds) });
    }
  }
  return [...summed.values()];
}

/** The server's statistics of two parts of one query as those of both: the numbers of the summary are sums, except rates. */
export function joinStats(left: WireStats | undefined, right: WireStats): WireStats {
  const [a, b] = [left?.summary, right?.summary];
  if (!left || !a || !b) {
    return right ?? left;
  }
  const sum = (name: keyof WireStatsSummary) => (a[name] ?? 0) + (b[name] ?? 0);
  const summed = Object.fromEntries(Object.keys(b).map((name) => [name, sum(name as keyof WireStatsSummary)])) as unknown as WireStatsSummary;
  const perSecond = (total: number) => (summed.execTime > 0 ? Math.round(total / summed.execTime) : 0);
  return { ...right, summary: { ...summed, bytesProcessedPerSecond: perSecond(summed.totalBytesProcessed), linesProcessedPerSecond: perSecond(summed.totalLinesProcessed) } };
}
