import { Router } from 'express';
import { sendText } from './errors';
import { sendJson } from './sendJson';

/**
 * There is no ruler: alerts belong to Grafana or Prometheus. The pages that ask for rules get Loki's answers for "none", so that Grafana's
 * alerting page shows an empty list instead of an error.
 */
export function ruleRoutes(): Router {
  const router = Router();
  for (const root of ['/loki/api/v1/rules', '/api/prom/rules']) {
    router.get(root, (_request, response) => sendText(response, 404, 'no rule groups found\n'));
    router.get(`${root}/:namespace`, (_request, response) => sendText(response, 404, 'no rule groups found\n'));
    router.get(`${root}/:namespace/:group`, (_request, response) => sendText(response, 404, 'group does not exist\n'));
  }
  router.get('/prometheus/api/v1/rules', (_request, response) => sendJson(response, { status: 'success', data: { groups: [] }, errorType: '', error: '' }));
  router.get('/prometheus/api/v1/alerts', (_request, response) => sendJson(response, { status: 'success', data: { alerts: [] }, errorType: '', error: '' }));
  return router;
}
