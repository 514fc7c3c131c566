import type { DataSourceGetTagKeysOptions, DataSourceGetTagValuesOptions, MetricFindValue, TimeRange } from '@grafana/data';
import type { LogApi } from '../api';
import { nsRangeOf } from '../query/range';
import { selectorOf } from '../query/adhoc';
import type { Query } from '../query/model';

/** Names of stream labels in a range: what is not among them is filtered after parsing. Undefined when the server can't say. */
export async function labelNames(api: LogApi, range: TimeRange): Promise<ReadonlySet<string> | undefined> {
  try {
    return new Set(await api.labels(nsRangeOf(range)));
  } catch {
    return undefined; // The query itself will tell the user what is wrong with the server.
  }
}

/** Keys of ad hoc filters: labels of the streams that the filters chosen so far leave. */
export async function tagKeys(api: LogApi, options?: DataSourceGetTagKeysOptions<Query>): Promise<MetricFindValue[]> {
  const names = await api.labels(nsRangeOf(options?.timeRange), selectorOf(options?.filters ?? []));
  return names.map((text) => ({ text }));
}

/** Values of a key, narrowed by the other filters. */
export async function tagValues(api: LogApi, { key, filters, timeRange }: DataSourceGetTagValuesOptions<Query>): Promise<MetricFindValue[]> {
  const values = await api.labelValues(key, nsRangeOf(timeRange), selectorOf((filters ?? []).filter((other) => other.key !== key)));
  return values.map((text) => ({ text }));
}
