import { CallError } from '../errors';
import { ofStrings, type TemplateFunction } from '../functions';
import { GoTime } from '../../goTime';
import { sprintf } from '../printf';
import { GoInt, GoMap, int, isTrue, sprint, typeName, valueText, wholeNumber, type Value } from '../values';

/** Go's own template functions, but for `and` and `or`, which the evaluator knows: they don't evaluate everything. */

type Kind = 'bool' | 'int' | 'float' | 'string';

function kindOf(value: Value): Kind | undefined {
  if (wholeNumber(value) !== undefined) {
    return 'int';
  }
  return ({ boolean: 'bool', number: 'float', string: 'string' } as Record<string, Kind | undefined>)[typeof value];
}

const plain = (value: Value): bigint | number | string | boolean => wholeNumber(value) ?? (value as number | string | boolean);

function equal(a: Value, b: Value): boolean {
  if (a === undefined || b === undefined) {
    return a === b;
  }
  const kind = kindOf(a);
  if (kind !== kindOf(b)) {
    throw new CallError('incompatible types for comparison');
  }
  if (kind !== undefined) {
    return plain(a) === plain(b);
  }
  if (!(b instanceof GoTime)) {
    throw new CallError(`non-comparable type ${valueText(b)}: ${typeName(b)}`);
  }
  return a instanceof GoTime && a.ns === b.ns && a.zone === b.zone;
}

function less(a: Value, b: Value): boolean {
  const kindA = kindOf(a);
  const kindB = kindOf(b);
  if (kindA === undefined || kindB === undefined) {
    throw new CallError('invalid type for comparison');
  }
  if (kindA !== kindB) {
    throw new CallError('incompatible types for comparison');
  }
  if (kindA === 'bool') {
    throw new CallError('invalid type for comparison');
  }
  return kindA === 'string' ? Buffer.compare(Buffer.from(a as string), Buffer.from(b as string)) < 0 : plain(a) < plain(b);
}

const two = ['any', 'any'] as const;

function anyEqual(first: Value, others: Value[]): boolean {
  if (others.length === 0) {
    throw new CallError('missing argument for comparison');
  }
  return others.some((other) => equal(first, other));
}

function indexValue(item: Value, index: Value): Value {
  if (item instanceof GoMap) {
    if (typeof index !== 'string') {
      throw new CallError(index === undefined ? 'value is nil; should be of type string' : `value has type ${typeName(index)}; should be string`);
    }
    return item.values.get(index) ?? (item.element === 'string' ? '' : undefined);
  }
  if (item === undefined) {
    throw new CallError('index of untyped nil');
  }
  if (!Array.isArray(item) && typeof item !== 'string') {
    throw new CallError(`can't index item of type ${typeName(item)}`);
  }
  const bytes = typeof item === 'string' ? Buffer.from(item, 'utf8') : undefined;
  const length = bytes?.length ?? item.length;
  const at = position(index, length);
  if (at === length) {
    throw new CallError(`reflect: ${bytes ? 'string' : 'slice'} index out of range`);
  }
  return bytes ? int(bytes[at]) : (item as Value[])[at];
}

/** An index into something of a length, or one past its end. */
function position(index: Value, length: number): number {
  const whole = wholeNumber(index);
  if (whole === undefined) {
    throw new CallError(index === undefined ? 'cannot index slice/array with nil' : `cannot index slice/array with type ${typeName(index)}`);
  }
  if (whole < 0n || whole > BigInt(length)) {
    throw new CallError(`index out of range: ${whole}`);
  }
  return Number(whole);
}

function indexed(item: Value, indexes: Value[]): Value {
  if (item === undefined) {
    throw new CallError('index of untyped nil');
  }
  return indexes.reduce<Value>(indexValue, item);
}

function sliceValue(item: Value, indexes: Value[]): Value {
  if (item === undefined) {
    throw new CallError('slice of untyped nil');
  }
  if (typeof item === 'string' && indexes.length === 3) {
    throw new CallError('cannot 3-index slice a string');
  }
  if (indexes.length > 3) {
    throw new CallError(`too many slice indexes: ${indexes.length}`);
  }
  if (!Array.isArray(item) && typeof item !== 'string') {
    throw new CallError(`can't slice item of type ${typeName(item)}`);
  }
  const bytes = typeof item === 'string' ? Buffer.from(item, 'utf8') : undefined;
  const length = bytes?.length ?? item.length;
  const from = indexes.length > 0 ? position(indexes[0], length) : 0;
  const to = indexes.length > 1 ? position(indexes[1], length) : length;
  if (from > to) {
    throw new CallError(`invalid slice index: ${from} > ${to}`);
  }
  return bytes ? bytes.toString('utf8', from, to) : (item as Value[]).slice(from, to);
}

function lengthOf(value: Value): GoInt {
  if (typeof value === 'string') {
    return int(Buffer.byteLength(value, 'utf8'));
  }
  if (Array.isArray(value)) {
    return int(value.length);
  }
  if (value instanceof GoMap) {
    return int(value.values.size);
  }
  throw new CallError(value === undefined ? 'reflect: call of reflect.Value.Type on zero Value' : `len of type ${typeName(value)}`);
}

const htmlEscapes = new Map([
  ['\0', '\uFFFD'], ['"', '&#34;'], ["'", '&#39;'], ['&', '&amp;'], ['<', '&lt;'], ['>', '&gt;'],
]);

const jsEscapes = new Map([
  ['\\', '\\\\'], ["'", "\\'"], ['"', '\\"'], ['<', '\\u003C'], ['>', '\\u003E'], ['&', '\\u0026'], ['=', '\\u003D'],
]);

function escapeJs(text: string): string {
  return text.replace(/[\\'"<>&=]|[\x00-\x1f]|[^\x20-\x7e\p{L}\p{M}\p{N}\p{P}\p{S}]/gu, (character) => {
    const known = jsEscapes.get(character);
    return known ?? `\\u${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
  });
}

/** Go's url.QueryEscape. */
export function queryEscape(text: string): string {
  const wellFormed = text.replace(/\p{Surrogate}/gu, '\uFFFD');
  return encodeURIComponent(wellFormed).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`).replaceAll('%20', '+');
}

/** What `html`, `js` and `urlquery` work on. */
const textOf = (values: Value[]): string => sprint(values.map((value) => value ?? '<no value>'));

const anyNumber = (call: (values: Value[], lengthMax: number) => Value): TemplateFunction => ({
  parameters: [],
  variadic: 'any',
  call: (values, context) => call(values, context.lengthMax),
});

export const builtins: ReadonlyArray<readonly [string, TemplateFunction]> = [
  ['not', { parameters: ['any'], call: ([value]) => !isTrue(value) }],
  ['eq', { parameters: ['any'], variadic: 'any', call: ([first, ...others]) => anyEqual(first, others) }],
  ['ne', { parameters: two, call: ([a, b]) => !equal(a, b) }],
  ['lt', { parameters: two, call: ([a, b]) => less(a, b) }],
  ['le', { parameters: two, call: ([a, b]) => less(a, b) || equal(a, b) }],
  ['gt', { parameters: two, call: ([a, b]) => !less(a, b) && !equal(a, b) }],
  ['ge', { parameters: two, call: ([a, b]) => !less(a, b) }],
  ['len', { parameters: ['any'], call: ([value]) => lengthOf(value) }],
  ['index', { parameters: ['any'], variadic: 'any', call: ([item, ...indexes]) => indexed(item, indexes) }],
  ['slice', { parameters: ['any'], variadic: 'any', call: ([item, ...indexes]) => sliceValue(item, indexes) }],
  ['print', anyNumber((values) => sprint(values))],
  ['println', anyNumber((values) => `${values.map((value) => valueText(value)).join(' ')}\n`)],
  ['printf', { parameters: ['string'], variadic: 'any', call: ([format, ...values], { lengthMax }) => sprintf(format, values, lengthMax) }],
  ['html', anyNumber((values) => textOf(values).replace(/[\0"'&<>]/g, (character) => htmlEscapes.get(character)!))],
  ['js', anyNumber((values) => escapeJs(textOf(values)))],
  ['urlquery', anyNumber((values) => queryEscape(textOf(values)))],
  ['call', {
    parameters: ['any'],
    variadic: 'any',
    call: ([value]) => {
      throw new CallError(value === undefined ? 'call of nil' : `non-function ${valueText(value)} of type ${typeName(value)}`);
    },
  }],
  ['urlencode', ofStrings(1, queryEscape)],
];
