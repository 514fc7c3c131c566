import assert from 'node:assert/strict';
import test from 'node:test';
import { valueText, type AnyValue } from './values';

test('values are printed as the collector prints them', () => {
  const cases: Array<[AnyValue, string]> = [
    ['a <b> & c', 'a <b> & c'], [true, 'true'], [-5n, '-5'], [undefined, ''], [Buffer.from('hi'), 'aGk='],
    [1.5, '1.5'], [1e-7, '1e-7'], [1e21, '1e+21'], [123456789012345680000, '123456789012345680000'], [-0, '-0'], [NaN, 'json: unsupported value: NaN'], [-Infinity, 'json: unsupported value: -Inf'],
    [['a', 1n, undefined, [2.5]], '["a",1,null,[2.5]]'], [['a', NaN], ''], [new Map<string, AnyValue>([['a', 1n], ['b', [Infinity]]]), ''],
    [new Map<string, AnyValue>([['url', '/x?a=1&b=<2>'], ['a', Buffer.from('hi')], ['<k>', '\u2028"\n']]), String.raw`{"\u003ck\u003e":"\u2028\"\n","a":"aGk=","url":"/x?a=1\u0026b=\u003c2\u003e"}`],
  ];
  for (const [value, text] of cases) {
    assert.equal(valueText(value), text);
  }
});
