import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { pipeline } from 'node:stream';
import express, { Router, type Response } from 'express';
import { RequestError, badRequest } from '../model/errors';
import type { AppDeps } from './deps';

/**
 * The page at `/explore` for people without a Grafana at hand, and the data source proxy it talks through, as Grafana has one. Only
 * data sources of the configuration can be reached, so the proxy opens nothing else.
 */
export function pageRoutes(deps: AppDeps): Router {
  const router = Router();
  if (deps.settings.exploreDir !== undefined) {
    router.use('/explore', express.static(deps.settings.exploreDir, { index: 'index.html', redirect: true, fallthrough: true }));
  }
  router.get('/api/datasources', (_request, response) => {
    response.json(['binocle', ...deps.settings.datasources.keys()].map((uid) => ({ uid, name: uid })));
  });
  router.use('/api/datasources/proxy/uid/:uid', (request, response) => {
    const { uid } = request.params;
    const base = deps.settings.datasources.get(uid);
    if (base === undefined) {
      throw new RequestError(404, `there is no data source ${uid.slice(0, 100)}; name it in the configuration under binocle.datasources`);
    }
    forward(request, response, base, request.url);
  });
  return router;
}

/** Questions of Prometheus' API, by what follows `/api/v1/`. The others change something, stop it, or write to it. */
const questions = new Set(['query', 'query_range', 'query_exemplars', 'series', 'labels', 'label', 'metadata', 'status', 'rules', 'alerts', 'targets', 'format_query', 'parse_query']);

/** @param path below the address of the source, as it will be sent. */
function isQuestion(method: string | undefined, path: string): boolean {
  let segments: string[];
  try {
    segments = decodeURIComponent(path).split(/[/\\]/);
  } catch {
    // what can't be read is no question
    return false;
  }
  const [, api, version, name] = segments;
  return (method === 'GET' || method === 'POST') && api === 'api' && version === 'v1' && questions.has(name) && !segments.includes('..');
}

/** Headers that concern one connection or tell the other side who we are. */
const notForwarded = new Set(['host', 'connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'cookie', 'authorization', 'x-scope-orgid', 'accept-encoding']);
const forwardMsMax = 60_000;

function forward(request: IncomingMessage, response: Response, base: string, path: string): void {
  const root = new URL(base);
  const folder = root.pathname.replace(/\/$/, '');
  const target = new URL(`${root.origin}${folder}${path}`);
  if (target.origin !== root.origin || !target.pathname.startsWith(`${folder}/`)) {
    throw badRequest('the path leads away from the data source');
  }
  if (!isQuestion(request.method, target.pathname.slice(folder.length))) {
    throw new RequestError(403, 'only questions to a Prometheus are passed on: GET and POST of /api/v1/query, query_range, series, labels, metadata and the like');
  }
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !notForwarded.has(name)));
  if (root.username !== '') {
    headers.authorization = `Basic ${Buffer.from(`${decodeURIComponent(root.username)}:${decodeURIComponent(root.password)}`).toString('base64')}`;
  }
  const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
  const outgoing = send(target, { method: request.method, headers, timeout: forwardMsMax }, (answer) => {
    response.status(answer.statusCode ?? 502);
    for (const name of ['content-type', 'content-length', 'cache-control'] as const) {
      const value = answer.headers[name];
      if (value !== undefined) {
        response.set(name, value);
      }
    }
    // what breaks off there breaks off here: the log has nothing to add
    pipeline(answer, response, () => undefined);
  });
  outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')));
  outgoing.on('error', (error) => {
    if (response.headersSent) {
      response.destroy();
    } else {
      response.status(502).end(`the data source does not answer: ${error.message}`);
    }
  });
  response.on('close', () => outgoing.destroy());
  request.pipe(outgoing);
}
