import express, { Router, type Express, type RequestHandler } from 'express';
import { correlateRoutes } from './correlate';
import { deleteRoutes } from './delete';
import type { AppDeps } from './deps';
import { elasticRoutes } from './elastic';
import { errorHandler, sendNotFound } from './errors';
import { exploreRoutes } from './explore';
import { labelRoutes } from './labels';
import { observe } from './observe';
import { otlpRoutes } from './otlp';
import { pageRoutes } from './page';
import { pushRoutes } from './push';
import { queryRoutes } from './query';
import { ruleRoutes } from './rules';
import { statusRoutes } from './status';

/** The server without a port. Tail is not among the routes: it takes over the socket (`attachTail`). */
export function createApp(deps: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.set('case sensitive routing', true);
  const routes = Router();
  routes.use(pushRoutes(deps), otlpRoutes(deps), elasticRoutes(deps), queryRoutes(deps), exploreRoutes(deps), labelRoutes(deps), deleteRoutes(deps), ruleRoutes(), statusRoutes(deps), correlateRoutes(deps), pageRoutes(deps));
  app.use(observe(deps), ownProxyPath);
  app.use(deps.settings.pathPrefix || '/', routes);
  app.use((_request, response) => sendNotFound(response));
  app.use(errorHandler(deps.log));
  return app;
}

const ownProxy = /^\/api\/datasources\/proxy\/uid\/binocle(?=\/)/;

/** The page at /explore reaches this server under the path Grafana's proxy would have; the rest of the path is our own. */
const ownProxyPath: RequestHandler = (request, _response, next) => {
  request.url = request.url.replace(ownProxy, '');
  next();
};
