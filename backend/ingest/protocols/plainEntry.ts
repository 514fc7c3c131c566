import type { StreamBuilder } from '../streamBuilder';

/**
 * Entries of Loki's protobuf as nearly all clients write them: a time of seconds and nanoseconds, then the line, nothing else. Read without
 * a reader's object, whose fields would be loaded and stored for every byte, they take half the time.
 */

/** Bytes such an entry has before its line at most: its length (5), the time (2 + 6 + 6), tag and length of the line (6). */
const headBytesMax = 25;

/** Behind the varint that was read last. */
let varintEnd = 0;

/**
 * Reads the entry at `at` (behind its tag) and answers where it ends. Answers 0 for every other entry, of which nothing is taken: it has to
 * be read in the general way.
 * @param streamEnd where the stream ends that the entry is part of.
 */
export function readPlainEntry(buf: Uint8Array, at: number, streamEnd: number, builder: StreamBuilder): number {
  if (at + headBytesMax > streamEnd) {
    return 0;
  }
  const length = varint(buf, at);
  const end = varintEnd + length;
  const timeStart = varintEnd + 2;
  const timeEnd = timeStart + buf[varintEnd + 1];
  if (length < 0 || end > streamEnd || buf[varintEnd] !== 0x0a || buf[timeStart] !== 0x08) {
    return 0;
  }
  const seconds = varint(buf, timeStart + 1);
  if (seconds < 0 || buf[varintEnd] !== 0x10) {
    return 0;
  }
  const nanos = varint(buf, varintEnd + 1);
  if (nanos < 0 || varintEnd !== timeEnd || buf[timeEnd] !== 0x12) {
    return 0;
  }
  const line = varint(buf, timeEnd + 1);
  if (line < 0 || varintEnd + line !== end) {
    return 0;
  }
  builder.add(seconds, nanos, varintEnd, end);
  return end;
}

/** A varint below 2^31; -1 for a larger one. */
function varint(buf: Uint8Array, at: number): number {
  let value = 0;
  let i = at | 0;
  for (let shift = 0; shift < 28; shift = (shift + 7) | 0) {
    const byte = buf[i];
    i = (i + 1) | 0;
    value |= (byte & 127) << shift;
    if (byte < 128) {
      varintEnd = i;
      return value;
    }
  }
  const last = buf[i];
  varintEnd = (i + 1) | 0;
  return last < 8 ? value | (last << 28) : -1;
}
