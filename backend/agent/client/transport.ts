import { readFileSync } from 'node:fs';
import { Agent, type Dispatcher, ProxyAgent, request } from 'undici';
import { receiptPath, type ReceiptAnswer, writeReceipt } from '../../model/receiptHeaders';
import type { Receipt } from '../../model/entry';
import type { ClientConfig, TlsConfig } from '../config/client';
import { agentVersion } from '../version';
import { oauth2Token } from './oauth2';

/** What became of a push. */
export type Outcome =
  | { kind: 'taken'; status: number }
  /** Worth another try: no answer, 429, 5xx. `afterMs` is what the server asked for with Retry-After. */
  | { kind: 'failed'; status: number | undefined; message: string; afterMs: number | undefined }
  /** The server will never take it. */
  | { kind: 'refused'; status: number; message: string };

/** How much of a server's error text is read; it goes into a log line. */
const errorTextBytesMax = 1_024;

/** Sends bodies to one push address. */
export class Transport {
  private readonly dispatcher: Dispatcher;

  constructor(
    private readonly config: ClientConfig,
    dispatcher?: Dispatcher
  ) {
    this.dispatcher = dispatcher ?? makeDispatcher(config);
  }

  async push(body: Buffer, tenant: string, receipt: Receipt | undefined, signal: AbortSignal): Promise<Outcome> {
    try {
      const response = await request(this.config.url, {
        method: 'POST',
        dispatcher: this.dispatcher,
        signal: AbortSignal.any([signal, AbortSignal.timeout(this.config.timeoutMs)]),
        headers: { 'content-type': 'application/x-protobuf', ...(await this.headers(tenant)), ...(receipt ? writeReceipt(receipt) : {}) },
        body,
      });
      const text = await readSome(response.body, errorTextBytesMax);
      if (response.statusCode < 300) {
        return { kind: 'taken', status: response.statusCode };
      }
      const message = `server returned HTTP status ${response.statusCode}: ${text.split('\n', 1)[0]}`;
      if (response.statusCode === 429 || response.statusCode >= 500) {
        return { kind: 'failed', status: response.statusCode, message, afterMs: retryAfterMs(response.headers['retry-after']) };
      }
      return { kind: 'refused', status: response.statusCode, message };
    } catch (error) {
      return { kind: 'failed', status: undefined, message: describe(error), afterMs: undefined };
    }
  }

  /**
   * Asks what a Binocle server took last from this agent. Undefined when the server keeps no receipts (Loki).
   * Throws when there is no answer to rely on.
   */
  async lastReceipt(agent: string, tenant: string, signal: AbortSignal): Promise<ReceiptAnswer | undefined> {
    const url = new URL(this.config.url);
    url.pathname = receiptPath;
    url.search = `?agent=${encodeURIComponent(agent)}`;
    const response = await request(url, {
      dispatcher: this.dispatcher,
      signal: AbortSignal.any([signal, AbortSignal.timeout(this.config.timeoutMs)]),
      headers: await this.headers(tenant),
    });
    const text = await readSome(response.body, receiptAnswerBytesMax);
    if (response.statusCode === 429 || response.statusCode >= 500) {
      throw new Error(`server returned HTTP status ${response.statusCode}`);
    }
    return response.statusCode === 200 ? parseReceipt(text) : undefined;
  }

  async close(): Promise<void> {
    await this.dispatcher.destroy();
  }

  private async headers(tenant: string): Promise<Record<string, string>> {
    const { config } = this;
    const headers: Record<string, string> = { 'user-agent': `binocle-agent/${agentVersion}` };
    for (const [name, value] of config.headers) {
      headers[name.toLowerCase()] = value;
    }
    if (tenant !== '') {
      headers['x-scope-orgid'] = tenant;
    }
    const authorization = await this.authorization();
    if (authorization !== undefined) {
      headers['authorization'] = authorization;
    }
    return headers;
  }

  private async authorization(): Promise<string | undefined> {
    const { auth } = this.config;
    switch (auth?.kind) {
      case 'basic':
        return `Basic ${Buffer.from(`${auth.username}:${auth.passwordFile ? readSecret(auth.passwordFile) : auth.password}`).toString('base64')}`;
      case 'header':
        return `${auth.type} ${auth.credentialsFile ? readSecret(auth.credentialsFile) : auth.credentials}`;
      case 'oauth2':
        return `Bearer ${await oauth2Token(auth, this.dispatcher)}`;
      default:
        return undefined;
    }
  }
}

/** Secrets in files may change while the agent runs, so they are read for each request. */
function readSecret(file: string): string {
  return readFileSync(file, 'utf8').trim();
}

function makeDispatcher(config: ClientConfig): Dispatcher {
  const connect = config.tls ? tlsOptions(config.tls) : {};
  const timeouts = { headersTimeout: config.timeoutMs, bodyTimeout: config.timeoutMs };
  if (config.proxyUrl) {
    return new ProxyAgent({ uri: config.proxyUrl, requestTls: connect, ...timeouts });
  }
  return new Agent({ connect, ...timeouts, keepAliveTimeout: 30_000, connections: 4 });
}

export function tlsOptions(tls: TlsConfig): { ca?: Buffer; cert?: Buffer; key?: Buffer; servername?: string; rejectUnauthorized: boolean } {
  return {
    ...(tls.caFile ? { ca: readFileSync(tls.caFile) } : {}),
    ...(tls.certFile ? { cert: readFileSync(tls.certFile) } : {}),
    ...(tls.keyFile ? { key: readFileSync(tls.keyFile) } : {}),
    ...(tls.serverName ? { servername: tls.serverName } : {}),
    rejectUnauthorized: !tls.insecureSkipVerify,
  };
}

/** Longest answer with a receipt: its state and the frame around it. */
const receiptAnswerBytesMax = 16_384;

function parseReceipt(text: string): ReceiptAnswer | undefined {
  try {
    const answer = JSON.parse(text) as Partial<ReceiptAnswer>;
    return Number.isSafeInteger(answer.sequence) ? { agent: String(answer.agent), sequence: answer.sequence as number, state: String(answer.state ?? '') } : undefined;
  } catch {
    // Some other server that answers 200 to everything: it keeps no receipts.
    return undefined;
  }
}

/** Retry-After is a number of seconds or an HTTP date (RFC 9110 10.2.3). */
export function retryAfterMs(header: string | string[] | undefined, nowMs = Date.now()): number | undefined {
  if (typeof header !== 'string') {
    return undefined;
  }
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - nowMs;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), retryAfterMsMax) : undefined;
}

/** No server may put an agent to sleep for longer than Promtail's longest pause. */
const retryAfterMsMax = 300_000;

async function readSome(body: AsyncIterable<Buffer>, bytesMax: number): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of body) {
    if (length < bytesMax) {
      parts.push(part);
      length += part.length;
    }
  }
  return Buffer.concat(parts).subarray(0, bytesMax).toString('utf8');
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const cause = error.cause instanceof Error ? error.cause.message : undefined;
  return error.name === 'TimeoutError' ? 'no answer in time' : [error.message || error.name, cause].filter(Boolean).join(': ');
}
