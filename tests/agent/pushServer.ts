import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Reader } from 'protobufjs/minimal';
import { uncompressSync } from 'snappy';

/** An entry as it came over the wire. */
export interface Pushed {
  labels: string;
  tsNs: bigint;
  line: Buffer;
  metadata: Array<[string, string]>;
  tenant: string | undefined;
  path: string;
  atMs: number;
}

export interface PushServer {
  url: string;
  entries: Pushed[];
  statuses: number[];
  requests: Array<{ method: string; path: string; headers: IncomingMessage['headers']; streams: string[] }>;
  /** Statuses for the pushes, in turn; the last one again and again. */
  answers: number[];
  /** Waits before it answers. */
  delayMs: number;
  close(): Promise<void>;
}

/** How long tests wait for what must come, at most: long, since other work may hold the machine up. */
export const waitMsMax = 60_000;

/** A server that takes pushes as Loki does and keeps what was accepted. */
export async function startPushServer(): Promise<PushServer> {
  const state: PushServer = { url: '', entries: [], statuses: [], requests: [], answers: [204], delayMs: 0, close: async () => undefined };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      if (request.method !== 'POST') {
        response.writeHead(404).end();
        return;
      }
      const decoded = decodePush(Buffer.concat(parts), request);
      const status = state.answers[Math.min(state.statuses.length, state.answers.length - 1)];
      state.statuses.push(status);
      state.requests.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, streams: [...new Set(decoded.map((entry) => entry.labels))] });
      if (status < 300) {
        state.entries.push(...decoded);
      }
      setTimeout(() => response.writeHead(status).end(), state.delayMs);
    });
  });
  await openForPushes(server, state);
  return state;
}

/** Lets a server listen on a free port of loopback, and writes down where pushes go and how it is closed. */
export async function openForPushes(server: Server, state: Pick<PushServer, 'url' | 'close'>): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/loki/api/v1/push`;
  state.close = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
}

/** PushRequest { 1: Stream { 1: labels, 2: Entry { 1: Timestamp { 1, 2 }, 2: line, 3: LabelPair } } }. */
export function decodePush(body: Buffer, request: Pick<IncomingMessage, 'headers' | 'url'>): Pushed[] {
  const entries: Pushed[] = [];
  fields(uncompressSync(body) as Buffer, (field, reader) => {
    let labels = '';
    fields(Buffer.from(reader.bytes()), (inner, stream) => {
      if (inner === 1) {
        labels = stream.string();
      } else {
        entries.push({ ...decodeEntry(Buffer.from(stream.bytes())), labels, tenant: request.headers['x-scope-orgid'] as string | undefined, path: request.url ?? '', atMs: Date.now() });
      }
    });
    return field;
  });
  return entries;
}

function decodeEntry(bytes: Buffer): Pick<Pushed, 'tsNs' | 'line' | 'metadata'> {
  let tsNs = 0n;
  let line: Buffer = Buffer.alloc(0);
  const metadata: Array<[string, string]> = [];
  fields(bytes, (field, entry) => {
    if (field === 1) {
      fields(Buffer.from(entry.bytes()), (part, time) => {
        const value = BigInt(time.int64().toString());
        tsNs += part === 1 ? value * 1_000_000_000n : value;
      });
    } else if (field === 2) {
      line = Buffer.from(entry.bytes());
    } else {
      const pair: [string, string] = ['', ''];
      fields(Buffer.from(entry.bytes()), (part, reader) => (pair[part - 1] = reader.string()));
      metadata.push(pair);
    }
  });
  return { tsNs, line, metadata };
}

function fields(bytes: Buffer, visit: (field: number, reader: Reader) => void): void {
  const reader = Reader.create(bytes);
  while (reader.pos < reader.len) {
    visit(reader.uint32() >>> 3, reader);
  }
}
