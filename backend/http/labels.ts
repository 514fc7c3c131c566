import { Router, type Request, type Response } from 'express';
import type { IndexStatsResponse } from '../../src/wire';
import { badRequest } from '../model/errors';
import { tenantLabel } from '../pipeline/labelNames';
import type { Select, StoreReader } from '../store/store';
import { answerInTurn } from './ask';
import { closing } from './closing';
import type { AppDeps } from './deps';
import { parseSelector } from './logql';
import { rangeParams, readForm } from './params';
import { servingReads } from './reads';
import { sendRoomy } from './roomyAnswer';
import { sendJson, sendJsonText } from './sendJson';

/** Names, values and sets of labels, and sizes: everything about streams that needs no entry. */
export function labelRoutes(deps: AppDeps): Router {
  const router = Router();
  const serve = servingReads(router, deps.settings);
  serve(['/loki/api/v1/labels', '/loki/api/v1/label', '/loki/api/v1/label/:name/values'], (request, response, tenants) => labels(request, response, deps, tenants));
  serve(['/api/prom/label', '/api/prom/label/:name/values'], (request, response, tenants) => labels(request, response, deps, tenants, 'legacy'));
  serve(['/loki/api/v1/series', '/api/prom/series'], (request, response, tenants) => series(request, response, deps, tenants));
  serve('/loki/api/v1/index/stats', async (request, response, tenants) => {
    const form = await readForm(request, deps);
    const question = { kind: 'stats' as const, tenants, ...rangeParams(form, deps.now()), matchers: parseSelector(form.get('query') ?? '') };
    sendJson(response, (await answerInTurn(deps, question, closing(response))) satisfies IndexStatsResponse);
  });
  return router;
}

/** Names of labels, or values of the one in the path. */
async function labels(request: Request, response: Response, deps: AppDeps, tenants: string[], form?: 'legacy'): Promise<void> {
  const params = await readForm(request, deps);
  const name = request.params.name as string | undefined;
  const { store, warnings } = form === 'legacy' ? { store: deps.store, warnings: new Set<string>() } : lenientStore(deps);
  const bodyOf = (list: string): string => (form === 'legacy' ? (list === '[]' ? '{}' : `{"values":${list}}`) : withWarnings(warnings, list === '[]' ? '' : `,"data":${list}`));
  const question = { kind: 'labels' as const, tenants, name, ...rangeParams(params, deps.now()), matchers: parseSelector(params.get('query') ?? '') };
  if (name === tenantLabel && tenants.length > 1) {
    sendJsonText(response, bodyOf(JSON.stringify(tenants)));
    return;
  }
  await sendRoomy(request, response, { ...deps, store }, question, bodyOf);
}

async function series(request: Request, response: Response, deps: AppDeps, tenants: string[]): Promise<void> {
  const form = await readForm(request, deps);
  const texts = [...form.getAll('match'), ...form.getAll('match[]')];
  const groups = texts.length === 0 ? [[]] : texts.map((text) => parseMatchGroup(text, texts.length));
  const { store, warnings } = lenientStore(deps);
  const question = { kind: 'series' as const, tenants, ...rangeParams(form, deps.now()), groups };
  await sendRoomy(request, response, { ...deps, store }, question, (list) => withWarnings(warnings, `,"data":${list}`));
}

/** `{}` alone asks for everything; among others it is an empty group, which Loki refuses. */
function parseMatchGroup(text: string, groups: number): Select['matchers'] {
  const matchers = parseSelector(text, { anyStreams: true });
  if (matchers.length === 0 && groups > 1) {
    throw badRequest(`0 matchers in group: ${text.slice(0, 200)}`);
  }
  return matchers;
}

/** A reader whose answers may lack parts that are away, when the operator allowed that, and what it says of them. */
function lenientStore({ store }: AppDeps): { store: StoreReader; warnings: Set<string> } {
  const warnings = new Set<string>();
  return { store: store.partial?.((sentence) => warnings.add(sentence)) ?? store, warnings };
}

const withWarnings = (warnings: ReadonlySet<string>, rest: string): string =>
  `{"status":"success"${warnings.size > 0 ? `,"warnings":${JSON.stringify([...warnings])}` : ''}${rest}}`;
