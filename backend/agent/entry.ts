import type { LabelSet } from './labelSet';
import type { Tracker } from './tracker';

/** Lines of a source that an entry stands for: finished when the entry is. */
export interface Origin {
  tracker: Tracker;
  start: number;
  end: number;
}

/**
 * What a stage may have put under a name: text, numbers and booleans from JSON, null for a JSON expression that found nothing.
 * Promtail's "extracted map".
 */
export type Extracted = Map<string, unknown>;

/** One log line on its way through the stages. A stage changes it in place or emits others instead. */
export interface Entry {
  labels: LabelSet;
  extracted: Extracted;
  /** Nanoseconds since 1970. */
  tsNs: bigint;
  /** Bytes that are not UTF-8 are escaped as in bytes.ts. */
  line: string;
  /** Structured metadata in the order it was added; undefined when there is none. */
  metadata: Array<readonly [string, string]> | undefined;
  /** Usually one; several when lines were joined; none for entries that nobody waits for. */
  origins: Origin[];
}

/** The label that names the tenant of an entry; it is never sent. */
export const tenantLabel = '__tenant_id__';
