import { bitLength, type BitWriter } from '../format/bits';
import { markDigitsMax, type Tokens } from './textTokens';

/** How numbers are written: 0 as they are, up to 14 with zeros to that width, or with a 1 before their digits, which is not shown. */
export const hiddenOne = 255;

/** A column of whole numbers, and which way of writing them takes the fewest bits: what they are more than the least, or than the one before. */
export class TokenNumbers {
  /** Whether each is written as what it is more than the one before (zigzag). */
  differences = false;
  writing = 0;
  /** The first, or the least. */
  base = 0;
  /** Bits of each. */
  width = 0;
  private values = new Float64Array(4096);
  private rows = 0;

  /** Looks at the tokens `rows[..] + column`, all of which are numbers. */
  fill(tokens: Tokens, rows: Int32Array, column: number): void {
    const { values, digits } = this.read(tokens, rows, column);
    let least = values[0];
    let most = least;
    let up = 0;
    let down = 0;
    for (let r = 1, last = least; r < rows.length; r++) {
      const value = values[r];
      least = value < least ? value : least;
      most = value > most ? value : most;
      const step = value - last;
      up = step > up ? step : up;
      down = step < down ? step : down;
      last = value;
    }
    const plain = bitLength(most - least);
    const difference = bitLength(Math.max(zigzag(up), zigzag(down)));
    this.differences = difference < plain;
    this.writing = digits;
    this.base = this.differences ? values[0] : least;
    this.width = Math.min(plain, difference);
  }

  /** The values, and how they are written. */
  private read({ bytes, starts, lengths, marks }: Tokens, rows: Int32Array, column: number): { values: Float64Array; digits: number } {
    this.rows = rows.length;
    if (this.values.length < rows.length) {
      this.values = new Float64Array(2 * rows.length);
    }
    const { values } = this;
    let shortest = digitsMost;
    let longest = 0;
    let zeros = false;
    for (let r = 0; r < rows.length; r++) {
      const token = rows[r] + column;
      const length = lengths[token];
      shortest = length < shortest ? length : shortest;
      longest = length > longest ? length : longest;
      zeros = zeros || (length > 1 && bytes[starts[token]] === 0x30);
      values[r] = length <= markDigitsMax ? marks[token] : valueOf(bytes, starts[token], length);
    }
    const digits = shortest === longest ? longest : zeros ? hiddenOne : 0;
    if (digits === hiddenOne) {
      for (let r = 0; r < rows.length; r++) {
        values[r] += powers[lengths[rows[r] + column]];
      }
    }
    return { values, digits };
  }

  /** Writes what `fill` found; once, since the values become what is written of them. */
  write(bits: BitWriter): void {
    const { values, rows, base } = this;
    for (let r = 0, last = base; r < rows; r++) {
      const value = values[r];
      values[r] = this.differences ? zigzag(value - last) : value - base;
      last = value;
    }
    bits.writeAll(values, rows, this.width);
    bits.align();
  }
}

const digitsMost = 255;
const powers = Float64Array.from({ length: 16 }, (_, digits) => 10 ** digits);

const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);

function valueOf(bytes: Uint8Array, start: number, length: number): number {
  let value = 0;
  for (let i = start; i < start + length; i++) {
    value = value * 10 + bytes[i] - 0x30;
  }
  return value;
}
