import { parseBytes, parseGoDuration } from '../../../../src/logql/units';
import { notFinite, parseGoFloat } from '../../goNumber';
import { CallError } from '../errors';
import { ofStrings, type TemplateFunction } from '../functions';
import { GoMap, int, wholeNumber, type GoInt, type Value } from '../values';
import { addDecimals, decimalNumber, decimalOf, divideDecimals, multiplyDecimals, subtractDecimals, type Decimal } from './decimal';

const int64 = (value: bigint): bigint => BigInt.asIntN(64, value);

/** github.com/spf13/cast ToInt64: what can't be read is 0. Texts may have a base prefix, or a fraction of zeros. */
function toInt64(value: Value): bigint {
  const whole = wholeNumber(value);
  if (whole !== undefined) {
    return whole;
  }
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? int64(BigInt(Math.trunc(value))) : -(2n ** 63n);
    case 'boolean':
      return value ? 1n : 0n;
    case 'string':
      return textToInt64(value);
    default:
      return 0n;
  }
}

function textToInt64(text: string): bigint {
  const match = /^([+-]?)(0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO]?(?:_?[0-7])+|0|[1-9](?:_?[0-9])*)(?:\.0+)?$/.exec(text);
  if (!match) {
    return 0n;
  }
  const plain = match[2].replaceAll('_', '');
  const digits = /^0[0-7]+$/.test(plain) ? `0o${plain.slice(1)}` : plain;
  const value = (match[1] === '-' ? -1n : 1n) * BigInt(digits);
  return value >= -(2n ** 63n) && value < 2n ** 63n ? value : 0n;
}

function toFloat64(value: Value): number {
  const whole = wholeNumber(value);
  if (whole !== undefined) {
    return Number(whole);
  }
  switch (typeof value) {
    case 'number':
      return value;
    case 'boolean':
      return value ? 1 : 0;
    case 'string': {
      const { value: parsed, error } = parseGoFloat(value);
      return error === undefined ? parsed : 0;
    }
    default:
      return 0;
  }
}

function divided(a: bigint, b: bigint, of: (a: bigint, b: bigint) => bigint): bigint {
  if (b === 0n) {
    throw new CallError('runtime error: integer divide by zero');
  }
  return int64(of(a, b));
}

/** Left fold over decimals. Values too far apart would make huge numbers: floats have at most 308 digits, which is fine. */
function foldDecimals(values: Value[], of: (a: Decimal, b: Decimal) => Decimal): number {
  const numbers = values.map(toFloat64);
  const endless = numbers.find((number) => !Number.isFinite(number));
  if (endless !== undefined) {
    throw new CallError(`Cannot create a Decimal from ${notFinite(endless)}`);
  }
  return numbers.slice(1).reduce((result, number) => {
    const folded = decimalNumber(of(decimalOf(result), decimalOf(number)));
    if (!Number.isFinite(folded)) {
      throw new CallError('the result is out of range');
    }
    return folded;
  }, numbers[0] ?? 0);
}

function divide(a: Decimal, b: Decimal): Decimal {
  if (b.coefficient === 0n) {
    throw new CallError('decimal division by 0');
  }
  return divideDecimals(a, b);
}

/** Sprig's round: half away from zero upwards, at `places` digits. */
function round(value: Value, places: GoInt, roundOn: number): number {
  const power = 10 ** Number(places.value);
  const digit = power * toFloat64(value);
  return (digit - Math.trunc(digit) >= roundOn ? Math.ceil(digit) : Math.floor(digit)) / power;
}

function isEmpty(value: Value): boolean {
  if (value instanceof GoMap) {
    return value.values.size === 0;
  }
  return value === undefined || value === '' || value === false || wholeNumber(value) === 0n || value === 0 || (Array.isArray(value) && value.length === 0);
}

function parsedOrFail(result: ReturnType<typeof parseBytes>, scale: number): number {
  if (!result.ok) {
    throw new CallError(result.error);
  }
  return result.value / scale;
}

const two = ['any', 'any'] as const;
const fold = (of: (a: bigint, b: bigint) => bigint): TemplateFunction => ({
  parameters: ['any'],
  variadic: 'any',
  call: (values: Value[]) => values.map(toInt64).reduce((a, b) => int64(of(a, b))),
});
const foldFloats = (of: (a: Decimal, b: Decimal) => Decimal): TemplateFunction => ({
  parameters: ['any'],
  variadic: 'any',
  call: (values: Value[]) => foldDecimals(values, of),
});
const pickFloat = (of: (...values: number[]) => number): TemplateFunction => ({
  parameters: ['any'],
  variadic: 'any',
  call: (values: Value[]) => of(...values.map(toFloat64)),
});
const onFloat = (of: (value: number) => number): TemplateFunction => ({ parameters: ['any'], call: ([value]) => of(toFloat64(value)) });
const duration = ofStrings(1, (text) => parsedOrFail(parseGoDuration(text), 1e9));

export const numberFunctions: ReadonlyArray<readonly [string, TemplateFunction]> = [
  ['int', { parameters: ['any'], call: ([value]) => int(toInt64(value)) }],
  ['float64', onFloat((value) => value)],
  ['bytes', ofStrings(1, (text) => parsedOrFail(parseBytes(text), 1))],
  ['duration', duration],
  ['duration_seconds', duration],
  ['default', { parameters: ['any'], variadic: 'any', call: ([fallback, given]) => (isEmpty(given) ? fallback : given) }],
  ['add', { parameters: [], variadic: 'any', call: (values: Value[]) => values.map(toInt64).reduce((a, b) => int64(a + b), 0n) }],
  ['sub', { parameters: two, call: ([a, b]) => int64(toInt64(a) - toInt64(b)) }],
  ['mul', fold((a, b) => a * b)],
  ['div', { parameters: two, call: ([a, b]) => divided(toInt64(a), toInt64(b), (x, y) => x / y) }],
  ['mod', { parameters: two, call: ([a, b]) => divided(toInt64(a), toInt64(b), (x, y) => x % y) }],
  ['addf', { parameters: [], variadic: 'any', call: (values: Value[]) => foldDecimals([0, ...values], addDecimals) }],
  ['subf', foldFloats(subtractDecimals)],
  ['mulf', foldFloats(multiplyDecimals)],
  ['divf', foldFloats(divide)],
  ['max', fold((a, b) => (b > a ? b : a))],
  ['min', fold((a, b) => (b < a ? b : a))],
  ['maxf', pickFloat(Math.max)],
  ['minf', pickFloat(Math.min)],
  ['ceil', onFloat(Math.ceil)],
  ['floor', onFloat(Math.floor)],
  ['round', {
    parameters: ['any', 'int'],
    variadic: 'float64',
    call: ([value, places, roundOn = 0.5]) => round(value, places, roundOn),
  }],
];
