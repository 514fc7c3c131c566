import { keepShape } from '../../../runtime/shapes';

/** Runs up to this long are copied by a loop: a view on them, and a call, cost more. */
const loopBytesMax = 64;

/** Writes whole numbers below 2^53 in seven-bit groups, low first (LEB128). Grows as it is filled; `bytes` is a view until the next write. */
export class VarintWriter {
  private buffer = Buffer.allocUnsafe(4096);
  private length = 0;

  private grow(needed: number): void {
    const bigger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + needed));
    this.buffer.copy(bigger, 0, 0, this.length);
    this.buffer = bigger;
  }

  write(value: number): void {
    if (this.length + 8 > this.buffer.length) {
      this.grow(8);
    }
    while (value >= 128) {
      if (value < 0x8000_0000) {
        this.buffer[this.length++] = (value & 127) | 128;
        value >>>= 7;
      } else {
        this.buffer[this.length++] = (value % 128) | 128;
        value = Math.floor(value / 128);
      }
    }
    this.buffer[this.length++] = value;
  }

  /** A number that may be negative: 0, -1, 1, -2, ... become 0, 1, 2, 3, ... */
  writeSigned(value: number): void {
    this.write(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** Length and bytes. */
  writeBytes(bytes: Uint8Array): void {
    this.write(bytes.length);
    this.append(bytes);
  }

  /** Bytes alone. */
  append(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.buffer.length) {
      this.grow(bytes.length);
    }
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** The bytes `[from, to)` of others. */
  appendPart(bytes: Uint8Array, from: number, to: number): void {
    if (to - from > loopBytesMax) {
      this.append(bytes.subarray(from, to));
      return;
    }
    if (this.length + to - from > this.buffer.length) {
      this.grow(to - from);
    }
    const { buffer } = this;
    let at = this.length;
    for (let i = from; i < to; i++) {
      buffer[at++] = bytes[i];
    }
    this.length = at;
  }

  /** Length and bytes of another writer. */
  writeAll(other: VarintWriter): void {
    this.write(other.length);
    this.appendPart(other.buffer, 0, other.length);
  }

  bytes(): Uint8Array {
    return this.buffer.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
  }
}

/** The eighth group of seven bits is the last that a number below 2^53 can have. */
const factorMax = 2 ** 49;

/** Reads what VarintWriter wrote. Throws a RangeError at the end of the bytes, so damage never reads as numbers. */
export class VarintReader {
  private at = 0;

  constructor(private readonly source: Uint8Array) {}

  read(): number {
    const { source } = this;
    let byte = source[this.at++];
    if (byte < 128) {
      return byte;
    }
    let value = byte & 127;
    let factor = 128;
    do {
      if (this.at >= source.length || factor > factorMax) {
        throw new RangeError('numbers end early, or are too long');
      }
      byte = source[this.at++];
      value += (byte & 127) * factor;
      factor *= 128;
    } while (byte >= 128);
    return value;
  }

  readSigned(): number {
    const value = this.read();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  readBytes(): Uint8Array {
    const length = this.skipBytes();
    return this.source.subarray(this.at - length, this.at);
  }

  /** Steps over bytes; answers how many. They end at `position`. */
  skipBytes(): number {
    const length = this.read();
    if (!(this.at + length <= this.source.length)) {
      throw new RangeError('bytes end early');
    }
    this.at += length;
    return length;
  }

  get position(): number {
    return this.at;
  }

  get done(): boolean {
    return this.at >= this.source.length;
  }
}

keepShape(new VarintReader(new Uint8Array(0)));
