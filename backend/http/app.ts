import type { RequestListener } from 'node:http';
import express, { Router } from 'express';
import { correlateRoutes } from './correlate';
import { deleteRoutes } from './delete';
import type { AppDeps } from './deps';
import { elasticRoutes } from './elastic';
import { errorHandler, sendNotFound } from './errors';
import { exploreRoutes } from './explore';
import { labelRoutes } from './labels';
import { methodNotAllowed } from './methods';
import { observe } from './observe';
import { otlpRoutes } from './otlp';
import { pageRoutes } from './page';
import { servedUrl } from './paths';
import { pushRoutes } from './push';
import { queryRoutes } from './query';
import { ruleRoutes } from './rules';
import { statusRoutes } from './status';
import { tailRoutes } from './tail';

/** The server without a port. Tail needs the socket as well (`attachTail`). */
export function createApp(deps: AppDeps): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.set('case sensitive routing', true);
  const routes = Router();
  routes.use(pushRoutes(deps), otlpRoutes(deps), elasticRoutes(deps), queryRoutes(deps), exploreRoutes(deps), labelRoutes(deps), deleteRoutes(deps), ruleRoutes(), statusRoutes(deps), correlateRoutes(deps), tailRoutes(deps), pageRoutes(deps));
  routes.use(methodNotAllowed(routes));
  app.use(observe(deps));
  app.use(deps.settings.pathPrefix || '/', routes);
  app.use((_request, response) => sendNotFound(response));
  app.use(errorHandler(deps.log));
  return (request, response) => {
    request.url = servedUrl(request.url ?? '/');
    app(request, response);
  };
}
