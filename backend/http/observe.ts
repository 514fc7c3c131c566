import type { RequestHandler } from 'express';
import type { AppDeps } from './deps';

/** Counts and times every request under the route's pattern (never under what the client made up), and logs what went wrong. */
export function observe(deps: AppDeps): RequestHandler {
  return (request, response, next) => {
    const started = process.hrtime.bigint();
    response.on('close', () => {
      const seconds = Number(process.hrtime.bigint() - started) / 1e9;
      const status = response.writableFinished ? response.statusCode : 499;
      const route = routeName(request.route?.path, request.path);
      deps.metrics.requests.observe({ method: request.method, route, status_code: String(status), ws: 'false' }, seconds);
      const level = status >= 500 ? 'error' : 'debug';
      const { reason } = response.locals as { reason?: string };
      deps.log[level]({ method: request.method, path: request.path, status, duration: `${(seconds * 1000).toFixed(1)}ms`, reason }, 'request');
    });
    next();
  };
}

/** Loki's form of route names: `/loki/api/v1/push` is `loki_api_v1_push`. */
function routeName(pattern: unknown, path: string): string {
  const matched = Array.isArray(pattern) ? (pattern.find((one) => one === path) ?? pattern.at(-1)) : pattern;
  return typeof matched === 'string' ? matched.replace(/[:{}*]/g, '').split('/').filter(Boolean).join('_') || 'root' : 'notfound';
}
