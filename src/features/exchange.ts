import type { AbstractQuery } from '@grafana/data';
import { importAbstract, toAbstract, type LabelMatcher } from '../correlate';
import { carriedMatchers } from '../query/carry';
import { escapeQuoted } from '../query/interpolate';
import type { Query } from '../query/model';
import { nsRangeOf } from '../query/range';
import type { Environment } from './environment';
import { labelMap, metricLinks } from './labelMap';

/** Queries of another data source as ours: their matchers, through the map in reverse. Without the map, or names of labels, when a side can't be asked: Grafana would else lose the query. */
export async function importQueries(queries: AbstractQuery[], environment: Environment): Promise<Query[]> {
  const range = nsRangeOf(undefined);
  const [pairs, known] = await Promise.all([labelMap(environment, range).catch(() => []), environment.api.labels(range).catch(() => [])]);
  const options = { known: known.length > 0 ? new Set(known) : undefined };
  return queries.map((query) => {
    const { labelMatchers } = importAbstract(query, pairs, options);
    const matchers = labelMatchers.map(({ name, operator, value }) => `${name}${signs[operator]}"${escapeQuoted(value)}"`);
    return { refId: query.refId, expr: matchers.length > 0 ? `{${matchers.join(', ')}}` : '', queryType: 'range' };
  });
}

const signs: Record<string, string> = { Equal: '=', NotEqual: '!=', EqualRegEx: '=~', NotEqualRegEx: '!~' };

/**
 * Our queries for another data source: with the map, and a metric's name so that Prometheus opens on one graph instead of every series. What can't
 * be found out because a side can't be asked is left out, since Grafana would else lose the query.
 */
export async function exportQueries(queries: Query[], environment: Environment): Promise<AbstractQuery[]> {
  const range = nsRangeOf(undefined);
  const [pairs, links] = await Promise.all([labelMap(environment, range).catch(() => []), metricLinks(environment, range).catch(() => undefined)]);
  const metricName = links?.metrics.find(({ kind }) => kind === 'gauge')?.name ?? links?.metrics[0]?.name;
  return Promise.all(
    queries.map(async ({ refId, expr }) => {
      // Already carried over: the map has nothing left to do.
      const matchers = await carriedMatchers(expr, pairs, (selector) => environment.api.series([selector], range)).catch(() => []);
      const name: LabelMatcher[] = metricName ? [{ name: '__name__', op: '=', value: metricName }] : [];
      return toAbstract(refId, [...name, ...matchers]) as AbstractQuery;
    })
  );
}
