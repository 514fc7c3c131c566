import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Router, type RequestHandler } from 'express';
import { WebSocketServer, type WebSocket } from 'ws';
import type { EncodingFlag, TailFrame } from '../../src/wire';
import type { LogExpr } from '../../src/logql';
import { RequestError, badRequest, tooMany, unavailable } from '../model/errors';
import { formatRfc3339Ns } from '../model/time';
import { Tailer } from '../tail/tailer';
import { ask } from './ask';
import type { AppDeps } from './deps';
import { sendText } from './errors';
import { parseLogExpr } from './logql';
import { boundsParams, intParam, limitParam } from './params';
import { servedUrl } from './paths';
import { encodingFlags, withRegexp } from './query';
import { tenantOf } from './tenants';

/** Live tail over WebSocket, in today's frames and in those of 2019. */

const legacyPath = '/api/prom/tail';
const tailPaths = new Set(['/loki/api/v1/tail', legacyPath]);
const delaySecondsMax = 5;
/** Tails of all tenants: each may hold a megabyte of lines that wait for its client. */
const tailsMax = 64;
const pingEveryMs = 1_000;
/** Frames wait for the socket while more than this is in it. */
const socketBytesMax = 256 * 1024;
/** How often is looked whether held entries are due or the socket took what it had. */
const retryMs = 50;

interface TailRequest {
  tenant: string;
  expr: LogExpr;
  query: string;
  legacy: boolean;
  delayMs: number;
  limit: number;
  startNs: bigint;
  flags: Set<EncodingFlag>;
}

/** A tail that is asked for without a WebSocket: what is wrong with its parameters, else Loki's words for a missing upgrade. */
export function tailRoutes(deps: AppDeps): Router {
  const router = Router();
  const answer: RequestHandler = (request, response) => {
    readRequest(request, deps, '');
    response.set('Sec-WebSocket-Version', '13');
    sendText(response, 400, 'Bad Request\n');
  };
  router.get([...tailPaths], answer);
  router.post([...tailPaths], answer);
  return router;
}

/** Answers upgrades of a server. @returns closes every tail. */
export function attachTail(server: Server, deps: AppDeps): () => void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 });
  const byTenant = new Map<string, number>();
  let closed = false;
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    let asked: TailRequest;
    try {
      if (closed) {
        throw unavailable('the server is stopping');
      }
      asked = readRequest(request, deps, deps.settings.pathPrefix);
      if (sockets.clients.size >= tailsMax) {
        throw tooMany(`max concurrent tail requests limit of this server exceeded (${tailsMax}), try again later`);
      }
      const count = (byTenant.get(asked.tenant) ?? 0) + 1;
      const most = deps.limits(asked.tenant).concurrentTailsMax;
      if (most > 0 && count > most) {
        throw badRequest(`max concurrent tail requests limit exceeded, count > limit (${count} > ${most})`);
      }
      byTenant.set(asked.tenant, count);
    } catch (error) {
      refuse(socket, error, deps);
      return;
    }
    const ended = (): void => {
      const left = byTenant.get(asked.tenant)! - 1;
      if (left > 0) {
        byTenant.set(asked.tenant, left);
      } else {
        byTenant.delete(asked.tenant);
      }
      deps.metrics.tails.dec();
    };
    deps.metrics.tails.inc();
    socket.once('close', ended);
    sockets.handleUpgrade(request, socket, head, (ws) => follow(ws, asked, deps));
  });
  return () => {
    closed = true;
    sockets.clients.forEach((ws) => ws.terminate());
  };
}

/** @param prefix what stands before the path of a tail. */
function readRequest(request: IncomingMessage, deps: AppDeps, prefix: string): TailRequest {
  const [whole, ...query] = servedUrl(request.url ?? '/').split('?');
  const path = whole.startsWith(prefix) ? whole.slice(prefix.length) : '';
  if (!tailPaths.has(path)) {
    throw new RequestError(404, '404 page not found\n');
  }
  const tenant = tenantOf(request, deps.settings);
  const form = new URLSearchParams(query.join('?'));
  const text = withRegexp(form);
  const expr = parseLogExpr(text, 'only log queries can be tailed');
  const limit = limitParam(form);
  const { startNs } = boundsParams(form, deps.now());
  const delay = intParam(form, 'delay_for', 0);
  if (delay < 0 || delay > delaySecondsMax) {
    throw badRequest(`delay_for can't be greater than ${delaySecondsMax}`);
  }
  return { tenant, expr, query: text, legacy: path === legacyPath, delayMs: delay * 1_000, limit, startNs, flags: encodingFlags(request) };
}

/** Before the handshake an error is a plain HTTP answer. */
function refuse(socket: Duplex, error: unknown, deps: AppDeps): void {
  const known = error instanceof RequestError ? error : new RequestError(500, 'internal error: the server log says more');
  if (known !== error) {
    deps.log.error({ err: error }, 'tail failed');
  }
  const body = Buffer.from(known.message);
  // a client that does not hang up itself would hold the connection for ever: none of the server's times are for sockets that were to be upgraded
  socket.end(
    `HTTP/1.1 ${known.status} ${STATUS_CODES[known.status] ?? ''}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${known.message}`,
    () => socket.destroy()
  );
}

function follow(ws: WebSocket, asked: TailRequest, deps: AppDeps): void {
  let open = true;
  let ready = false;
  const send = (): void => {
    while (open && ready && ws.bufferedAmount < socketBytesMax) {
      const frame = tailer.next();
      if (!frame) {
        return;
      }
      ws.send(JSON.stringify(asked.legacy ? legacyFrame(frame) : frame));
    }
  };
  const tailer = new Tailer(deps.live, { ...asked, now: Date.now }, send);
  const retry = setInterval(send, retryMs);
  const ping = setInterval(() => ws.ping(), pingEveryMs);
  const { tailDurationMsMax } = deps.limits(asked.tenant);
  const end = tailDurationMsMax > 0 ? setTimeout(() => fail(ws, 'reached tail max duration limit'), tailDurationMsMax) : undefined;
  const gone = new AbortController();
  ws.on('close', () => {
    open = false;
    gone.abort();
    clearInterval(retry);
    clearInterval(ping);
    clearTimeout(end);
    tailer.close();
  });
  ws.on('error', (error) => deps.log.debug({ err: error }, 'tail socket'));
  tailer.ready.then(() => backlog(asked, deps, gone.signal)).then(
    (streams) => {
      tailer.startWith(streams);
      ready = true;
      send();
    },
    (error: unknown) => {
      if (open) {
        deps.log[error instanceof RequestError ? 'debug' : 'error']({ err: error }, 'tail backlog');
        fail(ws, error instanceof RequestError ? error.message : 'internal error: the server log says more');
      }
    }
  );
}

/** The newest `limit` lines since the start. */
async function backlog({ tenant, query, startNs, limit }: TailRequest, deps: AppDeps, signal: AbortSignal): Promise<Parameters<Tailer['startWith']>[0]> {
  const endNs = deps.now() + 1n;
  const asked = { kind: 'range' as const, tenants: [tenant], query, startNs: startNs < endNs ? startNs : endNs, endNs, limit, direction: 'backward' as const, stepNs: 1_000_000_000n, intervalNs: 0 };
  return ask(deps, asked, { limits: { ...deps.limits(tenant).query, lengthNsMax: 0 }, signal }, ({ result }) => (result.kind === 'streams' ? result.streams : []));
}

/** Close reasons may have 123 bytes. */
function fail(ws: WebSocket, reason: string): void {
  ws.close(1011, Buffer.from(reason).subarray(0, 120).toString('utf8').replace(/\uFFFD+$/, ''));
}

/** Frames of 2019: labels as text, times as RFC 3339. */
function legacyFrame({ streams, dropped_entries: dropped }: TailFrame): unknown {
  const text = (labels: Record<string, string>): string => `{${Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}}`;
  return {
    streams: streams.map(({ stream, values }) => ({ labels: text(stream), entries: values.map(([ns, line]) => ({ ts: formatRfc3339Ns(BigInt(ns)), line })) })),
    dropped_entries: dropped?.map(({ timestamp, labels }) => ({ Timestamp: formatRfc3339Ns(BigInt(timestamp)), Labels: text(labels) })) ?? null,
  };
}
