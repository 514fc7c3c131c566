import { dateTime, type DataFrame, type DataQueryRequest, type DataQueryResponse } from '@grafana/data';
import { of, throwError, type Observable } from 'rxjs';
import { ApiError, type LogApi, type RangeParams } from '../api';
import type { Query } from '../query/model';
import type { CorrelateLogsResponse, CorrelateRankResponse, QueryResponse, WireEntry } from '../wire';

/** Where the ranges of these tests begin, in milliseconds, and how long most of them are. */
export const start = 1_763_800_000_000;
export const hour = 3_600_000;
/** What each answer says of its work. */
export const stats = { summary: { totalEntriesReturned: 1 } } as never;

/** A server with one line a minute; keeps what it was asked. */
export class MinuteLog implements LogApi {
  readonly asked: RangeParams[] = [];
  failing: (params: RangeParams) => ApiError | undefined = () => undefined;
  flavourIs: 'binocle' | 'loki' = 'binocle';
  labelList = ['job', 'host'];

  queryRange(params: RangeParams): Observable<QueryResponse> {
    this.asked.push(params);
    const error = this.failing(params);
    if (error) {
      return throwError(() => error);
    }
    const [from, to] = [Number(params.startNs.slice(0, -6)), Number(params.endNs.slice(0, -6))];
    if (params.stepMs) {
      const count = Math.floor((to - from) / params.stepMs) + 1;
      const values = Array.from({ length: count }, (_, index): [number, string] => [(from + index * params.stepMs!) / 1000, '1']);
      return of({ status: 'success', data: { resultType: 'matrix', stats, result: [{ metric: { [this.flavourIs === 'binocle' ? '__level__' : 'level']: 'info' }, values }] } });
    }
    const values: WireEntry[] = [];
    for (let ms = Math.ceil(from / 60_000) * 60_000; ms < to; ms += 60_000) {
      values.push([`${ms}000000`, `line ${ms}`, {}]);
    }
    const ordered = params.direction === 'forward' ? values : values.reverse();
    return of({ status: 'success', data: { resultType: 'streams', encodingFlags: ['categorize-labels'], stats, result: [{ stream: { job: 'x' }, values: ordered.slice(0, params.limit) }] } });
  }
  queryInstant = () => of<QueryResponse>({ status: 'success', data: { resultType: 'vector', stats, result: [{ metric: {}, value: [1, '2'] }] } });
  labels = async () => this.labelList;
  labelValues = async (name: string, _range: unknown, selector?: string) => (this.labelList.includes(name) ? [`${name} ${selector ?? ''}`.trim()] : []);
  series = async () => [{ job: 'x', host: 'a' }];
  stats = async () => ({ streams: 1, chunks: 1, entries: 1, bytes: 1 });
  volume = async () => new Map<string, number>();
  detectedFields = async () => [{ label: 'status', type: 'int' as const, cardinality: 3, parsers: ['json'] }, { label: 'job', type: 'string' as const, cardinality: 1, parsers: null }];
  detectedFieldValues = async (name: string) => [`${name}-value`];
  buildInfo = async () => ({ version: '3.4.0', revision: 'binocle-0.1.0', branch: 'binocle', buildUser: '', buildDate: '', goVersion: '' });
  flavour = async () => this.flavourIs;
  rankMetrics = (): Observable<CorrelateRankResponse> => throwError(() => new ApiError('no Prometheus is configured', 400));
  grown = (): Observable<CorrelateLogsResponse> => throwError(() => new ApiError('404 page not found', 404));
  tailUrl = () => 'ws://x';
}

/** What Grafana asks of a data source that has one query. */
export function requestFor(query: Partial<Query>, rangeMs = hour): DataQueryRequest<Query> {
  const range = { from: dateTime(start), to: dateTime(start + rangeMs), raw: { from: 'a', to: 'b' } };
  return { requestId: 'Q1', range, interval: '1m', intervalMs: 60_000, scopedVars: {}, targets: [{ refId: 'A', expr: '{job="x"}', ...query }], app: 'dashboard', timezone: 'utc', startTime: 0 };
}

/** Texts of the lines in an answer. */
export const linesOf = (response: DataQueryResponse) => (response.data[0] as DataFrame).fields.find((field) => field.name === 'body')!.values as string[];
