import { z } from 'zod';
import { splitCredentials } from './jsonClient';
import type { Correlation } from './provision';

/** Puts correlations into a running Grafana through its API; those of an earlier run are replaced, everybody else's are left alone. */

const listAnswer = z.array(z.object({ uid: z.string(), targetUID: z.string().optional(), label: z.string().optional(), provisioned: z.boolean().optional() }));

export interface GrafanaOptions {
  url: string;
  /** A service account's token; without it, user and password of the URL. */
  token?: string;
}

export interface Installed {
  created: number;
  removed: number;
}

export async function installCorrelations(sourceUid: string, correlations: readonly Correlation[], options: GrafanaOptions, signal: AbortSignal): Promise<Installed> {
  const call = makeCall(options, signal);
  const path = `/api/datasources/uid/${encodeURIComponent(sourceUid)}/correlations`;
  const existing = await call('GET', path);
  const known = existing.status === 404 ? [] : listAnswer.parse(expectOk(existing, path));
  const labels = new Set(correlations.map(({ label }) => label));
  const stale = known.filter((one) => one.targetUID === correlations[0]?.targetUID && labels.has(one.label ?? '') && !one.provisioned);
  for (const one of stale) {
    expectOk(await call('DELETE', `${path}/${encodeURIComponent(one.uid)}`), path);
  }
  for (const one of correlations) {
    expectOk(await call('POST', path, one), path);
  }
  return { created: correlations.length, removed: stale.length };
}

interface Answer {
  status: number;
  body: unknown;
}

function makeCall({ url, token }: GrafanaOptions, signal: AbortSignal): (method: string, path: string, body?: unknown) => Promise<Answer> {
  const base = splitCredentials(url);
  const headers = { ...base.headers, 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
  return async (method, path, body) => {
    const response = await fetch(`${base.url}${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal }).catch((error: Error & { cause?: Error }) => {
      throw new Error(`Grafana at ${base.url} does not answer: ${error.cause?.message ?? error.message}`);
    });
    const text = await response.text();
    return { status: response.status, body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text };
  };
}

function expectOk({ status, body }: Answer, path: string): unknown {
  if (status < 200 || status > 299) {
    const said = (body as { message?: string } | undefined)?.message ?? String(body).slice(0, 200);
    const hint = status === 401 || status === 403 ? '; give --grafana-token a token of a service account that may write data sources' : status === 404 ? '; is there a data source with this uid?' : '';
    throw new Error(`Grafana answers ${status} to ${path}: ${said}${hint}`);
  }
  return body;
}
