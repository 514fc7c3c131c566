import { FieldType, type DataFrame } from '@grafana/data';
import { throwError } from 'rxjs';
import { ApiError } from '../api';
import { rowsOfTail, tail } from './tail';
import { linesOf, MinuteLog, start } from './testLog';

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
