import { levelNames } from '../../../../src/levels/levels';
import type { Columns } from './columns';
import { VarintReader, VarintWriter } from './varint';

/** LogQL windows exclude their start and include their end, so minute m counts the entries in (m - 60 s, m]. */
export const minuteLength = 60_000_000_000;

/** Distinct `detected_level` values told apart in one block; Loki writes eight. A block with more has no rollup. */
const detectedMax = 250;
const scratch = new VarintWriter();
const ownLevels = levelNames.length;

/**
 * Lines and bytes of one block by minute and level, kept beside the block, so that counting needs no entries: the names of
 * detected levels and of other metadata as JSON, then rows of (minutes since the last row, level, lines, bytes) as varints, where
 * level is detected * own levels + own, and detected 0 stands for entries without `detected_level`.
 * Undefined when the levels are too many to tell apart.
 */
export function packRollup(columns: Columns): Uint8Array | undefined {
  const { count, times, offsets, metadata, metadataSets = [], levels } = columns;
  const names = new Map<string | undefined, number>([[undefined, 0]]);
  const used = new Set(metadata);
  const metadataNames = new Set<string>();
  const detectedOf = metadataSets.map((set, number) => {
    if (!metadata || !used.has(number)) {
      return 0;
    }
    for (const name of set.keys()) {
      metadataNames.add(name);
    }
    const level = set.get('detected_level');
    if (!names.has(level)) {
      names.set(level, names.size);
    }
    return names.get(level)!;
  });
  metadataNames.delete('detected_level');
  if (names.size > detectedMax) {
    return undefined;
  }
  scratch.clear();
  scratch.writeBytes(Buffer.from(JSON.stringify([[...names.keys()].slice(1), [...metadataNames]])));
  const width = names.size * ownLevels;
  const lines = new Float64Array(width);
  const bytes = new Float64Array(width);
  let lastMinute = 0;
  const flush = (minute: number): void => {
    for (let k = 0; k < width; k++) {
      if (lines[k] > 0) {
        scratch.write(minute - lastMinute);
        scratch.write(k);
        scratch.write(lines[k]);
        scratch.write(bytes[k]);
        lines[k] = bytes[k] = 0;
        lastMinute = minute;
      }
    }
  };
  let minute = -1;
  let minuteEnd = -1;
  for (let i = 0; i < count; i++) {
    if (times[i] > minuteEnd) {
      flush(minute);
      minute = Math.ceil(times[i] / minuteLength);
      minuteEnd = minute * minuteLength;
    }
    const k = (metadata ? detectedOf[metadata[i]] : 0) * ownLevels + (levels ? levels[i] : 0);
    lines[k]++;
    bytes[k] += offsets[i + 1] - offsets[i];
  }
  flush(minute);
  return Uint8Array.from(scratch.bytes());
}

/** What a row's kind says: a number of a detected level (0: none), and an index into `levelNames`. */
export const detectedOf = (kind: number): number => Math.floor(kind / ownLevels);
export const ownOf = (kind: number): number => kind % ownLevels;

/** Reads a rollup row by row. */
export class RollupReader {
  readonly detectedNames: string[];
  readonly metadataNames: string[];
  private readonly reader: VarintReader;
  minute = 0;
  /** See `detectedOf` and `ownOf`. */
  kind = 0;
  lines = 0;
  bytes = 0;

  constructor(packed: Uint8Array) {
    this.reader = new VarintReader(packed);
    const head = Buffer.from(this.reader.readBytes()).toString('utf8');
    const [detected, metadata] = head === '[[],[]]' ? [[], []] : (JSON.parse(head) as [string[], string[]]);
    this.detectedNames = detected;
    this.metadataNames = metadata;
  }

  /** Steps to the next row; false at the end. */
  next(): boolean {
    const { reader } = this;
    if (reader.done) {
      return false;
    }
    this.minute += reader.read();
    this.kind = reader.read();
    this.lines = reader.read();
    this.bytes = reader.read();
    return true;
  }
}
