/**
 * Ascending times as Rice codes of their differences, or of the differences of those when the clock is regular. Gaps between log lines
 * are close to exponentially distributed, for which Rice codes are within a few hundredths of a bit of the best there is; a
 * general compressor needs half as much again.
 *
 *   u8 mode (0 differences, 1 differences of differences, zigzag), u8 k, u8 unit (index), u8 zero, f64 first time in units, f64 first gap, bits
 *
 * A value v is floor(v / 2^k) ones, a zero, and k low bits; from `escape` ones on it is `escape` ones and 48 plain bits.
 */
const units = [1_000_000_000, 1_000_000, 1_000, 1];
const headBytes = 20;
const escape = 20;
const escapeBits = 48;
/** Bits that one write or read may move. */
const partBits = 24;
/** A longer plain part than this would need no code at all. */
const kMax = 48;
const valueBitsMax = escape + escapeBits;

export function packTimes(times: Float64Array): Uint8Array {
  const unitIndex = unitOf(times);
  const unit = units[unitIndex];
  const gaps = new Float64Array(times.length - 1);
  for (let i = 1; i < times.length; i++) {
    gaps[i - 1] = (times[i] - times[i - 1]) / unit;
  }
  const turns = new Float64Array(Math.max(0, gaps.length - 1));
  for (let i = 1; i < gaps.length; i++) {
    const turn = gaps[i] - gaps[i - 1];
    turns[i - 1] = turn < 0 ? -2 * turn - 1 : 2 * turn;
  }
  const plain = bestK(gaps);
  const regular = bestK(turns);
  const mode = regular.bits < plain.bits ? 1 : 0;
  const { k } = mode === 1 ? regular : plain;
  const values = mode === 1 ? turns : gaps;
  const bytes = Buffer.alloc(headBytes + Math.ceil((values.length * valueBitsMax) / 8));
  bytes[0] = mode;
  bytes[1] = k;
  bytes[2] = unitIndex;
  bytes.writeDoubleLE(times[0] / unit, 4);
  bytes.writeDoubleLE(mode === 1 ? gaps[0] : 0, 12);
  return bytes.subarray(0, writer.write(values, k, bytes, headBytes));
}

/** Index of the coarsest unit in which all times are whole. A quotient of numbers this size is whole only when the division leaves nothing. */
function unitOf(times: Float64Array): number {
  let index = 0;
  for (let i = 0; i < times.length; i++) {
    while (index < units.length - 1 && !Number.isInteger(times[i] / units[index])) {
      index++;
    }
  }
  return index;
}

/** Throws a RangeError when the bytes are too few. */
export function unpackTimes(bytes: Uint8Array, count: number): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const mode = bytes[0];
  const k = bytes[1];
  const unit = units[bytes[2]];
  const times = new Float64Array(count);
  let time = view.getFloat64(4, true) * unit;
  times[0] = time;
  if (mode === 0) {
    const gaps = readRice(bytes, k, count - 1);
    for (let i = 1; i < count; i++) {
      time += gaps[i - 1] * unit;
      times[i] = time;
    }
    return times;
  }
  const turns = readRice(bytes, k, Math.max(0, count - 2));
  let gap = view.getFloat64(12, true);
  for (let i = 1; i < count; i++) {
    if (i > 1) {
      const turn = turns[i - 2];
      gap += turn % 2 === 0 ? turn / 2 : -(turn + 1) / 2;
    }
    time += gap * unit;
    times[i] = time;
  }
  return times;
}

const lengthsMax = 54;
const numberOfLength = new Uint32Array(lengthsMax);
const sumOfLength = new Float64Array(lengthsMax);

/**
 * The k with the fewest bits, and how many those are, both told from how many values there are of each length in bits and from
 * their sums. A few bits off, which costs less than counting exactly.
 */
function bestK(values: Float64Array): { k: number; bits: number } {
  numberOfLength.fill(0);
  sumOfLength.fill(0);
  let lengthsEnd = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    const length = value < 0x1_0000_0000 ? 32 - Math.clz32(value) : 64 - Math.clz32(value / 0x1_0000_0000);
    numberOfLength[length]++;
    sumOfLength[length] += value;
    lengthsEnd = Math.max(lengthsEnd, length + 1);
  }
  let best = { k: 0, bits: Infinity };
  // a plain part longer than the longest value only adds bits
  for (let k = 0, scale = 1; k < Math.min(kMax, Math.max(1, lengthsEnd)); k++, scale *= 2) {
    let bits = 0;
    for (let length = 0; length < lengthsEnd; length++) {
      const number = numberOfLength[length];
      // values of this length have their last bits anywhere: half a step is lost on average
      const ones = length <= k ? 0 : Math.max(number, sumOfLength[length] / scale - number / 2);
      bits += ones >= escape * number ? number * (escape + escapeBits) : ones + number * (1 + k);
    }
    if (bits < best.bits) {
      best = { k, bits };
    }
  }
  return best;
}

/** Writes Rice codes. There is one for the thread: the shape of an object that no longer lives takes its compiled code with it. */
class BitWriter {
  private held = 0;
  private heldBits = 0;
  private bytes: Uint8Array = new Uint8Array(0);
  private at = 0;

  /** Writes all values from `at` on; answers where the codes end. */
  write(values: Float64Array, k: number, bytes: Uint8Array, at: number): number {
    this.held = this.heldBits = 0;
    this.bytes = bytes;
    this.at = at;
    const scale = 2 ** k;
    for (let i = 0; i < values.length; i++) {
      this.rice(values[i], k, scale);
    }
    if (this.heldBits > 0) {
      bytes[this.at++] = this.held << (8 - this.heldBits);
    }
    return this.at;
  }

  /** The low `bits` (at most 24) of a whole number. */
  private put(value: number, bits: number): void {
    // held has at most 7 bits here, so that all fits in 31
    this.held = (this.held << bits) | value;
    this.heldBits += bits;
    while (this.heldBits >= 8) {
      this.heldBits -= 8;
      this.bytes[this.at++] = this.held >>> this.heldBits;
      this.held &= (1 << this.heldBits) - 1;
    }
  }

  private long(value: number, bits: number): void {
    if (bits > partBits) {
      const scale = 2 ** (bits - partBits);
      this.put(Math.floor(value / scale), partBits);
      this.put(value % scale, bits - partBits);
    } else if (bits > 0) {
      this.put(value, bits);
    }
  }

  private rice(value: number, k: number, scale: number): void {
    const ones = Math.floor(value / scale);
    if (ones >= escape) {
      this.put((1 << escape) - 1, escape);
      this.long(value, escapeBits);
    } else {
      this.put(((1 << ones) - 1) << 1, ones + 1);
      this.long(value - ones * scale, k);
    }
  }
}

const writer = new BitWriter();

/** Zeros behind the bits, so that a reader may look past their end before it notices. */
const paddingBytes = 16;

/** `count` values behind the head. One loop over words instead of a call per bit: times are a good part of opening a block. */
function readRice(packed: Uint8Array, k: number, count: number): Float64Array {
  const bytes = new DataView(new ArrayBuffer(packed.length + paddingBytes));
  new Uint8Array(bytes.buffer).set(packed);
  const values = new Float64Array(count);
  const endBit = packed.length * 8;
  let bit = headBytes * 8;
  // low bits beyond one look: those of a second one. Shifts, since a power of two for each value is a call that takes as long as all the rest
  const [high, low] = k > partBits ? [partBits, k - partBits] : [k, 0];
  const scale = 2 ** k;
  const highScale = 2 ** low;
  for (let i = 0; i < count; i++) {
    const ones = Math.clz32(~wordAt(bytes, bit));
    if (ones >= escape) {
      values[i] = partAt(bytes, bit + escape, partBits) * escapeScale + partAt(bytes, bit + escape + partBits, escapeBits - partBits);
      bit += escape + escapeBits;
    } else {
      bit += ones + 1;
      const rest = partAt(bytes, bit, high);
      values[i] = ones * scale + (low === 0 ? rest : rest * highScale + partAt(bytes, bit + high, low));
      bit += k;
    }
    if (bit > endBit) {
      throw new RangeError('times end early');
    }
  }
  return values;
}

const escapeScale = 2 ** (escapeBits - partBits);

/** The bits from `bit` on, in the high bits of the result; 25 of them are always good. */
function wordAt(bytes: DataView, bit: number): number {
  return bytes.getUint32(bit >>> 3) << (bit & 7);
}

/** The next `bits` (at most 24) as a number. */
function partAt(bytes: DataView, bit: number, bits: number): number {
  return bits === 0 ? 0 : wordAt(bytes, bit) >>> (32 - bits);
}
