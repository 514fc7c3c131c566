import { goQuote } from '../../src/logql/units';

/** A number as Go's strconv reads it, or the error in its words. */
export type ParsedNumber = { value: number; error?: undefined } | { value: number; error: string };

const decimalFloat = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
/** Underscores may stand between digits. */
const spacedDecimal = /^[+-]?\d(?:_?\d)*(?:\.(?:\d(?:_?\d)*)?)?(?:[eE][+-]?\d(?:_?\d)*)?$/;
const hexFloat = /^([+-]?)0[xX](_?[0-9a-fA-F](?:_?[0-9a-fA-F])*)?(?:\.([0-9a-fA-F](?:_?[0-9a-fA-F])*)?)?[pP]([+-]?\d+)$/;
const special = /^([+-]?)(?:inf|infinity)$/i;

/** Go's strconv.ParseFloat(text, 64). */
export function parseGoFloat(text: string): ParsedNumber {
  if (decimalFloat.test(text)) {
    return inRange(Number(text), text);
  }
  const infinite = special.exec(text);
  if (infinite) {
    return { value: infinite[1] === '-' ? -Infinity : Infinity };
  }
  if (text.length === 3 && text.toLowerCase() === 'nan') {
    return { value: NaN };
  }
  if (text.includes('_') && spacedDecimal.test(text)) {
    return inRange(Number(text.replaceAll('_', '')), text);
  }
  const hex = hexFloat.exec(text);
  if (hex && (hex[2] || hex[3])) {
    return inRange(hexValue(hex[1], (hex[2] ?? '').replaceAll('_', ''), (hex[3] ?? '').replaceAll('_', ''), Number(hex[4])), text);
  }
  return { value: 0, error: `strconv.ParseFloat: parsing ${goQuote(text)}: invalid syntax` };
}

function inRange(value: number, text: string): ParsedNumber {
  return Number.isFinite(value) ? { value } : { value, error: `strconv.ParseFloat: parsing ${goQuote(text)}: value out of range` };
}

function hexValue(sign: string, whole: string, fraction: string, exponent: number): number {
  let mantissa = 0;
  for (const digit of whole + fraction) {
    mantissa = mantissa * 16 + parseInt(digit, 16);
  }
  const value = mantissa * 2 ** (exponent - 4 * fraction.length);
  return sign === '-' ? -value : value;
}

/** Shortest decimal digits that read back as the number (> 0, finite): value = 0.d1d2d3... x 10^point. */
function shortestDigits(value: number): { digits: string; point: number } {
  const [mantissa, exponent] = value.toExponential().split('e');
  return { digits: mantissa.replace('.', ''), point: Number(exponent) + 1 };
}

const exponentText = (exponent: number): string => `e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;

/** Go prints NaN and infinities as words. */
export function notFinite(value: number): string | undefined {
  return Number.isNaN(value) ? 'NaN' : value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : undefined;
}

/**
 * Go's strconv.FormatFloat(value, format, precision, 64); precision -1 is the shortest text that reads back the same.
 */
export function formatGoFloat(value: number, format: 'e' | 'f' | 'g', precision: number): string {
  const word = notFinite(value);
  if (word !== undefined) {
    return word;
  }
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const size = Math.abs(value);
  switch (format) {
    case 'e':
      return sign + exponentForm(size, precision);
    case 'f':
      return sign + fixedForm(size, precision);
    case 'g':
      return sign + generalForm(size, precision);
  }
}

/** From this decimal exponent on `g` without a precision is written as `e`. */
const shortestExponent = 6;
/** More digits than two different doubles of one size can share behind a 5. */
const tieDigits = 25;
/** JavaScript's limit for digits of a number as text. */
const digitsMax = 100;

/**
 * Digits rounded half to even, as Go does; JavaScript rounds an exact half up. `write` gives the number with so many digits
 * behind the point.
 */
function halfToEven(write: (digits: number) => string, digits: number): string {
  const rounded = write(digits);
  const exact = write(Math.min(digitsMax, digits + tieDigits)).split('e');
  const kept = exact[0].length - Math.min(tieDigits, digitsMax - digits);
  const cut = exact[0].slice(0, kept).replace(/\.$/, '');
  const tie = /^50*$/.test(exact[0].slice(kept));
  return tie && '02468'.includes(cut.at(-1)!) ? [cut, ...exact.slice(1)].join('e') : rounded;
}

function exponentForm(size: number, precision: number): string {
  const text = precision < 0 ? size.toExponential() : halfToEven((digits) => size.toExponential(digits), Math.min(precision, digitsMax));
  const [mantissa, exponent] = text.split('e');
  return mantissa + exponentText(Number(exponent));
}

function fixedForm(size: number, precision: number): string {
  if (precision >= 0) {
    const digits = Math.min(precision, digitsMax);
    return size < 1e21 ? halfToEven((count) => size.toFixed(count), digits) : BigInt(size).toString() + (digits > 0 ? `.${'0'.repeat(digits)}` : '');
  }
  if (size === 0) {
    return '0';
  }
  const { digits, point } = shortestDigits(size);
  if (point <= 0) {
    return `0.${'0'.repeat(-point)}${digits}`;
  }
  return digits.length <= point ? digits + '0'.repeat(point - digits.length) : `${digits.slice(0, point)}.${digits.slice(point)}`;
}

function generalForm(size: number, precision: number): string {
  if (size === 0) {
    return '0';
  }
  const significant = precision === 0 ? 1 : precision;
  const { digits, point } =
    precision < 0 ? shortestDigits(size) : shortestDigits(Number(halfToEven((digits) => size.toExponential(digits), Math.min(significant, digitsMax) - 1)));
  const exponent = point - 1;
  const limit = precision < 0 ? shortestExponent : significant > digits.length && digits.length >= point ? digits.length : significant;
  if (exponent < -4 || exponent >= Math.max(limit, precision < 0 ? 0 : 1)) {
    const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
    return mantissa + exponentText(exponent);
  }
  return fixedForm(Number(`0.${digits}e${point}`), -1);
}
