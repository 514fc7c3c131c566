import type { DataSourceInstanceSettings } from '@grafana/data';
import { config, getBackendSrv } from '@grafana/runtime';
import { catchError, lastValueFrom, map, throwError, type Observable } from 'rxjs';
import { t } from './i18n';
import type { LabelPair } from './correlate';
import type { Settings } from './settings';
import type {
  BuildInfoResponse,
  CorrelateLogsResponse,
  CorrelateRankResponse,
  DetectedFieldsResponse,
  DetectedFieldValuesResponse,
  IndexStatsResponse,
  LabelSet,
  LabelsResponse,
  QueryResponse,
  SeriesResponse,
  VolumeResponse,
} from './wire';

/** Times as decimal nanoseconds; the start is inside the range, the end is not. */
export interface NsRange {
  startNs: string;
  endNs: string;
}

/** What every query has; `requestId` makes a newer request with the same id cancel the older. */
export interface QueryParams {
  expr: string;
  limit?: number;
  direction?: 'backward' | 'forward';
  requestId?: string;
  /** Goes into the server's query log as `Source=...`. */
  source?: string;
}

export interface RangeParams extends QueryParams, NsRange {
  /** For metric queries; whole milliseconds. */
  stepMs?: number;
}

export interface InstantParams extends QueryParams {
  timeNs: string;
}

export interface RankParams extends NsRange {
  expr: string;
  /** Uid of the Prometheus, by which the server must know it. */
  prometheus: string;
  map: readonly LabelPair[];
  errorsOnly: boolean;
  limit: number;
}

/** A Binocle finds levels itself and answers more than a Loki does. */
export type Flavour = 'binocle' | 'loki';

/** The server as the plugin sees it. Unsubscribing from a query cancels it on the wire. */
export interface LogApi {
  queryRange(params: RangeParams): Observable<QueryResponse>;
  queryInstant(params: InstantParams): Observable<QueryResponse>;
  labels(range: NsRange, selector?: string): Promise<string[]>;
  labelValues(name: string, range: NsRange, selector?: string): Promise<string[]>;
  series(selectors: string[], range: NsRange): Promise<LabelSet[]>;
  stats(selector: string, range: NsRange): Promise<IndexStatsResponse>;
  /** Lines or bytes by label value inside a selector: the weights shown beside completions. */
  volume(selector: string, range: NsRange, label: string): Promise<Map<string, number>>;
  detectedFields(expr: string, range: NsRange): Promise<NonNullable<DetectedFieldsResponse['fields']>>;
  detectedFieldValues(name: string, expr: string, range: NsRange): Promise<string[]>;
  /** Metrics by how they moved with the lines of a query, ranked on the server. Only a Binocle can, and only with a Prometheus it was told of. */
  rankMetrics(params: RankParams): Observable<CorrelateRankResponse>;
  /** Streams and patterns of the streams of a query that grew. Only a Binocle can. */
  grown(expr: string, range: NsRange, limit: number): Observable<CorrelateLogsResponse>;
  buildInfo(): Promise<BuildInfoResponse>;
  /** Asked once; a server that doesn't say is taken for a Loki. */
  flavour(): Promise<Flavour>;
  /** Address of the WebSocket that follows a log query. */
  tailUrl(expr: string, startNs: string, limit: number): string;
}

/** An answer that was not a success, in words for the user. `status` 0: no answer at all. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly cancelled = false,
    /** Trace of the request in Grafana's server, when it was traced. */
    readonly traceId?: string
  ) {
    super(message);
  }
}

/** Queries longer than this go as a form body: proxies commonly refuse addresses over 8 KB. */
const getCharactersMax = 3000;

/** `queryRange` asks for where labels come from, so that filters land in the right place of the query. */
const categorize = { 'X-Loki-Response-Encoding-Flags': 'categorize-labels' };

/** The only implementation: through Grafana's data source proxy. The only place that knows addresses. */
export class HttpLogApi implements LogApi {
  private readonly base: string;
  private flavourAsked?: Promise<Flavour>;

  constructor(settings: Pick<DataSourceInstanceSettings<Settings>, 'url' | 'uid'>) {
    this.base = settings.url ?? `/api/datasources/proxy/uid/${settings.uid}`;
  }

  queryRange({ expr, startNs, endNs, stepMs, limit, direction, requestId, source }: RangeParams): Observable<QueryResponse> {
    const params = { query: expr, start: startNs, end: endNs, step: stepMs === undefined ? undefined : `${stepMs}ms`, limit, direction };
    return this.send<QueryResponse>('/loki/api/v1/query_range', params, { requestId, headers: headersOf(source) });
  }

  queryInstant({ expr, timeNs, limit, direction, requestId, source }: InstantParams): Observable<QueryResponse> {
    return this.send<QueryResponse>('/loki/api/v1/query', { query: expr, time: timeNs, limit, direction }, { requestId, headers: headersOf(source) });
  }

  async labels(range: NsRange, selector?: string): Promise<string[]> {
    const answer = await this.get<LabelsResponse>('/loki/api/v1/labels', { ...times(range), query: selector });
    return answer.data ?? [];
  }

  async labelValues(name: string, range: NsRange, selector?: string): Promise<string[]> {
    const answer = await this.get<LabelsResponse>(`/loki/api/v1/label/${encodeURIComponent(name)}/values`, { ...times(range), query: selector });
    return answer.data ?? [];
  }

  async series(selectors: string[], range: NsRange): Promise<LabelSet[]> {
    const answer = await this.get<SeriesResponse>('/loki/api/v1/series', { ...times(range), 'match[]': selectors });
    return answer.data ?? [];
  }

  stats(selector: string, range: NsRange): Promise<IndexStatsResponse> {
    return this.get<IndexStatsResponse>('/loki/api/v1/index/stats', { ...times(range), query: selector });
  }

  async volume(selector: string, range: NsRange, label: string): Promise<Map<string, number>> {
    const params = { ...times(range), query: selector, targetLabels: label, limit: 5000 };
    const answer = await this.get<VolumeResponse>('/loki/api/v1/index/volume', params);
    const byValue = new Map<string, number>();
    if (answer.data.resultType === 'vector') {
      for (const sample of answer.data.result) {
        byValue.set(sample.metric[label] ?? '', Number(sample.value[1]));
      }
    }
    return byValue;
  }

  async detectedFields(expr: string, range: NsRange): Promise<NonNullable<DetectedFieldsResponse['fields']>> {
    const answer = await this.get<DetectedFieldsResponse>('/loki/api/v1/detected_fields', { ...times(range), query: expr, line_limit: 100 });
    return answer.fields ?? [];
  }

  async detectedFieldValues(name: string, expr: string, range: NsRange): Promise<string[]> {
    const path = `/loki/api/v1/detected_field/${encodeURIComponent(name)}/values`;
    const answer = await this.get<DetectedFieldValuesResponse>(path, { ...times(range), query: expr });
    return answer.values ?? [];
  }

  rankMetrics({ expr, startNs, endNs, prometheus, map, errorsOnly, limit }: RankParams): Observable<CorrelateRankResponse> {
    const params = { mode: 'rank', query: expr, start: startNs, end: endNs, prometheus, map: JSON.stringify(map), errors: String(errorsOnly), limit };
    return this.send<CorrelateRankResponse>('/binocle/api/v1/correlate', params, {});
  }

  grown(expr: string, range: NsRange, limit: number): Observable<CorrelateLogsResponse> {
    return this.send<CorrelateLogsResponse>('/binocle/api/v1/correlate', { mode: 'logs', query: expr, ...times(range), limit }, {});
  }

  buildInfo(): Promise<BuildInfoResponse> {
    return this.get<BuildInfoResponse>('/loki/api/v1/status/buildinfo', {});
  }

  flavour(): Promise<Flavour> {
    this.flavourAsked ??= this.buildInfo().then(
      (info): Flavour => (/binocle/i.test(`${info.version} ${info.branch} ${info.revision}`) ? 'binocle' : 'loki'),
      () => {
        // Not reachable now: ask again with the next query instead of remembering a guess.
        this.flavourAsked = undefined;
        return 'loki';
      }
    );
    return this.flavourAsked;
  }

  tailUrl(expr: string, startNs: string, limit: number): string {
    const query = new URLSearchParams({ query: expr, start: startNs, limit: String(limit) });
    const path = `${this.base}/loki/api/v1/tail?${query}`;
    const absolute = /^https?:/.test(path) ? path : `${location.origin}${config.appSubUrl ?? ''}${path.startsWith('/') ? '' : '/'}${path}`;
    return absolute.replace(/^http/, 'ws');
  }

  private get<T>(path: string, params: Params): Promise<T> {
    return lastValueFrom(this.send<T>(path, params, {}));
  }

  private send<T>(path: string, params: Params, options: { requestId?: string; headers?: Record<string, string> }): Observable<T> {
    const form = formOf(params);
    const asBody = form.length > getCharactersMax;
    const url = this.base + path;
    const request = asBody
      ? { method: 'POST', url, data: form, headers: { ...options.headers, 'Content-Type': 'application/x-www-form-urlencoded' } }
      : { method: 'GET', url: form ? `${url}?${form}` : url, headers: options.headers };
    return getBackendSrv()
      .fetch<T>({ ...request, requestId: options.requestId, showErrorAlert: false })
      .pipe(
        map((answer) => answer.data),
        catchError((error: unknown) => throwError(() => toApiError(error)))
      );
  }
}

type Params = Record<string, string | number | string[] | undefined>;

function times({ startNs, endNs }: NsRange): Params {
  return { start: startNs, end: endNs };
}

function headersOf(source?: string): Record<string, string> {
  return source ? { ...categorize, 'X-Query-Tags': `Source=${source}` } : categorize;
}

function formOf(params: Params): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== undefined && item !== '') {
        form.append(name, String(item));
      }
    }
  }
  return form.toString();
}

/** Grafana's fetch errors, plain texts of Loki and JSON errors of proxies, all in one form. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) {
    return error;
  }
  const failed = (error ?? {}) as { status?: number; statusText?: string; data?: unknown; message?: string; cancelled?: boolean; traceId?: string };
  const data = (typeof failed.data === 'object' && failed.data !== null ? failed.data : { message: failed.data }) as Record<string, unknown>;
  const texts = [data.response, data.message, data.error, failed.message, failed.statusText];
  const text = texts.find((candidate): candidate is string => typeof candidate === 'string' && candidate.trim() !== '');
  return new ApiError(withoutMarkup(text ?? t('api.silent', 'The log server did not answer')), Math.max(0, failed.status ?? 0), failed.cancelled === true, failed.traceId);
}

/** Proxies answer with whole pages: their title says what a person would read on them. */
function withoutMarkup(text: string): string {
  const title = /^\s*<[\s\S]*?<title>\s*([^<]+?)\s*<\/title>/i.exec(text)?.[1];
  return title ?? text.trim();
}
