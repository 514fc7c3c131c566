import type { BackendSrvRequest, FetchResponse } from '@grafana/runtime';
import { lastValueFrom, Observable } from 'rxjs';

/** Grafana's `BackendSrv`, as far as data sources use it: requests with cancelling by id and by unsubscribing, errors in Grafana's form. */
export class HostBackendSrv {
  private readonly inflight = new Map<string, AbortController>();

  fetch<T>(request: BackendSrvRequest): Observable<FetchResponse<T>> {
    return new Observable((subscriber) => {
      const abort = new AbortController();
      if (request.requestId) {
        this.inflight.get(request.requestId)?.abort();
        this.inflight.set(request.requestId, abort);
      }
      send<T>(request, abort.signal).then(
        (response) => {
          subscriber.next(response);
          subscriber.complete();
        },
        (error: unknown) => subscriber.error(error)
      );
      return () => abort.abort();
    });
  }

  async get<T>(url: string, params?: Record<string, unknown>): Promise<T> {
    return (await lastValueFrom(this.fetch<T>({ url, params, method: 'GET' }))).data;
  }

  async post<T>(url: string, data?: unknown): Promise<T> {
    return (await lastValueFrom(this.fetch<T>({ url, data, method: 'POST' }))).data;
  }

  async datasourceRequest<T>(request: BackendSrvRequest): Promise<FetchResponse<T>> {
    return lastValueFrom(this.fetch<T>(request));
  }

  isContextSwitch() {
    return false;
  }
}

async function send<T>(request: BackendSrvRequest, signal: AbortSignal): Promise<FetchResponse<T>> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(request.params ?? {})) {
    for (const item of [value].flat()) {
      if (item !== undefined && item !== null) {
        query.append(name, String(item));
      }
    }
  }
  const base = /^(https?:|\/)/.test(request.url) ? request.url : `/${request.url}`;
  const url = String(query) ? `${base}${base.includes('?') ? '&' : '?'}${query}` : base;
  const isJson = request.data !== undefined && typeof request.data !== 'string';
  let response: Response;
  try {
    response = await fetch(url, {
      method: request.method ?? 'GET',
      signal,
      headers: { Accept: 'application/json', ...(isJson && { 'Content-Type': 'application/json' }), ...request.headers },
      body: isJson ? JSON.stringify(request.data) : (request.data as string | undefined),
    });
  } catch (error) {
    throw signal.aborted
      ? { type: 'cancelled', cancelled: true, data: null, status: -1, statusText: 'Request was aborted', config: request }
      : { status: 0, statusText: String(error), data: { message: String(error) }, config: request };
  }
  const text = await response.text();
  const data = parseBody(text);
  const { ok, status, statusText, headers, redirected, type } = response;
  if (!ok) {
    throw { status, statusText, data: typeof data === 'string' ? { message: data, response: data, error: statusText } : data, config: request };
  }
  return { ok, status, statusText, headers, redirected, type, url: response.url, data: data as T, config: request };
}

function parseBody(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    return text; // Plain text is an answer too.
  }
}
