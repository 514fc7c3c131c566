import express, { Router, type Express } from 'express';
import type { AppDeps } from './deps';
import { errorHandler, sendNotFound } from './errors';
import { exploreRoutes } from './explore';
import { labelRoutes } from './labels';
import { observe } from './observe';
import { pushRoutes } from './push';
import { queryRoutes } from './query';
import { statusRoutes } from './status';

/** The server without a port. */
export function createApp(deps: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.set('case sensitive routing', true);
  const routes = Router();
  routes.use(pushRoutes(deps), queryRoutes(deps), exploreRoutes(deps), labelRoutes(deps), statusRoutes(deps));
  app.use(observe(deps));
  app.use(deps.settings.pathPrefix || '/', routes);
  app.use((_request, response) => sendNotFound(response));
  app.use(errorHandler(deps.log));
  return app;
}
