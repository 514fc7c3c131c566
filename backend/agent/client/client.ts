import { createHash } from 'node:crypto';
import path from 'node:path';
import type { ClientConfig, LineLimits, QueueConfig } from '../config/client';
import { bytesOfText } from '../bytes';
import { type Entry, tenantLabel } from '../entry';
import type { LabelSet } from '../labelSet';
import type { Log } from '../log';
import { type AgentMetrics, dropReasons } from '../metrics';
import type { Positions } from '../positions/positions';
import type { Tracker } from '../tracker';
import { DiskQueue } from './diskQueue';
import { encodeMetadata } from './encode';
import { Lane, type LaneShared } from './lane';
import { Transport } from './transport';

/** Where entries go at the end: a server, or the terminal. */
export interface EntrySink {
  readonly name: string;
  /** Line `source[start..end)`, which is only valid during the call, read at [from, to) of a source. */
  addBytes(labels: LabelSet, seconds: number, nanos: number, source: Uint8Array, start: number, end: number, tracker: Tracker, from: number, to: number): void;
  add(entry: Entry): void;
  /** Sources should wait: too much is on the way. */
  readonly full: boolean;
  /** Delivers what is there until `deadlineMs` (of `Date.now`), then keeps the rest for the next start where it can. */
  stop(deadlineMs: number): Promise<void>;
}

/** Where entries of one label set go. */
interface Route {
  lane: Lane;
  labels: LabelSet;
}

export interface ClientDeps {
  positions: Positions;
  metrics: AgentMetrics;
  log: Log;
  limits: LineLimits;
  queue: QueueConfig | undefined;
  onRoom: () => void;
}

/** Batches that may wait in memory per client, in batches of the configured size; beyond, sources wait. */
const batchesWaitingMax = 2;
const bytesWaitingMin = 2_097_152;

/** Remembered routes; label sets beyond (ever new values) are looked up again. */
const routesMax = 10_000;

/** Sends entries to one server: a lane per tenant, limits of lines, external labels. */
export class Client implements EntrySink {
  private readonly lanes = new Map<string, Lane>();
  private routes = new Map<LabelSet, Route>();
  private readonly shared: LaneShared;
  private readonly abort = new AbortController();
  private readonly bytesWaitingMax: number;
  private hasRecovered!: () => void;

  constructor(
    private readonly config: ClientConfig,
    number: number,
    private readonly deps: ClientDeps
  ) {
    const host = new URL(config.url).host;
    const { positions, metrics, log, queue } = deps;
    for (const counter of [metrics.encodedBytes, metrics.sentBytes, metrics.sentEntries]) {
      counter.inc({ host }, 0);
    }
    this.bytesWaitingMax = Math.max(bytesWaitingMin, config.batchBytes * batchesWaitingMax);
    this.shared = {
      config, host, number, positions, metrics, log,
      agent: agentName(positions.agent, config.name),
      transport: new Transport(config),
      queue: queue && queue.bytesMax > 0 ? DiskQueue.open(path.join(queue.directory, directoryName(config.name)), queue.bytesMax, (problem) => log.error('a batch on disk is lost, its file was moved aside', { error: problem })) : undefined,
      signal: this.abort.signal,
      recovered: new Promise((resolve) => (this.hasRecovered = resolve)),
      onRoom: deps.onRoom,
    };
  }

  get name(): string {
    return this.config.name;
  }

  /** Takes over what an earlier run left: batches on disk, and pushes whose answer nobody knows. */
  async recover(): Promise<void> {
    const { queue, positions, log } = this.shared;
    for (const header of queue?.headers ?? []) {
      positions.safe(this.name, header.tenant, header.sequence, header.ranges);
    }
    if (queue && queue.length > 0) {
      log.info('sending batches that waited on disk', { client: this.name, batches: queue.length });
    }
    for (const tenant of new Set((queue?.headers ?? []).map((header) => header.tenant))) {
      this.lane(tenant).resume();
    }
    await Promise.all(positions.intents.filter((intent) => intent.client === this.name).map((intent) => this.settle(intent)));
    this.hasRecovered();
  }

  addBytes(labels: LabelSet, seconds: number, nanos: number, source: Uint8Array, start: number, end: number, tracker: Tracker, from: number, to: number): void {
    if (from < tracker.skipBelow && tracker.isFinished(this.shared.number, from, to)) {
      return;
    }
    const route = this.route(labels);
    const { lineBytesMax } = this.deps.limits;
    let lineEnd = end;
    if (lineBytesMax > 0 && end - start > lineBytesMax) {
      lineEnd = this.tooLong(route.lane, source, start, end);
      if (lineEnd < 0) {
        tracker.finish(this.shared.number, from, to);
        return;
      }
    }
    const batch = route.lane.batchFor(lineEnd - start);
    batch.add(route.labels, seconds, nanos, source, start, lineEnd);
    batch.cover(tracker, from, to);
  }

  add(entry: Entry): void {
    const { origins } = entry;
    if (origins.length > 0 && origins.every(({ tracker, start, end }) => tracker.isFinished(this.shared.number, start, end))) {
      return;
    }
    const route = this.route(entry.labels);
    const line = bytesOfText(entry.line);
    const { lineBytesMax } = this.deps.limits;
    const end = lineBytesMax > 0 && line.length > lineBytesMax ? this.tooLong(route.lane, line, 0, line.length) : line.length;
    if (end < 0) {
      origins.forEach(({ tracker, start, end: to }) => tracker.finish(this.shared.number, start, to));
      return;
    }
    const seconds = floorDiv(entry.tsNs, 1_000_000_000n);
    const batch = route.lane.batchFor(end);
    batch.add(route.labels, Number(seconds), Number(entry.tsNs - seconds * 1_000_000_000n), line, 0, end, entry.metadata ? encodeMetadata(entry.metadata) : undefined);
    for (const { tracker, start, end: to } of origins) {
      batch.cover(tracker, start, to);
    }
  }

  get full(): boolean {
    let bytes = 0;
    for (const lane of this.lanes.values()) {
      bytes += lane.bytesWaiting;
    }
    return bytes > this.bytesWaitingMax;
  }

  async stop(deadlineMs: number): Promise<void> {
    for (const lane of this.lanes.values()) {
      lane.close();
      lane.hurry();
    }
    // What is on disk may wait for the next start; what is in memory is sent if the server answers in time.
    while (Date.now() < deadlineMs && [...this.lanes.values()].some((lane) => lane.bytesWaiting > 0)) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    this.abort.abort();
    for (const lane of this.lanes.values()) {
      if (!(await lane.saveRest())) {
        this.shared.log.warn('stopping with lines not delivered; files are read again at the next start', { client: this.name, tenant: lane.tenant });
      }
    }
    await this.shared.transport.close();
  }

  /** Asks the server until it says whether it took the push; its files wait meanwhile. */
  private async settle(intent: { client: string; tenant: string; sequence: number; ranges: Record<string, number[]> }): Promise<void> {
    const { transport, positions, config, log, signal, agent } = this.shared;
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        const answer = await transport.lastReceipt(agent, intent.tenant, signal);
        positions.settle(intent, answer !== undefined && answer.sequence >= intent.sequence);
        positions.noteSequence(this.name, intent.tenant, answer?.sequence ?? 0);
        return;
      } catch (error) {
        log.warn('waiting for the server to say whether it took the last push before the restart', { client: this.name, error: (error as Error).message });
        await new Promise((resolve) => setTimeout(resolve, Math.min(config.backoff.maxMs, config.backoff.minMs * 2 ** Math.min(tries, 20))));
      }
    }
  }

  private route(labels: LabelSet): Route {
    let route = this.routes.get(labels);
    if (!route) {
      const tenant = labels.get(tenantLabel);
      const own = tenant === undefined ? labels : labels.without(tenantLabel);
      route = { lane: this.lane(tenant || this.config.tenant), labels: own.over(this.config.externalLabels) };
      if (this.routes.size >= routesMax) {
        this.routes = new Map();
      }
      this.routes.set(labels, route);
    }
    return route;
  }

  private lane(tenant: string): Lane {
    let lane = this.lanes.get(tenant);
    if (!lane) {
      lane = new Lane(this.shared, tenant);
      this.lanes.set(tenant, lane);
      const { metrics, host } = this.shared;
      metrics.batchRetries.inc({ host, tenant }, 0);
      for (const reason of dropReasons) {
        for (const counter of [metrics.droppedEntries, metrics.droppedBytes, metrics.mutatedEntries, metrics.mutatedBytes]) {
          counter.inc({ host, reason, tenant }, 0);
        }
      }
    }
    return lane;
  }

  /** Counts a line over the limit; answers where to cut it, or -1 when it is dropped. */
  private tooLong(lane: Lane, source: Uint8Array, start: number, end: number): number {
    const { metrics, host } = this.shared;
    const labels = { host, reason: 'line_too_long', tenant: lane.tenant };
    const { lineBytesMax, truncate } = this.deps.limits;
    if (!truncate) {
      metrics.droppedEntries.inc(labels);
      metrics.droppedBytes.inc(labels, end - start);
      return -1;
    }
    let cut = start + lineBytesMax;
    // Not inside a character: continuation bytes are 10xxxxxx.
    for (let back = 0; back < 3 && cut > start && (source[cut] & 0xc0) === 0x80; back++) {
      cut--;
    }
    metrics.mutatedEntries.inc(labels);
    metrics.mutatedBytes.inc(labels, end - cut);
    return cut;
  }
}

/** The agent's name in receipts: unique by positions file and client. */
export function agentName(agent: string, client: string): string {
  return `${agent}.${createHash('sha256').update(client).digest('hex').slice(0, 12)}`;
}

function directoryName(client: string): string {
  return createHash('sha256').update(client).digest('hex').slice(0, 16);
}

function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}
