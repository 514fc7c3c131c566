import { alternatives, literalOf, patternOf, withOperator } from './alternatives';

test.each([
  ['', []],
  ['web1', ['web1']],
  ['web1|web2', ['web1', 'web2']],
  ['a(b|c)|d', ['a(b|c)', 'd']],
  ['a\\|b|[|]c', ['a\\|b', '[|]c']],
  ['|a||', ['a']],
  ['[a|', ['[a|']],
])('parts of %s', (pattern, parts) => {
  expect(alternatives(pattern)).toEqual(parts);
});

test.each([
  ['web\\.1', 'web.1'],
  ['web1', 'web1'],
  ['web.1', undefined],
  ['\\d', undefined],
])('the text of %s', (pattern, text) => {
  expect(literalOf(pattern)).toBe(text);
});

test('changing the operator keeps the meaning', () => {
  const is = { name: 'host', op: '=' as const, value: 'web.1' };
  const matches = { name: 'host', op: '=~' as const, value: 'web\\.1' };
  expect(withOperator(is, '=~')).toEqual(matches);
  expect(withOperator(matches, '=')).toEqual(is);
  expect(withOperator(matches, '!~')).toEqual({ ...matches, op: '!~' });
  expect(withOperator({ ...matches, value: 'a|b' }, '=').value).toBe('a|b');
  expect([patternOf('$host'), patternOf('${host:raw}'), patternOf('US$')]).toEqual(['$host', '${host:raw}', 'US\\$']);
});
