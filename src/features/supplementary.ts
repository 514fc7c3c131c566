import { LoadingState, type DataFrame, type DataQueryRequest, type DataQueryResponse, type SupplementaryQueryOptions, type SupplementaryQueryType } from '@grafana/data';
import { map, startWith, type Observable } from 'rxjs';
import { durationText } from '../query/interpolate';
import type { Query } from '../query/model';
import { supplementaryQuery, supplementaryTypes } from '../query/supplementary';

/** The request behind the histogram or the sample; undefined when no query of the request has one. */
export function supplementaryRequest(type: SupplementaryQueryType, request: DataQueryRequest<Query>, options?: SupplementaryQueryOptions): DataQueryRequest<Query> | undefined {
  const asked = options ?? ({ type } as SupplementaryQueryOptions);
  const targets = request.targets.flatMap((query) => (query.hide ? [] : (supplementaryQuery(asked, query) ?? [])));
  return targets.length > 0 ? { ...request, targets, liveStreaming: false, hideFromInspector: true } : undefined;
}

/**
 * The answer itself: the histogram or the sample. Every Grafana since 10.1 takes it from here when there is such a method, and asks for
 * `supplementaryRequest` only where there is none. Begins with `Loading`, which Explore shows in the place of the graph.
 */
export function supplementaryData(
  type: SupplementaryQueryType,
  request: DataQueryRequest<Query>,
  query: (request: DataQueryRequest<Query>) => Observable<DataQueryResponse>
): Observable<DataQueryResponse> | undefined {
  const asked = supplementaryRequest(type, request);
  if (!asked) {
    return undefined;
  }
  const answer = (type as string) === supplementaryTypes.volume ? query(inBuckets(asked)).pipe(map((response) => withSources(response, request.targets))) : query(asked);
  return answer.pipe(startWith<DataQueryResponse>({ data: [], state: LoadingState.Loading }));
}

/** Explore matches a histogram with the query it belongs to: the one the user wrote, not the one that counted. */
function withSources(response: DataQueryResponse, targets: Query[]): DataQueryResponse {
  const data = (response.data as DataFrame[]).map((frame) => {
    const sourceQuery = targets.find(({ refId }) => frame.refId === `log-volume-${refId}`);
    return sourceQuery ? { ...frame, meta: { ...frame.meta, custom: { ...frame.meta?.custom, sourceQuery } } } : frame;
  });
  return { ...response, data };
}

/** A histogram has about this many bars. */
const bars = 90;
const niceSeconds = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];

function inBuckets(request: DataQueryRequest<Query>): DataQueryRequest<Query> {
  const seconds = (request.range.to.valueOf() - request.range.from.valueOf()) / 1000 / bars;
  const intervalMs = (niceSeconds.find((nice) => nice >= seconds) ?? 86_400) * 1000;
  const interval = durationText(intervalMs);
  const scopedVars = { ...request.scopedVars, __interval: { text: interval, value: interval }, __interval_ms: { text: String(intervalMs), value: intervalMs } };
  return { ...request, intervalMs, interval, scopedVars };
}
