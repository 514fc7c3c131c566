import { parse } from '../logql';
import { exampleFor, exampleGroups } from './examples';

test.each(exampleGroups().flatMap(({ examples }) => examples.map(({ title, expr }) => [title, expr])))('%s is a query without a mistake', (_, expr) => {
  expect(parse(expr, { variables: true }).problems).toEqual([]);
});

test('no two examples are the same', () => {
  const all = exampleGroups().flatMap(({ examples }) => examples.map(({ expr }) => expr));
  expect(new Set(all).size).toBe(all.length);
  expect(exampleGroups().map(({ examples }) => examples.length)).toEqual([9, 7]);
});

test.each([
  ['{job="a", host=~"b|c"} |= "x" | json', '{job="a", host=~"b|c"} |= "GET"'],
  ['sum(rate({app="$app"}[5m]))', '{app="$app"} |= "GET"'],
  ['', '{job="nginxlogs"} |= "GET"'],
  ['{', '{job="nginxlogs"} |= "GET"'],
])('for the streams of %s', (current, expected) => {
  expect(exampleFor('{job="nginxlogs"} |= "GET"', current)).toBe(expected);
});

test('an example with two selectors gets both', () => {
  expect(exampleFor('sum(rate({a="1"} |= "e" [1m])) / sum(rate({a="1"} [1m]))', '{b="2"}')).toBe('sum(rate({b="2"} |= "e" [1m])) / sum(rate({b="2"} [1m]))');
});
