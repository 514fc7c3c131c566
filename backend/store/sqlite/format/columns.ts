import type { Labels } from '../../../model/labels';
import { keepShape } from '../../../runtime/shapes';
import type { Chunk } from '../../store';
import { Copier } from './copier';
import { dayStartNs } from '../names';

/**
 * Entries of one stream and one day, ascending by time. Times are nanoseconds after the day's midnight (exact in a double),
 * line i is `text[offsets[i] .. offsets[i+1])`. `metadata[i]` points into `metadataSets`, where set 0 is always the empty one.
 */
export interface Columns {
  count: number;
  times: Float64Array;
  offsets: Uint32Array;
  text: Uint8Array;
  metadata?: Uint32Array;
  metadataSets?: Labels[];
  levels?: Uint8Array;
}

/**
 * Columns that have every property, in one order. V8 compiles a function for the shapes of objects it has seen and throws the code away
 * at another one, so columns are made here wherever they are made by the thousand.
 */
export function columnsOf({ count, times, offsets, text, metadata, metadataSets, levels }: Columns): Columns {
  return { count, times, offsets, text, metadata, metadataSets, levels };
}

keepShape(columnsOf({ count: 0, times: new Float64Array(0), offsets: new Uint32Array(1), text: new Uint8Array(0) }));

export function textBytes(columns: Columns): number {
  return columns.offsets[columns.count];
}

/** First index whose time is at least `time`. */
export function lowerBound(times: Float64Array, time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle] < time) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** Entries [from, to) as columns of their own; shares the memory of text and times. */
export function slice(columns: Columns, from: number, to: number): Columns {
  if (from === 0 && to === columns.count) {
    return columns;
  }
  const first = columns.offsets[from];
  return columnsOf({
    count: to - from,
    times: columns.times.subarray(from, to),
    offsets: columns.offsets.slice(from, to + 1).map((offset) => offset - first),
    text: columns.text.subarray(first, columns.offsets[to]),
    metadata: columns.metadata?.subarray(from, to),
    metadataSets: columns.metadataSets,
    levels: columns.levels?.subarray(from, to),
  });
}

/** The entries that `keep` marks with 1, in new memory; undefined when none is. */
export function filter(columns: Columns, keep: Uint8Array): Columns | undefined {
  const { offsets } = columns;
  const kept: number[] = [];
  for (let i = 0; i < columns.count; i++) {
    if (keep[i] === 1) {
      kept.push(i);
    }
  }
  return kept.length === 0 ? undefined : gather([columns], kept.map((i) => [0, i]), kept.reduce((sum, i) => sum + offsets[i + 1] - offsets[i], 0));
}

/** Picks entries `[part, index]` in the given order. */
function gather(parts: Columns[], order: Array<[number, number]>, bytes: number): Columns {
  const count = order.length;
  const text = Buffer.allocUnsafe(bytes);
  const result = columnsOf({ count, times: new Float64Array(count), offsets: new Uint32Array(count + 1), text });
  const hasMetadata = parts.some((part) => part.metadata);
  const hasLevels = parts.some((part) => part.levels);
  const setMaps = hasMetadata ? mergeSets(parts, result) : [];
  if (hasMetadata) {
    result.metadata = new Uint32Array(count);
  }
  if (hasLevels) {
    result.levels = new Uint8Array(count);
  }
  const lines = parts.map((part) => new Copier(part.text, text));
  let length = 0;
  for (let k = 0; k < count; k++) {
    const [p, i] = order[k];
    const part = parts[p];
    length = lines[p].copy(part.offsets[i], part.offsets[i + 1], length);
    result.times[k] = part.times[i];
    result.offsets[k + 1] = length;
    if (part.metadata) {
      result.metadata![k] = setMaps[p][part.metadata[i]];
    }
    if (part.levels) {
      result.levels![k] = part.levels[i];
    }
  }
  return result;
}

/** One dictionary of metadata sets for all parts; answers the new number of each old one. */
function mergeSets(parts: Columns[], result: Columns): number[][] {
  const sets: Labels[] = [];
  const numbers = new Map<string, number>();
  const numberOf = (set: Labels): number => {
    const key = JSON.stringify([...set]);
    let number = numbers.get(key);
    if (number === undefined) {
      number = sets.push(set) - 1;
      numbers.set(key, number);
    }
    return number;
  };
  numberOf(new Map());
  const maps = parts.map((part) => (part.metadataSets ?? []).map(numberOf));
  result.metadataSets = sets;
  return maps;
}

/** Several columns as one, ascending by time; equal times keep the order of the parts. */
export function merge(parts: Columns[]): Columns {
  if (parts.length === 1) {
    return parts[0];
  }
  const bytes = parts.reduce((sum, part) => sum + textBytes(part), 0);
  const gaps = (list: Columns[]): number[] => list.slice(1).map((part, p) => part.times[0] - list[p].times[list[p].count - 1]);
  if (gaps(parts).every((gap) => gap >= 0)) {
    return concat(parts, bytes);
  }
  // pushes that ran side by side arrive in any order, but their times seldom meet; where they do, the order of arrival counts
  const byStart = [...parts].sort((a, b) => a.times[0] - b.times[0]);
  if (gaps(byStart).every((gap) => gap > 0)) {
    return concat(byStart, bytes);
  }
  const order: Array<[number, number]> = [];
  parts.forEach((part, p) => {
    for (let i = 0; i < part.count; i++) {
      order.push([p, i]);
    }
  });
  order.sort(([p, i], [q, j]) => parts[p].times[i] - parts[q].times[j]);
  return gather(parts, order, bytes);
}

/** The common case of `merge`: parts that follow each other in time are copied whole. */
function concat(parts: Columns[], bytes: number): Columns {
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const text = new Uint8Array(bytes);
  const result = columnsOf({ count, times: new Float64Array(count), offsets: new Uint32Array(count + 1), text });
  const setMaps = parts.some((part) => part.metadata) ? mergeSets(parts, result) : [];
  if (result.metadataSets) {
    result.metadata = new Uint32Array(count);
  }
  if (parts.some((part) => part.levels)) {
    result.levels = new Uint8Array(count);
  }
  let at = 0;
  let length = 0;
  parts.forEach((part, p) => {
    result.times.set(part.times, at);
    text.set(part.text.subarray(0, textBytes(part)), length);
    for (let i = 1; i <= part.count; i++) {
      result.offsets[at + i] = length + part.offsets[i];
    }
    if (part.metadata) {
      for (let i = 0; i < part.count; i++) {
        result.metadata![at + i] = setMaps[p][part.metadata[i]];
      }
    }
    if (part.levels) {
      result.levels!.set(part.levels, at);
    }
    at += part.count;
    length += textBytes(part);
  });
  return result;
}

/** Cuts columns where their text passes `bytesMax`; a last piece below a quarter of it stays with the one before. */
export function cut(columns: Columns, bytesMax: number): Columns[] {
  const pieces: Columns[] = [];
  let from = 0;
  for (let i = 1; i < columns.count; i++) {
    const full = columns.offsets[i] - columns.offsets[from] >= bytesMax;
    if (full && columns.offsets[columns.count] - columns.offsets[i] >= bytesMax / 4) {
      pieces.push(slice(columns, from, i));
      from = i;
    }
  }
  pieces.push(slice(columns, from, columns.count));
  return pieces;
}

/** The entries of these numbers; `offsets` are those of a text that has them alone, which the caller puts in the place of `text`. */
export function pick(columns: Columns, entries: Uint32Array, offsets: Uint32Array): Columns {
  const of = <T extends Float64Array | Uint32Array | Uint8Array>(list: T, picked: T): T => {
    entries.forEach((entry, i) => (picked[i] = list[entry]));
    return picked;
  };
  const count = entries.length;
  return columnsOf({
    ...columns,
    count,
    offsets,
    times: of(columns.times, new Float64Array(count)),
    metadata: columns.metadata && of(columns.metadata, new Uint32Array(count)),
    levels: columns.levels && of(columns.levels, new Uint8Array(count)),
  });
}

/**
 * What crosses the storage seam: the columns with the name of their stream.
 * @param whole the entries that these were taken from, and their whole lines: they give the bounds in time, by which chunks are ordered, and what was read.
 */
export function toChunk(columns: Columns, day: number, stream: Labels, streamId: string, whole = columns): Chunk {
  const baseNs = dayStartNs(day);
  return {
    stream,
    streamId,
    baseNs,
    minNs: baseNs + BigInt(whole.times[0]),
    maxNs: baseNs + BigInt(whole.times[whole.count - 1]),
    ...columns,
    read: { lines: whole.count, bytes: whole.offsets[whole.count] - whole.offsets[0] },
  };
}

/** Whether two columns have an entry of the same time. */
export function sharesTime(a: Columns, b: Columns): boolean {
  let i = lowerBound(a.times, b.times[0]);
  let j = lowerBound(b.times, a.times[i] ?? Infinity);
  while (i < a.count && j < b.count) {
    if (a.times[i] === b.times[j]) {
      return true;
    }
    if (a.times[i] < b.times[j]) {
      i++;
    } else {
      j++;
    }
  }
  return false;
}
