import type { AdHocVariableFilter, DataSourceGetTagKeysOptions, DataSourceGetTagValuesOptions, MetricFindValue, TimeRange } from '@grafana/data';
import { t } from '../i18n';
import type { LogApi, NsRange } from '../api';
import { nsRangeOf } from '../query/range';
import { logQueriesOf } from '../logql';
import { selectorOf } from '../query/adhoc';
import { parsed } from '../query/kind';
import type { Query } from '../query/model';

/** Names of stream labels in a range: what is not among them is filtered after parsing. Undefined when the server can't say. */
export async function labelNames(api: LogApi, range: TimeRange): Promise<ReadonlySet<string> | undefined> {
  try {
    return new Set(await api.labels(nsRangeOf(range)));
  } catch {
    return undefined; // The query itself will tell the user what is wrong with the server.
  }
}

/** A query text with the values of the dashboard's variables in it. */
type Fill = (expr: string) => string;

/** The log part of the first query of a dashboard that has one: its lines say which fields there are. */
function firstLogQuery(queries: Query[] | undefined, fill: Fill): string | undefined {
  for (const query of queries ?? []) {
    const expr = fill(query.expr ?? '');
    const found = parsed(expr);
    const [first] = found ? logQueriesOf(found) : [];
    if (first) {
      return expr.slice(first.span.start, first.span.end);
    }
  }
  return undefined;
}

/** Narrows by those of some filters that are labels of streams; a filter on a parsed field says nothing of streams. */
async function narrowed(api: LogApi, range: NsRange, filters: AdHocVariableFilter[]): Promise<{ all: string[]; selector: string | undefined }> {
  const all = await api.labels(range);
  return { all, selector: selectorOf(filters, new Set(all)) };
}

/** Keys of ad hoc filters: labels of the streams that the filters chosen so far leave, then fields found in the lines of the queries. */
export async function tagKeys(api: LogApi, fill: Fill, options?: DataSourceGetTagKeysOptions<Query>): Promise<MetricFindValue[]> {
  const range = nsRangeOf(options?.timeRange);
  const log = firstLogQuery(options?.queries, fill);
  const [names, fields] = await Promise.all([
    narrowed(api, range, options?.filters ?? []).then(({ all, selector }) => (selector ? api.labels(range, selector) : all)),
    // Fields are an addition that older servers don't have.
    log ? api.detectedFields(log, range).catch(() => []) : [],
  ]);
  const found = fields.map(({ label }) => label).filter((name) => !names.includes(name));
  return [...names.map((text) => ({ text, group: t('adhoc.labels', 'Labels') })), ...found.map((text) => ({ text, group: t('adhoc.fields', 'Fields') }))];
}

/** Values of a key, narrowed by the other filters. */
export async function tagValues(api: LogApi, fill: Fill, { key, filters, timeRange, queries }: DataSourceGetTagValuesOptions<Query>): Promise<MetricFindValue[]> {
  const range = nsRangeOf(timeRange);
  const others = (filters ?? []).filter((other) => other.key !== key);
  const { selector } = others.length > 0 ? await narrowed(api, range, others) : { selector: undefined };
  const values = await api.labelValues(key, range, selector);
  const log = values.length === 0 ? firstLogQuery(queries, fill) : undefined;
  const found = log ? await api.detectedFieldValues(key, log, range).catch(() => []) : values;
  return found.map((text) => ({ text }));
}
