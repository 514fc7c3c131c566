import { of, throwError } from 'rxjs';
import { ApiError } from '../api';
import { checkHealth } from './health';
import { MinuteLog } from './testLog';

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
])('in words: case %#', async (api, opens, status, message) => {
  const health = await checkHealth(api, range, socket(opens));
  expect(health.status).toBe(status);
  expect(health.message).toMatch(message);
});
