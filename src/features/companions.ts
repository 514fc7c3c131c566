import type { DataFrame, DataQueryRequest } from '@grafana/data';
import { from, map, mergeMap, of, type Observable } from 'rxjs';
import { metricQuery } from '../correlate';
import { carriedMatchers } from '../query/carry';
import type { Query } from '../query/model';
import type { Prepared } from '../query/prepare';
import { nsRangeOf } from '../query/range';
import type { Environment } from './environment';
import { metricLinks } from './labelMap';
import { ask, prometheusSource } from './prometheus';

/** Series shown above the lines of a query; a machine has hundreds, and they would hide the lines. */
const companionSeriesMax = 12;

/** Frames of the matched metrics of a log query, for the same range. */
export function companions(query: Prepared, request: DataQueryRequest<Query>, environment: Environment): Observable<DataFrame[]> {
  const range = nsRangeOf(request.range);
  return from(metricLinks(environment, range)).pipe(
    mergeMap(async (links) => ({ links, matchers: links ? await carriedMatchers(query.expr, links.map, (selector) => environment.api.series([selector], range)) : [] })),
    mergeMap(({ links, matchers }) => {
      if (!links || matchers.length === 0) {
        return of([]);
      }
      // One metric that is a state of the machine, such as its load: two of different sizes share no axis.
      const metric = links.metrics.find(({ kind }) => kind === 'gauge') ?? links.metrics[0];
      const targets = metric ? [{ refId: `${query.refId}-metric`, expr: metricQuery(metric, matchers), range: true, datasource: { uid: links.uid, type: 'prometheus' } }] : [];
      const asked = { ...request, targets, requestId: `${request.requestId}-metrics` } as DataQueryRequest;
      return from(prometheusSource(links.uid).then((source) => ask(source, asked))).pipe(
        map(({ data }) => (data as DataFrame[]).slice(0, companionSeriesMax).map((frame) => ({ ...frame, meta: { ...frame.meta, preferredVisualisationType: 'graph' as const } })))
      );
    })
  );
}
