import { Writer } from 'protobufjs/minimal';
import { Router, type Request, type Response } from 'express';
import { RequestError } from '../model/errors';
import type { AppDeps } from './deps';
import { take } from './push';
import { tenantOf } from './tenants';

/** OpenTelemetry's exporters at `/otlp/v1/logs`: errors are a google.rpc.Status, and what is our fault asks to be sent again. */
export function otlpRoutes(deps: AppDeps): Router {
  const router = Router();
  router.post('/otlp/v1/logs', async (request, response) => {
    try {
      await take(request, tenantOf(request, deps.settings), deps);
      response.status(204).end();
    } catch (error) {
      if (!(error instanceof RequestError)) {
        deps.log.error({ err: error }, 'otlp push failed');
      }
      const known = error instanceof RequestError ? error : new RequestError(503, 'internal error: the server log says more');
      // A request without records is no mistake of an exporter.
      sendStatus(request, response, known.status === 422 ? undefined : known);
    }
  });
  return router;
}

/** google.rpc codes: 3 invalid argument, 8 resource exhausted, 14 unavailable. */
const codeOf = (status: number): number => (status === 429 ? 8 : status >= 500 ? 14 : 3);

function sendStatus(request: Request, response: Response, error: RequestError | undefined): void {
  if (!error) {
    response.status(204).end();
    return;
  }
  response.status(error.status === 500 ? 503 : error.status);
  if (error.retryAfterSeconds !== undefined) {
    response.set('Retry-After', String(error.retryAfterSeconds));
  }
  if (!request.complete) {
    response.set('Connection', 'close');
  }
  if (String(request.headers['content-type']).includes('json')) {
    response.json({ code: codeOf(error.status), message: error.message });
  } else {
    response.set('Content-Type', 'application/x-protobuf');
    response.end(Writer.create().uint32(8).int32(codeOf(error.status)).uint32(18).string(error.message).finish());
  }
}
