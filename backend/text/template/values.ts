import { formatGoFloat } from '../goNumber';
import { GoTime, goTimeText } from '../goTime';

/** Go's int: what literals, lengths and indexes are. An int64 (what `add` answers) is a bigint, a float64 a number. */
export class GoInt {
  constructor(readonly value: bigint) {}
}

/** A Go map with string keys. A missing key of a `string` map is '', of an `any` map nil. */
export class GoMap {
  constructor(
    readonly values: ReadonlyMap<string, Value>,
    readonly element: 'string' | 'any'
  ) {}
}

/** A value of a template. `undefined` is Go's invalid value (nil, missing). */
export type Value = string | GoInt | bigint | number | boolean | undefined | GoTime | GoMap | Value[];

export const int = (value: number | bigint): GoInt => new GoInt(BigInt(value));

/** The value as a whole number when it is an int or int64. */
export function wholeNumber(value: Value): bigint | undefined {
  return value instanceof GoInt ? value.value : typeof value === 'bigint' ? value : undefined;
}

/** The name of the value's type in Go. */
export function typeName(value: Value): string {
  if (value === undefined) {
    return '<nil>';
  }
  if (value instanceof GoInt) {
    return 'int';
  }
  if (value instanceof GoTime) {
    return 'time.Time';
  }
  if (value instanceof GoMap) {
    return value.element === 'string' ? 'map[string]string' : 'map[string]interface {}';
  }
  if (Array.isArray(value)) {
    return '[]interface {}';
  }
  return { string: 'string', bigint: 'int64', number: 'float64', boolean: 'bool' }[typeof value as 'string' | 'bigint' | 'number' | 'boolean'];
}

/** Go's template truth: empty texts, zeros, empty maps and lists are false. */
export function isTrue(value: Value): boolean {
  if (value === undefined) {
    return false;
  }
  if (value instanceof GoInt) {
    return value.value !== 0n;
  }
  if (value instanceof GoTime) {
    return true;
  }
  if (value instanceof GoMap) {
    return value.values.size > 0;
  }
  return Array.isArray(value) ? value.length > 0 : Boolean(value) || Number.isNaN(value);
}

export function sortedKeys(map: GoMap): string[] {
  return [...map.values.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** The value as fmt's %v prints it. */
export function valueText(value: Value): string {
  if (value === undefined) {
    return '<nil>';
  }
  if (typeof value === 'string') {
    return value;
  }
  if (value instanceof GoInt) {
    return value.value.toString();
  }
  if (typeof value === 'number') {
    return formatGoFloat(value, 'g', -1);
  }
  if (value instanceof GoTime) {
    return goTimeText(value);
  }
  if (value instanceof GoMap) {
    return `map[${sortedKeys(value).map((key) => `${key}:${valueText(value.values.get(key))}`).join(' ')}]`;
  }
  if (Array.isArray(value)) {
    return `[${value.map((item) => valueText(item)).join(' ')}]`;
  }
  return String(value);
}

/** fmt.Sprint: operands are apart when neither is a text. */
export function sprint(values: readonly Value[]): string {
  return values
    .map((value, i) => (i > 0 && typeof value !== 'string' && typeof values[i - 1] !== 'string' ? ` ${valueText(value)}` : valueText(value)))
    .join('');
}
