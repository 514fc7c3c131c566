/** A decimal number `coefficient * 10^exponent`, exact (github.com/shopspring/decimal, which sprig's float functions use). */
export interface Decimal {
  coefficient: bigint;
  exponent: number;
}

/** Digits behind the point of a quotient. */
const quotientDigits = 16;

/** The shortest decimal that reads back as the number. The number must be finite. */
export function decimalOf(value: number): Decimal {
  const [mantissa, exponent] = value.toExponential().split('e');
  const [whole, fraction = ''] = mantissa.split('.');
  return { coefficient: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length };
}

export const decimalNumber = ({ coefficient, exponent }: Decimal): number => Number(`${coefficient}e${exponent}`);

function aligned(a: Decimal, b: Decimal): [bigint, bigint, number] {
  const exponent = Math.min(a.exponent, b.exponent);
  return [a.coefficient * 10n ** BigInt(a.exponent - exponent), b.coefficient * 10n ** BigInt(b.exponent - exponent), exponent];
}

export function addDecimals(a: Decimal, b: Decimal): Decimal {
  const [x, y, exponent] = aligned(a, b);
  return { coefficient: x + y, exponent };
}

export function subtractDecimals(a: Decimal, b: Decimal): Decimal {
  return addDecimals(a, { coefficient: -b.coefficient, exponent: b.exponent });
}

export const multiplyDecimals = (a: Decimal, b: Decimal): Decimal => ({ coefficient: a.coefficient * b.coefficient, exponent: a.exponent + b.exponent });

/** Rounded half away from zero at `quotientDigits` behind the point. `b` must not be zero. */
export function divideDecimals(a: Decimal, b: Decimal): Decimal {
  const [x, y] = aligned(a, b);
  const scaled = x * 10n ** BigInt(quotientDigits);
  const quotient = scaled / y;
  const rest = scaled % y;
  const size = (value: bigint): bigint => (value < 0n ? -value : value);
  const away = size(rest) * 2n >= size(y) ? (x < 0n === y < 0n ? 1n : -1n) : 0n;
  return { coefficient: quotient + away, exponent: -quotientDigits };
}
