import { randomBytes } from 'node:crypto';
import { Router, type Request, type Response } from 'express';
import { print, type LogExpr } from '../../src/logql';
import type { DeleteResponse } from '../../src/wire';
import { RequestError, badRequest } from '../model/errors';
import { nsPerSecond, parseRfc3339Ns } from '../model/time';
import { buildPipeline } from '../pipeline';
import type { Chunk, DeleteRequest } from '../store/store';
import { DeleteHistory } from './deleteHistory';
import type { AppDeps } from './deps';
import { sendText } from './errors';
import { refuseForeignPage } from './foreignPages';
import { sendJson } from './sendJson';
import { parseLogExpr } from './logql';
import { readForm } from './params';
import { tenantOf } from './tenants';

/**
 * Loki's delete API. A delete here is done when it is answered, and counted: there is nothing to cancel later. Our own path answers the
 * count; Loki's answers 204 and tells the count in a header and in the list.
 */
export function deleteRoutes(deps: AppDeps): Router {
  const router = Router();
  const done = new DeleteHistory();
  const run = async (request: Request): Promise<number> => {
    refuseForeignPage(request);
    const tenant = tenantOf(request, deps.settings);
    if (deps.limits(tenant).deletionMode === 'disabled') {
      throw new RequestError(403, 'deletion is not available for this tenant');
    }
    const form = await readForm(request, deps);
    const { expr, startNs, endNs } = readDelete(form, deps.now());
    const deleted = await deps.store.delete({ tenant, startNs, endNs, matchers: expr.selector.matchers, drops: dropsOf(expr) });
    done.add(tenant, {
      request_id: randomBytes(4).toString('hex'),
      start_time: Number(startNs / nsPerSecond),
      end_time: Number(endNs / nsPerSecond),
      query: print(expr),
      status: 'processed',
      created_at: Number(deps.now() / nsPerSecond),
      deleted_lines: deleted,
    });
    deps.log.info({ tenant, query: print(expr), deleted }, 'deleted');
    return deleted;
  };
  const path = '/loki/api/v1/delete';
  const lokiDelete = async (request: Request, response: Response): Promise<void> => {
    response.set('X-Binocle-Deleted-Lines', String(await run(request)));
    response.status(204).end();
  };
  router.post(path, lokiDelete);
  router.put(path, lokiDelete);
  router.get(path, (request, response) => {
    sendJson(response, done.of(tenantOf(request, deps.settings)));
  });
  router.delete(path, (request, response) => {
    const tenant = tenantOf(request, deps.settings);
    const id = request.query.request_id;
    if (typeof id !== 'string' || id === '') {
      throw badRequest('request_id not set');
    }
    const known = done.of(tenant).some((item) => item.request_id === id);
    sendText(response, known ? 400 : 404, known ? 'deletion of request which is in process or already processed is not allowed' : 'could not find delete request with given id');
  });
  router.post('/binocle/api/v1/delete', async (request, response) => {
    const answer: DeleteResponse = { deleted: await run(request) };
    sendJson(response, answer);
  });
  return router;
}

function readDelete(form: URLSearchParams, nowNs: bigint): { expr: LogExpr; startNs: bigint; endNs: bigint } {
  const query = form.get('query') ?? '';
  if (query === '') {
    throw badRequest('query not set');
  }
  const expr = parseLogExpr(query, 'unsupported expression type, only log queries can be used to delete');
  const startNs = deleteTime(form, 'start');
  if (startNs === undefined) {
    throw badRequest('start time not set');
  }
  const endNs = deleteTime(form, 'end') ?? nowNs;
  if (endNs > nowNs + nsPerSecond) {
    throw badRequest('deletes in the future are not allowed');
  }
  if (startNs > endNs) {
    throw badRequest("start time can't be greater than end time");
  }
  // The range of a delete includes its end.
  return { expr, startNs, endNs: endNs + 1n };
}

/** Only RFC 3339 or seconds in ten digits, so that nobody deletes by mistaking a unit. */
function deleteTime(form: URLSearchParams, name: string): bigint | undefined {
  const text = form.get(name) ?? '';
  if (text === '') {
    return undefined;
  }
  const ns = /^\d{10}$/.test(text) ? BigInt(text) * nsPerSecond : parseRfc3339Ns(text);
  if (ns === undefined) {
    throw badRequest(`invalid ${name} time: require unix seconds or RFC3339 format`);
  }
  return ns;
}

/** Marks the entries that the stages of the query let through; undefined when there are no stages and every entry goes. */
function dropsOf(expr: LogExpr): DeleteRequest['drops'] {
  if (expr.stages.length === 0) {
    return undefined;
  }
  const pipeline = buildPipeline(expr.stages);
  return (chunk: Chunk) => {
    const stream = pipeline.forStream(chunk.stream);
    return Uint8Array.from({ length: chunk.count }, (_, i) => (stream.process(chunk, i) ? 1 : 0));
  };
}
