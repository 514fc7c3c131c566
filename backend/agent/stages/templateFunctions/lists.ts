import { isDeepStrictEqual } from 'node:util';
import { CallError, GoMap, type Value } from '../../../text/template';
import { int, sortedKeys } from '../../../text/template/values';
import { alias, fixed, integer, isEmpty, itemsMax, list, map, type Named, text, variadic } from './arguments';

function countTo(start: bigint, stop: bigint, step: bigint): Value[] {
  const values: Value[] = [];
  if (step === 0n) {
    return values;
  }
  for (let i = start; step > 0n ? i < stop : i > stop; i += step) {
    if (values.length >= itemsMax) {
      throw new CallError(`a list of more than ${itemsMax} items`);
    }
    values.push(int(i));
  }
  return values;
}

/** `seq 3`, `seq 1 3`, `seq 1 2 9`: numbers apart by blanks, both ends included. */
function sequence(values: Value[]): string {
  const numbers = values.map(integer);
  const [start, step, end] = numbers.length === 1 ? [1n, 0n, numbers[0]] : numbers.length === 2 ? [numbers[0], 0n, numbers[1]] : numbers;
  if (numbers.length === 0 || numbers.length > 3) {
    return '';
  }
  const by = step === 0n ? (end < start ? -1n : 1n) : step;
  return countTo(start, by > 0n ? end + 1n : end - 1n, by).map(text).join(' ');
}

const withValues = (values: Iterable<readonly [string, Value]>): GoMap => new GoMap(new Map(values), 'any');

function dict(values: Value[]): GoMap {
  const pairs: Array<[string, Value]> = [];
  for (let i = 0; i < values.length; i += 2) {
    pairs.push([text(values[i]), i + 1 < values.length ? values[i + 1] : '']);
  }
  return withValues(pairs);
}

/** The last argument is the map, the one before it the default. */
function dig(values: Value[]): Value {
  if (values.length < 3) {
    throw new CallError('dig needs at least three arguments');
  }
  let value: Value = values[values.length - 1];
  for (const key of values.slice(0, -2)) {
    const inner = map(value).get(text(key));
    if (inner === undefined) {
      return values[values.length - 2];
    }
    value = inner;
  }
  return value;
}

function merged(values: Value[], overwrite: boolean): GoMap {
  const [first, ...rest] = values.map(map);
  const result = new Map(first);
  for (const [key, value] of rest.flatMap((other) => [...other])) {
    if (overwrite || !result.has(key)) {
      result.set(key, value);
    }
  }
  return withValues(result);
}

function unique(values: Value[]): Value[] {
  return values.filter((value, i) => values.findIndex((other) => isDeepStrictEqual(other, value)) === i);
}

function chunks(size: number, values: Value[]): Value[] {
  if (size < 1) {
    throw new CallError('chunk size must be at least 1');
  }
  return Array.from({ length: Math.ceil(values.length / size) }, (_, i) => values.slice(i * size, (i + 1) * size));
}

/** A part of a list; sprig's hides Go's own `slice`, which takes texts too. */
function slice([value, ...bounds]: Value[]): Value {
  const values = list(value);
  const [from = 0, to = values.length] = bounds.map((bound) => Number(integer(bound)));
  if (from < 0 || to > values.length || from > to) {
    throw new CallError('slice bounds out of range');
  }
  return values.slice(from, to);
}

const first = (values: Value) => list(values)[0];
const last = (values: Value) => list(values).at(-1);

/** Lists and maps of sprig. */
export const listFunctions: Named[] = [
  ...alias(['list', 'tuple'], variadic('list', [], 'any', (values) => values)),
  variadic('dict', [], 'any', dict),
  fixed('until', ['any'], (count: Value) => countTo(0n, integer(count), integer(count) < 0n ? -1n : 1n)),
  fixed('untilStep', ['any', 'any', 'any'], (start: Value, stop: Value, step: Value) => countTo(integer(start), integer(stop), integer(step))),
  variadic('seq', [], 'any', sequence),
  ...alias(['first', 'mustFirst'], fixed('first', ['any'], first)),
  ...alias(['last', 'mustLast'], fixed('last', ['any'], last)),
  ...alias(['rest', 'mustRest'], fixed('rest', ['any'], (values: Value) => list(values).slice(1))),
  ...alias(['initial', 'mustInitial'], fixed('initial', ['any'], (values: Value) => list(values).slice(0, -1))),
  ...alias(['append', 'push', 'mustAppend', 'mustPush'], fixed('append', ['any', 'any'], (values: Value, value: Value) => [...list(values), value])),
  ...alias(['prepend', 'mustPrepend'], fixed('prepend', ['any', 'any'], (values: Value, value: Value) => [value, ...list(values)])),
  variadic('concat', [], 'any', (values) => values.flatMap(list)),
  ...alias(['reverse', 'mustReverse'], fixed('reverse', ['any'], (values: Value) => [...list(values)].reverse())),
  ...alias(['uniq', 'mustUniq'], fixed('uniq', ['any'], (values: Value) => unique(list(values)))),
  ...alias(['compact', 'mustCompact'], fixed('compact', ['any'], (values: Value) => list(values).filter((value) => !isEmpty(value)))),
  ...alias(['without', 'mustWithout'], variadic('without', ['any'], 'any', ([values, ...without]) => list(values).filter((value) => !without.some((other) => isDeepStrictEqual(other, value))))),
  ...alias(['has', 'mustHas'], fixed('has', ['any', 'any'], (value: Value, values: Value) => values !== undefined && list(values).some((other) => isDeepStrictEqual(other, value)))),
  ...alias(['chunk', 'mustChunk'], fixed('chunk', ['any', 'any'], (size: Value, values: Value) => chunks(Number(integer(size)), list(values)))),
  ...alias(['slice', 'mustSlice'], variadic('slice', ['any'], 'any', slice)),
  fixed('get', ['any', 'string'], (values: Value, key: string) => map(values).get(key) ?? ''),
  fixed('set', ['any', 'string', 'any'], (values: Value, key: string, value: Value) => withValues([...map(values), [key, value]])),
  fixed('unset', ['any', 'string'], (values: Value, key: string) => withValues([...map(values)].filter(([name]) => name !== key))),
  fixed('hasKey', ['any', 'string'], (values: Value, key: string) => map(values).has(key)),
  variadic('pluck', ['string'], 'any', ([key, ...maps]) => maps.map(map).filter((values) => values.has(text(key))).map((values) => values.get(text(key)))),
  variadic('keys', [], 'any', (maps) => maps.flatMap((values) => [...map(values).keys()])),
  fixed('values', ['any'], (values: Value) => (values instanceof GoMap ? sortedKeys(values).map((key) => values.values.get(key)) : [])),
  variadic('pick', ['any'], 'string', ([values, ...keys]) => withValues([...map(values)].filter(([name]) => keys.includes(name)))),
  variadic('omit', ['any'], 'string', ([values, ...keys]) => withValues([...map(values)].filter(([name]) => !keys.includes(name)))),
  ...alias(['merge', 'mustMerge'], variadic('merge', ['any'], 'any', (values) => merged(values, false))),
  ...alias(['mergeOverwrite', 'mustMergeOverwrite'], variadic('mergeOverwrite', ['any'], 'any', (values) => merged(values, true))),
  variadic('dig', [], 'any', dig),
];
