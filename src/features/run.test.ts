import { LoadingState, type DataFrame, type DataQueryRequest } from '@grafana/data';
import { lastValueFrom, Observable, toArray } from 'rxjs';
import { ApiError, type LogApi } from '../api';
import { levelFinder } from '../frames/levels';
import { volumeLevel } from '../frames/volume';
import { levelOfLine } from '../levels/levels';
import type { Query } from '../query/model';
import { prepare } from '../query/prepare';
import type { QueryResponse } from '../wire';
import { run, type RunDeps } from './run';
import { supplementaryRequest } from './supplementary';
import { hour, linesOf, MinuteLog, requestFor, start } from './testLog';

function depsFor(api: LogApi): RunDeps {
  return {
    api, datasourceName: 'B', maxLines: 1000, derivedFields: [], findLevel: levelFinder([], levelOfLine), levelRules: [], legacyFrames: false, findDataSource: () => undefined,
    prepare: async (query, request) => prepare(query, { rangeMs: request.range.to.valueOf() - request.range.from.valueOf(), intervalMs: request.intervalMs, scopedVars: {}, replace: (text) => text, addFilters: (expr) => expr }),
  };
}

const answers = (request: DataQueryRequest<Query>, deps: RunDeps) => lastValueFrom(run(request, request.targets, deps).pipe(toArray()));

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
});

test('the histogram counts by the level rules, in one bar for each level', async () => {
  const api = new MinuteLog();
  const request = supplementaryRequest('LogsVolume' as never, requestFor({}))!;
  await answers(request, { ...depsFor(api), levelRules: [{ regex: '^PANIC', level: 'critical' }] });
  expect(api.asked[0].expr).toMatch(/^label_replace\(.*\|~ "\^PANIC".* or sum by \(__level__\) \(count_over_time\(\{job="x"\} !~ "\^PANIC"/);
  expect(volumeLevel({ level: 'critical', rule: '0' })).toBe('critical');
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
