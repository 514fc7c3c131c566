import type { Columns } from './columns';
import { labelsOfFlat } from './streamKey';
import { VarintReader, VarintWriter } from './varint';
import { compress, decompress } from './zstd';

/**
 * The columns of a block other than its text, packed then compressed with zstd:
 *
 *   count, unit of time, first time, then differences of differences of times (all varints; signed ones zigzag)
 *   lengths of the lines
 *   1 and the levels as bytes, or 0
 *   1, the metadata sets as JSON and the set of each entry, or 0
 */
const units = [1_000_000_000, 1_000_000, 1_000, 1];
const scratch = new VarintWriter();

export function packHead(columns: Columns): Uint8Array {
  const { count, times, offsets } = columns;
  scratch.clear();
  scratch.write(count);
  const unit = unitOf(times);
  scratch.write(unit);
  scratch.write(times[0] / unit);
  let last = times[0];
  let lastStep = 0;
  for (let i = 1; i < count; i++) {
    const step = (times[i] - last) / unit;
    scratch.writeSigned(step - lastStep);
    last = times[i];
    lastStep = step;
  }
  for (let i = 0; i < count; i++) {
    scratch.write(offsets[i + 1] - offsets[i]);
  }
  packLevels(columns);
  packMetadata(columns);
  return compress(scratch.bytes());
}

/** The coarsest unit that all times are whole multiples of: clocks tick in seconds, milliseconds or microseconds. */
function unitOf(times: Float64Array): number {
  return units.find((unit) => times.every((time) => time % unit === 0)) ?? 1;
}

function packLevels({ levels }: Columns): void {
  if (levels?.some((level) => level !== 0)) {
    scratch.write(1);
    scratch.writeBytes(levels);
  } else {
    scratch.write(0);
  }
}

function packMetadata({ metadata, metadataSets }: Columns): void {
  if (!metadata || !metadataSets || metadataSets.length < 2) {
    scratch.write(0);
    return;
  }
  const numbers = new Map<number, number>([[0, 0]]);
  for (const set of metadata) {
    if (!numbers.has(set)) {
      numbers.set(set, numbers.size);
    }
  }
  scratch.write(1);
  scratch.writeBytes(Buffer.from(JSON.stringify([...numbers.keys()].map((set) => [...metadataSets[set]].flat()))));
  for (const set of metadata) {
    scratch.write(numbers.get(set)!);
  }
}

/** Columns without their text (`text` is empty, `offsets` are right). Throws when the bytes are damaged. */
export function unpackHead(bytes: Uint8Array): Columns {
  const reader = new VarintReader(decompress(bytes));
  const count = reader.read();
  const unit = reader.read();
  const times = new Float64Array(count);
  let time = reader.read() * unit;
  let step = 0;
  times[0] = time;
  for (let i = 1; i < count; i++) {
    step += reader.readSigned();
    time += step * unit;
    times[i] = time;
  }
  const offsets = new Uint32Array(count + 1);
  let length = 0;
  for (let i = 0; i < count; i++) {
    length += reader.read();
    offsets[i + 1] = length;
  }
  const columns: Columns = { count, times, offsets, text: noText };
  if (reader.read() === 1) {
    columns.levels = reader.readBytes();
  }
  if (reader.read() === 1) {
    columns.metadataSets = (JSON.parse(Buffer.from(reader.readBytes()).toString('utf8')) as string[][]).map(labelsOfFlat);
    columns.metadata = new Uint32Array(count);
    for (let i = 0; i < count; i++) {
      columns.metadata[i] = reader.read();
    }
  }
  return columns;
}

const noText = new Uint8Array(0);
