/** Asks an HTTP API for JSON, with bounds: Prometheus, Loki (or a Binocle) and Grafana are reached through this. */
export interface JsonClient {
  /** Rejects with a NoAnswer that names the address and says what went wrong; its text never holds credentials. */
  get(path: string, parameters: ReadonlyArray<readonly [string, string]>, signal: AbortSignal): Promise<unknown>;
}

export interface JsonClientOptions {
  headers?: Readonly<Record<string, string>>;
  /** Largest answer that is read. */
  bytesMax?: number;
  timeoutMs?: number;
}

/** An answer above this is refused while it comes: 20,000 series have about 6 MB. */
export const answerBytesMax = 32 * 1024 * 1024;
const timeoutMsDefault = 30_000;
/** Longer queries go in the body of a POST; proxies cut addresses at about 8 KB. */
const addressCharsMax = 4_000;

/** The address with user and password taken out, for Authorization and for messages. */
export function splitCredentials(base: string): { url: string; headers: Record<string, string> } {
  let parsed: URL;
  try {
    parsed = new URL(/^[a-z]+:\/\//i.test(base) ? base : `http://${base}`);
  } catch {
    // The URL parser's own message repeats the text, which may hold a password.
    throw new Error('the address is not a URL; it should look like http://127.0.0.1:9090');
  }
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') {
    throw new Error(`the address must begin with http:// or https://, not ${parsed.protocol}//`);
  }
  const headers: Record<string, string> = {};
  if (parsed.username || parsed.password) {
    headers.authorization = `Basic ${Buffer.from(`${decodeURIComponent(parsed.username)}:${decodeURIComponent(parsed.password)}`).toString('base64')}`;
    parsed.username = '';
    parsed.password = '';
  }
  return { url: parsed.toString().replace(/\/+$/, ''), headers };
}

export function makeJsonClient(base: string, options: JsonClientOptions = {}): JsonClient {
  const { url, headers } = splitCredentials(base);
  const all = { accept: 'application/json', ...headers, ...options.headers };
  return {
    async get(path, parameters, signal) {
      const query = new URLSearchParams(parameters.map(([name, value]): [string, string] => [name, value])).toString();
      const inBody = query.length > addressCharsMax;
      const address = `${url}${path}`;
      const limited = AbortSignal.any([signal, AbortSignal.timeout(options.timeoutMs ?? timeoutMsDefault)]);
      let response: Response;
      try {
        response = inBody
          ? await fetch(address, { method: 'POST', body: query, headers: { ...all, 'content-type': 'application/x-www-form-urlencoded' }, signal: limited })
          : await fetch(query ? `${address}?${query}` : address, { headers: all, signal: limited });
      } catch (error) {
        const cause = (error as Error & { cause?: Error }).cause?.message;
        throw new NoAnswer(`${address} does not answer: ${cause ?? (error as Error).message}`);
      }
      const text = await readBody(response, options.bytesMax ?? answerBytesMax, address).catch((error: Error) => {
        throw error instanceof NoAnswer ? error : new NoAnswer(`${address} does not answer to the end: ${error.message}`);
      });
      return parseAnswer(text, response.status, address);
    },
  };
}

async function readBody(response: Response, bytesMax: number, address: string): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.length;
    if (bytes > bytesMax) {
      throw new TooLarge(`${address} answers more than ${Math.floor(bytesMax / 1024 / 1024)} MB`);
    }
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** The other side did not answer, or not with what was asked for: not a mistake of ours. */
export class NoAnswer extends Error {}

/** An answer that was cut off: a smaller question may succeed. */
export class TooLarge extends NoAnswer {}

function parseAnswer(text: string, status: number, address: string): unknown {
  let value: unknown;
  try {
    value = text === '' ? undefined : JSON.parse(text);
  } catch {
    // What is not JSON is quoted below, with the status that explains it.
    throw new NoAnswer(`${address} answers ${status} and no JSON: ${JSON.stringify(text.slice(0, 200))}`);
  }
  if (status < 200 || status > 299) {
    const said = (value as { error?: string; message?: string } | undefined);
    throw new NoAnswer(`${address} answers ${status}: ${said?.error ?? said?.message ?? text.slice(0, 200)}`);
  }
  return value;
}
