/** One table of everything that can be called: for the checker, completion, hover texts and the engine. */
import { RangeFunction, VectorFunction } from './ast';

export interface FunctionInfo {
  name: string;
  kind: 'range' | 'vector' | 'other';
  /** What goes between the parentheses, for signature help. */
  signature: string;
  /** The name of a leading number, where one is needed. */
  parameter?: string;
  /** Whether `by` and `without` may follow. */
  grouping: 'none' | 'allowed';
  /** Whether the log query ends in `| unwrap`. Only range functions. */
  unwrap: 'no' | 'optional' | 'required';
  result: 'vector' | 'text';
  doc: string;
  example: string;
}

type Row = Omit<FunctionInfo, 'name' | 'kind' | 'result'>;

const lines = (doc: string, example: string): Row => ({ signature: 'log query [range]', grouping: 'none', unwrap: 'no', doc, example });

const samples = (doc: string, example: string, grouping: 'none' | 'allowed' = 'allowed'): Row => ({
  signature: 'log query | unwrap label [range]',
  grouping,
  unwrap: 'required',
  doc,
  example,
});

const aggregation = (doc: string, example: string): Row => ({ signature: 'metric query', grouping: 'allowed', unwrap: 'no', doc, example });

const rangeRows: Record<RangeFunction, Row> = {
  rate: {
    ...lines('Log lines per second; with unwrap, the sum of the values per second.', 'rate({app="api"} |= "error" [5m])'),
    unwrap: 'optional',
  },
  rate_counter: samples(
    'Increase per second of a counter found in the lines; resets are handled as Prometheus does.',
    'rate_counter({app="api"} | logfmt | unwrap requests [5m])',
    'none'
  ),
  count_over_time: lines('Number of log lines in the range.', 'count_over_time({app="api"}[5m])'),
  bytes_rate: lines('Bytes of log lines per second.', 'bytes_rate({app="api"}[5m])'),
  bytes_over_time: lines('Bytes of log lines in the range.', 'bytes_over_time({app="api"}[5m])'),
  absent_over_time: {
    ...lines('1 if there was no line (or sample) in the range, else nothing.', 'absent_over_time({app="api"}[5m])'),
    unwrap: 'optional',
  },
  sum_over_time: samples('Sum of the values.', 'sum_over_time({app="api"} | logfmt | unwrap bytes(size) [5m])', 'none'),
  avg_over_time: samples('Average of the values.', 'avg_over_time({app="api"} | logfmt | unwrap duration(took) [5m]) by (host)'),
  min_over_time: samples('Smallest value.', 'min_over_time({app="api"} | logfmt | unwrap took [5m]) by (host)'),
  max_over_time: samples('Largest value.', 'max_over_time({app="api"} | logfmt | unwrap took [5m]) by (host)'),
  stdvar_over_time: samples('Population variance of the values.', 'stdvar_over_time({app="api"} | logfmt | unwrap took [5m])'),
  stddev_over_time: samples('Population standard deviation of the values.', 'stddev_over_time({app="api"} | logfmt | unwrap took [5m])'),
  first_over_time: samples('The earliest value in the range.', 'first_over_time({app="api"} | logfmt | unwrap took [5m])'),
  last_over_time: samples('The latest value in the range.', 'last_over_time({app="api"} | logfmt | unwrap took [5m])'),
  quantile_over_time: {
    ...samples(
      'The quantile (0 to 1) of the values.',
      'quantile_over_time(0.99, {app="api"} | logfmt | unwrap duration(took) [5m]) by (host)'
    ),
    signature: 'quantile, log query | unwrap label [range]',
    parameter: 'quantile',
  },
};

const vectorRows: Record<VectorFunction, Row> = {
  sum: aggregation('Sum over series.', 'sum by (level) (rate({app="api"}[5m]))'),
  avg: aggregation('Average over series.', 'avg by (level) (rate({app="api"}[5m]))'),
  min: aggregation('Smallest value over series.', 'min(rate({app="api"}[5m]))'),
  max: aggregation('Largest value over series.', 'max by (host) (rate({app="api"}[5m]))'),
  count: aggregation('Number of series.', 'count(count_over_time({app="api"}[5m]))'),
  stddev: aggregation('Population standard deviation over series.', 'stddev(rate({app="api"}[5m]))'),
  stdvar: aggregation('Population variance over series.', 'stdvar(rate({app="api"}[5m]))'),
  topk: {
    ...aggregation('The k series with the largest values, with all their labels.', 'topk(5, sum by (host) (rate({app="api"}[5m])))'),
    signature: 'k, metric query',
    parameter: 'k',
  },
  bottomk: {
    ...aggregation('The k series with the smallest values, with all their labels.', 'bottomk(5, sum by (host) (rate({app="api"}[5m])))'),
    signature: 'k, metric query',
    parameter: 'k',
  },
  approx_topk: {
    ...aggregation('The k series with the largest values; Loki estimates them, here they are exact.', 'approx_topk(5, sum by (host) (rate({app="api"}[5m])))'),
    signature: 'k, metric query',
    parameter: 'k',
    grouping: 'none',
  },
  sort: { ...aggregation('Series by value, smallest first.', 'sort(sum by (host) (rate({app="api"}[5m])))'), grouping: 'none' },
  sort_desc: { ...aggregation('Series by value, largest first.', 'sort_desc(sum by (host) (rate({app="api"}[5m])))'), grouping: 'none' },
};

const otherRows: Record<string, Row> = {
  vector: { ...aggregation('One series without labels that has this value all the time.', 'sum(rate({app="api"}[5m])) or vector(0)'), signature: 'number', grouping: 'none' },
  label_replace: {
    ...aggregation(
      'Writes a label from a match on another: where the whole source label matches the pattern, target becomes the replacement.',
      'label_replace(rate({app="api"}[5m]), "shard", "$1", "host", "web-(.*)")'
    ),
    signature: 'metric query, "target", "replacement", "source", "pattern"',
    grouping: 'none',
  },
};

function rowsOf(kind: FunctionInfo['kind'], rows: Record<string, Row>): Array<[string, FunctionInfo]> {
  return Object.entries(rows).map(([name, row]) => [name, { name, kind, result: 'vector', ...row }]);
}

/** Every function by name, range functions first. */
export const functionInfo: ReadonlyMap<string, FunctionInfo> = new Map([
  ...rowsOf('range', rangeRows),
  ...rowsOf('vector', vectorRows),
  ...rowsOf('other', otherRows),
]);
