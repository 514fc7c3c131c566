import { columnsOf, type Columns } from './columns';
import { packTimes, unpackTimes } from './riceTimes';
import { labelsOfFlat } from './streamKey';
import { VarintReader, VarintWriter } from './varint';
import { compress, decompress, Scratch } from './zstd';

/** A row of the table `blocks`; times are nanoseconds after the day's midnight. */
export interface BlockHeader {
  id: number;
  grp: number;
  stream: number;
  min: number;
  max: number;
  count: number;
  bytes: number;
}

/**
 * The columns of a block other than its text: length of the first frame as u32 little endian, then two zstd frames, the times
 * (`riceTimes.ts`) and the rest as varints:
 *
 *   count, lengths of the lines
 *   1 and the levels as bytes, or 0
 *   1, the metadata sets as JSON and the set of each entry, or 0
 */
const scratch = new VarintWriter();
const sizeBytes = 4;

export function packHead(columns: Columns): Uint8Array {
  const { count, times, offsets } = columns;
  scratch.clear();
  scratch.write(count);
  for (let i = 0; i < count; i++) {
    scratch.write(offsets[i + 1] - offsets[i]);
  }
  packLevels(columns);
  packMetadata(columns);
  const rest = compress(scratch.bytes());
  const packedTimes = compress(packTimes(times));
  const size = Buffer.alloc(sizeBytes);
  size.writeUInt32LE(packedTimes.length);
  return Buffer.concat([size, packedTimes, rest]);
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
  const timesEnd = sizeBytes + (bytes[0] | (bytes[1] << 8) | (bytes[2] << 16) | (bytes[3] << 24));
  const reader = new VarintReader(decompress(bytes.subarray(timesEnd), restScratch));
  const count = reader.read();
  const times = unpackTimes(decompress(bytes.subarray(sizeBytes, timesEnd), timesScratch), count);
  const offsets = new Uint32Array(count + 1);
  let length = 0;
  for (let i = 0; i < count; i++) {
    length += reader.read();
    offsets[i + 1] = length;
  }
  const columns = columnsOf({ count, times, offsets, text: noText });
  if (reader.read() === 1) {
    columns.levels = Uint8Array.from(reader.readBytes());
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
const restScratch = new Scratch();
const timesScratch = new Scratch();
