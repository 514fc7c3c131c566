import { isIPv6 } from 'node:net';
import type { ServerConfig } from '../config/server';

/** Longer than this a server that is well does not take. */
const answerMsMax = 3_000;

/** `serve -health`, as Loki's newer images are looked after: asks the server that was started with the same configuration whether it is ready. Answers the exit status. */
export async function sayHealth({ host, port, pathPrefix }: Pick<ServerConfig, 'host' | 'port' | 'pathPrefix'>): Promise<number> {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const url = `http://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}${pathPrefix}/ready`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(answerMsMax) });
    const text = (await response.text()).trim();
    process.stdout.write(`${url}: ${response.status} ${text}\n`);
    return response.ok ? 0 : 1;
  } catch (error) {
    const { message, cause } = error as Error;
    process.stderr.write(`${url}: ${cause instanceof Error ? cause.message : message}\n`);
    return 1;
  }
}
