import type { SupplementaryQueryOptions } from '@grafana/data';
import { logQueriesOf } from '../logql';
import { kindOf, parsed } from './kind';
import type { Query } from './model';

/** Lines shown under a metric query unless Grafana asks for another number. */
const sampleLimit = 100;

/** `SupplementaryQueryType` as texts: Grafana 10.1 and newer agree on them. */
export const supplementaryTypes = { volume: 'LogsVolume', sample: 'LogsSample' } as const;

/** The query behind the histogram of a log query, or behind the lines under a metric query; undefined when it has none. */
export function supplementaryQuery(options: SupplementaryQueryOptions, query: Query): Query | undefined {
  switch (options.type as string) {
    case supplementaryTypes.volume:
      return volumeQuery(query, 'field' in options ? options.field : undefined);
    case supplementaryTypes.sample:
      return sampleQuery(query, 'limit' in options ? options.limit : undefined);
    default:
      return undefined;
  }
}

/** Lines by level and time. Binocle finds the level of every line itself (`__level__`), whatever the query parses. */
function volumeQuery(query: Query, field?: string): Query | undefined {
  if (query.expr.trim() === '' || kindOf(query.expr) !== 'log') {
    return undefined;
  }
  const end = /#|\/\//.test(query.expr) ? '\n' : ' ';
  return {
    ...query,
    refId: `log-volume-${query.refId}`,
    expr: `sum by (${field || '__level__'}) (count_over_time(${query.expr}${end}[$__interval]))`,
    queryType: 'range',
    supportingQueryType: field ? 'dataSample' : 'logsVolume',
    legendFormat: field ? `{{${field}}}` : '{{__level__}}',
    step: undefined,
    withMetrics: false,
  };
}

function sampleQuery(query: Query, limit = sampleLimit): Query | undefined {
  const expr = parsed(query.expr);
  if (!expr || expr.kind === 'log') {
    return undefined;
  }
  const [first] = logQueriesOf(expr);
  return (
    first && {
      ...query,
      refId: `log-sample-${query.refId}`,
      expr: query.expr.slice(first.span.start, first.span.end),
      queryType: 'range',
      supportingQueryType: 'logsSample',
      maxLines: limit,
      withMetrics: false,
    }
  );
}

/** A volume query for a Loki, which does not know our level: by the labels it keeps levels in. */
export function forLoki(expr: string): string {
  return expr.replace(/^sum by \(__level__\)/, 'sum by (level, detected_level)');
}
