import type { ErrorRequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { RequestError } from '../model/errors';

/** Sends an error as Loki does: plain text, no JSON. */
export function sendError(response: Response, error: RequestError, ending = ''): void {
  if (error.retryAfterSeconds !== undefined) {
    response.set('Retry-After', String(error.retryAfterSeconds));
  }
  // For the log, where an operator looks for it.
  response.locals.reason = error.message;
  sendText(response, error.status, error.message + ending);
}

export function sendText(response: Response, status: number, text: string): void {
  response.status(status);
  response.set('Content-Type', 'text/plain; charset=utf-8');
  response.set('X-Content-Type-Options', 'nosniff');
  response.end(text);
}

/** What Go's net/http answers for a path that nobody serves. */
export const sendNotFound = (response: Response): void => sendText(response, 404, '404 page not found\n');

/** The last handler: a RequestError goes to the client, anything else is our mistake, is logged whole and told in general words. */
export function errorHandler(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const known = asRequestError(error);
    if (!known) {
      log.error({ err: error, path: request.path, method: request.method }, 'request failed');
    }
    const answer = known ?? new RequestError(500, 'internal error: the server log says more');
    if (response.headersSent) {
      // Part of the answer is out; the only honest end is a broken connection.
      response.destroy();
      return;
    }
    if (!request.complete) {
      // The rest of the body is not wanted: answer, then close instead of reading it.
      response.set('Connection', 'close');
    }
    sendError(response, answer);
  };
}

function asRequestError(error: unknown): RequestError | undefined {
  if (error instanceof RequestError) {
    return error;
  }
  const { status, message } = (error ?? {}) as { status?: unknown; message?: unknown };
  // Errors of express itself (malformed percent-encoding in a path and the like) carry a status below 500.
  return typeof status === 'number' && status >= 400 && status < 500 ? new RequestError(status, String(message)) : undefined;
}
