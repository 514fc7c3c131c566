import { parse } from '../../src/logql';
import type { ServerLimits } from '../http/limits';
import { defaultServerLimits } from '../http/limits';
import { defaultIngestLimits, type IngestLimits } from '../ingest/limits';
import { defaultLimits as defaultQueryLimits, type QueryLimits } from '../query/budget';
import type { RetentionPolicy } from '../store/store';
import { compileRegex } from '../text/re2';
import { readOtlpDefaults, readOtlpMapping } from './otlp';
import { sizeInBytes, type Section } from './section';

/** Everything `limits_config` says about one tenant. */
export interface TenantLimits {
  ingest: IngestLimits;
  server: ServerLimits;
  /** Selectors and ages of `retention_stream`, highest priority first. */
  retentionStreams: Array<{ matchers: RetentionPolicy['rules'][0]['matchers']; ageNs: bigint }>;
}

const defaultTenantLimits: TenantLimits = {
  ingest: defaultIngestLimits,
  server: { query: defaultQueryLimits, ...defaultServerLimits },
  retentionStreams: [],
};

/** The defaults as far as other sections than `limits_config` change them. */
export function limitsByDefault(distributor: Section, querier: Section): TenantLimits {
  const { ingest, server } = defaultTenantLimits;
  return {
    ...defaultTenantLimits,
    ingest: { ...ingest, otlp: readOtlpDefaults(distributor, ingest.otlp) },
    server: { ...server, tailDurationMsMax: ms(querier.durationNs('tail_max_duration')) ?? server.tailDurationMsMax },
  };
}

/** Limits of `section` over those of `base`: `limits_config` over the defaults, or a tenant's overrides over `limits_config`. */
export function readLimits(section: Section, base: TenantLimits): TenantLimits {
  section.raw('deletion_mode');
  const server: ServerLimits = {
    query: readQueryLimits(section, base.server.query),
    concurrentTailsMax: section.number('max_concurrent_tail_requests') ?? base.server.concurrentTailsMax,
    tailDurationMsMax: ms(section.durationNs('tail_max_duration')) ?? base.server.tailDurationMsMax,
    volumeSeriesMax: section.number('volume_max_series') ?? base.server.volumeSeriesMax,
    volumeEnabled: section.boolean('volume_enabled') ?? base.server.volumeEnabled,
    deletionMode: readDeletionMode(section) ?? base.server.deletionMode,
    retentionNs: section.durationNs('retention_period') ?? base.server.retentionNs,
  };
  const streams = section.sections('retention_stream').map((rule) => ({
    matchers: readSelector(rule, 'selector'),
    ageNs: rule.durationNs('period') ?? 0n,
    priority: rule.number('priority') ?? 0,
  }));
  return {
    ingest: readIngestLimits(section, base.ingest),
    server,
    retentionStreams: section.has('retention_stream') ? streams.sort((a, b) => b.priority - a.priority) : base.retentionStreams,
  };
}

const mebibyte = 1024 * 1024;

function readIngestLimits(section: Section, base: IngestLimits): IngestLimits {
  const rate = section.number('ingestion_rate_mb');
  const burst = section.number('ingestion_burst_size_mb');
  const services = section.texts('discover_service_name');
  const blockUntil = section.raw('block_ingestion_until');
  return {
    rejectOldSamples: section.boolean('reject_old_samples') ?? base.rejectOldSamples,
    rejectOldSamplesMaxAgeNs: section.durationNs('reject_old_samples_max_age') ?? base.rejectOldSamplesMaxAgeNs,
    creationGracePeriodNs: section.durationNs('creation_grace_period') ?? base.creationGracePeriodNs,
    maxLabelNamesPerSeries: section.number('max_label_names_per_series') ?? base.maxLabelNamesPerSeries,
    maxLabelNameLength: section.number('max_label_name_length') ?? base.maxLabelNameLength,
    maxLabelValueLength: section.number('max_label_value_length') ?? base.maxLabelValueLength,
    maxLineSizeBytes: section.bytes('max_line_size') ?? base.maxLineSizeBytes,
    maxLineSizeTruncate: section.boolean('max_line_size_truncate') ?? base.maxLineSizeTruncate,
    allowStructuredMetadata: section.boolean('allow_structured_metadata') ?? base.allowStructuredMetadata,
    maxStructuredMetadataSizeBytes: section.bytes('max_structured_metadata_size') ?? base.maxStructuredMetadataSizeBytes,
    maxStructuredMetadataEntriesCount: section.number('max_structured_metadata_entries_count') ?? base.maxStructuredMetadataEntriesCount,
    ingestionRateBytes: rate === undefined ? base.ingestionRateBytes : rate * mebibyte,
    ingestionBurstBytes: burst === undefined ? (rate === undefined ? base.ingestionBurstBytes : rate * mebibyte * 1.5) : burst * mebibyte,
    perStreamRateBytes: section.bytes('per_stream_rate_limit') ?? base.perStreamRateBytes,
    perStreamBurstBytes: section.bytes('per_stream_rate_limit_burst') ?? base.perStreamBurstBytes,
    maxStreams: section.number('max_global_streams_per_user') ?? section.number('max_streams_per_user') ?? base.maxStreams,
    enforcedLabels: section.texts('enforced_labels') ?? base.enforcedLabels,
    blockIngestionUntilNs: blockUntil === undefined ? base.blockIngestionUntilNs : instantNs(section, blockUntil),
    blockIngestionStatusCode: section.number('block_ingestion_status_code') ?? base.blockIngestionStatusCode,
    discoverServiceName: services ?? base.discoverServiceName,
    discoverLogLevels: section.boolean('discover_log_levels') ?? base.discoverLogLevels,
    incrementDuplicateTimestamp: section.boolean('increment_duplicate_timestamp') ?? base.incrementDuplicateTimestamp,
    otlp: section.has('otlp_config') ? readOtlpMapping(section.section('otlp_config'), base.otlp) : base.otlp,
  };
}

function readQueryLimits(section: Section, base: QueryLimits): QueryLimits {
  const bytesRead = section.raw('max_query_bytes_read');
  return {
    ...base,
    entriesMax: section.number('max_entries_limit_per_query') ?? base.entriesMax,
    seriesMax: section.number('max_query_series') ?? base.seriesMax,
    lengthNsMax: Number(section.durationNs('max_query_length') ?? base.lengthNsMax),
    rangeNsMax: Number(section.durationNs('max_query_range') ?? base.rangeNsMax),
    lookbackNsMax: Number(section.durationNs('max_query_lookback') ?? base.lookbackNsMax),
    timeoutMs: ms(section.durationNs('query_timeout')) ?? base.timeoutMs,
    bytesReadMax: bytesRead === undefined ? base.bytesReadMax : sizeInBytes(bytesRead, () => section.error('max_query_bytes_read', 'a size')),
    requiredLabels: section.texts('required_labels') ?? base.requiredLabels,
    minimumLabels: section.number('minimum_labels_number') ?? base.minimumLabels,
    matchersMax: section.number('max_streams_matchers_per_query') ?? base.matchersMax,
    blocked: section.has('blocked_queries') ? readBlocked(section) : base.blocked,
  };
}

/** `blocked_queries`: a query's text, a pattern over it, or its hash. */
function readBlocked(section: Section): (query: string) => boolean {
  const tests = section.sections('blocked_queries').map((rule) => {
    const pattern = rule.text('pattern');
    const hash = rule.number('hash');
    rule.raw('types');
    if (hash) {
      return (query: string) => fnv32a(query) === hash;
    }
    if (pattern === undefined || pattern === '') {
      return () => true;
    }
    if (rule.boolean('regex')) {
      const regex = compileRegex(pattern);
      return (query: string) => regex.test(query);
    }
    return (query: string) => query.trim() === pattern.trim();
  });
  return (query) => tests.some((test) => test(query));
}

/** The hash Loki logs and blocks queries by (FNV-1a, 32 bits). */
export function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash;
}

function readDeletionMode(section: Section): ServerLimits['deletionMode'] | undefined {
  const mode = section.text('deletion_mode');
  if (mode === undefined || mode === 'disabled' || mode === 'filter-only' || mode === 'filter-and-delete') {
    return mode;
  }
  throw section.error('deletion_mode', 'disabled, filter-only or filter-and-delete');
}

function readSelector(section: Section, key: string): RetentionPolicy['rules'][0]['matchers'] {
  const { expr } = parse(section.text(key) ?? '');
  if (expr?.kind !== 'log' || expr.stages.length > 0) {
    throw section.error(key, 'a stream selector such as {job="nginx"}');
  }
  return expr.selector.matchers;
}

function instantNs(section: Section, value: unknown): bigint {
  const time = value instanceof Date ? value.getTime() : Date.parse(String(value));
  if (Number.isNaN(time)) {
    throw section.error('block_ingestion_until', 'an RFC 3339 time');
  }
  return BigInt(time) * 1_000_000n;
}

/** Milliseconds for a timer, which holds 24 days at most and would go off at once with more. */
const ms = (ns: bigint | undefined): number | undefined => (ns === undefined ? undefined : Math.min(Number(ns / 1_000_000n), 2 ** 31 - 1));
