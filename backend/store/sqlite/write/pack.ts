import type { Batch, Receipt, StreamEntries } from '../../../model/entry';
import { noLabels, textLength, type Labels } from '../../../model/labels';
import { keepShape } from '../../../runtime/shapes';
import { Copier } from '../format/copier';
import { hotRowBytes, layHotRow, setsJson } from '../format/hotRow';
import { dayLengthNs, dayOf, dayStartNs } from '../names';
import { streamKey } from '../format/streamKey';

/** A batch as hot rows in one buffer, made on the main thread and handed to the writer without copying. */
export interface PackedBatch {
  tenant: string;
  rows: PackedRow[];
  buffer: ArrayBuffer;
  receipt?: Receipt;
  /** Bytes of text, for the bound on what waits. */
  bytes: number;
}

export interface PackedRow {
  key: string;
  day: number;
  /** First and last time, in ns after the day's midnight. */
  min: number;
  max: number;
  count: number;
  /** Bytes of text. */
  bytes: number;
  /** Where the row lies in the buffer. */
  at: number;
  size: number;
}

/** The different sets of metadata of a row, and the number of each entry's set among them. */
interface RowSets {
  json: Uint8Array;
  numbers: Uint32Array;
}

/** A row before it has a place: entries `order[from..to)` (or all, in order, when undefined) of one stream. */
interface Plan {
  part: StreamEntries;
  key: string;
  day: number;
  /** What to add to the part's times to count from the day's midnight. */
  shift: number;
  order: Uint32Array | undefined;
  from: number;
  to: number;
  bytes: number;
  sets: RowSets | undefined;
}

/** Buffers of up to this size are kept; larger ones are rare. */
const pooledBytesMax = 4 * 1024 * 1024;
const pooledMin = 64 * 1024;
const pooledBuffersMax = 8;

/**
 * Buffers between main thread and writer, used again: V8 would otherwise let tens of megabytes of them pile up in each
 * thread before it collects them.
 */
export class BufferPool {
  private readonly free: ArrayBuffer[] = [];

  /** A buffer of at least `size` bytes; what it holds is left from before. */
  take(size: number): ArrayBuffer {
    const at = this.free.findIndex((buffer) => buffer.byteLength >= size);
    if (at >= 0 && size >= pooledMin) {
      return this.free.splice(at, 1)[0];
    }
    const rounded = size >= pooledMin ? 2 ** Math.ceil(Math.log2(size)) : size;
    return new ArrayBuffer(rounded <= pooledBytesMax ? rounded : size);
  }

  give(buffer: ArrayBuffer): void {
    if (buffer.byteLength >= pooledMin && buffer.byteLength <= pooledBytesMax && this.free.length < pooledBuffersMax) {
      this.free.push(buffer);
    }
  }

  /** Lets go of all that nobody uses. */
  clear(): void {
    this.free.length = 0;
  }
}

// V8 compiles for buffers that are never handed over until the first is, and then throws all code that touches bytes away: better before there is any.
const handedOver = new ArrayBuffer(8);
structuredClone(handedOver, { transfer: [handedOver] });

export function packBatch(batch: Batch, receipt: Receipt | undefined, buffers: BufferPool): PackedBatch {
  const plans = batch.streams.flatMap(planRows);
  const rows: PackedRow[] = [];
  let size = 0;
  for (const plan of plans) {
    const rowSize = hotRowBytes(plan.to - plan.from, plan.part.levels !== undefined, plan.sets?.json.length ?? 0, plan.bytes);
    rows.push({ key: plan.key, day: plan.day, min: 0, max: 0, count: plan.to - plan.from, bytes: plan.bytes, at: size, size: rowSize });
    size += Math.ceil(rowSize / 8) * 8;
  }
  const buffer = buffers.take(size);
  plans.forEach((plan, i) => fillRow(plan, rows[i], buffer));
  return { tenant: batch.tenant, rows, buffer, receipt, bytes: rows.reduce((sum, row) => sum + row.bytes, 0) };
}

/** Text (lines and metadata) and entries of one row. SQLite copies a row twice while it writes it, and a search reads it whole. */
const rowTextBytesMax = 1024 * 1024;
const rowEntriesMax = 50_000;

/** Cuts a part at midnights and where a row gets too large; sorts it by time when it is not. Equal times keep their order. */
function planRows(part: StreamEntries): Plan[] {
  if (part.count === 0) {
    return [];
  }
  const { times, count } = part;
  let ascending = true;
  for (let i = 1; i < count; i++) {
    if (times[i] < times[i - 1]) {
      ascending = false;
      break;
    }
  }
  const order = ascending ? undefined : Uint32Array.from({ length: count }, (_, i) => i).sort((a, b) => times[a] - times[b] || a - b);
  const timeAt = (k: number): number => times[order ? order[k] : k];
  const key = streamKey(part.labels);
  const plans: Plan[] = [];
  let from = 0;
  while (from < count) {
    const day = dayOf(part.baseNs + BigInt(timeAt(from)));
    const shift = Number(part.baseNs - dayStartNs(day));
    let to = from;
    let bytes = 0;
    let ofSets = 0;
    let last: Labels | undefined;
    while (to < count && to - from < rowEntriesMax && (to === from || timeAt(to) + shift < dayLengthNs)) {
      const i = order ? order[to] : to;
      const more = part.ends[i] - part.starts[i];
      const set = part.metadata?.[i];
      if (set && set !== last) {
        last = set;
        ofSets += textLength(set);
      }
      if (to > from && bytes + more + ofSets > rowTextBytesMax) {
        break;
      }
      bytes += more;
      to++;
    }
    plans.push({ part, key, day, shift, order, from, to, bytes, sets: setsOf(part, order, from, to) });
    from = to;
  }
  return plans;
}

/** The dictionary of a row's metadata; equal sets are usually the same object, and equal ones that are not are only stored twice. */
function setsOf({ metadata }: StreamEntries, order: Uint32Array | undefined, from: number, to: number): RowSets | undefined {
  if (!metadata) {
    return undefined;
  }
  const dictionary = new SetNumbers();
  const numbers = new Uint32Array(to - from);
  let last: Labels | undefined;
  let number = 0;
  for (let k = from; k < to; k++) {
    const set = metadata[order ? order[k] : k];
    if (set !== last) {
      last = set;
      number = set ? dictionary.numberOf(set) : 0;
    }
    numbers[k - from] = number;
  }
  return dictionary.list.length === 1 ? undefined : { json: setsJson(dictionary.list), numbers };
}

/** Sets that are found by looking at one after the other, which for few is quicker than a Map. */
const lookedAtMax = 8;

/** Numbers sets of metadata as they come; an empty one is 0. */
class SetNumbers {
  readonly list: Labels[] = [noLabels];
  private readonly others = new Map<Labels, number>();

  numberOf(set: Labels): number {
    const { list, others } = this;
    for (let number = 1; number < list.length && number <= lookedAtMax; number++) {
      if (list[number] === set) {
        return number;
      }
    }
    const known = list.length > lookedAtMax ? others.get(set) : undefined;
    if (known !== undefined || set.size === 0) {
      return known ?? 0;
    }
    const number = list.push(set) - 1;
    if (number > lookedAtMax) {
      others.set(set, number);
    }
    return number;
  }
}

function fillRow(plan: Plan, row: PackedRow, buffer: ArrayBuffer): void {
  const { part, order, from, to, shift, sets } = plan;
  const { times, starts, ends, levels } = part;
  const columns = layHotRow(buffer, row.at, row.count, levels !== undefined, sets?.json, plan.bytes);
  const lines = new Copier(part.body, columns.text);
  let length = 0;
  columns.offsets[0] = 0;
  for (let k = from; k < to; k++) {
    const i = order ? order[k] : k;
    columns.times[k - from] = times[i] + shift;
    length = lines.copy(starts[i], ends[i], length);
    columns.offsets[k - from + 1] = length;
  }
  if (levels) {
    columns.levels!.set(order ? order.subarray(from, to).map((i) => levels[i]) : levels.subarray(from, to));
  }
  if (sets) {
    columns.metadata!.set(sets.numbers);
  }
  row.min = columns.times[0];
  row.max = columns.times[row.count - 1];
}

keepShape(new SetNumbers());
