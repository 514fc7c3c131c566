import type { StreamEntries } from '../model/entry';
import { RequestError, tooMany } from '../model/errors';
import { labelsText } from '../model/labels';
import type { IngestLimits } from './limits';

/** Tenants whose rates are remembered; a request can name any tenant, so the number is bounded. */
const tenantsMax = 10_000;
/** A stream counts as active for so long after its last entry. */
const activeMs = 15 * 60_000;
/** Buckets for single streams are only kept for streams seen lately, and never for more than this many. */
const streamBucketsMax = 200_000;

interface Bucket {
  bytes: number;
  atMs: number;
}

interface TenantState {
  bucket: Bucket;
  streams: Map<string, Bucket>;
}

/** Token buckets of `ingestion_rate_mb`, `per_stream_rate_limit` and the count of active streams, for the tenants that have such limits. */
export class RateLimiter {
  private readonly tenants = new Map<string, TenantState>();

  /** Throws a RequestError 429 in Loki's words when the push goes over a limit; takes nothing then. */
  take(tenant: string, streams: StreamEntries[], lines: number, bytes: number, limits: IngestLimits, nowMs: number): void {
    if (limits.ingestionRateBytes <= 0 && limits.perStreamRateBytes <= 0 && limits.maxStreams <= 0) {
      return;
    }
    const state = this.stateOf(tenant, nowMs);
    if (limits.ingestionRateBytes > 0) {
      refill(state.bucket, limits.ingestionRateBytes, limits.ingestionBurstBytes, nowMs);
      if (bytes > state.bucket.bytes) {
        throw tooMany(
          `Ingestion rate limit exceeded for user ${tenant} (limit: ${limits.ingestionRateBytes} bytes/sec) while attempting to ingest '${lines}' lines totaling '${bytes}' bytes, reduce log volume or contact your Loki administrator to see if the limit can be increased`
        );
      }
    }
    const charges = this.streamCharges(tenant, state, streams, limits, nowMs);
    state.bucket.bytes -= bytes;
    charges.forEach(([bucket, size]) => {
      bucket.bytes -= size;
    });
  }

  private stateOf(tenant: string, nowMs: number): TenantState {
    let state = this.tenants.get(tenant);
    if (!state) {
      if (this.tenants.size >= tenantsMax) {
        this.tenants.clear();
      }
      state = { bucket: { bytes: Infinity, atMs: nowMs }, streams: new Map() };
      this.tenants.set(tenant, state);
    }
    return state;
  }

  private streamCharges(tenant: string, state: TenantState, streams: StreamEntries[], limits: IngestLimits, nowMs: number): Array<[Bucket, number]> {
    if (limits.perStreamRateBytes <= 0 && limits.maxStreams <= 0) {
      return [];
    }
    const charges: Array<[Bucket, number]> = [];
    for (const stream of streams) {
      const name = labelsText(stream.labels);
      let bucket = state.streams.get(name);
      if (!bucket) {
        this.checkStreamCount(tenant, name, state, limits, nowMs);
        bucket = { bytes: Infinity, atMs: nowMs };
        state.streams.set(name, bucket);
      }
      if (limits.perStreamRateBytes > 0) {
        refill(bucket, limits.perStreamRateBytes, limits.perStreamBurstBytes, nowMs);
        const size = stream.ends.reduce((sum, end, i) => sum + end - stream.starts[i], 0);
        if (size > bucket.bytes) {
          throw streamRateError(tenant, name, limits.perStreamRateBytes, size, stream.count);
        }
        charges.push([bucket, size]);
      }
      bucket.atMs = nowMs;
    }
    return charges;
  }

  private checkStreamCount(tenant: string, name: string, state: TenantState, limits: IngestLimits, nowMs: number): void {
    const most = limits.maxStreams > 0 ? limits.maxStreams : streamBucketsMax;
    if (state.streams.size < most) {
      return;
    }
    for (const [known, bucket] of state.streams) {
      if (nowMs - bucket.atMs > activeMs) {
        state.streams.delete(known);
      }
    }
    if (state.streams.size < most) {
      return;
    }
    if (limits.maxStreams <= 0) {
      state.streams.clear();
      return;
    }
    throw tooMany(
      `Maximum active stream limit exceeded when trying to create stream ${name}, reduce the number of active streams (reduce labels or reduce label values), or contact your Loki administrator to see if the limit can be increased, user: '${tenant}'`
    );
  }
}

function refill(bucket: Bucket, rate: number, burst: number, nowMs: number): void {
  const most = Math.max(burst, rate);
  bucket.bytes = Math.min(most, bucket.bytes === Infinity ? most : bucket.bytes + (rate * Math.max(0, nowMs - bucket.atMs)) / 1000);
  bucket.atMs = nowMs;
}

function streamRateError(tenant: string, name: string, rate: number, size: number, count: number): RequestError {
  const text = `Per stream rate limit exceeded (limit: ${rate} bytes/sec) while attempting to ingest for stream '${name}' totaling ${size} bytes, consider splitting a stream via additional labels or contact your Loki administrator to see if the limit can be increased`;
  return tooMany(`${text}\nuser '${tenant}', total ignored: ${count} out of ${count} for stream: ${name}`);
}
