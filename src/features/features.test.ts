import { dateTime, FieldType, LoadingState, type DataFrame, type DataQueryRequest, type DataQueryResponse, type LogRowModel } from '@grafana/data';
import { lastValueFrom, Observable, of, throwError, toArray } from 'rxjs';
import { ApiError, type LogApi, type RangeParams } from '../api';
import { levelFinder } from '../frames/levels';
import { volumeLevel } from '../frames/volume';
import { levelOfLine } from '../levels/levels';
import type { Query } from '../query/model';
import { prepare } from '../query/prepare';
import type { CorrelateLogsResponse, CorrelateRankResponse, QueryResponse, WireEntry } from '../wire';
import { tagKeys, tagValues } from './adhoc';
import { annotationEvents, annotationSupport } from './annotations';
import { contextExpr, contextLabels, contextQuery, logContext, scopeOf } from './context';
import { labelMap } from './labelMap';
import type { Environment } from './environment';
import { checkHealth } from './health';
import { formatOf, queryHints } from './hints';
import { whichGrew } from './grown';
import { onGrid, whichMoved, type MovedDeps } from './moved';
import { run, type RunDeps } from './run';
import { supplementaryData, supplementaryRequest } from './supplementary';
import { rowsOfTail, tail } from './tail';
import type { VariableQuery } from '../query/variable';
import { findValues, LogVariableSupport } from './variables';
import { matchersOfStreams } from '../query/carry';

const findLevel = levelFinder([], levelOfLine);
const hour = 3_600_000;
const start = 1_763_800_000_000;
const stats = { summary: { totalEntriesReturned: 1 } } as never;

/** A server with one line a minute; keeps what it was asked. */
class MinuteLog implements LogApi {
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

function requestFor(query: Partial<Query>, rangeMs = hour): DataQueryRequest<Query> {
  const range = { from: dateTime(start), to: dateTime(start + rangeMs), raw: { from: 'a', to: 'b' } };
  return { requestId: 'Q1', range, interval: '1m', intervalMs: 60_000, scopedVars: {}, targets: [{ refId: 'A', expr: '{job="x"}', ...query }], app: 'dashboard', timezone: 'utc', startTime: 0 };
}

function depsFor(api: LogApi): RunDeps {
  return {
    api, datasourceName: 'B', maxLines: 1000, derivedFields: [], findLevel, levelRules: [], legacyFrames: false, findDataSource: () => undefined,
    prepare: async (query, request) => prepare(query, { rangeMs: request.range.to.valueOf() - request.range.from.valueOf(), intervalMs: request.intervalMs, scopedVars: {}, replace: (text) => text, addFilters: (expr) => expr }),
  };
}

const answers = (request: DataQueryRequest<Query>, deps: RunDeps) => lastValueFrom(run(request, request.targets, deps).pipe(toArray()));
const linesOf = (response: DataQueryResponse) => (response.data[0] as DataFrame).fields.find((field) => field.name === 'body')!.values as string[];

describe('running queries', () => {
  test('a long range comes in parts, newest first, no line twice', async () => {
    const api = new MinuteLog();
    const all = await answers(requestFor({ maxLines: 10_000 }, 50 * hour), depsFor(api));
    expect(api.asked).toHaveLength(3);
    expect(all.map((one) => one.state)).toEqual([LoadingState.Loading, LoadingState.Loading, LoadingState.Done]);
    const last = linesOf(all[2]);
    expect(new Set(last).size).toBe(last.length);
    expect(last).toHaveLength(50 * 60);
    expect(last).toEqual([...last].sort().reverse());
  });

  test('a reached limit stops asking', async () => {
    const api = new MinuteLog();
    const all = await answers(requestFor({ maxLines: 100 }, 50 * hour), depsFor(api));
    expect(api.asked).toHaveLength(1);
    expect(linesOf(all.at(-1)!)).toHaveLength(100);
  });

  test('oldest first asks from the other end', async () => {
    const api = new MinuteLog();
    const all = await answers(requestFor({ maxLines: 5, direction: 'forward' }, 50 * hour), depsFor(api));
    expect(api.asked[0]).toMatchObject({ startNs: `${start}000000`, direction: 'forward', limit: 5 });
    expect(linesOf(all.at(-1)!)[0]).toBe(`line ${Math.ceil(start / 60_000) * 60_000}`);
  });

  test('parts of a metric are joined into one series', async () => {
    const api = new MinuteLog();
    const all = await answers(requestFor({ expr: 'rate({job="x"}[1m])' }, 50 * hour), depsFor(api));
    const [frame] = all.at(-1)!.data as DataFrame[];
    expect(frame.meta?.stats?.find(({ displayName }) => displayName.endsWith('lines returned'))?.value).toBe(api.asked.length);
    const times = frame.fields[0].values as number[];
    expect(times).toHaveLength(50 * 60 + 2);
    expect(times.every((time, index) => index === 0 || time - times[index - 1] === 60_000)).toBe(true);
  });

  test('a part that takes too long is asked for in halves', async () => {
    const api = new MinuteLog();
    api.failing = ({ startNs, endNs }) => (Number(BigInt(endNs) - BigInt(startNs)) / 1e6 > hour / 3 ? new ApiError('context deadline exceeded', 504) : undefined);
    const all = await answers(requestFor({ maxLines: 1000 }), depsFor(api));
    expect(linesOf(all.at(-1)!)).toHaveLength(60);
    expect(all.at(-1)!.state).toBe(LoadingState.Done);
  });

  test('an error of one query does not hide the other', async () => {
    const api = new MinuteLog();
    api.failing = ({ expr }) => (expr.includes('bad') ? new ApiError('parse error at line 1', 400, false, 'abc') : undefined);
    const request = requestFor({});
    request.targets.push({ refId: 'B', expr: '{job="bad"}' });
    const last = (await answers(request, depsFor(api))).at(-1)!;
    expect(last.state).toBe(LoadingState.Error);
    expect(last.errors).toEqual([{ message: 'parse error at line 1', status: 400, refId: 'B', traceId: 'abc' }]);
    expect(last.data).toHaveLength(1);
  });

  test('what a newer request cancelled is no error', async () => {
    const api = new MinuteLog();
    api.failing = () => new ApiError('Request was aborted', 0, true);
    expect(await answers(requestFor({}), depsFor(api))).toEqual([{ data: [], state: LoadingState.Done }]);
  });

  test('the histogram asks a Loki by its own labels', async () => {
    const api = new MinuteLog();
    api.flavourIs = 'loki';
    const request = supplementaryRequest('LogsVolume' as never, requestFor({}))!;
    const last = (await answers(request, depsFor(api))).at(-1)!;
    expect(api.asked[0].expr).toBe('sum by (level, detected_level) (count_over_time({job="x"} [$__interval]))');
    expect((last.data[0] as DataFrame).name).toBe('info');
    expect(supplementaryRequest('LogsVolume' as never, requestFor({ hide: true }))).toBeUndefined();
  });

  test('the histogram counts by the level rules, in one bar for each level', async () => {
    const api = new MinuteLog();
    const request = supplementaryRequest('LogsVolume' as never, requestFor({}))!;
    await answers(request, { ...depsFor(api), levelRules: [{ regex: '^PANIC', level: 'critical' }] });
    expect(api.asked[0].expr).toMatch(/^label_replace\(.*\|~ "\^PANIC".* or sum by \(__level__\) \(count_over_time\(\{job="x"\} !~ "\^PANIC"/);
    expect(volumeLevel({ level: 'critical', rule: '0' })).toBe('critical');
  });

  test('Grafana gets the histogram in wide bars, with the query it belongs to, and is told that it loads', async () => {
    let asked: DataQueryRequest<Query> | undefined;
    const request = requestFor({}, 24 * hour);
    const provider = supplementaryData('LogsVolume' as never, request, (part) => {
      asked = part;
      return of({ data: [{ refId: 'log-volume-A', fields: [], length: 0, meta: { custom: { logsVolumeType: 'FullRange' } } }] });
    })!;
    const [first, { data }] = await lastValueFrom(provider.pipe(toArray()));
    expect(first).toEqual({ data: [], state: LoadingState.Loading });
    expect(data[0].meta.custom).toEqual({ logsVolumeType: 'FullRange', sourceQuery: request.targets[0] });
    expect(asked?.intervalMs).toBe(1_800_000);
    expect(asked?.targets[0].refId).toBe('log-volume-A');
    expect(supplementaryData('LogsSample' as never, request, () => of({ data: [] }))).toBeUndefined();
    expect(supplementaryData('LogsVolume' as never, requestFor({ expr: 'rate({job="x"}[5m])' }), () => of({ data: [] }))).toBeUndefined();
  });

  test('links come after the lines, and trouble with them hides nothing', async () => {
    const links = { uid: 'p', name: 'P', map: [{ log: 'job', metric: 'job', rule: 'equal' as const }], metrics: [{ name: 'up', help: '', kind: 'gauge' as const, group: 'load' as const }] };
    const good = await answers(requestFor({}), { ...depsFor(new MinuteLog()), metricLinks: async () => links });
    expect((good.at(-1)!.data[0] as DataFrame).fields.at(-1)!.name).toBe('metrics');
    const bad = await answers(requestFor({}), { ...depsFor(new MinuteLog()), metricLinks: () => Promise.reject(new Error('no')) });
    expect(bad.at(-1)).toMatchObject({ state: LoadingState.Done });
    expect(linesOf(bad.at(-1)!)).toHaveLength(60);
  });

  test('a Prometheus that hangs keeps no query from being done', async () => {
    jest.useFakeTimers();
    try {
      const all = answers(requestFor({}), { ...depsFor(new MinuteLog()), metricLinks: () => new Promise(() => undefined) });
      await jest.advanceTimersByTimeAsync(6000);
      const [lines, last] = await all;
      expect([lines.state, last.state]).toEqual([LoadingState.Loading, LoadingState.Done]);
      expect(linesOf(last)).toHaveLength(60);
    } finally {
      jest.useRealTimers();
    }
  });

  test('nothing to run is done at once', async () => {
    expect(await answers({ ...requestFor({}), targets: [] }, depsFor(new MinuteLog()))).toEqual([{ data: [], state: LoadingState.Done }]);
  });
});

describe('live', () => {
  const frame = (ns: string, line: string) => JSON.stringify({ streams: [{ stream: { job: 'x' }, values: [[ns, line]] }] });
  const options = { refId: 'A', expr: '{job="x"}', limit: 3, startNs: '1', toFrame: (rows: Array<{ line: string }>) => ({ fields: [{ name: 'body', type: FieldType.string, config: {}, values: rows.map((row) => row.line) }], length: rows.length }) as DataFrame };

  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  test('newest first, bounded, repeats dropped; closed when nobody listens', () => {
    const socket = { onmessage: undefined as unknown as (message: { data: string }) => void, onopen: undefined as unknown as () => void, close: jest.fn() };
    const seen: string[][] = [];
    const listening = tail({ ...options, api: new MinuteLog(), openSocket: () => socket as unknown as WebSocket }).subscribe((response) => seen.push(linesOf(response)));
    socket.onopen();
    for (const [ns, line] of [['1', 'a'], ['2', 'b'], ['2', 'b'], ['4', 'd'], ['3', 'c']]) {
      socket.onmessage({ data: frame(ns, line) });
    }
    socket.onmessage({ data: 'not json' });
    jest.advanceTimersByTime(500);
    expect(seen.at(-1)).toEqual(['d', 'c', 'b']);
    listening.unsubscribe();
    expect(socket.close).toHaveBeenCalledWith(1000);
  });

  test('where WebSockets are blocked, lines are asked for', () => {
    const api = new MinuteLog();
    const socket = { onclose: undefined as unknown as () => void, close: () => undefined };
    const seen: string[][] = [];
    const listening = tail({ ...options, startNs: `${start}000000`, nowMs: () => start + 120_000, api, openSocket: () => socket as unknown as WebSocket }).subscribe((response) => seen.push(linesOf(response)));
    socket.onclose();
    jest.advanceTimersByTime(5000);
    expect(api.asked.length).toBeGreaterThan(1);
    expect(api.asked[0]).toMatchObject({ direction: 'forward' });
    expect(seen.at(-1)!.length).toBeGreaterThan(0);
    expect(new Set(seen.at(-1)).size).toBe(seen.at(-1)!.length);
    listening.unsubscribe();
    const count = api.asked.length;
    jest.advanceTimersByTime(10_000);
    expect(api.asked).toHaveLength(count);
  });

  /** Opens sockets that a test closes, and keeps them. */
  function opener() {
    const opened: Array<{ onclose(): void; onopen(): void; onmessage(message: { data: string }): void; close(): void }> = [];
    const open = () => {
      opened.push({ onclose: () => undefined, onopen: () => undefined, onmessage: () => undefined, close: () => undefined });
      return opened.at(-1) as unknown as WebSocket;
    };
    return { opened, open };
  }

  test.each([
    ['was open for a while', undefined],
    ['brought lines', frame('1', 'a')],
  ])('a connection that %s is opened again', (_, data) => {
    const { opened, open } = opener();
    const listening = tail({ ...options, startNs: `${Date.now()}000000`, api: new MinuteLog(), openSocket: open }).subscribe();
    opened[0].onopen();
    if (data) {
      opened[0].onmessage({ data });
    } else {
      jest.advanceTimersByTime(6000);
    }
    opened[0].onclose();
    jest.advanceTimersByTime(6000);
    expect(opened).toHaveLength(2);
    // The server is still away: what worked once is tried for longer.
    opened[1].onclose();
    jest.advanceTimersByTime(6000);
    expect(opened).toHaveLength(3);
    listening.unsubscribe();
    jest.advanceTimersByTime(60_000);
    expect(opened).toHaveLength(3);
  });

  test('where a connection opens, then closes at once, lines are asked for and an error is shown', () => {
    const { opened, open } = opener();
    const refusal = new ApiError('the query is over a limit', 400);
    const failed = jest.fn();
    tail({ ...options, api: Object.assign(new MinuteLog(), { failing: () => refusal }), openSocket: open }).subscribe({ error: failed });
    opened[0].onopen();
    opened[0].onclose();
    expect(failed).toHaveBeenCalledWith(refusal);
    jest.advanceTimersByTime(60_000);
    expect(opened).toHaveLength(1);
  });

  test('after a connection that worked, thirty in a row that open, then close at once, are the most', () => {
    const api = new MinuteLog();
    const { opened, open } = opener();
    const listening = tail({ ...options, startNs: `${Date.now()}000000`, api, openSocket: open }).subscribe();
    for (let count = 0; count <= 60; count++) {
      const socket = opened[count];
      socket.onopen();
      if (count === 0 || count === 30) {
        socket.onmessage({ data: frame('1', 'a') });
      }
      socket.onclose();
      jest.advanceTimersByTime(5000);
    }
    expect(opened).toHaveLength(61);
    expect(api.asked.length).toBeGreaterThan(1);
    listening.unsubscribe();
  });

  test('asking goes on when the server was away for a moment, and ends when it refuses', () => {
    const api = new MinuteLog();
    let failure: ApiError | undefined = new ApiError('bad gateway', 502);
    const ask = api.queryRange.bind(api);
    api.queryRange = (params) => (failure ? throwError(() => failure) : ask(params));
    const socket = { onclose: undefined as unknown as () => void, close: () => undefined };
    const seen: string[][] = [];
    const failed = jest.fn();
    tail({ ...options, startNs: `${start}000000`, nowMs: () => start + 120_000, api, openSocket: () => socket as unknown as WebSocket }).subscribe({ next: (response) => seen.push(linesOf(response)), error: failed });
    socket.onclose();
    jest.advanceTimersByTime(5000);
    expect(failed).not.toHaveBeenCalled();
    failure = undefined;
    jest.advanceTimersByTime(5000);
    expect(seen.at(-1)!.length).toBeGreaterThan(0);
    failure = new ApiError('no such label', 400);
    jest.advanceTimersByTime(5000);
    expect(failed).toHaveBeenCalledWith(failure);
  });

  test.each([408, 429])('an answer of status %d ends nothing: lines are asked for again', (status) => {
    const api = new MinuteLog();
    api.failing = () => (api.asked.length < 3 ? new ApiError('too many outstanding requests', status) : undefined);
    const { opened, open } = opener();
    const seen: string[][] = [];
    const failed = jest.fn();
    const listening = tail({ ...options, startNs: `${start}000000`, nowMs: () => start + 120_000, api, openSocket: open }).subscribe({ next: (response) => seen.push(linesOf(response)), error: failed });
    opened[0].onclose();
    jest.advanceTimersByTime(5000);
    expect(failed).not.toHaveBeenCalled();
    expect(seen.at(-1)!.length).toBeGreaterThan(0);
    listening.unsubscribe();
  });

  test('frames of the server with kinds of labels', () => {
    const text = JSON.stringify({ streams: [{ stream: { a: '1' }, values: [['1', 'x', { parsed: { b: '2' } }]] }], encodingFlags: ['categorize-labels'] });
    expect(rowsOfTail(text)[0]).toMatchObject({ labels: { a: '1', b: '2' }, types: { a: 'I', b: 'P' } });
  });
});

describe('health in words', () => {
  const range = { startNs: '1', endNs: '2' };
  const socket = (opens: boolean) => () => {
    const it = { onopen: null, onclose: null, onerror: null, close: () => undefined } as unknown as WebSocket;
    setTimeout(() => (opens ? it.onopen?.({} as Event) : it.onclose?.({} as CloseEvent)), 0);
    return it;
  };
  const failing = (error: ApiError) => Object.assign(new MinuteLog(), { queryInstant: () => throwError(() => error) });

  test.each([
    [new MinuteLog(), true, 'success', /^Connected to Binocle 0\.1\.0: 2 labels.*Live tail works/],
    [new MinuteLog(), false, 'success', /polled instead/],
    [Object.assign(new MinuteLog(), { labelList: [] }), true, 'warning', /no logs in the last day/],
    [failing(new ApiError('connect ECONNREFUSED', 502)), true, 'error', /could not reach the server \(502\)/],
    [failing(new ApiError('no org id', 401)), true, 'error', /X-Scope-OrgID/],
    [failing(new ApiError('404 page not found', 404)), true, 'error', /not with a log API/],
    [failing(new ApiError('x', 0)), true, 'error', /No answer/],
    [Object.assign(new MinuteLog(), { queryInstant: () => of({ hello: 'world' } as never) }), true, 'error', /neither Binocle nor Loki/],
  ])('case %#', async (api, opens, status, message) => {
    const health = await checkHealth(api, range, socket(opens));
    expect(health.status).toBe(status);
    expect(health.message).toMatch(message);
  });
});

describe('context', () => {
  const dataFrame: DataFrame = { length: 1, fields: [{ name: 'labelTypes', type: FieldType.other, config: {}, values: [{ job: 'I', hostname: 'I', filename: 'I', status: 'P' }] }] };
  const row = { dataFrame, rowIndex: 0, timeEpochNs: `${start}000000`, raw: `line ${start}`, labels: { job: 'x', hostname: 'web1', filename: 'C:\\a', status: '500' } } as unknown as LogRowModel;

  test.each([
    ['stream', '{job="x", hostname="web1", filename="C:\\\\a"}'],
    ['file', '{filename="C:\\\\a"}'],
    ['host', '{hostname="web1"}'],
  ] as const)('of the same %s', (scope, expr) => {
    expect(contextExpr(row, { scope })).toBe(expr);
  });

  test.each([
    ['without one of them', { scope: 'stream', labels: ['job', 'filename'] }, '', '{job="x", filename="C:\\\\a"}'],
    ['with one more than the scope has', { scope: 'host', labels: ['job', 'hostname'] }, '{env=~"a|b"} | drop env', '{job="x", hostname="web1"}'],
    ['what the query says of labels that the row lost stays with the stream', { scope: 'stream', labels: ['job'] }, '{env=~"a|b"} | drop env', '{job="x", env=~"a|b"}'],
    ['a row that has none of them, as when more lines are loaded', { scope: 'stream', labels: ['other'] }, '', '{job="x", hostname="web1", filename="C:\\\\a"}'],
  ] as const)('of labels chosen one by one, %s', (_, choice, query, expr) => {
    expect(contextExpr(row, choice, query)).toBe(expr);
  });

  test.each([
    ['all of them are the stream', { scope: 'file', labels: ['job', 'hostname', 'filename'] }, 'stream'],
    ['the one of the file is the file', { scope: 'stream', labels: ['filename'] }, 'file'],
    ['the one of the host is the host', { scope: 'file', labels: ['hostname'] }, 'host'],
  ] as const)('labels chosen one by one ask as the scope does that they are: %s', (_, choice, scope) => {
    const query = '{env=~"a|b"} | drop env';
    expect(scopeOf(row, choice)).toBe(scope);
    expect(contextExpr(row, choice, query)).toBe(contextExpr(row, { scope }, query));
  });

  test('labels that no scope has are none; a scope that the row has no label for is its stream', () => {
    expect(scopeOf(row, { scope: 'file', labels: ['job', 'filename'] })).toBeUndefined();
    expect(scopeOf({ ...row, labels: { job: 'x' } } as unknown as LogRowModel, { scope: 'file' })).toBe('stream');
  });

  test('a row with the label of its file alone has its file wider than its stream', () => {
    const only = { ...row, labels: { filename: '/a' } } as unknown as LogRowModel;
    const query = '{host="h"} | drop host';
    expect([scopeOf(only, { scope: 'file' }), contextExpr(only, { scope: 'file' }, query)]).toEqual(['file', '{filename="/a"}']);
    expect([scopeOf(only, { scope: 'stream' }), contextExpr(only, { scope: 'stream' }, query)]).toEqual(['stream', '{filename="/a", host="h"}']);
  });

  test('labels in effect', () => {
    expect(contextLabels(row, { scope: 'stream' })).toEqual(['job', 'hostname', 'filename']);
    expect(contextLabels(row, { scope: 'file' })).toEqual(['filename']);
    expect(contextLabels(row, { scope: 'file', labels: ['filename', 'job'] })).toEqual(['job', 'filename']);
  });

  test('before and after, without the line itself', async () => {
    const api = new MinuteLog();
    const own = { ...row, timeEpochNs: `${Math.ceil(start / 60_000) * 60_000}000000`, raw: `line ${Math.ceil(start / 60_000) * 60_000}` };
    const deps = { api, findLevel, legacyFrames: false, scope: 'stream' as const, fill: (expr: string) => expr };
    const forward = linesOf(await logContext(own, { direction: 'FORWARD' as never, limit: 3 }, undefined, deps));
    const backward = linesOf(await logContext(own, { direction: 'BACKWARD' as never, limit: 3 }, undefined, deps));
    expect(forward).toHaveLength(3);
    expect(backward).toHaveLength(3);
    // Both sides newest first: Grafana puts them above and below the row as they come, and asks on from the first and the last.
    const minutes = [3, 2, 1, -1, -2, -3].map((minute) => `line ${Math.ceil(start / 60_000) * 60_000 + minute * 60_000}`);
    expect([...forward, ...backward]).toEqual(minutes);
  });

  test('lines of the same moment are newest first as well', async () => {
    const api = new MinuteLog();
    const ns = `${start + 1000}000000`;
    const values: WireEntry[] = [[ns, 'Traceback'], [ns, '  File'], [ns, 'ValueError']];
    jest.spyOn(api, 'queryRange').mockReturnValue(of({ status: 'success', data: { resultType: 'streams', stats, result: [{ stream: { job: 'x' }, values }] } }));
    const after = await logContext(row, { direction: 'FORWARD' as never }, undefined, { api, findLevel, legacyFrames: false, scope: 'stream', fill: (expr) => expr });
    expect(linesOf(after)).toEqual(['ValueError', '  File', 'Traceback']);
  });

  test.each([
    ['filters and parsers are left out', '{job="x"} |= "a" | json | status="500"', '{job="x", hostname="web1", filename="C:\\\\a"}'],
    ['lines written anew have neighbours written the same way', '{job="x"} |= "a" | json | status="500" | line_format "{{.msg}}"', '{job="x", hostname="web1", filename="C:\\\\a"} | json | line_format "{{.msg}}"'],
    ['what the query says of labels that the row lost', 'sum(rate({env=~"a|b", job!="y"} | drop env [1m]))', '{job="x", hostname="web1", filename="C:\\\\a", env=~"a|b"}'],
    ['a query that cannot be read', '{job=', '{job="x", hostname="web1", filename="C:\\\\a"}'],
  ])('%s', (_, expr, expected) => {
    expect(contextExpr(row, { scope: 'stream' }, expr)).toBe(expected);
  });

  test('a row without labels is looked up by the selector of its query', async () => {
    const api = new MinuteLog();
    const bare = { ...row, labels: {} } as LogRowModel;
    const fill = (expr: string) => expr.replace('$job', 'x');
    const query = { refId: 'A', expr: '{job="$job"} | keep msg', datasource: { uid: 'u', type: 't' } };
    await logContext(bare, {}, query, { api, findLevel, legacyFrames: false, scope: 'stream', fill });
    expect(api.asked[0].expr).toBe('{job="x"}');
    expect(contextQuery(bare, {}, query, { scope: 'stream', fill }, { uid: 'own', type: 'own' })).toMatchObject({ expr: '{job="x"}', queryType: 'range', datasource: { uid: 'u' } });
    // Grafana opens it in a split pane by its data source, also for a query that names none.
    expect(contextQuery(bare, {}, { ...query, datasource: undefined }, { scope: 'stream', fill }, { uid: 'own', type: 'own' }).datasource).toEqual({ uid: 'own', type: 'own' });
  });
});

test('variables', async () => {
  const api = new MinuteLog();
  const range = { startNs: '1', endNs: '2' };
  const replace = (text: string) => text.replace('$host', 'web1');
  expect(await findValues(new LogVariableSupport(api, replace).getDefaultQuery() as unknown as VariableQuery, range, api, replace)).toEqual([{ text: 'job' }, { text: 'host' }]);
  expect(await findValues('label_names()', range, api, replace)).toEqual([{ text: 'job' }, { text: 'host' }]);
  expect(await findValues({ refId: 'x', type: 1, label: 'job', stream: '{host="$host"}' }, range, api, replace)).toEqual([{ text: 'job {host="web1"}' }]);
  expect(await findValues('{a="b"}', range, api, replace)).toEqual([{ text: '{host="a", job="x"}' }]);
  const series = jest.spyOn(api, 'series');
  await findValues({ refId: 'x', type: 2 }, range, api, replace);
  expect(series).toHaveBeenCalledWith([], range);
  const fill = replace;
  expect(await tagKeys(api, fill)).toEqual([{ text: 'job', group: 'Labels' }, { text: 'host', group: 'Labels' }]);
  const queries = [{ refId: 'A', expr: 'rate({job="x", host="$host"}[5m])' }];
  const detected = jest.spyOn(api, 'detectedFields');
  expect((await tagKeys(api, fill, { filters: [], queries })).at(-1)).toEqual({ text: 'status', group: 'Fields' });
  expect(detected.mock.lastCall).toEqual(['{job="x", host="web1"}', expect.anything()]);
  expect(await tagValues(api, fill, { key: 'status', filters: [], queries })).toEqual([{ text: 'status-value' }]);
  const filters = [{ key: 'job', operator: '=', value: 'x' }, { key: 'host', operator: '=', value: 'y' }, { key: 'status', operator: '=', value: '500' }];
  expect(await tagValues(api, fill, { key: 'job', filters })).toEqual([{ text: 'job {host="y"}' }]);
});

test('a label map that is only begun does not keep the map from being found', async () => {
  const pair = { log: 'host', metric: 'instance', rule: 'equal' as const };
  const environment = (pairs: object[]) => ({ settings: { correlation: { pairs } } }) as unknown as Environment;
  const range = { startNs: '1', endNs: '2' };
  expect(await labelMap(environment([{ log: '', metric: '', rule: 'equal' }]), range)).toEqual([]);
  expect(await labelMap(environment([{ log: '', metric: '', rule: 'equal' }, pair]), range)).toEqual([pair]);
});

test('annotations of Grafana\'s Loki source, old and new, are asked for their lines only', () => {
  const old = { name: 'n', enable: true, iconColor: 'red', expr: '{a="b"}', maxLines: 20 };
  const prepared = annotationSupport.prepareAnnotation!(old);
  expect(annotationSupport.prepareQuery!(prepared)).toEqual({ refId: 'Anno', expr: '{a="b"}', maxLines: 20, withMetrics: false });
  const target = { refId: 'Anno', expr: '{a="c"}', queryType: 'range' as const, withMetrics: true };
  expect(annotationSupport.prepareQuery!({ ...old, target })).toMatchObject({ expr: '{a="c"}', withMetrics: false });
  expect(annotationSupport.prepareQuery!({ name: 'n', enable: true, iconColor: 'red' })).toBeUndefined();
});

test('annotations: text, title and tags from labels', () => {
  const frame: DataFrame = {
    length: 1,
    fields: [
      { name: 'timestamp', type: FieldType.time, config: {}, values: [5] },
      { name: 'body', type: FieldType.string, config: {}, values: ['boom'] },
      { name: 'labels', type: FieldType.other, config: {}, values: [{ host: 'a', level: 'error ', empty: '' }] },
    ],
  };
  const annotation = { name: 'n', enable: true, iconColor: 'red', titleFormat: '{{host}}' };
  expect(annotationEvents(annotation, [frame])).toEqual([{ time: 5, title: 'a', text: 'boom', tags: ['a', 'error'] }]);
  expect(annotationEvents({ ...annotation, tagKeys: 'level, nope', textFormat: 'on {{host}}' }, [frame])[0]).toMatchObject({ text: 'on a', tags: ['error'] });
});

test.each([
  [['{"a":1}', '{"b":2}'], 'json', 'ADD_JSON_PARSER'],
  [['{"_entry":"x","a":"b"}'], 'json', 'ADD_UNPACK_PARSER'],
  [['level=info msg="a b" took=3ms'], 'logfmt', 'ADD_LOGFMT_PARSER'],
  [['GET /?a=b&c=d HTTP/1.1 from here to there'], 'text', undefined],
])('hints for %j', (lines, format, type) => {
  expect(formatOf(lines)).toBe(format);
  const frame = { refId: 'A', length: lines.length, fields: [{ name: 'body', type: FieldType.string, config: {}, values: lines }, { name: 'labels', type: FieldType.other, config: {}, values: lines.map(() => ({ lvl: 'x', __error__: 'JSONParserErr' })) }] } as DataFrame;
  const hints = queryHints({ refId: 'A', expr: '{a="b"}' }, [frame]).map((hint) => hint.type);
  expect(hints.filter((hint) => hint.endsWith('_PARSER'))).toEqual(type ? [type] : []);
  expect(hints).toEqual(expect.arrayContaining(['ADD_NO_PIPELINE_ERROR', 'ADD_LEVEL_LABEL_FORMAT', 'ADD_RATE']));
  expect(queryHints({ refId: 'A', expr: '{a="b"} | json' }, [frame]).some((hint) => hint.type.endsWith('_PARSER'))).toBe(false);
});

test('samples on equal steps; labels of streams as matchers', () => {
  expect(onGrid([[10, '1'], [20.4, '2'], [99, '3'], [30, 'NaN']], { startMs: 10_000, stepMs: 10_000, count: 3 })).toEqual([1, 2, null]);
  const map = [{ log: 'host', metric: 'instance', rule: 'without-port' as const }, { log: 'env', metric: 'env', rule: 'equal' as const }];
  expect(matchersOfStreams([{ host: 'b.c', env: 'x' }, { host: 'a' }], map)).toEqual([{ name: 'host', op: '=~', value: 'a|b\\.c' }]);
  expect(matchersOfStreams([], map)).toEqual([]);
});

test('unsubscribing cancels', () => {
  let cancelled = false;
  const api = Object.assign(new MinuteLog(), { queryRange: () => new Observable<QueryResponse>(() => () => void (cancelled = true)) });
  const request = requestFor({});
  const deps = depsFor(api);
  return new Promise<void>((resolve) => {
    const listening = run(request, request.targets, deps).subscribe();
    setTimeout(() => {
      listening.unsubscribe();
      expect(cancelled).toBe(true);
      resolve();
    }, 10);
  });
});

describe('which metric moved', () => {
  const range = { from: dateTime(start), to: dateTime(start + hour), raw: { from: 'a', to: 'b' } };
  const request = () => ({ expr: '{host="a"} |= "x"', range, errorsOnly: true, signal: new AbortController().signal, onProgress: jest.fn() });
  const ranked = { metric: { __name__: 'node_load1' }, score: 0.9, lagMs: 0, reason: 'r', rho: 0.9, z: 9, q: 0, significant: true, asRate: false, family: [], values: [1, 2, 3], query: 'node_load1' };
  const answer: CorrelateRankResponse = { mode: 'rank', target: { start, stepMs: 1, values: [5, 6, 7], query: '' }, insideFrom: 1, pairs: [], ranked: [ranked], compared: 40, queries: 3, notes: ['n'] };
  const source = { getResource: jest.fn(async (path: string) => ({ data: path.includes('query_range') ? { result: [] } : path.includes('metadata') ? {} : ['node_load1'] })) };
  const depsOf = (api: LogApi): MovedDeps => ({ api, source: source as unknown as MovedDeps['source'], prometheusUid: 'prom', map: [{ log: 'host', metric: 'instance', rule: 'equal' }] });

  beforeEach(() => source.getResource.mockClear());

  test('a Binocle that knows the Prometheus ranks; the time before is not drawn', async () => {
    const api = Object.assign(new MinuteLog(), { rankMetrics: jest.fn(() => of(answer)) });
    expect(await whichMoved(request(), depsOf(api))).toEqual({ moved: [{ ...ranked, values: [2, 3] }], target: [6, 7], compared: 40, notes: ['n'] });
    expect(api.rankMetrics).toHaveBeenCalledWith(expect.objectContaining({ prometheus: 'prom', errorsOnly: true, map: [{ log: 'host', metric: 'instance', rule: 'equal' }] }));
    expect(source.getResource).not.toHaveBeenCalled();
  });

  test.each([['binocle', '__level__'], ['loki', 'detected_level']] as const)('else series are ranked here, by the levels of a %s', async (flavour, label) => {
    const api = new MinuteLog();
    api.flavourIs = flavour;
    expect((await whichMoved(request(), depsOf(api))).compared).toBe(0);
    expect(api.asked[0].expr).toContain(`{host="a"} |= "x" | ${label}=~"error|critical|fatal"`);
    expect(source.getResource).toHaveBeenCalledWith('api/v1/query_range', expect.objectContaining({ query: '{__name__=~"node_load1", instance="a"}' }));
  });

  test('stopped is stopped', async () => {
    const stop = new AbortController();
    const api = Object.assign(new MinuteLog(), { rankMetrics: () => new Observable<CorrelateRankResponse>(() => stop.abort()) });
    await expect(whichMoved({ ...request(), signal: stop.signal }, depsOf(api))).rejects.toThrow();
    expect(source.getResource).not.toHaveBeenCalled();
  });

  test('stopped while lines are counted, the count is cancelled on the wire', async () => {
    const stop = new AbortController();
    const cancelled = jest.fn();
    const counting = new Observable<QueryResponse>(() => {
      setTimeout(() => stop.abort());
      return cancelled;
    });
    const api = Object.assign(new MinuteLog(), { flavourIs: 'loki' as const, queryRange: () => counting });
    await expect(whichMoved({ ...request(), signal: stop.signal }, depsOf(api))).rejects.toThrow();
    expect(cancelled).toHaveBeenCalledTimes(1);
    expect(source.getResource).not.toHaveBeenCalled();
  });
});

describe('which patterns grew', () => {
  const range = { from: dateTime(start), to: dateTime(start + hour), raw: { from: 'a', to: 'b' } };
  const request = { expr: '{host="a"} |= "x"', range, signal: new AbortController().signal };
  const pattern = (name: string, score: number) => ({ pattern: name, level: 'error', before: 0, inside: 9, score, reason: '9 lines, none before' });

  test('those above noise', async () => {
    const grown = jest.fn(() => of<CorrelateLogsResponse>({ mode: 'logs', selector: '{host="a"}', pairs: [], streams: [], patterns: [pattern('a <_>', 5), pattern('b', 1)], notes: ['n'] }));
    const found = await whichGrew(request, Object.assign(new MinuteLog(), { grown }));
    expect(found).toEqual({ selector: '{host="a"}', patterns: [pattern('a <_>', 5)], notes: ['n'] });
    expect(grown).toHaveBeenCalledWith(request.expr, { startNs: `${start}000000`, endNs: `${start + hour}000000` }, expect.any(Number));
  });

  test('a Loki cannot, and that is said', async () => {
    await expect(whichGrew(request, new MinuteLog())).rejects.toThrow(/This server is a Loki/);
    const broken = Object.assign(new MinuteLog(), { grown: () => throwError(() => new ApiError('too many queries', 429)) });
    await expect(whichGrew(request, broken)).rejects.toThrow('too many queries');
  });
});
