import { goQuote } from '../../src/logql/units';

/** A number as Go's strconv reads it, or the error in its words. */
export type ParsedNumber = { value: number; error?: undefined } | { value: number; error: string };

const decimalFloat = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
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
