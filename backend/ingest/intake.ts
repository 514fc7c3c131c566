import type { Receipt, StreamEntries } from '../model/entry';
import { RequestError } from '../model/errors';
import { formatRfc3339Ns, nsPerMs } from '../model/time';
import type { Store } from '../store/store';
import { checkStreams, type Checked } from './check';
import type { Hub } from './hub';
import type { IngestLimits } from './limits';
import type { ProtocolRequest } from './protocol';
import type { PushRoom } from './pushRoom';
import { protocols } from './protocols';
import { RateLimiter } from './rateLimit';

/** Told about what goes in; the metrics of the server. */
export interface IntakeEvents {
  received(tenant: string, lines: number, bytes: number, metadataBytes: number): void;
  discarded(tenant: string, reason: string, lines: number, bytes: number): void;
}

export interface IntakeDeps {
  store: Pick<Store, 'append'>;
  hub: Hub;
  limits: (tenant: string) => IngestLimits;
  events: IntakeEvents;
  room: PushRoom;
  /** Nanoseconds since 1970 now. */
  now: () => bigint;
}

export interface PushRequest extends Omit<ProtocolRequest, 'receivedNs' | 'otlp'> {
  tenant: string;
  /** As it came over the wire. The decoder may write over it. */
  body: Buffer;
  contentEncoding: string;
  receipt?: Receipt;
  /** Sees the body as it is decompressed; may throw a RequestError. Must not change it. */
  inspect?: (body: Uint8Array) => void;
}

/** The way of every push: decompress, decode, check, store, tell live subscribers. */
export class Intake {
  private readonly rates = new RateLimiter();

  constructor(private readonly deps: IntakeDeps) {}

  /**
   * Resolves when everything acceptable is durable. Rejects with a RequestError that says what was refused: with 400 the acceptable
   * rest is stored all the same, as in Loki; with any other status nothing is.
   */
  async push(request: PushRequest): Promise<void> {
    const { deps } = this;
    const receivedNs = deps.now();
    const limits = deps.limits(request.tenant);
    const asked: ProtocolRequest = { ...request, receivedNs, otlp: limits.otlp, discoverServiceName: limits.discoverServiceName };
    const protocol = protocols.find((candidate) => candidate.accepts(asked));
    if (!protocol) {
      throw new RequestError(415, `content type: ${request.contentType} is not supported`);
    }
    await this.deps.room.run(request, protocol, async (body, settle) => {
      request.inspect?.(body);
      const sent = protocol.decode(body, asked);
      settle(sent);
      await this.take(request, sent, limits, receivedNs);
    });
  }

  private async take(request: PushRequest, sent: StreamEntries[], limits: IngestLimits, receivedNs: bigint): Promise<void> {
    const { deps } = this;
    if (sent.length === 0) {
      throw new RequestError(422, 'error at least one valid stream is required for ingestion');
    }
    const checked = checkStreams(sent, request.tenant, limits, receivedNs, (reason, lines, bytes) =>
      deps.events.discarded(request.tenant, reason, lines, bytes)
    );
    await this.store(request, checked, limits, receivedNs);
    if (checked.problem) {
      throw checked.problem;
    }
  }

  private async store(request: PushRequest, checked: Checked, limits: IngestLimits, receivedNs: bigint): Promise<void> {
    const { tenant, receipt } = request;
    const { streams, lines, bytes } = checked;
    if (streams.length === 0) {
      return;
    }
    if (limits.blockIngestionUntilNs > receivedNs) {
      this.deps.events.discarded(tenant, 'blocked_ingestion', lines, bytes);
      throw blocked(tenant, limits);
    }
    try {
      this.rates.take(tenant, streams, lines, bytes, limits, Number(receivedNs / nsPerMs));
    } catch (error) {
      this.deps.events.discarded(tenant, 'rate_limited', lines, bytes);
      throw error;
    }
    const batch = { tenant, streams };
    await this.deps.store.append(batch, receipt);
    this.deps.events.received(tenant, lines, bytes, checked.metadataBytes);
    this.deps.hub.publish(batch);
  }
}

function blocked(tenant: string, limits: IngestLimits): RequestError {
  const until = formatRfc3339Ns(limits.blockIngestionUntilNs);
  const status = limits.blockIngestionStatusCode;
  return new RequestError(status, `ingestion blocked for user ${tenant} until '${until}' with status code '${status}'`);
}
