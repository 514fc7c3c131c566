import type { Labels } from './labels';

/** One log line on its own: how tests, tail and slow paths see it. `tsNs` is nanoseconds since 1970. */
export interface Entry {
  tsNs: bigint;
  line: Uint8Array;
  /** Structured metadata, undefined when there is none. */
  metadata?: Labels;
}

/**
 * Entries of one stream as a push brings them, in columns so that no object is made per line. In order of arrival; times need
 * not ascend. Line i is `body[starts[i] .. ends[i])`: bytes as they came, usually UTF-8. Time i is `baseNs + times[i]` nanoseconds;
 * `times` holds whole numbers that are exact because no entry is more than 104 days (2^53 ns) from `baseNs`: entries
 * further apart go into a StreamEntries of their own.
 */
export interface StreamEntries {
  labels: Labels;
  count: number;
  baseNs: bigint;
  times: Float64Array;
  body: Uint8Array;
  starts: Uint32Array;
  ends: Uint32Array;
  /** Structured metadata by entry; undefined when no entry has any. Equal sets should be the same object. */
  metadata?: Array<Labels | undefined>;
  /** Binocle's own level by entry (index into `levelNames` of src/levels); set by ingest. */
  levels?: Uint8Array;
}

/** Makes the columns of a stream. All are made here: objects of one shape are read without asking which they are. */
export function streamEntries(
  labels: Labels,
  baseNs: bigint,
  times: Float64Array,
  body: Uint8Array,
  starts: Uint32Array,
  ends: Uint32Array,
  metadata: StreamEntries['metadata'],
  levels: Uint8Array | undefined
): StreamEntries {
  return { labels, count: times.length, baseNs, times, body, starts, ends, metadata, levels };
}

/** Bytes of the lines of a stream. */
export function lineBytes({ starts, ends, count }: StreamEntries): number {
  let bytes = 0;
  for (let i = 0; i < count; i++) {
    bytes += ends[i] - starts[i];
  }
  return bytes;
}

/** What one push carries, for one tenant. */
export interface Batch {
  tenant: string;
  streams: StreamEntries[];
}

/**
 * What makes an agent's delivery exactly-once: stored in the transaction of its batch, read back by the agent after a crash.
 * A batch whose (`agent`, `sequence`) is not above the stored one was already taken: it is acknowledged and not stored again.
 */
export interface Receipt {
  agent: string;
  sequence: number;
  /** The agent's own words (offsets by file), opaque to the store. At most `receiptStateBytesMax` bytes. */
  state: string;
}

/** Furthest an entry may lie from the base of its columns, in ns, for `times` to stay exact. */
export const timesSpanNsMax = 2n ** 53n;

/** Entries as the columns of a store have them: line i is `text[offsets[i] .. offsets[i+1])`, `metadata[i]` points into `metadataSets`. Shares their memory. */
export function entriesOfColumns(
  labels: Labels,
  baseNs: bigint,
  columns: Pick<StreamEntries, 'count' | 'times' | 'levels'> & { offsets: Uint32Array; text: Uint8Array; metadata?: Uint32Array; metadataSets?: Labels[] }
): StreamEntries {
  const { count, times, levels, offsets, text, metadata, metadataSets } = columns;
  const sets = metadata && Array.from(metadata, (set) => metadataSets![set]);
  return streamEntries(labels, baseNs, times.subarray(0, count), text, offsets.subarray(0, count), offsets.subarray(1), sets, levels);
}

/** Columns from entries, cut where times lie too far apart. */
export function makeStreamEntries(labels: Labels, entries: Entry[]): StreamEntries[] {
  const parts: Entry[][] = [];
  for (const entry of entries) {
    const part = parts.at(-1);
    const distance = part ? entry.tsNs - part[0].tsNs : 0n;
    if (part && distance < timesSpanNsMax && distance > -timesSpanNsMax) {
      part.push(entry);
    } else {
      parts.push([entry]);
    }
  }
  return parts.map((part) => {
    const starts = new Uint32Array(part.length);
    const ends = new Uint32Array(part.length);
    const times = new Float64Array(part.length);
    let length = 0;
    part.forEach((entry, i) => {
      starts[i] = length;
      length += entry.line.length;
      ends[i] = length;
      times[i] = Number(entry.tsNs - part[0].tsNs);
    });
    const metadata = part.some((entry) => entry.metadata) ? part.map((entry) => entry.metadata) : undefined;
    return streamEntries(labels, part[0].tsNs, times, Buffer.concat(part.map((entry) => entry.line)), starts, ends, metadata, undefined);
  });
}
