import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { textOfBytes } from '../bytes';
import { tlsOptions } from '../client/transport';
import type { ScrapeConfig, SyslogConfig } from '../config/scrape';
import type { Log } from '../log';
import type { AgentMetrics } from '../metrics';
import type { JobOutput } from '../output';
import type { SenderNames } from './senderNames';
import { StreamLabels } from './streamLabels';
import { messagesOf, SyslogFrames } from './syslogFrames';
import { parseRfc3164, parseRfc5424, type SyslogMessage } from './syslogMessage';
import type { TargetInfo, TargetManager } from './target';

/** How long a sender waits when outputs are full before it is read again. */
const waitMs = 20;

/** Datagrams that wait for the name of their sender; more of them are lost, as UDP allows. */
const waitingBytesMax = 8 * 1024 * 1024;
/** What a datagram takes beside its text while it waits. */
const datagramBytes = 1_000;

/** `syslog`: listens on TCP (with or without TLS) or UDP. */
export class SyslogTarget implements TargetManager {
  readonly jobName: string;
  readonly dropped: TargetInfo[] = [];
  private readonly labels: StreamLabels;
  private server: Server | undefined;
  private datagrams: DatagramSocket | undefined;
  private readonly sockets = new Set<Socket>();
  private waitingBytes = 0;

  constructor(
    scrape: ScrapeConfig,
    private readonly config: SyslogConfig,
    private readonly output: JobOutput,
    private readonly names: SenderNames,
    private readonly metrics: AgentMetrics,
    private readonly log: Log
  ) {
    this.jobName = scrape.jobName;
    this.labels = new StreamLabels(scrape.relabelRules);
  }

  async start(): Promise<void> {
    const colon = this.config.listenAddress.lastIndexOf(':');
    const host = this.config.listenAddress.slice(0, colon).replace(/^\[|\]$/g, '') || undefined;
    const port = Number(this.config.listenAddress.slice(colon + 1));
    await (this.config.protocol === 'udp' ? this.startUdp(host, port) : this.startTcp(host, port));
    this.log.info('syslog target is listening', { job: this.jobName, protocol: this.config.protocol, port: this.port });
  }

  /** The port it listens on. */
  get port(): number {
    const address = this.server?.address() ?? this.datagrams?.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  async stop(): Promise<void> {
    this.sockets.forEach((socket) => socket.destroy());
    await new Promise<void>((resolve) => (this.server ? this.server.close(() => resolve()) : resolve()));
    await new Promise<void>((resolve) => (this.datagrams ? this.datagrams.close(() => resolve()) : resolve()));
    this.server = undefined;
    this.datagrams = undefined;
  }

  get ready(): boolean {
    return this.server !== undefined || this.datagrams !== undefined;
  }

  get active(): TargetInfo[] {
    return [{ type: 'Syslog', ready: this.ready, labels: this.config.labels, discovered: new Map(), details: new Map([['connections', String(this.sockets.size)]]) }];
  }

  private async startTcp(host: string | undefined, port: number): Promise<void> {
    const accept = (socket: Socket) => void this.serve(socket);
    const { tls } = this.config;
    this.server = tls ? createTlsServer({ ...tlsOptions(tls), requestCert: tls.caFile !== undefined, rejectUnauthorized: tls.caFile !== undefined }, accept) : createServer(accept);
    await new Promise<void>((resolve, reject) => {
      this.server!.once('error', reject);
      this.server!.listen(port, host, resolve);
    });
  }

  private async startUdp(host: string | undefined, port: number): Promise<void> {
    this.datagrams = createSocket(host?.includes(':') ? 'udp6' : 'udp4');
    this.datagrams.on('message', (bytes, from) => {
      this.takeDatagram(bytes, from.address).catch((error: unknown) => this.problem('message was not taken', (error as Error).message));
    });
    await new Promise<void>((resolve, reject) => {
      this.datagrams!.once('error', reject);
      this.datagrams!.bind(port, host, resolve);
    });
  }

  private async takeDatagram(bytes: Buffer, address: string): Promise<void> {
    const held = bytes.length + datagramBytes;
    if (this.waitingBytes + held > waitingBytesMax) {
      return this.problem('too many messages wait for the name of their sender', address);
    }
    this.waitingBytes += held;
    const sender = await this.connectionLabels(address);
    this.waitingBytes -= held;
    messagesOf(bytes).forEach((message) => this.take(message, sender));
  }

  private async connectionLabels(address: string): Promise<ReadonlyMap<string, string>> {
    const name = await this.names.of(address);
    const labels = new Map([['__syslog_connection_ip_address', address]]);
    return name === undefined ? labels : labels.set('__syslog_connection_hostname', name);
  }

  private async serve(socket: Socket): Promise<void> {
    this.sockets.add(socket);
    const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    let connection: ReadonlyMap<string, string> = new Map();
    const frames = new SyslogFrames(this.config.messageBytesMax, (message) => this.take(message, connection), () => this.problem('message too long to parse', address));
    socket.setTimeout(this.config.idleTimeoutMs, () => socket.destroy());
    socket.on('error', (error) => this.log.debug('syslog connection failed', { address, error: error.message }));
    socket.on('close', () => {
      frames.end();
      this.sockets.delete(socket);
    });
    connection = await this.connectionLabels(address);
    socket.on('data', (bytes: Buffer) => {
      frames.push(bytes);
      if (this.output.paused) {
        socket.pause();
        this.resume(socket);
      }
    });
  }

  /** TCP's own flow control holds the sender back. */
  private resume(socket: Socket): void {
    setTimeout(() => (this.output.paused && !socket.destroyed ? this.resume(socket) : socket.resume()), waitMs);
  }

  private take(bytes: Buffer, connection: ReadonlyMap<string, string>): void {
    const text = textOfBytes(bytes).replace(/[\r\n\0]+$/, '');
    const message = this.config.format === 'rfc3164' ? parseRfc3164(text) : parseRfc5424(text);
    if (!message) {
      return this.problem('cannot parse message', text.slice(0, 200));
    }
    if (message.message === '') {
      this.metrics.syslogEmpty.inc();
      return;
    }
    const labels = this.labels.of(new Map([...connection, ...labelsOf(message, this.config.labelStructuredData), ...this.config.labels]));
    if (!labels) {
      return;
    }
    this.metrics.syslogEntries.inc();
    this.output.text(labels, this.config.useWholeMessage ? text : message.message, [], this.config.useIncomingTimestamp ? message.tsNs : undefined);
  }

  private problem(what: string, about: string): void {
    this.metrics.syslogErrors.inc();
    this.log.warn(`syslog: ${what}`, { job: this.jobName, about });
  }
}

function labelsOf(message: SyslogMessage, structuredData: boolean): Map<string, string> {
  const labels = new Map([['__syslog_message_severity', message.severity], ['__syslog_message_facility', message.facility]]);
  const fields = { hostname: message.hostname, app_name: message.appName, proc_id: message.procId, msg_id: message.msgId };
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) {
      labels.set(`__syslog_message_${name}`, value);
    }
  }
  if (structuredData) {
    for (const { id, params } of message.data) {
      params.forEach(([name, value]) => labels.set(`__syslog_message_sd_${id.replace('@', '_')}_${name}`.replace(/[^A-Za-z0-9_]/g, '_'), value));
    }
  }
  return labels;
}
