import type { StreamEntries } from '../model/entry';
import type { OtlpMapping } from './otlp/mapping';

/**
 * One wire format of log pushes. Pure: bytes and headers in, streams out. Decompression, size limits, the tenant, label rules,
 * counting and logging happen once, around the decoder (`http/push.ts`, `ingest/intake.ts`).
 */
export interface Protocol {
  name: string;
  accepts(request: ProtocolRequest): boolean;
  /** For a format with a compression of its own: how long the body says its content is. Throws RequestError 413 above `maxBytes`. */
  decodedBytes?(body: Uint8Array, maxBytes: number): number;
  /**
   * Decodes a body that is already decompressed (but for snappy's block format, which belongs to Loki's protobuf).
   * The body is the decoder's: strings may be unescaped in place.
   * Throws a RequestError with the client's words, never anything else, and never uses memory out of proportion to the body.
   */
  decode(body: Uint8Array, request: ProtocolRequest): StreamEntries[];
}

export interface ProtocolRequest {
  path: string;
  contentType: string;
  /** Time of receipt, for formats whose entries may carry none. */
  receivedNs: bigint;
  headers: Readonly<Record<string, string | undefined>>;
  query: Readonly<Record<string, string | undefined>>;
  maxBytes: number;
  /** Where attributes of OTLP go for this tenant. */
  otlp: OtlpMapping;
  /** Labels that name the service of a stream (`discover_service_name`): of OTLP's attributes the first that is one counts. */
  discoverServiceName?: readonly string[];
}
