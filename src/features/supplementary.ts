import type { DataQueryRequest, DataQueryResponse, SupplementaryQueryOptions, SupplementaryQueryType } from '@grafana/data';
import type { Observable } from 'rxjs';
import { durationText } from '../query/interpolate';
import type { Query } from '../query/model';
import { supplementaryQuery, supplementaryTypes } from '../query/supplementary';

/** The request behind the histogram or the sample; undefined when no query of the request has one. */
export function supplementaryRequest(type: SupplementaryQueryType, request: DataQueryRequest<Query>, options?: SupplementaryQueryOptions): DataQueryRequest<Query> | undefined {
  const asked = options ?? ({ type } as SupplementaryQueryOptions);
  const targets = request.targets.flatMap((query) => (query.hide ? [] : (supplementaryQuery(asked, query) ?? [])));
  return targets.length > 0 ? { ...request, targets, liveStreaming: false, hideFromInspector: true } : undefined;
}

/** Grafana 10.1 to 10.3 want the answer itself. */
export function volumeProvider(
  type: SupplementaryQueryType,
  request: DataQueryRequest<Query>,
  query: (request: DataQueryRequest<Query>) => Observable<DataQueryResponse>
): Observable<DataQueryResponse> | undefined {
  const asked = supplementaryRequest(type, request);
  return asked && query((type as string) === supplementaryTypes.volume ? inBuckets(asked) : asked);
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
