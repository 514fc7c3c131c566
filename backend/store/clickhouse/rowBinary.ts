/**
 * ClickHouse's RowBinary: little endian numbers, strings as varint length and bytes, arrays as varint count and elements. Exact for 64-bit numbers
 * and for bytes that are not UTF-8, which none of the text formats is on every version.
 */

const growthMin = 64 * 1024;

/** Writes rows into memory that grows. */
export class RowWriter {
  private buffer: Buffer;
  length = 0;

  constructor(capacity = growthMin) {
    this.buffer = Buffer.allocUnsafe(Math.max(capacity, 16));
  }

  private reserve(bytes: number): void {
    if (this.length + bytes > this.buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + bytes));
      this.buffer.copy(larger, 0, 0, this.length);
      this.buffer = larger;
    }
  }

  u8(value: number): void {
    this.reserve(1);
    this.buffer[this.length++] = value;
  }

  i32(value: number): void {
    this.reserve(4);
    this.length = this.buffer.writeInt32LE(value, this.length);
  }

  u32(value: number): void {
    this.reserve(4);
    this.length = this.buffer.writeUInt32LE(value, this.length);
  }

  u64(value: bigint): void {
    this.reserve(8);
    this.length = this.buffer.writeBigUInt64LE(value, this.length);
  }

  /** A UInt64 that is below 2^53. */
  count(value: number): void {
    this.reserve(8);
    this.length = this.buffer.writeUInt32LE(value % 2 ** 32, this.length);
    this.length = this.buffer.writeUInt32LE(Math.floor(value / 2 ** 32), this.length);
  }

  i64(value: bigint): void {
    this.reserve(8);
    this.length = this.buffer.writeBigInt64LE(value, this.length);
  }

  varint(value: number): void {
    this.reserve(5);
    while (value >= 0x80) {
      this.buffer[this.length++] = (value & 0x7f) | 0x80;
      value >>>= 7;
    }
    this.buffer[this.length++] = value;
  }

  bytes(value: Uint8Array): void {
    this.raw(value, true);
  }

  /** Bytes that are RowBinary already (`sized` false), or a string (`sized` true). */
  raw(value: Uint8Array, sized = false): void {
    if (sized) {
      this.varint(value.length);
    }
    this.reserve(value.length);
    this.buffer.set(value, this.length);
    this.length += value.length;
  }

  text(value: string): void {
    this.bytes(Buffer.from(value, 'utf8'));
  }

  texts(values: string[]): void {
    this.varint(values.length);
    values.forEach((value) => this.text(value));
  }

  finish(): Buffer {
    return this.buffer.subarray(0, this.length);
  }
}

/** Rows end in the middle of a value: the answer was cut off, or it is no RowBinary. */
export class CutOff extends Error {}

/** Reads rows; every read moves on. Throws `CutOff` at the end. */
export class RowReader {
  at = 0;

  constructor(readonly buffer: Buffer) {}

  get ended(): boolean {
    return this.at >= this.buffer.length;
  }

  private take(bytes: number): number {
    const from = this.at;
    if (from + bytes > this.buffer.length) {
      throw new CutOff('the answer of ClickHouse was cut off');
    }
    this.at = from + bytes;
    return from;
  }

  u8(): number {
    return this.buffer[this.take(1)];
  }

  i32(): number {
    return this.buffer.readInt32LE(this.take(4));
  }

  u32(): number {
    return this.buffer.readUInt32LE(this.take(4));
  }

  u64(): bigint {
    return this.buffer.readBigUInt64LE(this.take(8));
  }

  i64(): bigint {
    return this.buffer.readBigInt64LE(this.take(8));
  }

  f64(): number {
    return this.buffer.readDoubleLE(this.take(8));
  }

  /** A signed number, to the nearest that a double holds: rounding keeps the order. */
  i64Near(): number {
    const from = this.take(8);
    return this.buffer.readInt32LE(from + 4) * 2 ** 32 + this.buffer.readUInt32LE(from);
  }

  /** An unsigned number that the caller knows to be below 2^53. */
  count(): number {
    const from = this.take(8);
    return this.buffer.readUInt32LE(from) + this.buffer.readUInt32LE(from + 4) * 2 ** 32;
  }

  varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.u8();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        return value;
      }
    }
  }

  /** Skips a string; its bytes are `buffer[at - length .. at)`. */
  skipText(): number {
    const length = this.varint();
    this.take(length);
    return length;
  }

  text(): string {
    const length = this.skipText();
    return this.buffer.toString('utf8', this.at - length, this.at);
  }

  texts(): string[] {
    return Array.from({ length: this.varint() }, () => this.text());
  }

  skipTexts(): void {
    for (let left = this.varint(); left > 0; left--) {
      this.skipText();
    }
  }
}
