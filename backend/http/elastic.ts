import { Router, type Request, type Response } from 'express';
import { bulkActions } from '../ingest/protocols/elasticBulk';
import { RequestError } from '../model/errors';
import type { AppDeps } from './deps';
import { take } from './push';
import { tenantOf } from './tenants';

/**
 * As much of Elasticsearch as shippers need before they push: they look who is there, set up templates and policies (which mean nothing
 * here), and send `_bulk`. Everything below `/elasticsearch`, and `_bulk` itself at the root too.
 */
export function elasticRoutes(deps: AppDeps): Router {
  const router = Router();
  const prefixes = ['/elasticsearch', '/insert/elasticsearch'];
  router.post(['/_bulk', '/:index/_bulk', ...prefixes.flatMap((prefix) => [`${prefix}/_bulk`, `${prefix}/:index/_bulk`])], (request, response) => bulk(request, response, deps));
  for (const prefix of prefixes) {
    router.use(prefix, (_request, response, next) => {
      response.set('X-Elastic-Product', 'Elasticsearch');
      next();
    });
    router.all(prefix, (_request, response) => {
      response.json({ name: 'binocle', cluster_name: 'binocle', version: { number: '8.9.0', build_flavor: 'default' }, tagline: 'You Know, for Search' });
    });
    router.get([`${prefix}/_license`, `${prefix}/_xpack`], (_request, response) => {
      response.json({ license: { status: 'active', type: 'basic', mode: 'basic', uid: 'binocle', expiry_date_in_millis: 4_102_444_800_000 } });
    });
    router.all([`${prefix}/_ilm/*rest`, `${prefix}/_index_template/*rest`, `${prefix}/_template/*rest`, `${prefix}/_ingest/*rest`, `${prefix}/_data_stream/*rest`, `${prefix}/_cluster/*rest`, `${prefix}/_nodes/*rest`], (_request, response) => {
      response.json({ acknowledged: true });
    });
  }
  return router;
}

async function bulk(request: Request, response: Response, deps: AppDeps): Promise<void> {
  const started = performance.now();
  response.set('X-Elastic-Product', 'Elasticsearch');
  const tenant = tenantOf(request, deps.settings);
  let actions: string[] = [];
  let problem: RequestError | undefined;
  try {
    await take(request, tenant, deps, (body) => (actions = bulkActions(body)));
  } catch (error) {
    if (!(error instanceof RequestError) || error.status === 429 || error.status >= 500 || actions.length === 0) {
      throw error;
    }
    problem = error.status === 422 ? undefined : error;
  }
  const item = (action: string): unknown => ({
    [action]: problem ? { status: problem.status, error: { type: 'document_parsing_exception', reason: problem.message } } : { status: action === 'delete' ? 404 : 201, result: 'created' },
  });
  response.json({ took: Math.round(performance.now() - started), errors: problem !== undefined, items: actions.map(item) });
}
