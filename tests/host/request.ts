import { CoreApp, LoadingState, type AdHocVariableFilter, type DataQueryRequest, type DataQueryResponse, type ScopedVars, type TimeRange } from '@grafana/data';
import type { DataQuery } from '@grafana/schema';
import { from, isObservable, type Observable, type Subscription } from 'rxjs';

interface RequestOptions {
  /** Requests of one name replace each other on the wire. */
  name: string;
  range: TimeRange;
  live?: boolean;
  app?: CoreApp;
  filters?: AdHocVariableFilter[];
}

/** Points on a graph of the page. */
const pointsMax = 600;

/** A request for data as Grafana makes it. */
export function requestOf(query: DataQuery, { name, range, live = false, app = CoreApp.Explore, filters }: RequestOptions): DataQueryRequest<DataQuery> {
  const intervalMs = niceInterval((range.to.valueOf() - range.from.valueOf()) / pointsMax);
  return {
    requestId: `explore-${name}`, interval: `${intervalMs}ms`, intervalMs, maxDataPoints: pointsMax, range, targets: [query], timezone: 'browser', app, startTime: Date.now(), liveStreaming: live,
    filters, scopedVars: intervalVariables(intervalMs),
  };
}

function intervalVariables(intervalMs: number): ScopedVars {
  return { __interval: { text: `${intervalMs}ms`, value: `${intervalMs}ms` }, __interval_ms: { text: String(intervalMs), value: intervalMs } };
}

const niceSeconds = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];

function niceInterval(ms: number): number {
  return (niceSeconds.find((seconds) => seconds * 1000 >= ms) ?? 86400) * 1000;
}

/** Hands every answer on; trouble becomes an answer with the error in it. */
export function listen(answer: Promise<DataQueryResponse> | Observable<DataQueryResponse>, onNext: (response: DataQueryResponse) => void): Subscription {
  const stream = isObservable(answer) ? answer : from(answer);
  return stream.subscribe({ next: onNext, error: (error) => onNext({ data: [], state: LoadingState.Error, error: { message: error?.data?.message ?? error?.message ?? String(error) } }) });
}
