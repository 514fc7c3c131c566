import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decompress } from '../../ingest/decompress';
import { defaultOtlpMapping } from '../../ingest/otlp/mapping';
import { lokiJson } from '../../ingest/protocols/lokiJson';
import { lokiLegacy } from '../../ingest/protocols/lokiLegacy';
import { lokiProtobuf } from '../../ingest/protocols/lokiProtobuf';
import type { StreamEntries } from '../../model/entry';
import { RequestError } from '../../model/errors';
import { textOfBytes } from '../bytes';
import type { PushConfig, ScrapeConfig } from '../config/scrape';
import type { Log } from '../log';
import type { JobOutput } from '../output';
import { StreamLabels } from './streamLabels';
import type { TargetInfo, TargetManager } from './target';

const protocols = [lokiJson, lokiLegacy, lokiProtobuf];

/** Largest push, before and after decompression: what Promtail's own batches never reach. */
const bodyBytesMax = 67_108_864;
/** How long to wait when outputs are full. */
const waitMs = 20;

/** `loki_push_api`: takes pushes as Loki does, and plain lines under /promtail/api/v1/raw. */
export class PushTarget implements TargetManager {
  readonly dropped: TargetInfo[] = [];
  private readonly server: Server;
  private readonly labels: StreamLabels;
  private stopped = false;

  constructor(
    scrape: ScrapeConfig,
    private readonly config: PushConfig,
    private readonly output: JobOutput,
    private readonly log: Log
  ) {
    this.jobName = scrape.jobName;
    this.labels = new StreamLabels(scrape.relabelRules);
    this.server = createServer((request, response) => {
      this.answer(request, response).catch((error: unknown) => this.refuse(response, error));
    });
  }

  readonly jobName: string;

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.config.port, this.config.host || undefined, resolve);
    });
    this.log.info('push target is listening', { job: this.jobName, port: (this.server.address() as AddressInfo).port });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeIdleConnections();
    });
  }

  get ready(): boolean {
    return this.server.listening;
  }

  get active(): TargetInfo[] {
    return [{ type: 'Push', ready: this.ready, labels: this.config.labels, discovered: new Map(), details: new Map() }];
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://agent');
    if (pathname === '/ready') {
      response.writeHead(200).end('ready');
      return;
    }
    const raw = pathname === '/promtail/api/v1/raw';
    if (!raw && pathname !== '/loki/api/v1/push' && pathname !== '/api/prom/push') {
      response.writeHead(404).end('404 page not found\n');
      return;
    }
    if (request.method !== 'POST') {
      response.writeHead(405).end();
      return;
    }
    const body = await decompress(await readBody(request), String(request.headers['content-encoding'] ?? ''), bodyBytesMax);
    // Backpressure: a sender gets no answer before there is room.
    while (this.output.paused && !this.stopped) {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
    if (raw) {
      this.takeLines(body);
    } else {
      this.takePush(body, pathname, request);
    }
    response.writeHead(204).end();
  }

  /** Lines with any ending; empty ones are none. */
  private takeLines(body: Uint8Array): void {
    const labels = this.labels.of(this.config.labels);
    const bytes = Buffer.from(body);
    for (let start = 0, end = 0; labels && start < bytes.length; start = end + 1) {
      const feed = bytes.indexOf(0x0a, start);
      end = feed < 0 ? bytes.length : feed;
      let stop = end;
      while (stop > start && bytes[stop - 1] === 0x0d) {
        stop--;
      }
      if (stop > start) {
        this.output.text(labels, textOfBytes(bytes, start, stop), []);
      }
    }
  }

  private takePush(body: Uint8Array, path: string, request: IncomingMessage): void {
    const contentType = String(request.headers['content-type'] ?? '').split(';')[0].trim().toLowerCase();
    const query = { path, contentType, receivedNs: BigInt(Date.now()) * 1_000_000n, headers: {}, query: {}, maxBytes: bodyBytesMax, otlp: defaultOtlpMapping };
    const protocol = protocols.find((candidate) => candidate.accepts(query)) ?? lokiProtobuf;
    for (const stream of protocol.decode(body, query)) {
      this.takeStream(stream);
    }
  }

  /** Labels of the configuration win over those of the stream. */
  private takeStream(stream: StreamEntries): void {
    const labels = this.labels.of(new Map([...stream.labels, ...this.config.labels]));
    if (!labels) {
      return;
    }
    for (let i = 0; i < stream.count; i++) {
      const line = textOfBytes(Buffer.from(stream.body.buffer, stream.body.byteOffset + stream.starts[i], stream.ends[i] - stream.starts[i]));
      const tsNs = this.config.keepTimestamp ? stream.baseNs + BigInt(stream.times[i]) : undefined;
      const metadata = stream.metadata?.[i];
      this.output.text(labels, line, [], tsNs, metadata && [...metadata]);
    }
  }

  private refuse(response: ServerResponse, error: unknown): void {
    const status = error instanceof RequestError ? error.status : 500;
    if (status >= 500) {
      this.log.error('push target failed', { job: this.jobName, error: (error as Error).message });
    }
    response.writeHead(status).end(`${(error as Error).message}\n`);
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > bodyBytesMax) {
      throw new RequestError(413, `request body too large: more than ${bodyBytesMax} bytes`);
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}
