import { Router, type RequestHandler } from 'express';
import type { BinocleStatusResponse, BuildInfoResponse } from '../../src/wire';
import type { AppDeps } from './deps';
import { sendText } from './errors';
import { refuseForeignPage } from './foreignPages';
import { sendJson } from './sendJson';
import { readForm } from './params';

/** What operators and their tools ask a Loki: is it there, what is it, how is it set. */
export function statusRoutes(deps: AppDeps): Router {
  const router = Router();
  router.get('/ready', (_request, response) => {
    const reason = deps.notReady();
    sendText(response, reason === undefined ? 200 : 503, reason === undefined ? 'ready\n' : `${reason}\n`);
  });
  router.get('/metrics', async (_request, response) => {
    response.set('Content-Type', deps.metrics.registry.contentType);
    response.end(await deps.metrics.registry.metrics());
  });
  router.get('/loki/api/v1/status/buildinfo', (_request, response) => {
    sendJson(response, buildInfo(deps.settings.version));
  });
  router.get('/binocle/api/v1/status', (_request, response) => {
    const answer: BinocleStatusResponse = { product: 'binocle', version: deps.settings.version, features: ['level', 'delete', 'receipts', 'correlate'] };
    sendJson(response, answer);
  });
  router.get('/config', (request, response) => {
    response.set('Content-Type', 'text/yaml; charset=utf-8');
    response.end(request.query.mode === 'diff' || request.query.mode === 'diffs' ? deps.settings.configDiffYaml : deps.settings.configYaml);
  });
  router.get('/services', (_request, response) => {
    sendText(response, 200, services.map((name) => `${name} => Running\n`).join(''));
  });
  router.get('/log_level', (_request, response) => {
    sendJson(response, { message: `Current log level is ${deps.log.level}` });
  });
  router.post('/log_level', async (request, response) => {
    refuseForeignPage(request);
    const level = (await readForm(request, deps)).get('log_level') ?? '';
    if (!['debug', 'info', 'warn', 'error'].includes(level)) {
      response.status(400);
      sendJson(response, { message: `unrecognized log level ${JSON.stringify(level.slice(0, 40))}`, status: 'failed' });
      return;
    }
    deps.log.level = level;
    sendJson(response, { message: `Log level set to ${level}`, status: 'success' });
  });
  router.get(ringPages, (request, response) => {
    response.set('Content-Type', 'text/html; charset=utf-8');
    response.end(ringPage(request.path));
  });
  const flush: RequestHandler = async (request, response) => {
    refuseForeignPage(request);
    await deps.store.compact();
    response.status(204).end();
  };
  router.get('/flush', flush);
  router.post(['/flush', '/ingester/flush_shutdown'], flush);
  router.all(['/ingester/prepare_shutdown', '/ingester/prepare_partition_downscale'], (_request, response) => {
    response.status(204).end();
  });
  router.get('/loki/api/v1/cache/generation_numbers', (_request, response) => sendJson(response, ''));
  return router;
}

/** Loki's version is told, so that tools which look for a feature by version find it; the revision says who answers. */
function buildInfo(version: string): BuildInfoResponse {
  return { version: lokiVersion, revision: `binocle-${version}`, branch: 'binocle', buildUser: 'binocle', buildDate: '', goVersion: process.version };
}

/** The Loki whose API this server speaks. */
export const lokiVersion = '3.4.0';

const services = ['server', 'store', 'distributor', 'ingester', 'querier', 'query-frontend', 'ruler', 'compactor'];
const ringPages = [
  '/ring', '/distributor/ring', '/ruler/ring', '/compactor/ring', '/indexgateway/ring', '/scheduler/ring', '/pattern/ring', '/partition-ring', '/memberlist',
];

function ringPage(path: string): string {
  const title = `${path.replace(/[^a-z/-]/g, '')} of binocle`;
  return `<!doctype html><meta charset="utf-8"><title>${title}</title><h1>${title}</h1>
<table><tr><th>Instance</th><th>State</th></tr><tr><td>binocle</td><td>ACTIVE</td></tr></table>
<p>Binocle is one process: there is no ring of instances.</p>\n`;
}
