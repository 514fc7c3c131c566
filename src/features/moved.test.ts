import { dateTime } from '@grafana/data';
import { Observable, of } from 'rxjs';
import type { LogApi } from '../api';
import type { CorrelateRankResponse, QueryResponse } from '../wire';
import { onGrid, whichMoved, type MovedDeps } from './moved';
import { hour, MinuteLog, start } from './testLog';

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

test('samples on equal steps', () => {
  expect(onGrid([[10, '1'], [20.4, '2'], [99, '3'], [30, 'NaN']], { startMs: 10_000, stepMs: 10_000, count: 3 })).toEqual([1, 2, null]);
});
