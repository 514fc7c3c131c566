import * as edit from './edit';
import { parse } from './parser';

const eq = (name: string, value: string) => ({ name, op: '=' as const, value });
const ne = (name: string, value: string) => ({ name, op: '!=' as const, value });

const two = 'rate({app="x"} # why\n  |= "e" | json [5m]) / rate({ app="y" }[5m])';

test.each([
  ['adds to every selector', edit.addMatcher(two, eq('env', 'p"q')), 'rate({app="x", env="p\\"q"} # why\n  |= "e" | json [5m]) / rate({ app="y", env="p\\"q" }[5m])'],
  ['leaves what is there', edit.addMatcher('{app="x"}', eq('app', 'x')), '{app="x"}'],
  ['turns the opposite', edit.addMatcher('{app="x", b="c"}', ne('b', 'c')), '{app="x", b!="c"}'],
  ['keeps another value', edit.addMatcher('{app="x"}', eq('app', 'y')), '{app="x", app="y"}'],
  ['a trailing comment stays', edit.addMatcher('{\n  app="x" # one\n}', eq('b', 'c')), '{\n  app="x", b="c" # one\n}'],
  ['removes the first', edit.removeMatcher('{app="x", b="c"}', eq('app', 'x')), '{b="c"}'],
  ['removes the last', edit.removeMatcher('{app="x", b="c" }', eq('b', 'c')), '{app="x" }'],
  ['toggles off', edit.toggleMatcher('{app="x", b="c"}', eq('b', 'c')), '{app="x"}'],
  ['toggles on', edit.toggleMatcher('{app="x"}', eq('b', 'c')), '{app="x", b="c"}'],
  ['replaces selectors', edit.setSelector('rate({a="b"} | json [1m])', [{ name: 'c', op: '=~', value: 'd|e' }]), 'rate({c=~"d|e"} | json [1m])'],
  ['not a query', edit.addMatcher('{app="x"', eq('b', 'c')), '{app="x"'],
  ['with variables', edit.addMatcher('rate({app="$app"}[$__auto])', eq('b', 'c')), 'rate({app="$app", b="c"}[$__auto])'],
])('matchers: %s', (_, result, expected) => {
  expect(result).toBe(expected);
});

test.each([
  ['behind the last parser', edit.addLabelFilter('{a="b"} | json | line_format "{{.x}}"', eq('x', 'y')), '{a="b"} | json | x="y" | line_format "{{.x}}"'],
  ['without parser', edit.addLabelFilter('{a="b"} |= "c"', eq('x', 'y')), '{a="b"} |= "c" | x="y"'],
  ['before a range', edit.addLabelFilter('rate({a="b"}[5m])', eq('x', 'y')), 'rate({a="b"} | x="y" [5m])'],
  ['on both sides', edit.addLabelFilter(two, eq('x', 'y')), 'rate({app="x"} # why\n  |= "e" | json | x="y" [5m]) / rate({ app="y" } | x="y" [5m])'],
  ['before unwrap', edit.addLabelFilter('sum_over_time({a="b"} | json | unwrap n [5m])', eq('x', 'y')), 'sum_over_time({a="b"} | json | x="y" | unwrap n [5m])'],
  ['turns the opposite', edit.addLabelFilter('{a="b"} | json | x="y" | z="1"', ne('x', 'y')), '{a="b"} | json | x!="y" | z="1"'],
  ['number', edit.addLabelFilter('{a="b"} | json', { name: 'took', op: '>=', value: '1.5s' }), '{a="b"} | json | took>=1.5s'],
  ['removed', edit.removeLabelFilter('{a="b"} | json | x="y" | z="1"', eq('x', 'y')), '{a="b"} | json | z="1"'],
  ['no pipeline error', edit.addNoPipelineError('{a="b"} | json | x="y"'), '{a="b"} | json | __error__="" | x="y"'],
  ['no pipeline error twice', edit.addNoPipelineError('{a="b"} | json | __error__=""'), '{a="b"} | json | __error__=""'],
  ['line filter', edit.addLineFilter('{a="b"} |= "c" | json', '!=', 'd'), '{a="b"} |= "c" != "d" | json'],
  ['line filter on a rewritten line', edit.addLineFilter('{a="b"} | json | line_format "{{.x}}"', '|=', 'd'), '{a="b"} | json | line_format "{{.x}}" |= "d"'],
  ['pattern of stored lines', edit.addLineFilter('{a="b"} |= "c" | json | line_format "{{.x}}"', '|>', '<_> "d" <_>'), '{a="b"} |= "c" |> "<_> \\"d\\" <_>" | json | line_format "{{.x}}"'],
  ['same line filter', edit.addLineFilter('{a="b"} |= "c"', '|=', 'c'), '{a="b"} |= "c"'],
  ['parser', edit.addParser('rate({a="b"} |= "c"[5m])', 'logfmt'), 'rate({a="b"} |= "c" | logfmt [5m])'],
  ['parser with pattern', edit.addParser('{a="b"}', 'pattern', '<x> "<y>"'), '{a="b"} | pattern "<x> \\"<y>\\""'],
  ['level', edit.addLabelFormat('{a="b"} | json | x="y"', 'level', 'lvl'), '{a="b"} | json | label_format level=lvl | x="y"'],
  ['range', edit.setRange(two, '$__auto'), 'rate({app="x"} # why\n  |= "e" | json [$__auto]) / rate({ app="y" }[$__auto])'],
])('stages: %s', (_, result, expected) => {
  expect(result).toBe(expected);
  expect(parse(result, { variables: true }).problems).toEqual([]);
});

test('hasFilter asks every log query', () => {
  expect(edit.hasFilter('{a="b"} | json | x="y"', eq('x', 'y'))).toBe(true);
  expect(edit.hasFilter('{a="b"}', eq('a', 'b'))).toBe(true);
  expect(edit.hasFilter(two, eq('app', 'x'))).toBe(false);
  expect(edit.hasFilter('{a="b"} | json | s>=500', { name: 's', op: '>=', value: '500' })).toBe(true);
  expect(edit.hasFilter('{', eq('a', 'b'))).toBe(false);
});
