import type { TestContext } from 'node:test';
import { parseFlags } from '../../backend/config/flags';
import { loadServerConfig, type ServerConfig } from '../../backend/config/server';
import { makeLog } from '../../backend/log';
import { startServer } from '../../backend/server';

/** A server of this process on a free port with the memory store (or another, by flags); stopped when the test is over. */
export async function runServer(context: Pick<TestContext, 'after'>, flags: string[] = [], change: (config: ServerConfig) => void = () => undefined): Promise<string> {
  const words = ['--port', '0', '--host', '127.0.0.1', '--store', 'memory', '-log.level=fatal', ...flags];
  const config = loadServerConfig({ flags: parseFlags(words, new Set()), env: {} });
  change(config);
  const server = await startServer(config, makeLog(config.logLevel, 'logfmt'), {});
  context.after(() => server.stop());
  return server.url;
}

/** Lines of a query, oldest first, by asking the server. */
export async function queryLines(base: string, query: string, range: Record<string, string> = {}): Promise<string[]> {
  const answer = await queryStreams(base, query, range);
  return answer.flatMap(({ values }) => values).sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
}

export async function queryStreams(base: string, query: string, range: Record<string, string> = {}, headers: Record<string, string> = {}): Promise<Array<{ stream: Record<string, string>; values: Array<[string, string]> }>> {
  const params = new URLSearchParams({ query, limit: '5000', direction: 'forward', ...range });
  const response = await fetch(`${base}/loki/api/v1/query_range?${params}`, { headers });
  if (!response.ok) {
    throw new Error(`${response.status}: ${await response.text()}`);
  }
  return ((await response.json()) as { data: { result: Array<{ stream: Record<string, string>; values: Array<[string, string]> }> } }).data.result;
}

export async function pushJson(base: string, streams: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${base}/loki/api/v1/push`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ streams }) });
}
