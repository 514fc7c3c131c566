import { defaultOtlpMapping, type OtlpMapping } from './otlp/mapping';
import { serviceNameSources } from './serviceName';

/** What a tenant may push. Names as in Loki's `limits_config`, with units. */
export interface IngestLimits {
  rejectOldSamples: boolean;
  rejectOldSamplesMaxAgeNs: bigint;
  creationGracePeriodNs: bigint;
  maxLabelNamesPerSeries: number;
  maxLabelNameLength: number;
  maxLabelValueLength: number;
  /** 0: no limit but the body's. */
  maxLineSizeBytes: number;
  maxLineSizeTruncate: boolean;
  allowStructuredMetadata: boolean;
  /** 0: no limit; of the entries as well. */
  maxStructuredMetadataSizeBytes: number;
  maxStructuredMetadataEntriesCount: number;
  /** 0: no limit. */
  ingestionRateBytes: number;
  ingestionBurstBytes: number;
  perStreamRateBytes: number;
  perStreamBurstBytes: number;
  maxStreams: number;
  enforcedLabels: string[];
  blockIngestionUntilNs: bigint;
  blockIngestionStatusCode: number;
  discoverServiceName: readonly string[];
  discoverLogLevels: boolean;
  incrementDuplicateTimestamp: boolean;
  otlp: OtlpMapping;
}

/**
 * Defaults where they differ from Loki's: entries of any age are taken (nothing here depends on their order), 30 labels instead of
 * 15, and no rate or stream limit: on one machine the disk is the limit, and it answers 429 by itself.
 */
export const defaultIngestLimits: IngestLimits = {
  rejectOldSamples: false,
  rejectOldSamplesMaxAgeNs: 7n * 86_400n * 1_000_000_000n,
  creationGracePeriodNs: 600n * 1_000_000_000n,
  maxLabelNamesPerSeries: 30,
  maxLabelNameLength: 1_024,
  maxLabelValueLength: 2_048,
  maxLineSizeBytes: 256 * 1024,
  maxLineSizeTruncate: false,
  allowStructuredMetadata: true,
  maxStructuredMetadataSizeBytes: 64 * 1024,
  maxStructuredMetadataEntriesCount: 128,
  ingestionRateBytes: 0,
  ingestionBurstBytes: 0,
  perStreamRateBytes: 0,
  perStreamBurstBytes: 0,
  maxStreams: 0,
  enforcedLabels: [],
  blockIngestionUntilNs: 0n,
  blockIngestionStatusCode: 260,
  discoverServiceName: serviceNameSources,
  discoverLogLevels: true,
  incrementDuplicateTimestamp: false,
  otlp: defaultOtlpMapping,
};
