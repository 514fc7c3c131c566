import { LoadingState, type DataFrame, type DataQueryResponse } from '@grafana/data';
import { catchError, concat, defer, EMPTY, map, Observable, of, repeat, retry, scan, switchMap, throttleTime, throwError, timer, type OperatorFunction } from 'rxjs';
import { ApiError, type LogApi } from '../api';
import { compareNs, streamRows, type LogRow } from '../frames/logs';
import type { TailFrame } from '../wire';

/** Lines are collected this long before the view is drawn anew. */
const drawMs = 200;
/** How often lines are asked for where WebSockets do not get through. */
const pollMs = 2000;
/**
 * Once a connection has worked, it is opened again after this time; after so many attempts in a row that failed, polling takes over.
 * It has worked when it brought lines or was open for longer than this: some servers and proxies open it only to close it with what is wrong.
 */
const reconnectMs = 5000;
const failuresMax = 30;
/** Lines asked for in one poll. */
const pollLimit = 1000;

export interface TailOptions {
  refId: string;
  expr: string;
  /** Lines kept on screen; older ones fall out. */
  limit: number;
  startNs: string;
  api: LogApi;
  /** How rows become a frame. */
  toFrame(rows: LogRow[]): DataFrame;
  /** Replaced in tests. */
  openSocket?: (url: string) => WebSocket;
  nowMs?: () => number;
}

/** Follows a log query for as long as somebody listens: by WebSocket, or by polling when that is blocked on the way. */
export function tail(options: TailOptions): Observable<DataQueryResponse> {
  return newRows(options).pipe(
    keepNewest(options.limit),
    throttleTime(drawMs, undefined, { leading: true, trailing: true }),
    map((rows) => ({ data: [options.toFrame(rows)], key: `binocle-tail-${options.refId}`, state: LoadingState.Streaming }))
  );
}

function newRows(options: TailOptions): Observable<LogRow[]> {
  let lastNs = options.startNs;
  const remember = map((rows: LogRow[]) => {
    for (const row of rows) {
      lastNs = compareNs(row.ns, lastNs) > 0 ? row.ns : lastNs;
    }
    return rows;
  });
  let worked = false;
  const socket = (failures: number): Observable<LogRow[]> =>
    socketRows(options, () => lastNs).pipe(
      remember,
      catchError((error: unknown) => {
        const justWorked = error instanceof SocketClosed && error.worked;
        worked ||= justWorked;
        const failed = justWorked ? 0 : failures + 1;
        return worked && failed < failuresMax ? timer(reconnectMs).pipe(switchMap(() => socket(failed))) : poll(options, () => lastNs).pipe(remember);
      })
    );
  return concat(of<LogRow[]>([]), socket(0));
}

class SocketClosed extends Error {
  constructor(readonly worked: boolean) {
    super('The connection for live lines was closed');
  }
}

function socketRows({ api, expr, limit, openSocket, nowMs = Date.now }: TailOptions, startNs: () => string): Observable<LogRow[]> {
  return new Observable((subscriber) => {
    const open = openSocket ?? ((url: string) => new WebSocket(url));
    const socket = open(api.tailUrl(expr, startNs(), Math.min(limit, pollLimit)));
    let openedMs = Infinity;
    let broughtLines = false;
    socket.onopen = () => {
      openedMs = nowMs();
    };
    socket.onmessage = (message) => {
      const rows = rowsOfTail(String(message.data));
      if (rows.length > 0) {
        broughtLines = true;
        subscriber.next(rows);
      }
    };
    socket.onclose = () => subscriber.error(new SocketClosed(broughtLines || nowMs() - openedMs > reconnectMs));
    return () => {
      socket.onclose = null;
      socket.onmessage = null;
      socket.close(1000);
    };
  });
}

/** Rows of one frame of the WebSocket; a frame that is not JSON is a proxy's, not ours, and holds none. */
export function rowsOfTail(text: string): LogRow[] {
  let frame: TailFrame;
  try {
    frame = JSON.parse(text);
  } catch {
    return [];
  }
  const categorized = frame.encodingFlags?.includes('categorize-labels') ?? false;
  return (frame.streams ?? []).flatMap((stream) => streamRows(stream, categorized));
}

function poll({ api, expr, nowMs = Date.now }: TailOptions, startNs: () => string): Observable<LogRow[]> {
  return defer(() => api.queryRange({ expr, startNs: startNs(), endNs: `${nowMs() + 1000}000000`, limit: pollLimit, direction: 'forward' })).pipe(
    switchMap((response) => {
      const { data } = response;
      const categorized = data.resultType === 'streams' && (data.encodingFlags?.includes('categorize-labels') ?? false);
      return data.resultType === 'streams' ? of(data.result.flatMap((stream) => streamRows(stream, categorized))) : EMPTY;
    }),
    retry({ delay: (error: unknown, failures) => (isRefusal(error) || failures > failuresMax ? throwError(() => error) : timer(pollMs)) }),
    repeat({ delay: pollMs })
  );
}

/** Statuses of a server that has too much to do for the moment: a request that took too long to come, too many requests. */
const busyStatuses: readonly number[] = [408, 429];

/** What asking again would not change, unlike a server or a proxy that is away or busy for a moment. */
function isRefusal(error: unknown): boolean {
  return error instanceof ApiError && error.status >= 400 && error.status < 500 && !busyStatuses.includes(error.status);
}

/** Adds what is new (a poll and a reconnect repeat their last nanosecond) and forgets the oldest beyond `limit`; newest first. */
function keepNewest(limit: number): OperatorFunction<LogRow[], LogRow[]> {
  const key = (row: LogRow) => `${row.ns} ${JSON.stringify(row.stream)} ${row.line}`;
  return scan((kept: LogRow[], fresh: LogRow[]) => {
    if (fresh.length === 0) {
      return kept;
    }
    const known = new Set(kept.map(key));
    const added = fresh.filter((row) => !known.has(key(row)));
    return [...added, ...kept].sort((a, b) => compareNs(b.ns, a.ns)).slice(0, limit);
  }, []);
}
