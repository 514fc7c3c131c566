import { Compressor } from 'zstd-napi';
import { DCtx, getFrameContentSize } from 'zstd-napi/binding';

/**
 * The one place that knows the compressor. Every frame carries zstd's own checksum of its content, so that a flipped bit is
 * noticed when it is read and not handed out as a log line.
 */
const compressors = new Map<number, Compressor>();
const decompressor = new DCtx();

/** Level 1 beats level 3 on log text in blocks of 256 KB: smaller and quicker (docs/storage.md). */
export const levelQuick = 1;

/** Level for days at rest: a tenth smaller, three times the work. */
export const levelDense = 6;

/** Level for what of a split text is worth it: half the work of level 6, for 0.2% of the bytes. */
export const levelSplit = 4;

export function compress(bytes: Uint8Array, level = levelQuick): Uint8Array {
  let compressor = compressors.get(level);
  if (!compressor) {
    compressor = new Compressor();
    compressor.setParameters({ compressionLevel: level, checksumFlag: true, contentSizeFlag: true });
    compressors.set(level, compressor);
  }
  return compressor.compress(bytes);
}

/** Throws an Error when the bytes are not a whole, undamaged frame. With `into` the result lies in its memory, until it is used again,
 * and so do `slack` bytes behind it. */
export function decompress(bytes: Uint8Array, into?: Scratch, slack = 0): Uint8Array {
  const size = getFrameContentSize(bytes);
  if (size === null) {
    throw new Error('a compressed frame does not say its length');
  }
  const result = into ? into.take(size + slack).subarray(0, size) : Buffer.allocUnsafe(size);
  if (decompressor.decompress(result, bytes) !== size) {
    throw new Error('a compressed frame is shorter than it says');
  }
  return result;
}

/** Larger texts (a block with a line of megabytes) get memory of their own. */
const scratchBytesMax = 1024 * 1024;

/**
 * Memory that is used for one text after the other: fresh memory for each costs a page fault for every four kilobytes and brings the
 * collector in, together as much as decompressing does.
 */
export class Scratch {
  private memory = Buffer.alloc(0);

  take(bytes: number): Uint8Array {
    if (bytes > scratchBytesMax) {
      return Buffer.allocUnsafe(bytes);
    }
    if (bytes > this.memory.length) {
      this.memory = Buffer.allocUnsafeSlow(Math.max(bytes, 1.25 * this.memory.length));
    }
    return this.memory.subarray(0, bytes);
  }
}
