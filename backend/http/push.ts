import { Router, type Request } from 'express';
import type { PushRequest } from '../ingest/intake';
import { RequestError, badRequest } from '../model/errors';
import { readReceipt, isAgentName, receiptPath, type ReceiptAnswer } from '../model/receiptHeaders';
import { readBodyWithin } from './body';
import type { AppDeps } from './deps';
import { sendError, sendText } from './errors';
import { tenantOf } from './tenants';

/** Every way of handing in logs, and the agent's question what was taken last. */
export function pushRoutes(deps: AppDeps): Router {
  const router = Router();
  const paths = ['/loki/api/v1/push', '/api/prom/push'];
  router.post(paths, async (request, response) => {
    const tenant = tenantOf(request, deps.settings);
    try {
      await take(request, tenant, deps);
    } catch (error) {
      if (error instanceof RequestError && error.status >= 200 && error.status < 300) {
        // Blocked ingestion may be configured to look like success.
        sendText(response, error.status, error.message);
        return;
      }
      if (error instanceof RequestError && request.complete) {
        sendError(response, error, '\n');
        return;
      }
      throw error;
    }
    response.status(204).end();
  });
  router.get(receiptPath, async (request, response) => {
    const agent = request.query.agent;
    if (typeof agent !== 'string' || !isAgentName(agent)) {
      throw badRequest('agent: the name of an agent is expected');
    }
    const receipt = await deps.store.receipt(tenantOf(request, deps.settings), agent);
    const answer: ReceiptAnswer = { agent, sequence: receipt?.sequence ?? 0, state: receipt?.state ?? '' };
    response.json(answer);
  });
  return router;
}

/** Reads a push when there is room for its body and hands it to the intake. `inspect` sees the body as it is decompressed. */
export async function take(request: Request, tenant: string, deps: AppDeps, inspect?: PushRequest['inspect']): Promise<void> {
  const { pushBytesMax } = deps.settings;
  const contentType = mediaType(request);
  const receipt = readReceipt(request.headers);
  const { body, release } = await readBodyWithin(request, pushBytesMax, deps.bodyBudget);
  try {
    await deps.intake.push({
      tenant,
      body,
      contentEncoding: String(request.headers['content-encoding'] ?? '').toLowerCase(),
      path: request.path,
      contentType,
      headers: request.headers as Record<string, string | undefined>,
      query: request.query as Record<string, string | undefined>,
      maxBytes: pushBytesMax,
      receipt,
      inspect,
    });
  } finally {
    release();
  }
}

/** The type without parameters, lower case. Loki refuses a push that does not say what it is. */
function mediaType(request: Request): string {
  const header = String(request.headers['content-type'] ?? '');
  const type = header.split(';')[0].trim().toLowerCase();
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]+(\/[!#$%&'*+.^_`|~0-9a-z-]+)?$/.test(type)) {
    throw badRequest(type === '' ? 'mime: no media type' : `mime: invalid media type ${JSON.stringify(header.slice(0, 100))}`);
  }
  return type;
}
