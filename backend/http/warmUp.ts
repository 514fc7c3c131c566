import { parse } from '../../src/logql';
import type { LogExpr } from '../../src/logql/ast';
import { Bug } from '../model/errors';
import type { TimeRange } from '../store/store';
import { fragmentLimits, type QueryLimits } from './budget';
import type { Fragment, FragmentRunner } from './fragment';

/** What every part of a reader has to do once: search, count, and the parsers. Selectors are left out: any stream will do. */
const queries = [
  '{a="a"} |= "no line says that it warms up"',
  '{a="a"}',
  'sum by (level) (count_over_time({a="a"}[1m]))',
  'sum by (level) (count_over_time({a="a"} | json | status="500" [1m]))',
  'avg_over_time({a="a"} | logfmt | unwrap duration(took) [1m]) by (service)',
];

/** Longer is not worth waiting for. */
const warmMsMax = 1_000;
const minuteNs = 60_000_000_000n;
/** Minutes that are counted: these cost a hundredth of lines that are read, of which a minute is enough. */
const minutesCounted = 360;

/**
 * Runs a handful of small fragments on every thread, so that the first question of a user does not wait for threads to start, files to
 * be opened and code to be compiled. Resolves when that is done, or has taken too long.
 */
export async function warmUp(runner: FragmentRunner, parts: Array<TimeRange & { tenant: string }>, limits: QueryLimits): Promise<void> {
  const signal = AbortSignal.timeout(warmMsMax);
  for (const { tenant, startNs, endNs } of parts) {
    const lastMinute = endNs - minuteNs > startNs ? endNs - minuteNs : startNs;
    for (const query of queries) {
      const fragment = fragmentOf(query, tenant, { startNs: lastMinute, endNs }, limits);
      // threads take turns, so as many at once as there are threads
      const runs = Array.from({ length: runner.parallel }, () => runner.run(fragment, signal));
      await Promise.allSettled(runs); // what fails here fails again, and is said, when somebody asks
      if (signal.aborted) {
        return;
      }
    }
  }
}

function fragmentOf(query: string, tenant: string, { startNs, endNs }: TimeRange, limits: QueryLimits): Fragment {
  const { expr } = parse(query);
  const base = { tenants: [tenant], limits: fragmentLimits(limits) };
  const anyStream = (log: LogExpr): LogExpr => ({ ...log, selector: { ...log.selector, matchers: [] } });
  if (expr?.kind === 'log') {
    return { ...base, kind: 'log', expr: anyStream(expr), startNs, endNs, direction: 'backward', limit: 10, intervalNs: 0, pauseBytes: 0 };
  }
  const range = expr?.kind === 'vector' ? expr.expr : expr;
  if (range?.kind !== 'range') {
    throw new Bug(`a warming query has no range: ${query}`);
  }
  const labels = expr?.kind === 'vector' ? (expr.grouping?.labels ?? []) : [];
  const foldBy = expr?.kind === 'vector' ? { labels, without: false } : undefined;
  const samples = { ...base, kind: 'samples', expr: { ...range, log: anyStream(range.log) }, stepNs: minuteNs, foldBy } as const;
  return range.log.stages.length > 0
    ? { ...samples, firstStepNs: endNs - 1n, steps: 1 }
    : { ...samples, firstStepNs: endNs - BigInt(minutesCounted - 1) * minuteNs, steps: minutesCounted, count: { by: 'stream', metadataNames: labels } };
}
