/** Whole numbers of up to 48 bits one behind the other, high bits first. */
export const packedBitsMax = 48;
/** Bits that one step moves. */
const partBits = 24;

export class BitWriter {
  private bytes = Buffer.alloc(1 << 14);
  private at = 0;
  private held = 0;
  private heldBits = 0;

  write(value: number, bits: number): void {
    if (bits > partBits) {
      const scale = 1 << (bits - partBits);
      this.put(Math.floor(value / scale), partBits);
      this.put(value % scale, bits - partBits);
    } else {
      this.put(value, bits);
    }
  }

  private put(value: number, bits: number): void {
    // held has at most 7 bits here, so that all fits in 31
    this.held = (this.held << bits) | value;
    this.heldBits += bits;
    if (this.at + 4 > this.bytes.length) {
      this.bytes = Buffer.concat([this.bytes, Buffer.alloc(this.bytes.length)]);
    }
    while (this.heldBits >= 8) {
      this.heldBits -= 8;
      this.bytes[this.at++] = this.held >>> this.heldBits;
      this.held &= (1 << this.heldBits) - 1;
    }
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
