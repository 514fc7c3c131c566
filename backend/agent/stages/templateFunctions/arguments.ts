import { CallError, type TemplateFunction, GoMap, type Value } from '../../../text/template';
import type { ParameterType } from '../../../text/template/functions';
import { valueText, wholeNumber } from '../../../text/template/values';

export type Named = readonly [string, TemplateFunction];

/** Items a function may make: a template is a user's, and `until 1000000000` is quickly written. */
export const itemsMax = 100_000;

/** A function of fixed parameters. */
export function fixed(name: string, parameters: ParameterType[], call: (...values: never[]) => Value): Named {
  return [name, { parameters, call: (values) => (call as (...values: Value[]) => Value)(...values) }];
}

/** A function of any number of arguments behind the fixed ones. */
export function variadic(name: string, parameters: ParameterType[], rest: ParameterType, call: (values: Value[]) => Value): Named {
  return [name, { parameters, variadic: rest, call }];
}

/** The same function under several names (`mustX` is X in sprig, but for panics that are errors here anyway). */
export function alias(names: string[], [, fn]: Named): Named[] {
  return names.map((name) => [name, fn] as const);
}

/** sprig's strval. */
export const text = (value: Value): string => (value === undefined ? '<nil>' : valueText(value));

/** sprig's toInt64: what is no number is 0. */
export function integer(value: Value): bigint {
  const whole = wholeNumber(value);
  if (whole !== undefined) {
    return whole;
  }
  if (typeof value === 'number') {
    return Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
  }
  if (typeof value === 'boolean') {
    return value ? 1n : 0n;
  }
  if (typeof value !== 'string') {
    return 0n;
  }
  const [, sign, octal, digits] = /^([+-]?)(0(?=\d))?((?:0[xXbBoO])?[0-9a-fA-F]+)$/.exec(value) ?? [];
  try {
    const magnitude = digits === undefined ? 0n : BigInt(octal ? `0o${digits}` : digits);
    return sign === '-' ? -magnitude : magnitude;
  } catch {
    // Digits that the base does not have.
    return 0n;
  }
}

export function list(value: Value): Value[] {
  if (!Array.isArray(value)) {
    throw new CallError(`Cannot find a list in ${text(value)}`);
  }
  return value;
}

export function map(value: Value): ReadonlyMap<string, Value> {
  if (!(value instanceof GoMap)) {
    throw new CallError(`expected a map, got ${text(value)}`);
  }
  return value.values;
}

/** sprig's empty: the zero of its type. */
export function isEmpty(value: Value): boolean {
  if (Array.isArray(value)) {
    return value.length === 0;
  }
  if (value instanceof GoMap) {
    return value.values.size === 0;
  }
  const whole = wholeNumber(value);
  return whole !== undefined ? whole === 0n : !value;
}
