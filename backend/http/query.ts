import type { IncomingMessage } from 'node:http';
import { Router, type Request, type Response } from 'express';
import { parse, printPretty, problemText } from '../../src/logql';
import type { EncodingFlag, FormatQueryResponse } from '../../src/wire';
import { RequestError, badRequest, cancelled } from '../model/errors';
import { formatRfc3339Ns } from '../model/time';
import type { QueryRequest } from '../query/request';
import type { QueryAnswer } from '../query/run';
import { ask } from './ask';
import type { AppDeps } from './deps';
import { encodeResult, encodeStats } from './encode';
import { JsonSink } from './jsonSink';
import { queryLimits } from './queryLimits';
import { servingReads } from './reads';
import { sendPaced } from './roomyAnswer';
import { sendJson } from './sendJson';
import { directionParam, instantParam, intervalParam, limitParam, rangeParams, readForm, stepParam, type Direction } from './params';

/** LogQL over HTTP: range and instant queries, their form of 2019, and the formatter. */
export function queryRoutes(deps: AppDeps): Router {
  const router = Router();
  const serve = servingReads(router, deps.settings);
  serve('/loki/api/v1/query_range', async (request, response, tenants) => {
    const form = await readForm(request, deps);
    await answer(request, response, deps, { ...rangeRequest(form, deps.now()), tenants });
  });
  serve('/loki/api/v1/query', async (request, response, tenants) => {
    const form = await readForm(request, deps);
    limitParam(form);
    const timeNs = instantParam(form, deps.now());
    directionParam(form);
    await answer(request, response, deps, { kind: 'instant', tenants, query: form.get('query') ?? '', timeNs });
  });
  serve('/api/prom/query', async (request, response, tenants) => {
    const form = await readForm(request, deps);
    const asked = { ...rangeRequest(form, deps.now()), query: withRegexp(form), tenants };
    if (parse(asked.query).expr?.kind !== 'log' && parse(asked.query).expr) {
      throw badRequest('legacy endpoints only support streams result type');
    }
    await execute(request, response, deps, asked, async ({ result, stats }) => {
      const streams = (result.kind === 'streams' ? result.streams : []).map(({ set, entries }) => ({
        labels: set.text(),
        entries: entries.map(({ tsNs, line }) => ({ ts: formatRfc3339Ns(tsNs), line })),
      }));
      await sendPaced(request, response, JSON.stringify({ streams, stats: encodeStats(stats) }));
    });
  });
  const formatQuery = async (request: Request, response: Response): Promise<void> => {
    const { expr, problems } = parse((await readForm(request, deps)).get('query') ?? '');
    const formatted: FormatQueryResponse = expr ? { status: 'success', data: printPretty(expr) } : { status: 'invalid-query', error: problemText(problems[0]) };
    response.status(expr ? 200 : 400);
    sendJson(response, formatted);
  };
  router.get('/loki/api/v1/format_query', formatQuery);
  router.post('/loki/api/v1/format_query', formatQuery);
  return router;
}

type Asked = Omit<Extract<QueryRequest, { kind: 'range' }>, 'tenants'>;

function rangeRequest(form: URLSearchParams, nowNs: bigint): Asked {
  const bounds = rangeParams(form, nowNs);
  const limit = limitParam(form);
  const direction = directionParam(form);
  return { kind: 'range', query: form.get('query') ?? '', ...bounds, limit, direction, stepNs: stepParam(form, bounds), intervalNs: Number(intervalParam(form)) };
}

/** The old `regexp` parameter is a line filter behind the query. */
export function withRegexp(form: URLSearchParams): string {
  const regexp = form.get('regexp') ?? '';
  return `${form.get('query') ?? ''}${regexp === '' ? '' : ` |~ ${JSON.stringify(regexp)}`}`;
}

async function answer(request: Request, response: Response, deps: AppDeps, asked: QueryRequest): Promise<void> {
  const direction: Direction = asked.kind === 'range' ? asked.direction : 'backward';
  const send = ({ result, stats, warnings }: QueryAnswer): Promise<void> =>
    encodeResult(new JsonSink(request, response), result, stats, { flags: encodingFlags(request), direction, warnings });
  await execute(request, response, deps, asked, send, true);
}

/** Runs a query until it is done, the client is gone or the time is over; measures and logs it. `send` writes the answer. */
async function execute(request: Request, response: Response, deps: AppDeps, asked: QueryRequest, send: (answer: QueryAnswer) => Promise<void>, partial = false): Promise<void> {
  const gone = new AbortController();
  const leave = (): void => gone.abort(cancelled());
  response.on('close', leave);
  const started = performance.now();
  let answered = false;
  const measure = (status: number): void => {
    response.off('close', leave);
    const seconds = (performance.now() - started) / 1000;
    deps.metrics.queryLatency.observe(labelsOf(asked, status), seconds);
    deps.log.debug({ query: asked.query.slice(0, 2_000), latency: `${(seconds * 1000).toFixed(1)}ms`, status, tags: queryTags(request) }, 'query');
  };
  try {
    const limits = queryLimits(deps, asked.tenants);
    await ask(deps, asked, { limits, signal: gone.signal, partial }, (done) => {
      answered = true;
      measure(200);
      deps.metrics.queryBytesPerSecond.observe(labelsOf(asked, 200), done.stats.bytesProcessed / (done.stats.execSeconds || 1e-9));
      return send(done);
    });
  } catch (error) {
    if (!answered) {
      measure(error instanceof RequestError ? error.status : 500);
    }
    throw error;
  }
}

const labelsOf = (asked: QueryRequest, status: number): Record<string, string> => ({
  status_code: String(status),
  type: asked.query.includes('(') ? 'metric' : 'filter',
  range: asked.kind,
});

export function encodingFlags(request: IncomingMessage): Set<EncodingFlag> {
  const header = String(request.headers['x-loki-response-encoding-flags'] ?? '');
  return new Set(header.split(',').map((flag) => flag.trim()).filter((flag): flag is EncodingFlag => flag === 'categorize-labels'));
}

/** `X-Query-Tags` for the log; anything that could break a log line becomes `_`, as in Loki. */
function queryTags(request: Request): string | undefined {
  const header = request.headers['x-query-tags'];
  return typeof header === 'string' ? header.slice(0, 500).replace(/[^a-zA-Z0-9\-=.@, ]/g, '_') : undefined;
}

