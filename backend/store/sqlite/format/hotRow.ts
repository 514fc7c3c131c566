import type { Labels } from '../../../model/labels';
import { columnsOf, type Columns } from './columns';
import { dateOf } from '../names';
import { flatLabels, labelsOfFlat } from './streamKey';

/**
 * A hot row: the entries of one stream, one day and one push, laid out so that it is written without any work per line and read
 * by laying views over it. Little endian:
 *
 *   u32 count, u32 flags (1 levels, 2 metadata), u32 bytes of the metadata sets, u32 zero
 *   f64 times[count], u32 offsets[count + 1], u32 metadata[count]?, u8 levels[count]?, metadata sets as JSON, text
 */
const headBytes = 16;
const flagLevels = 1;
const flagMetadata = 2;

export function hotRowBytes(count: number, levels: boolean, setsBytes: number, text: number): number {
  return headBytes + count * 8 + (count + 1) * 4 + (setsBytes > 0 ? count * 4 : 0) + (levels ? count : 0) + setsBytes + text;
}

export function setsJson(sets: Labels[]): Uint8Array {
  return Buffer.from(JSON.stringify(sets.map(flatLabels)));
}

/** Columns laid over fresh memory at `at` (a multiple of 8) of `buffer`; the caller fills times, offsets, text and the rest. */
export function layHotRow(buffer: ArrayBufferLike, at: number, count: number, levels: boolean, sets: Uint8Array | undefined, text: number): Columns {
  const head = new Uint32Array(buffer, at, 4);
  head[0] = count;
  head[1] = (levels ? flagLevels : 0) | (sets ? flagMetadata : 0);
  head[2] = sets?.length ?? 0;
  head[3] = 0;
  const { columns, setsAt } = views(buffer, at, hotRowBytes(count, levels, sets?.length ?? 0, text));
  if (sets) {
    new Uint8Array(buffer, setsAt, sets.length).set(sets);
  }
  return columns;
}

function views(buffer: ArrayBufferLike, at: number, bytes: number): { columns: Columns; setsAt: number } {
  const [count, flags, setsBytes] = new Uint32Array(buffer, at, 3);
  let next = at + headBytes;
  const take = (size: number): number => {
    next += size;
    return next - size;
  };
  const times = new Float64Array(buffer, take(count * 8), count);
  const offsets = new Uint32Array(buffer, take((count + 1) * 4), count + 1);
  const metadata = flags & flagMetadata ? new Uint32Array(buffer, take(count * 4), count) : undefined;
  const levels = flags & flagLevels ? new Uint8Array(buffer, take(count), count) : undefined;
  const setsAt = take(setsBytes);
  const text = new Uint8Array(buffer, next, at + bytes - next);
  return { columns: columnsOf({ count, times, offsets, text, metadata, levels }), setsAt };
}

/** Views over a stored row; copies only when its memory is not aligned. Throws when it is damaged. */
export function readHotRow(data: Uint8Array): Columns {
  const aligned = data.byteOffset % 8 === 0 ? data : data.slice();
  const { columns, setsAt } = views(aligned.buffer, aligned.byteOffset, aligned.length);
  if (columns.count === 0 || columns.offsets[columns.count] !== columns.text.length) {
    throw new Error('a hot row is damaged');
  }
  if (columns.metadata) {
    const [, , setsBytes] = new Uint32Array(aligned.buffer, aligned.byteOffset, 3);
    const json = Buffer.from(aligned.buffer, setsAt, setsBytes).toString('utf8');
    columns.metadataSets = (JSON.parse(json) as string[][]).map(labelsOfFlat);
  }
  return columns;
}

/** A hot row without its entries. */
export interface HotHeader {
  id: number;
  day: number;
  stream: string;
  min: number;
  max: number;
  count: number;
  bytes: number;
}

/** What an operator knows a hot row by. */
export const hotRowName = (id: number, day: number): string => `hot row ${id} of day ${dateOf(day)}`;

/** Columns as a row of their own, for rows that change after they were stored (repeats taken out, deletes). */
export function writeHotRow(columns: Columns): Uint8Array {
  const sets = columns.metadata && columns.metadataSets ? setsJson(columns.metadataSets) : undefined;
  const text = columns.offsets[columns.count];
  const buffer = new ArrayBuffer(hotRowBytes(columns.count, columns.levels !== undefined, sets?.length ?? 0, text));
  const row = layHotRow(buffer, 0, columns.count, columns.levels !== undefined, sets, text);
  row.times.set(columns.times);
  row.offsets.set(columns.offsets);
  row.text.set(columns.text.subarray(0, text));
  row.metadata?.set(columns.metadata!);
  row.levels?.set(columns.levels!);
  return new Uint8Array(buffer);
}
