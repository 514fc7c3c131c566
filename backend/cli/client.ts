import type { Flags } from '../config/flags';

/** How the commands reach a server. */
export interface ServerAddress {
  base: string;
  headers: Record<string, string>;
}

/** From `--addr` and `--org-id`, or the variables that logcli's users have set. Passwords inside the address become a header. */
export function serverAddress(flags: Flags, env: NodeJS.ProcessEnv, names: { addr: string; orgId: string } = { addr: 'addr', orgId: 'org-id' }): ServerAddress {
  const address = flags.values.get(names.addr) ?? env.BINOCLE_ADDR ?? env.LOKI_ADDR ?? 'http://127.0.0.1:3100';
  let url: URL;
  try {
    url = new URL(/^https?:\/\//.test(address) ? address : `http://${address}`);
  } catch {
    // what stands before the @ may be a password
    throw new Error(`--${names.addr}: an address such as http://127.0.0.1:3100 is expected, not ${address.slice(address.lastIndexOf('@') + 1)}`);
  }
  const headers: Record<string, string> = {};
  const user = url.username !== '' ? decodeURIComponent(url.username) : (env.LOKI_USERNAME ?? '');
  const password = url.username !== '' ? decodeURIComponent(url.password) : (env.LOKI_PASSWORD ?? '');
  if (user !== '') {
    headers.authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  } else if (env.LOKI_BEARER_TOKEN) {
    headers.authorization = `Bearer ${env.LOKI_BEARER_TOKEN}`;
  }
  const tenant = flags.values.get(names.orgId) ?? env.LOKI_ORG_ID;
  if (tenant !== undefined && tenant !== '') {
    headers['x-scope-orgid'] = tenant;
  }
  url.username = '';
  url.password = '';
  return { base: url.toString().replace(/\/$/, ''), headers };
}

/** GETs JSON; what the server says of a mistake becomes the Error's text. */
export async function getJson<Answer>(server: ServerAddress, path: string, params: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await reach(server, () => fetch(`${server.base}${path}?${new URLSearchParams(params)}`, { headers: { ...server.headers, ...headers } }));
  const text = await response.text();
  if (!response.ok) {
    throw refusal(server, response, text);
  }
  try {
    return JSON.parse(text) as Answer;
  } catch {
    throw somethingElse(server, response);
  }
}

/** What a server said that did not do what it was asked; of the page of a proxy before it no more than its status. */
function refusal(server: ServerAddress, response: Response, text: string): Error {
  const words = /^\s*</.test(text) ? '' : text.trim();
  return response.status === 404 || response.status === 405 ? somethingElse(server, response) : new Error(`${response.status} ${words || response.statusText}`);
}

/** Another program, such as a Prometheus or a web server. */
function somethingElse({ base }: ServerAddress, { status, url }: Response): Error {
  return new Error(`${base} answers, but not as Binocle or Loki do (${status} for ${new URL(url).pathname}); is it the right port?`);
}

export interface PushStream {
  stream: Record<string, string>;
  values: Array<[string, string] | [string, string, Record<string, string>]>;
}

/** Waits between tries when the server is busy. */
const busyWaitMs = 1_000;
const busyTriesMax = 60;

/** Pushes and waits until it is taken; a busy server is asked again. Lines the server refuses are reported by `refused`. */
export async function pushStreams(server: ServerAddress, streams: PushStream[], refused: (text: string) => void): Promise<void> {
  for (let tries = 1; ; tries++) {
    const response = await reach(server, () =>
      fetch(`${server.base}/loki/api/v1/push`, { method: 'POST', headers: { ...server.headers, 'content-type': 'application/json' }, body: JSON.stringify({ streams }) })
    );
    const text = await response.text();
    if (response.ok) {
      return;
    }
    if ((response.status === 429 || response.status === 503) && tries < busyTriesMax) {
      if (tries === 1) {
        process.stderr.write(`waiting for ${server.base}: ${response.status} ${text.trim()}\n`);
      }
      const seconds = Number(response.headers.get('retry-after') ?? 0);
      await new Promise((resolve) => setTimeout(resolve, Math.max(busyWaitMs, seconds * 1_000)));
      continue;
    }
    if (response.status === 400) {
      // The acceptable rest of the batch is stored.
      refused(text.trim());
      return;
    }
    throw refusal(server, response, text);
  }
}

async function reach(server: ServerAddress, send: () => Promise<Response>): Promise<Response> {
  try {
    return await send();
  } catch (error) {
    const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
    throw new Error(`can't reach ${server.base}: ${cause?.code === 'ECONNREFUSED' ? 'nobody listens there; is the server up? (--addr names another)' : (cause?.message ?? (error as Error).message)}`);
  }
}

/** `--label k=v`, as often as wanted. */
export function labelFlags(flags: Flags): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const pair of [...(flags.all.get('label') ?? []), ...(flags.all.get('l') ?? [])]) {
    const found = /^([a-zA-Z_][a-zA-Z0-9_]*)=(.*)$/.exec(pair);
    if (!found) {
      throw new Error(`--label: name=value is expected (a name of letters, digits and _), not ${pair}`);
    }
    labels[found[1]] = found[2];
  }
  return labels;
}
