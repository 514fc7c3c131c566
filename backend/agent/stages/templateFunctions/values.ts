import { isDeepStrictEqual } from 'node:util';
import { CallError, GoInt, GoMap, type Value } from '../../../text/template';
import { formatGoFloat } from '../../../text/goNumber';
import { GoTime } from '../../../text/goTime';
import { sortedKeys, typeName } from '../../../text/template/values';
import { goJsonText } from '../goJson';
import { alias, fixed, integer, isEmpty, type Named, text, variadic } from './arguments';

function kindName(value: Value): string {
  if (value instanceof GoMap) {
    return 'map';
  }
  if (value instanceof GoTime) {
    return 'struct';
  }
  return value === undefined ? 'invalid' : Array.isArray(value) ? 'slice' : typeName(value);
}

/** The value as encoding/json writes it, with line breaks when `indent` is given. */
function jsonOf(value: Value, raw: boolean, indent: string | undefined, depth = ''): string {
  const inner = depth + (indent ?? '');
  const wrap = (open: string, items: string[], close: string) =>
    items.length === 0 ? open + close : indent === undefined ? open + items.join(',') + close : `${open}\n${items.map((item) => inner + item).join(',\n')}\n${depth}${close}`;
  if (Array.isArray(value)) {
    return wrap('[', value.map((item) => jsonOf(item, raw, indent, inner)), ']');
  }
  if (value instanceof GoMap) {
    return wrap('{', sortedKeys(value).map((key) => `${goJsonText(key, raw)}:${indent === undefined ? '' : ' '}${jsonOf(value.values.get(key), raw, indent, inner)}`), '}');
  }
  if (value === undefined) {
    return 'null';
  }
  if (typeof value === 'string') {
    return goJsonText(value, raw);
  }
  return value instanceof GoTime ? goJsonText(text(value), raw) : typeof value === 'number' ? formatGoFloat(value, 'g', -1) : text(value);
}

function fail(message: string): Value {
  throw new CallError(message);
}

const floatOf = (value: Value): number => {
  const number = typeof value === 'number' ? value : typeof value === 'string' ? Number(value) : Number(integer(value));
  return Number.isNaN(number) ? 0 : number;
};

const octal = (value: Value): bigint => {
  const [, sign, digits] = /^([+-]?)([0-7]+)$/.exec(text(value)) ?? [];
  return digits === undefined ? 0n : sign === '-' ? -BigInt(`0o${digits}`) : BigInt(`0o${digits}`);
};

const largest = (values: Value[]): Value => values.map(integer).reduce((a, b) => (a > b ? a : b));

/** Defaults, types, JSON and numbers of sprig that the shared functions leave out. */
export const valueFunctions: Named[] = [
  fixed('empty', ['any'], isEmpty),
  variadic('coalesce', [], 'any', (values) => values.find((value) => !isEmpty(value))),
  variadic('all', [], 'any', (values) => values.every((value) => !isEmpty(value))),
  variadic('any', [], 'any', (values) => values.some((value) => !isEmpty(value))),
  fixed('ternary', ['any', 'any', 'bool'], (yes: Value, no: Value, test: boolean) => (test ? yes : no)),
  ...alias(['toJson', 'mustToJson'], fixed('toJson', ['any'], (value: Value) => jsonOf(value, false, undefined))),
  ...alias(['toRawJson', 'mustToRawJson'], fixed('toRawJson', ['any'], (value: Value) => jsonOf(value, true, undefined))),
  ...alias(['toPrettyJson', 'mustToPrettyJson'], fixed('toPrettyJson', ['any'], (value: Value) => jsonOf(value, false, '  '))),
  ...alias(['deepCopy', 'mustDeepCopy'], fixed('deepCopy', ['any'], (value: Value) => value)),
  fixed('typeOf', ['any'], typeName),
  fixed('typeIs', ['string', 'any'], (name: string, value: Value) => typeName(value) === name),
  fixed('typeIsLike', ['string', 'any'], (name: string, value: Value) => typeName(value) === name || `*${typeName(value)}` === name),
  fixed('kindOf', ['any'], kindName),
  fixed('kindIs', ['string', 'any'], (name: string, value: Value) => kindName(value) === name),
  fixed('deepEqual', ['any', 'any'], (a: Value, b: Value) => isDeepStrictEqual(a, b)),
  fixed('fail', ['string'], fail),
  fixed('int64', ['any'], integer),
  fixed('atoi', ['string'], (value: string) => new GoInt(/^[+-]?\d+$/.test(value) ? BigInt(value) : 0n)),
  fixed('toDecimal', ['any'], octal),
  fixed('add1', ['any'], (value: Value) => integer(value) + 1n),
  fixed('add1f', ['any'], (value: Value) => floatOf(value) + 1),
  variadic('biggest', ['any'], 'any', largest),
  fixed('randInt', ['int', 'int'], (low: GoInt, high: GoInt) => new GoInt(low.value + BigInt(Math.floor(Math.random() * Number(high.value - low.value))))),
];
