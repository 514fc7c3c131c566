import { parse, print } from '../../logql';
import { operationGroups } from './operations';
import { canMove, emptyState, readQuery, reduce, writeQuery, type BuilderState } from './state';

const canonical = (expr: string) => print(parse(expr, { variables: true }).expr!);

const queries = [
  '{job="x"}',
  '{job="x", host=~"a|b"} |= "c" != "d" |~ "(?i)e" !~ "f" |> "<_> g"',
  '{job="x"} |= "a" or "b" |= ip("10.0.0.0/8")',
  '{job="x"} | json a="b.c", d | logfmt --strict e | pattern "<a> <_>" | regexp "(?P<x>y)" | unpack | decolorize',
  '{job="x"} | json | a="b" and c>5 or d=ip("1.2.3.4") | took > 1.5s, size <= 20MB',
  '{job="x"} | line_format "{{.a}}" | label_format b=c, d="{{.e}}" | drop f, g="h" | keep i',
  'rate({job="x"} | json [5m])',
  'sum by (a, b) (rate({job="x"}[$__auto] offset 1h))',
  'topk(5, sum without (a) (count_over_time({job="x"} |= "e" [1m])))',
  'quantile_over_time(0.99, {job="x"} | logfmt | unwrap duration(took) | __error__="" [5m]) by (host)',
  'sum(rate({job="x"}[5m])) / sum(rate({job="y"}[5m])) * 100',
  '100 * sum(rate({job="x"}[5m]))',
  'sum(rate({job="x"}[5m])) > bool 5',
  'rate({job="x"}[5m]) * on (host) group_left (rack) rate({job="y"}[5m])',
  'rate({job="x"}[5m]) and ignoring (a) rate({job="y"}[5m])',
  'label_replace(rate({job="x"}[5m]), "a", "$1", "b", "(.*)")',
  '(1 + rate({job="x"}[5m])) * (rate({job="y"}[5m]) - 2)',
  'sum(rate({job="x"}[5m]) + rate({job="y"}[5m]))',
];

test.each(queries)('%s survives the builder', (expr) => {
  const state = readQuery(expr)!;
  expect(canonical(writeQuery(state))).toBe(canonical(expr));
  expect(readQuery(writeQuery(state))?.matchers).toEqual(state.matchers);
});

test.each(queries)('every move in %s can be read again as it was made, and taken back', (expr) => {
  const state = readQuery(expr)!;
  for (const index of state.operations.keys()) {
    for (const by of [-1, 1] as const) {
      const after = reduce(state, { type: 'moveOperation', index, by });
      expect(canMove(state.operations, index, by)).toBe(after.operations !== state.operations);
      const read = readQuery(writeQuery(after))!;
      expect(read.operations.map(({ kind }) => kind)).toEqual(after.operations.map(({ kind }) => kind));
      expect(writeQuery(read)).toBe(writeQuery(after));
      if (canMove(state.operations, index, by)) {
        expect(writeQuery(reduce(after, { type: 'moveOperation', index: index + by, by: by === 1 ? -1 : 1 }))).toBe(writeQuery(state));
      }
    }
  }
});

test.each([
  ['two stages', '{job="x"} |= "a" | json', 0, 1, '{job="x"} | json |= "a"'],
  ['an aggregation after a calculation', 'sum(rate({job="x"} [5m])) / 2', 1, 1, 'sum(rate({job="x"} [5m]) / 2)'],
  ['one calculation before another', '(rate({job="x"} [5m]) + 1) * 2', 2, -1, '(rate({job="x"} [5m]) * 2) + 1'],
  ['a stage stays before the range function', 'rate({job="x"} | json [5m])', 0, 1, 'rate({job="x"} | json [5m])'],
  ['the last one stays the last', '{job="x"} | json', 0, 1, '{job="x"} | json'],
] as const)('moving: %s', (_, expr, index, by, expected) => {
  expect(writeQuery(reduce(readQuery(expr)!, { type: 'moveOperation', index, by }))).toBe(expected);
});

test.each(['1 + 1', '{job=', 'vector(1)', 'rate({job="x"}'])('%s is more than the builder can show', (expr) => {
  expect(readQuery(expr)).toBeUndefined();
});

test('nothing written is an empty row', () => {
  expect(readQuery('')).toBe(emptyState);
  expect(readQuery(' {} ')).toBe(emptyState);
});

test('every operation of the menu makes a query that can be parsed', () => {
  for (const { choices } of operationGroups()) {
    for (const choice of choices) {
      const state = reduce({ matchers: [{ name: 'job', op: '=', value: 'x' }], operations: [] }, { type: 'addOperation', operation: choice.make() });
      const { problems } = parse(writeQuery(state), { variables: true });
      expect([choice.label, writeQuery(state), problems]).toEqual([choice.label, writeQuery(state), []]);
    }
  }
});

test('operations find their place', () => {
  const choose = (group: string, label: string) => operationGroups().find((one) => one.label === group)!.choices.find((one) => one.label === label)!.make();
  let state: BuilderState = { matchers: [{ name: 'job', op: '=', value: 'x' }], operations: [] };
  state = reduce(state, { type: 'addOperation', operation: choose('Aggregations', 'sum') });
  expect(writeQuery(state)).toBe('sum(rate({job="x"} [$__auto]))');
  state = reduce(state, { type: 'addOperation', operation: choose('Formats', 'JSON') });
  expect(writeQuery(state)).toBe('sum(rate({job="x"} | json [$__auto]))');
  state = reduce(state, { type: 'addOperation', operation: choose('Range functions', 'count_over_time') });
  expect(writeQuery(state)).toBe('sum(count_over_time({job="x"} | json [$__auto]))');
  state = reduce(state, { type: 'moveOperation', index: 0, by: 1 });
  expect(writeQuery(state)).toBe('sum(count_over_time({job="x"} | json [$__auto]))');
  state = reduce(state, { type: 'removeOperation', index: 0 });
  expect(writeQuery(state)).toBe('sum(count_over_time({job="x"} [$__auto]))');
});
