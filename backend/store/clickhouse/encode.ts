import type { Labels } from '../../model/labels';
import type { Columns } from '../sqlite/format/columns';
import { dayStartNs } from '../sqlite/names';
import { RowWriter } from './rowBinary';

export const entryInsert = 'INSERT INTO entries (tenant, stream_id, ts, arrival, writer, repeat, level, meta_k, meta_v, line) FORMAT RowBinary';

/** Numbers that rise with every entry that arrives, over all that this process writes, and roughly over all instances: milliseconds and a counter. */
export class ArrivalClock {
  private last = 0;

  /** The first of `count` numbers. Below 2^53 until the year 2109. */
  take(count: number): number {
    const first = Math.max(this.last + 1, Date.now() * 2_048);
    this.last = first + count - 1;
    return first;
  }
}

/** Names for entries that are to be stored however often they come; unlike those of every other process. */
export class RepeatNumbers {
  private next: bigint;

  constructor(random: number) {
    this.next = BigInt(random) << 32n;
  }

  take(): bigint {
    return ++this.next;
  }
}

/** Entries of one stream and day that were stored together; with the writer's number it names them exactly. */
export interface CommittedRange {
  tenant: string;
  streamId: bigint;
  day: number;
  firstNs: bigint;
  lastNs: bigint;
  arrivalFirst: number;
  arrivalLast: number;
  entries: number;
  bytes: number;
}

/** Who numbers what is written, unlike every other process. */
export interface Numbering {
  writer: number;
  clock: ArrivalClock;
  /** Only when repeats are kept. */
  repeats?: RepeatNumbers;
}

export interface EncodedRow {
  tenant: string;
  streamId: bigint;
  day: number;
  columns: Columns;
}

const noMetadata = Uint8Array.of(0, 0);

/** Entries of one stream and day as rows. Equal times get rising arrivals, in their order. */
export function encodeRow(rows: RowWriter, { tenant, streamId, day, columns }: EncodedRow, { writer, clock, repeats }: Numbering): CommittedRange {
  const { count, times, offsets, text, levels, metadata } = columns;
  const sets = (columns.metadataSets ?? []).map(encodeSet);
  const baseNs = dayStartNs(day);
  const tenantBytes = Buffer.from(tenant, 'utf8');
  let ties = 0;
  for (let i = 1, run = 0; i < count; i++) {
    run = times[i] === times[i - 1] ? run + 1 : 0;
    ties = Math.max(ties, run);
  }
  const arrival = clock.take(ties + 1);
  for (let i = 0, run = 0; i < count; i++) {
    run = i > 0 && times[i] === times[i - 1] ? run + 1 : 0;
    rows.bytes(tenantBytes);
    rows.u64(streamId);
    rows.i64(baseNs + BigInt(times[i]));
    rows.count(arrival + run);
    rows.u32(writer);
    rows.u64(repeats ? repeats.take() : 0n);
    rows.u8(levels ? levels[i] : 0);
    rows.raw(metadata ? sets[metadata[i]] : noMetadata);
    rows.bytes(text.subarray(offsets[i], offsets[i + 1]));
  }
  return {
    tenant, streamId, day, entries: count, bytes: offsets[count], arrivalFirst: arrival, arrivalLast: arrival + ties,
    firstNs: baseNs + BigInt(times[0]),
    lastNs: baseNs + BigInt(times[count - 1]),
  };
}

function encodeSet(set: Labels): Uint8Array {
  const rows = new RowWriter(64);
  rows.texts([...set.keys()]);
  rows.texts([...set.values()]);
  return rows.finish();
}
