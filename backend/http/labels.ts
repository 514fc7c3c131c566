import { Router, type Request, type Response } from 'express';
import type { LabelsResponse, SeriesResponse, IndexStatsResponse } from '../../src/wire';
import { badRequest } from '../model/errors';
import { labelsObject, labelsText, makeLabels, type Labels } from '../model/labels';
import { chooseTenants, tenantLabel } from '../query/tenantScan';
import type { Select, StoreReader } from '../store/store';
import type { AppDeps } from './deps';
import { parseSelector } from './logql';
import { rangeParams, readForm } from './params';
import { sendJson } from './sendJson';
import { sendRoomy } from './roomyAnswer';
import { tenantsOf } from './tenants';

/** Names, values and sets of labels, and sizes: everything about streams that needs no entry. */
export function labelRoutes(deps: AppDeps): Router {
  const router = Router();
  const serve = (paths: string[], answer: (request: Request, response: Response) => Promise<void>): void => {
    router.get(paths, answer);
    router.post(paths, answer);
  };
  serve(['/loki/api/v1/labels', '/loki/api/v1/label', '/loki/api/v1/label/:name/values'], (request, response) =>
    sendRoomy(request, response, deps, async () => {
      const { values, warnings } = await namesOrValues(request, deps, deps.store.partial !== undefined);
      return { status: 'success', ...withWarnings(warnings), ...(values.length > 0 ? { data: values } : {}) } satisfies LabelsResponse;
    })
  );
  serve(['/api/prom/label', '/api/prom/label/:name/values'], (request, response) =>
    sendRoomy(request, response, deps, async () => {
      const { values } = await namesOrValues(request, deps, false);
      return values.length > 0 ? { values } : {};
    })
  );
  serve(['/loki/api/v1/series', '/api/prom/series'], (request, response) => sendRoomy(request, response, deps, () => seriesAnswer(request, deps)));
  serve(['/loki/api/v1/index/stats'], async (request, response) => {
    const form = await readForm(request);
    const matchers = parseSelector(form.get('query') ?? '');
    const parts = await eachTenant(request, deps, { ...rangeParams(form, deps.now()), matchers }, async (store, select) => [await store.stats(select)]);
    const sum: IndexStatsResponse = { streams: 0, chunks: 0, bytes: 0, entries: 0 };
    for (const part of parts) {
      sum.streams += part.streams;
      sum.chunks += part.chunks;
      sum.bytes += part.bytes;
      sum.entries += part.entries;
    }
    sendJson(response, sum);
  });
  return router;
}

async function seriesAnswer(request: Request, deps: AppDeps): Promise<SeriesResponse> {
  const form = await readForm(request);
  const texts = [...form.getAll('match'), ...form.getAll('match[]')];
  const groups = texts.length === 0 ? [[]] : texts.map((text) => parseMatchGroup(text, texts.length));
  const range = rangeParams(form, deps.now());
  const series = new Map<string, Labels>();
  const { store, warnings } = lenientStore(deps);
  for (const matchers of groups) {
    for (const labels of await eachTenant(request, { ...deps, store }, { ...range, matchers }, seriesOf)) {
      series.set(labelsText(labels), labels);
    }
    if (series.size > seriesMax) {
      throw badRequest(`more than ${seriesMax} streams match together; add label matchers or ask for a shorter time range`);
    }
  }
  return { status: 'success', ...withWarnings(warnings), data: [...series].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, labels]) => labelsObject(labels)) };
}

/** Label sets in one answer to several selectors or tenants, some 2 kB each until it is sent; a store has the same bound for one. */
const seriesMax = 50_000;

/** `{}` alone asks for everything; among others it is an empty group, which Loki refuses. */
function parseMatchGroup(text: string, groups: number): Select['matchers'] {
  const matchers = parseSelector(text);
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

const withWarnings = (warnings: ReadonlySet<string>): { warnings?: string[] } => (warnings.size > 0 ? { warnings: [...warnings] } : {});

async function namesOrValues(request: Request, deps: AppDeps, lenient: boolean): Promise<{ values: string[]; warnings: ReadonlySet<string> }> {
  const { store, warnings } = lenient ? lenientStore(deps) : { store: deps.store, warnings: new Set<string>() };
  const form = await readForm(request);
  const name = request.params.name as string | undefined;
  const select = { ...rangeParams(form, deps.now()), matchers: parseSelector(form.get('query') ?? '') };
  if (name === tenantLabel && tenantsOf(request, deps.settings).length > 1) {
    return { values: tenantsOf(request, deps.settings), warnings };
  }
  const found = await eachTenant(request, { ...deps, store }, select, async (reader, { named, ...one }) => {
    const names = name === undefined ? await reader.labelNames(one) : await reader.labelValues(name, one);
    return named && name === undefined ? [...names, tenantLabel] : names;
  });
  // of one tenant they are sorted already, and may be hundreds of thousands
  return { values: tenantsOf(request, deps.settings).length > 1 ? [...new Set(found)].sort() : found, warnings };
}

export async function seriesOf(store: StoreReader, { named, ...select }: Select & { named: boolean }): Promise<Labels[]> {
  const series = await store.series(select);
  return named ? series.map((labels) => makeLabels([...labels, [tenantLabel, select.tenant]])) : series;
}

/** Asks for each tenant of the request and puts the answers together; with several, `__tenant_id__` chooses among them. */
export async function eachTenant<Answer>(
  request: Request,
  deps: Pick<AppDeps, 'settings'> & { store: StoreReader },
  select: Omit<Select, 'tenant'>,
  ask: (store: StoreReader, select: Select & { named: boolean }) => Promise<Answer[]>
): Promise<Answer[]> {
  const tenants = tenantsOf(request, deps.settings);
  const named = tenants.length > 1;
  const matchers = named ? select.matchers.filter((matcher) => matcher.name !== tenantLabel) : select.matchers;
  const answers: Answer[][] = [];
  for (const tenant of chooseTenants(tenants, select.matchers)) {
    answers.push(await ask(deps.store, { ...select, tenant, matchers, named }));
  }
  // not by `push(...)`: a call takes no more than some hundred thousand arguments
  return answers.length === 1 ? answers[0] : answers.flat();
}
