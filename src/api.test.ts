import { setBackendSrv, type BackendSrv, type BackendSrvRequest } from '@grafana/runtime';
import { lastValueFrom, of, throwError } from 'rxjs';
import { ApiError, HttpLogApi, toApiError } from './api';

let asked: BackendSrvRequest[] = [];
let answer: () => unknown = () => ({ data: {} });

beforeEach(() => {
  asked = [];
  answer = () => ({ data: {} });
  setBackendSrv({
    fetch: (request: BackendSrvRequest) => {
      asked.push(request);
      return of(answer());
    },
  } as unknown as BackendSrv);
});

const api = () => new HttpLogApi({ url: '/api/datasources/proxy/uid/x', uid: 'x' });
const range = { startNs: '1', endNs: '2' };

test('addresses and parameters', async () => {
  await lastValueFrom(api().queryRange({ expr: '{a="b"}', ...range, stepMs: 15_000, limit: 10, direction: 'forward', requestId: 'r', source: 'logvolhist' }));
  expect(asked[0]).toMatchObject({ method: 'GET', requestId: 'r', showErrorAlert: false, headers: { 'X-Loki-Response-Encoding-Flags': 'categorize-labels', 'X-Query-Tags': 'Source=logvolhist' } });
  expect(asked[0].url).toBe('/api/datasources/proxy/uid/x/loki/api/v1/query_range?query=%7Ba%3D%22b%22%7D&start=1&end=2&step=15000ms&limit=10&direction=forward');
  expect(await api().labelValues('a/b', range, '{c="d"}')).toEqual([]);
  expect(asked[1].url).toContain('/label/a%2Fb/values?start=1&end=2&query=');
  await api().series(['{a="b"}', '{c="d"}'], range);
  expect(asked[2].url).toMatch(/match%5B%5D=.*match%5B%5D=/);
});

test('long queries go as a form', async () => {
  await lastValueFrom(api().queryInstant({ expr: `{a="${'x'.repeat(5000)}"}`, timeNs: '1' }));
  expect(asked[0]).toMatchObject({ method: 'POST', url: '/api/datasources/proxy/uid/x/loki/api/v1/query', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
});

test('a Binocle is told apart, and asked once', async () => {
  answer = () => ({ data: { version: '3.4.0', branch: 'binocle', revision: 'binocle-0.1.0' } });
  const server = api();
  expect([await server.flavour(), await server.flavour()]).toEqual(['binocle', 'binocle']);
  expect(asked).toHaveLength(1);
  answer = () => ({ data: { version: '3.4.0', branch: 'main', revision: 'abc' } });
  expect(await api().flavour()).toBe('loki');
});

test('a server that does not say is asked again', async () => {
  const server = api();
  setBackendSrv({ fetch: () => throwError(() => ({ status: 502 })) } as unknown as BackendSrv);
  expect(await server.flavour()).toBe('loki');
  setBackendSrv({ fetch: () => of({ data: { version: 'binocle-1' } }) } as unknown as BackendSrv);
  expect(await server.flavour()).toBe('binocle');
});

test('weights of values', async () => {
  answer = () => ({ data: { data: { resultType: 'vector', result: [{ metric: { job: 'x' }, value: [1, '42'] }, { metric: {}, value: [1, '7'] }] } } });
  expect([...(await api().volume('{}', range, 'job'))]).toEqual([['x', 42], ['', 7]]);
});

test.each([
  [{ status: 400, data: { message: 'parse error', error: 'Bad Request', response: 'parse error at line 1' } }, 'parse error at line 1', 400],
  [{ status: 502, statusText: 'Bad Gateway', data: '' }, 'Bad Gateway', 502],
  [{ status: 500, data: 'plain text\n' }, 'plain text', 500],
  [{ status: 403, data: '<!doctype html>\n<html><head><title>403 Forbidden</title></head><body>\n<h1>nginx</h1></body></html>' }, '403 Forbidden', 403],
  [{ status: 400, data: 'parse error near <title>' }, 'parse error near <title>', 400],
  [new Error('network'), 'network', 0],
  [undefined, 'The log server did not answer', 0],
  [{ cancelled: true, status: -1, statusText: 'Request was aborted', data: null }, 'Request was aborted', 0],
])('errors in words: %j', (error, message, status) => {
  expect(toApiError(error)).toMatchObject({ message, status });
  expect(toApiError(toApiError(error))).toBeInstanceOf(ApiError);
});

test('errors keep the trace of their request', () => {
  expect(toApiError({ status: 500, data: 'x', traceId: 'abc' }).traceId).toBe('abc');
});

test('the address of the live connection', () => {
  expect(api().tailUrl('{a="b"}', '5', 10)).toBe('ws://localhost/api/datasources/proxy/uid/x/loki/api/v1/tail?query=%7Ba%3D%22b%22%7D&start=5&limit=10');
  expect(new HttpLogApi({ url: 'https://logs.example.com', uid: 'x' }).tailUrl('{a="b"}', '5', 10)).toMatch(/^wss:\/\/logs\.example\.com\/loki/);
});
