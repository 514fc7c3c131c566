import { Router, type RequestHandler } from 'express';
import { sendText } from './errors';
import { sendJson } from './sendJson';

/**
 * There is no ruler: alerts belong to Grafana or Prometheus. The pages that ask for rules get Loki's answers for "none", so that Grafana's
 * alerting page shows an empty list instead of an error. Who wants to store rules is told why that can't be.
 */
export function ruleRoutes(): Router {
  const router = Router();
  for (const root of ['/loki/api/v1/rules', '/api/prom/rules']) {
    router.get(root, (_request, response) => sendText(response, 404, 'no rule groups found\n'));
    router.get(`${root}/:namespace`, (_request, response) => sendText(response, 404, 'no rule groups found\n'));
    router.get(`${root}/:namespace/:group`, (_request, response) => sendText(response, 404, 'group does not exist\n'));
    router.post(`${root}/:namespace`, noRuler);
    router.delete([`${root}/:namespace`, `${root}/:namespace/:group`], noRuler);
  }
  router.get('/prometheus/api/v1/rules', (_request, response) => sendJson(response, { status: 'success', data: { groups: [] }, errorType: '', error: '' }));
  router.get('/prometheus/api/v1/alerts', (_request, response) => sendJson(response, { status: 'success', data: { alerts: [] }, errorType: '', error: '' }));
  return router;
}

/** On one line: lokitool prints the first line of a refusal. */
const noRuler: RequestHandler = (_request, response) => {
  response.set('Allow', 'GET');
  sendText(response, 405, 'Binocle has no ruler: alerting and recording rules over logs are kept in Grafana\n');
};
