import { toMetricMatchers, type LabelMatcher, type LabelPair } from '../correlate';
import { logQueriesOf, quoteRegex } from '../logql';
import type { LabelSet } from '../wire';
import { parsed } from './kind';

/** Matchers of the first log selector of a query. */
export function matchersOfQuery(expr: string): LabelMatcher[] {
  const found = parsed(expr);
  const [first] = found ? logQueriesOf(found) : [];
  return first?.selector.matchers.map(({ name, op, value }) => ({ name, op, value })) ?? [];
}

/** More values of one label than this would make a pattern nobody can read; the label is then left out. */
const valuesMax = 20;

/** What the streams of a query say of themselves by labels the map knows: `{job="nginxlogs"}` runs on the machines its streams name. */
export function matchersOfStreams(streams: LabelSet[], map: readonly LabelPair[]): LabelMatcher[] {
  return [...new Set(map.map((pair) => pair.log))].flatMap((name): LabelMatcher[] => {
    const values = [...new Set(streams.map((labels) => labels[name]).filter((value) => value))].sort();
    if (values.length === 0 || values.length > valuesMax || streams.some((labels) => !labels[name])) {
      return [];
    }
    return [values.length === 1 ? { name, op: '=', value: values[0] } : { name, op: '=~', value: values.map(quoteRegex).join('|') }];
  });
}

/** Matchers for Prometheus of a log query: its own through the map, or where that knows none, those its streams have. */
export async function carriedMatchers(expr: string, map: readonly LabelPair[], series: (selector: string) => Promise<LabelSet[]>): Promise<LabelMatcher[]> {
  const own = toMetricMatchers(matchersOfQuery(expr), map).matchers;
  const found = parsed(expr);
  const [first] = found ? logQueriesOf(found) : [];
  if (own.length > 0 || !first) {
    return own;
  }
  const streams = await series(expr.slice(first.selector.span.start, first.selector.span.end));
  return toMetricMatchers(matchersOfStreams(streams, map), map).matchers;
}
