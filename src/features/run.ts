import { LoadingState, type DataFrame, type DataQueryError, type DataQueryRequest, type DataQueryResponse } from '@grafana/data';
import { catchError, combineLatest, concat, defer, filter, from, map, mergeMap, of, switchMap, timeout, type Observable } from 'rxjs';
import { ApiError, toApiError, type LogApi, type NsRange } from '../api';
import { addDerivedFields, type LinkTarget } from '../frames/derived';
import { addMetricLinks, type MetricLinks } from '../frames/metricLinks';
import type { FindLevel } from '../frames/levels';
import { joinStats } from '../frames/stats';
import { logFrame, rowsOf, sortRows, withStats, type LogRow } from '../frames/logs';
import { joinMatrix, metricFrames } from '../frames/metrics';
import { volumeFrames } from '../frames/volume';
import { searchWords } from '../query/highlight';
import { withLevelRules } from '../query/levelRules';
import { lineLimit, type Query } from '../query/model';
import type { Prepared } from '../query/prepare';
import { partMsOf, splitLogs, splitMetric, type Part } from '../query/split';
import { forLoki } from '../query/supplementary';
import type { DerivedField, LevelRule } from '../settings';
import type { MatrixData, QueryResponse } from '../wire';

/** What running a query needs of the world. */
export interface RunDeps {
  api: LogApi;
  datasourceName: string;
  maxLines: number;
  derivedFields: DerivedField[];
  findLevel: FindLevel;
  /** Rules that decide levels before `findLevel` looks at a line; the histogram counts by them. */
  levelRules: readonly LevelRule[];
  /** Grafana before 11 reads lines in an older form. */
  legacyFrames: boolean;
  findDataSource(uid: string): LinkTarget | undefined;
  /** Variables and ad hoc filters put in, step chosen. */
  prepare(query: Query, request: DataQueryRequest<Query>): Promise<Prepared>;
  /** Frames of other sources that belong to a query (matched metrics). */
  companions?(query: Prepared, request: DataQueryRequest<Query>): Observable<DataFrame[]>;
  /** Where lines lead to on the metric side; lines are shown before it is known. */
  metricLinks?(request: DataQueryRequest<Query>): Promise<MetricLinks | undefined>;
}

/** Frames of one query so far. */
interface Progress {
  frames: DataFrame[];
  done: boolean;
  error?: DataQueryError;
}

/** Runs all queries of a request side by side; long ranges arrive in parts, each emission has all that is known so far. */
export function run(request: DataQueryRequest<Query>, targets: Query[], deps: RunDeps): Observable<DataQueryResponse> {
  if (targets.length === 0) {
    return of({ data: [], state: LoadingState.Done });
  }
  return combineLatest(targets.map((query) => concat(of<Progress>({ frames: [], done: false }), runOne(query, request, deps)))).pipe(
    filter((all) => all.every((one) => one.done) || all.some((one) => one.frames.length > 0)),
    map(toResponse)
  );
}

function toResponse(all: Progress[]): DataQueryResponse {
  const errors = all.flatMap((one) => (one.error ? [one.error] : []));
  const done = all.every((one) => one.done);
  return {
    data: all.flatMap((one) => one.frames),
    state: !done ? LoadingState.Loading : errors.length > 0 ? LoadingState.Error : LoadingState.Done,
    ...(errors.length > 0 && { error: errors[0], errors }),
  };
}

function runOne(query: Query, request: DataQueryRequest<Query>, deps: RunDeps): Observable<Progress> {
  return defer(() => from(deps.prepare(query, request))).pipe(
    switchMap((prepared) => {
      const own = prepared.kind === 'log' ? linked(runLog(prepared, request, deps), request, deps) : prepared.instant ? runInstant(prepared, request, deps) : runMetric(prepared, request, deps);
      return query.withMetrics && deps.companions ? beside(own, deps.companions(prepared, request)) : own;
    }),
    // Cancelled by a newer request of the same panel: nothing that a user should read.
    catchError((error: unknown) => of<Progress>({ frames: [], done: true, error: toApiError(error).cancelled ? undefined : queryError(error, query.refId) }))
  );
}

/** Frames of `other` before those of the query; trouble there must not hide the lines. */
function beside(own: Observable<Progress>, other: Observable<DataFrame[]>): Observable<Progress> {
  const frames = concat(of<{ frames: DataFrame[]; done: boolean }>({ frames: [], done: false }), other.pipe(map((found) => ({ frames: found, done: true })), catchError(() => of({ frames: [], done: true }))));
  return combineLatest([own, frames]).pipe(map(([mine, more]) => ({ ...mine, frames: [...more.frames, ...mine.frames], done: mine.done && more.done })));
}

/** A query is done without its links to metrics when they are not found in this time: a Prometheus that hangs must not keep a panel loading. */
const linksMsMax = 5000;

/** Adds the way to the metrics as soon as it is known; lines do not wait for it, and trouble there does not hide them. */
function linked(own: Observable<Progress>, request: DataQueryRequest<Query>, { metricLinks }: RunDeps): Observable<Progress> {
  if (!metricLinks) {
    return own;
  }
  const found = from(metricLinks(request)).pipe(timeout(linksMsMax), map((links) => ({ links, known: true })), catchError(() => of({ links: undefined, known: true })));
  return combineLatest([own, concat(of({ links: undefined, known: false }), found)]).pipe(
    map(([mine, { links, known }]) => ({ ...mine, frames: mine.frames.map((frame) => addMetricLinks(frame, links)), done: mine.done && known }))
  );
}

export function queryError(error: unknown, refId: string): DataQueryError {
  const failed = toApiError(error);
  return { message: failed.message, status: failed.status || undefined, traceId: failed.traceId, refId };
}

function nsRange(part: Part): NsRange {
  return { startNs: `${Math.floor(part.fromMs)}000000`, endNs: `${Math.floor(part.toMs)}000000` };
}

function requestRange(request: DataQueryRequest<Query>): Part {
  return { fromMs: request.range.from.valueOf(), toMs: request.range.to.valueOf() };
}

/** Names a request on the wire: the same query asked anew cancels the older one. */
function requestId(request: DataQueryRequest<Query>, query: Query): string {
  return `binocle-${request.requestId}-${query.refId}`;
}

interface Collected<T> {
  value: T;
  done: boolean;
}

/** Asks for parts one after another, gives what is collected after each, stops when `enough`. */
function inParts<T>(parts: Part[], ask: (part: Part, before: T) => Observable<T>, enough: (value: T) => boolean, start: T): Observable<Collected<T>> {
  return ask(parts[0], start).pipe(
    mergeMap((value) => {
      const rest = parts.slice(1);
      return rest.length === 0 || enough(value) ? of({ value, done: true }) : concat(of({ value, done: false }), inParts(rest, ask, enough, value));
    })
  );
}

/** A part that took the server too long is asked for again in halves, at most this often. */
const halvingsMax = 3;

function withHalving<T>(part: Part, ask: (part: Part) => Observable<T[]>, halve: (part: Part) => Part[] | undefined, left = halvingsMax): Observable<T[]> {
  return ask(part).pipe(
    catchError((error: unknown) => {
      const parts = left > 0 && isTimeout(error) ? halve(part) : undefined;
      if (!parts) {
        throw error;
      }
      const [first, second] = parts.map((half) => withHalving(half, ask, halve, left - 1));
      return first.pipe(mergeMap((a) => second.pipe(map((b) => [...a, ...b]))));
    })
  );
}

function isTimeout(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 504 || /timeout|deadline exceeded/i.test(error.message));
}

interface LogState {
  rows: LogRow[];
  responses: QueryResponse[];
}

function runLog(query: Prepared, request: DataQueryRequest<Query>, deps: RunDeps): Observable<Progress> {
  const direction = query.direction ?? 'backward';
  const limit = lineLimit(query, deps.maxLines);
  const parts = splitLogs(requestRange(request), partMsOf(query.splitDuration), direction);
  const words = searchWords(query.expr);
  const ask = (part: Part, before: LogState) => {
    const left = limit - before.rows.length;
    const one = (range: Part) =>
      deps.api
        .queryRange({ expr: query.expr, ...nsRange(range), limit: left, direction, requestId: requestId(request, query), source: query.supportingQueryType === 'logsSample' ? 'logsample' : undefined })
        .pipe(map((response) => [response]));
    return withHalving(part, one, (whole) => halves(whole, direction)).pipe(
      map((responses) => ({ rows: [...before.rows, ...newRows(responses, direction, left)], responses: [...before.responses, ...responses] }))
    );
  };
  return inParts<LogState>(parts, ask, ({ rows }) => rows.length >= limit, { rows: [], responses: [] }).pipe(
    map(({ value, done }) => {
      const frame = logFrame(value.rows, { refId: query.refId, expr: query.expr, direction, limit, findLevel: deps.findLevel, searchWords: words, legacy: deps.legacyFrames });
      return { frames: [addDerivedFields(withStats(frame, value.responses), deps.derivedFields, deps.findDataSource)], done };
    })
  );
}

function newRows(responses: QueryResponse[], direction: 'backward' | 'forward', limit: number): LogRow[] {
  const rows = responses.flatMap((response) => (response.data.resultType === 'streams' ? rowsOf(response.data, direction) : []));
  return sortRows(rows, direction).slice(0, limit);
}

function halves({ fromMs, toMs }: Part, direction: 'backward' | 'forward'): Part[] | undefined {
  const middle = Math.floor((fromMs + toMs) / 2);
  if (middle <= fromMs || middle >= toMs) {
    return undefined;
  }
  const both = [{ fromMs, toMs: middle }, { fromMs: middle, toMs }];
  return direction === 'backward' ? both.reverse() : both;
}

function runMetric(query: Prepared, request: DataQueryRequest<Query>, deps: RunDeps): Observable<Progress> {
  const { stepMs } = query;
  const range = requestRange(request);
  const parts = splitMetric(range, stepMs, partMsOf(query.splitDuration));
  const volume = query.supportingQueryType === 'logsVolume';
  const ask = (expr: string) => (part: Part, before: QueryResponse | undefined) =>
    withHalving(
      part,
      (one) =>
        deps.api
          .queryRange({ expr, ...nsRange(one), stepMs, requestId: requestId(request, query), source: volume ? 'logvolhist' : undefined })
          .pipe(map((response) => [response])),
      (whole) => metricHalves(whole, stepMs)
    ).pipe(map((responses) => responses.reduce<QueryResponse | undefined>((newer, older) => join(older, newer), before)));
  return from(volume ? deps.api.flavour() : Promise.resolve('binocle' as const)).pipe(
    mergeMap((flavour) => inParts<QueryResponse | undefined>(parts, ask(volume ? withLevelRules(flavour === 'loki' ? forLoki(query.expr) : query.expr, deps.levelRules) : query.expr), () => false, undefined)),
    map(({ value, done }) => ({ frames: value ? framesOf(value, query, request, deps) : [], done }))
  );
}

function metricHalves({ fromMs, toMs }: Part, stepMs: number): Part[] | undefined {
  const middle = fromMs + Math.floor((toMs - fromMs) / stepMs / 2) * stepMs;
  return middle + stepMs > toMs ? undefined : [{ fromMs: middle + stepMs, toMs }, { fromMs, toMs: middle }];
}

function join(older: QueryResponse, newer: QueryResponse | undefined): QueryResponse {
  if (newer?.data.resultType === 'matrix' && older.data.resultType === 'matrix') {
    return { ...newer, warnings: [...(older.warnings ?? []), ...(newer.warnings ?? [])], data: { ...joinMatrix(older.data, newer.data), stats: joinStats(older.data.stats, newer.data.stats) } };
  }
  return older;
}

function runInstant(query: Prepared, request: DataQueryRequest<Query>, deps: RunDeps): Observable<Progress> {
  const { endNs } = nsRange(requestRange(request));
  return deps.api
    .queryInstant({ expr: query.expr, timeNs: endNs, requestId: requestId(request, query) })
    .pipe(map((response) => ({ frames: framesOf(response, query, request, deps), done: true })));
}

function framesOf(response: QueryResponse, query: Prepared, request: DataQueryRequest<Query>, deps: RunDeps): DataFrame[] {
  const { refId, expr, stepMs } = query;
  if (response.data.resultType === 'streams') {
    // The text could not be parsed here, but the server understood it as a log query.
    const rows = rowsOf(response.data, query.direction ?? 'backward');
    return [withStats(logFrame(rows, { refId, expr, direction: query.direction ?? 'backward', findLevel: deps.findLevel, legacy: deps.legacyFrames }), [response])];
  }
  if (query.supportingQueryType === 'logsVolume' && response.data.resultType === 'matrix') {
    const { fromMs, toMs } = requestRange(request);
    const options = { refId, stepMs, range: { from: fromMs, to: toMs }, datasourceName: deps.datasourceName, sourceQuery: query };
    return volumeFrames(response as QueryResponse & { data: MatrixData }, options);
  }
  return metricFrames(response as Parameters<typeof metricFrames>[0], { refId, expr, legend: query.legendFormat, stepMs: query.instant ? undefined : stepMs });
}
