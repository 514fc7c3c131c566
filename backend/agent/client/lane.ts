import type { Log } from '../log';
import type { AgentMetrics, DropReason } from '../metrics';
import type { Positions } from '../positions/positions';
import type { ClientConfig } from '../config/client';
import { Batch, type Ranges } from './batch';
import type { DiskQueue, StoredBatch } from './diskQueue';
import type { Outcome, Transport } from './transport';

/** What the lanes of one client share. */
export interface LaneShared {
  config: ClientConfig;
  host: string;
  /** The agent's name in receipts. */
  agent: string;
  /** The number of the client in trackers. */
  number: number;
  transport: Transport;
  queue: DiskQueue | undefined;
  positions: Positions;
  metrics: AgentMetrics;
  log: Log;
  /** Cut when the agent stops for good. */
  signal: AbortSignal;
  /** Nothing is sent before it is known what the server took before a restart: a later sequence would hide the answer. */
  recovered: Promise<void>;
  /** Room was made: sources may go on. */
  onRoom: () => void;
}

/** A batch that is closed and waits in memory. */
interface Waiting {
  sequence: number;
  entries: number;
  bytes: number;
  ranges: Ranges;
  body: Buffer;
}

/** Failed tries after which a batch moves to disk, so that sources need not wait for the server. */
const triesBeforeDisk = 3;

/**
 * The batches of one tenant on their way to one server, strictly in order, one request at a time: memory, then (while the server is away)
 * disk. A batch leaves when the server took it or will never take it; only then its lines are finished.
 */
export class Lane {
  private open: Batch | undefined;
  private openTimer: NodeJS.Timeout | undefined;
  private waiting: Waiting[] = [];
  private waitingBytes = 0;
  private working: Promise<void> | undefined;
  private inFlight = false;
  private failedTries = 0;
  private wake: (() => void) | undefined;

  constructor(
    private readonly shared: LaneShared,
    readonly tenant: string
  ) {}

  /** The batch that takes the next `bytes`. */
  batchFor(bytes: number): Batch {
    if (this.open && this.open.entries > 0 && this.open.bytes + bytes > this.shared.config.batchBytes) {
      this.close();
    }
    if (!this.open) {
      this.open = new Batch();
      this.openTimer = setTimeout(() => this.close(), this.shared.config.batchWaitMs);
    }
    return this.open;
  }

  /** Bytes that wait in memory to be sent (compressed). */
  get bytesWaiting(): number {
    return this.waitingBytes;
  }

  get idle(): boolean {
    return !this.open && this.waiting.length === 0 && !this.inFlight && !this.shared.queue?.has(this.tenant);
  }

  /** Starts sending what the queue on disk holds. */
  resume(): void {
    this.work();
  }

  /** Closes the batch that is being filled, so that it is sent. */
  close(): void {
    clearTimeout(this.openTimer);
    const batch = this.open;
    this.open = undefined;
    if (!batch || batch.entries === 0) {
      batch?.ranges.forEach((pairs, tracker) => eachRange(pairs, (start, end) => tracker.finish(this.shared.number, start, end)));
      return;
    }
    const { config, metrics, host, positions } = this.shared;
    const body = batch.encode();
    metrics.encodedBytes.inc({ host }, body.length);
    const sequence = positions.nextSequence(config.name, this.tenant);
    this.waiting.push({ sequence, entries: batch.entries, bytes: batch.bytes, ranges: batch.ranges, body });
    this.waitingBytes += body.length;
    this.work();
  }

  /** Puts everything that is not delivered on disk; false when that is not possible. Called when the agent ends. */
  async saveRest(): Promise<boolean> {
    if (this.inFlight) {
      await this.working;
    }
    return this.spill();
  }

  private work(): void {
    this.working ??= this.send().finally(() => {
      this.working = undefined;
    });
  }

  private async send(): Promise<void> {
    const { queue, signal } = this.shared;
    // Lets the caller finish its turn first: a file in one turn fills several batches.
    await this.shared.recovered;
    while (!signal.aborted) {
      const stored = queue?.has(this.tenant) ? queue.oldest(this.tenant) : undefined;
      const waiting = this.waiting[0];
      if (stored) {
        await this.deliver(stored, undefined);
      } else if (waiting) {
        await this.deliver({ tenant: this.tenant, sequence: waiting.sequence, entries: waiting.entries, bytes: waiting.bytes, ranges: numbered(waiting.ranges), body: waiting.body }, waiting);
      } else {
        return;
      }
    }
  }

  /** Tries until the batch is taken, refused, given up, moved to disk (then it comes round again from there), or the agent ends. */
  private async deliver(batch: StoredBatch, waiting: Waiting | undefined): Promise<void> {
    const { config, positions, signal, metrics, host } = this.shared;
    if (waiting) {
      positions.sent({ client: config.name, tenant: this.tenant, sequence: batch.sequence, ranges: batch.ranges });
    }
    for (let tries = 1; !signal.aborted; tries++) {
      const outcome = await this.push(batch);
      if (signal.aborted && outcome.kind === 'failed') {
        return;
      }
      if (outcome.kind !== 'failed') {
        return this.settled(batch, waiting, outcome);
      }
      if (this.shouldGiveUp(outcome, tries)) {
        return this.settled(batch, waiting, outcome);
      }
      this.failedTries++;
      metrics.batchRetries.inc({ host, tenant: this.tenant });
      this.shared.log.warn('error sending batch, will retry', { status: outcome.status ?? -1, tenant: this.tenant, error: outcome.message });
      const spilled = this.failedTries >= triesBeforeDisk && this.spill();
      await this.pause(tries, outcome.afterMs);
      if (waiting && spilled) {
        return;
      }
    }
  }

  private async push(batch: StoredBatch): Promise<Outcome> {
    const { transport, signal, metrics, host } = this.shared;
    this.inFlight = true;
    const startMs = performance.now();
    const receipt = { agent: this.shared.agent, sequence: batch.sequence, state: JSON.stringify(batch.ranges) };
    const outcome = await transport.push(batch.body, this.tenant, receipt, signal);
    this.inFlight = false;
    metrics.requestDuration.observe({ host, status_code: String(outcome.status ?? -1) }, (performance.now() - startMs) / 1_000);
    return outcome;
  }

  private shouldGiveUp(outcome: Outcome & { kind: 'failed' }, tries: number): boolean {
    const { config } = this.shared;
    return (outcome.status === 429 && config.dropRateLimited) || (config.backoff.retriesMax > 0 && tries >= config.backoff.retriesMax);
  }

  /** The batch is done, one way or the other. */
  private settled(batch: StoredBatch, waiting: Waiting | undefined, outcome: Outcome): void {
    const { config, positions, queue, number, onRoom } = this.shared;
    this.failedTries = 0;
    this.count(batch, outcome);
    if (waiting) {
      this.waiting.shift();
      this.waitingBytes -= waiting.body.length;
      waiting.ranges.forEach((pairs, tracker) => eachRange(pairs, (start, end) => tracker.finish(number, start, end)));
      positions.taken(config.name, this.tenant, batch.sequence);
    } else {
      queue?.remove(this.tenant, batch.sequence);
    }
    onRoom();
  }

  private count(batch: StoredBatch, outcome: Outcome): void {
    const { metrics, host, log } = this.shared;
    if (outcome.kind === 'taken') {
      metrics.sentBytes.inc({ host }, batch.body.length);
      metrics.sentEntries.inc({ host }, batch.entries);
      return;
    }
    const reason: DropReason = outcome.status === 429 ? 'rate_limited' : 'ingester_error';
    metrics.droppedEntries.inc({ host, reason, tenant: this.tenant }, batch.entries);
    metrics.droppedBytes.inc({ host, reason, tenant: this.tenant }, batch.body.length);
    log.error(outcome.kind === 'refused' ? 'final error sending batch: the server will never take it' : 'final error sending batch: given up', {
      status: outcome.status ?? -1, tenant: this.tenant, entries: batch.entries, error: outcome.message,
    });
  }

  /** Moves everything from memory to disk, in order; false when there is no queue or no room for all. */
  private spill(): boolean {
    const { queue, positions, config, number, onRoom, log } = this.shared;
    while (queue && this.waiting.length > 0) {
      const [batch] = this.waiting;
      try {
        const ranges = numbered(batch.ranges);
        if (!queue.append({ tenant: this.tenant, sequence: batch.sequence, entries: batch.entries, bytes: batch.bytes, ranges, body: batch.body })) {
          return false;
        }
        positions.safe(config.name, this.tenant, batch.sequence, ranges);
      } catch (error) {
        log.error('cannot write to the queue on disk; sources wait', { directory: queue.directory, error: (error as Error).message });
        return false;
      }
      this.waiting.shift();
      this.waitingBytes -= batch.body.length;
      batch.ranges.forEach((pairs, tracker) => eachRange(pairs, (start, end) => tracker.finish(number, start, end)));
      onRoom();
    }
    return this.waiting.length === 0;
  }

  /** Waits as long as the backoff (or the server) says. */
  private async pause(tries: number, afterMs: number | undefined): Promise<void> {
    const { backoff } = this.shared.config;
    const upperMs = Math.min(backoff.maxMs, backoff.minMs * 2 ** Math.min(Math.max(tries, this.failedTries) - 1, 30));
    // Half fixed, half random, so that many agents do not come back together.
    const pauseMs = afterMs ?? upperMs / 2 + (Math.random() * upperMs) / 2;
    const { signal } = this.shared;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, pauseMs);
      signal.addEventListener('abort', done, { once: true });
      this.wake = done;
    });
  }

  /** Tries again at once (before the agent ends). */
  hurry(): void {
    this.wake?.();
  }
}

export function eachRange(pairs: readonly number[], visit: (start: number, end: number) => void): void {
  for (let i = 0; i + 1 < pairs.length; i += 2) {
    visit(pairs[i], pairs[i + 1]);
  }
}

/** Ranges by the number of the source, as the journal and the queue keep them. */
function numbered(ranges: Ranges): Record<string, number[]> {
  return Object.fromEntries([...ranges].map(([tracker, pairs]) => [String(tracker.id), pairs]));
}
