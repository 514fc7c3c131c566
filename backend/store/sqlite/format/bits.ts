/** Whole numbers of up to 48 bits one behind the other, high bits first. */
export const packedBitsMax = 48;
/** Bits that one step moves. */
const partBits = 24;

export class BitWriter {
  private bytes = Buffer.alloc(1 << 14);
  private view = viewOf(this.bytes);
  private at = 0;
  private held = 0;
  private heldBits = 0;

  /** Makes room for so many bits; to be called before they are written. */
  reserve(bits: number): void {
    const needed = this.at + Math.ceil(bits / 8) + 8;
    if (needed > this.bytes.length) {
      this.bytes = Buffer.concat([this.bytes], Math.max(2 * this.bytes.length, needed));
      this.view = viewOf(this.bytes);
    }
  }

  write(value: number, bits: number): void {
    if (bits > partBits) {
      const scale = 1 << (bits - partBits);
      this.put(Math.floor(value / scale), partBits);
      this.put(value % scale, bits - partBits);
    } else {
      this.put(value, bits);
    }
  }

  /** The first `count` of many numbers of the same size. */
  writeAll(values: Float64Array, count: number, bits: number): void {
    this.reserve(count * bits);
    if (bits > partBits) {
      for (let i = 0; i < count; i++) {
        this.write(values[i], bits);
      }
      return;
    }
    const { view } = this;
    let { at, held, heldBits } = this;
    for (let i = 0; i < count; i++) {
      held = (held << bits) | values[i];
      heldBits += bits;
      view.setInt32(at, held << (32 - heldBits));
      at += heldBits >>> 3;
      heldBits &= 7;
      held &= (1 << heldBits) - 1;
    }
    this.at = at;
    this.held = held;
    this.heldBits = heldBits;
  }

  private put(value: number, bits: number): void {
    // held has at most 7 bits here, so that all fits in 31
    const held = (this.held << bits) | value;
    const heldBits = this.heldBits + bits;
    this.view.setInt32(this.at, held << (32 - heldBits));
    this.at += heldBits >>> 3;
    this.heldBits = heldBits & 7;
    this.held = held & ((1 << this.heldBits) - 1);
  }

  /** Fills up the last byte; answers how many there are. */
  align(): number {
    if (this.heldBits > 0) {
      this.put(0, 8 - this.heldBits);
    }
    return this.at;
  }

  /** A view on what was written, until the next write. */
  result(): Uint8Array {
    return this.bytes.subarray(0, this.align());
  }

  clear(): void {
    this.at = this.held = this.heldBits = 0;
  }
}

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** Bytes behind the last number that `bitsAt` may look at, so that no byte is looked at alone. */
export const bitsSlack = 4;

/** The number of `bits` bits that starts at bit `bit`. */
export function bitsAt(bytes: DataView, bit: number, bits: number): number {
  if (bits > partBits) {
    return partAt(bytes, bit, partBits) * (1 << (bits - partBits)) + partAt(bytes, bit + partBits, bits - partBits);
  }
  return bits === 0 ? 0 : partAt(bytes, bit, bits);
}

function partAt(bytes: DataView, bit: number, bits: number): number {
  return (bytes.getUint32(bit >>> 3) << (bit & 7)) >>> (32 - bits);
}

/** Bits that a number below 2^53 needs. */
export function bitLength(value: number): number {
  return value < 0x1_0000_0000 ? 32 - Math.clz32(value) : 64 - Math.clz32(value / 0x1_0000_0000);
}
