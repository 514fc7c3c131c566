import { Compressor, Decompressor } from 'zstd-napi';

/**
 * The one place that knows the compressor. Every frame carries zstd's own checksum of its content, so that a flipped bit is
 * noticed when it is read and not handed out as a log line.
 */
const compressors = new Map<number, Compressor>();
const decompressor = new Decompressor();

/** Level 1 beats level 3 on log text in blocks of 256 KB: smaller and quicker (docs/storage.md). */
export const levelQuick = 1;

/** Level for days at rest: a tenth smaller, three times the work. */
export const levelDense = 6;

export function compress(bytes: Uint8Array, level = levelQuick): Uint8Array {
  let compressor = compressors.get(level);
  if (!compressor) {
    compressor = new Compressor();
    compressor.setParameters({ compressionLevel: level, checksumFlag: true, contentSizeFlag: true });
    compressors.set(level, compressor);
  }
  return compressor.compress(bytes);
}

/** Throws an Error when the bytes are not a whole, undamaged frame. */
export function decompress(bytes: Uint8Array): Uint8Array {
  return decompressor.decompress(bytes);
}
