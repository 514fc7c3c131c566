import type { ScopedVars } from '@grafana/data';
import { durationText, interpolate, timeVariables, type ReplaceVariables } from './interpolate';

interface Variable {
  value: string | string[];
  multi?: boolean;
  includeAll?: boolean;
}

/** Grafana's template service as far as `interpolate` uses it: `$name`, `${name}` and scoped variables, values through the format function. */
function service(variables: Record<string, Variable>): ReplaceVariables {
  return (text, scopedVars: ScopedVars = {}, format) =>
    text.replace(/\$(\w+)|\$\{(\w+)\}/g, (whole, a, b) => {
      const name = a ?? b;
      const found: Variable | undefined = variables[name] ?? (scopedVars[name] && { value: scopedVars[name].value });
      return !found ? whole : typeof format === 'function' ? format(found.value, found) : String(found.value);
    });
}

const variables = service({
  host: { value: 'web1' },
  dots: { value: 'a.b', multi: true },
  hosts: { value: ['web.1', 'web|2'], multi: true },
  one: { value: ['web.1'], multi: true },
  path: { value: 'C:\\logs "new"' },
  labels: { value: ['job', 'host'], multi: true },
  word: { value: '\\d+ms' },
  expr: { value: '{job="x"} |= "y"' },
});

test.each([
  ['one value in quotes', '{host="$host"}', '{host="web1"}'],
  ['a value of several is literal', '{host=~"$dots"}', '{host=~"a\\\\.b"}'],
  ['several in quotes become a pattern', '{host=~"$hosts"}', '{host=~"(web\\\\.1|web\\\\|2)"}'],
  ['several in backticks', '{host=~`$hosts`}', '{host=~`(web\\.1|web\\|2)`}'],
  ['one chosen of several', '{host=~"$one"}', '{host=~"web\\\\.1"}'],
  ['one of several where no pattern stands', '{host="$dots", job!=`$one`} |= "$dots" | line_format "$one"', '{host="a.b", job!=`web.1`} |= "a.b" | line_format "web.1"'],
  ['one of several behind `or`', '{a="b"} |~ "x" or "$dots" |= "y" or "$dots"', '{a="b"} |~ "x" or "a\\\\.b" |= "y" or "a.b"'],
  ['one of several in other patterns', '{a="b"} !~ "$dots" | regexp "$dots" | c=~"$dots", d="$dots"', '{a="b"} !~ "a\\\\.b" | regexp "a\\\\.b" | c=~"a\\\\.b", d="a.b"'],
  ['one of several as a pattern of words', '{a="b"} |~ "x" !> "$dots" |> `$dots`', '{a="b"} |~ "x" !> "a.b" |> `a.b`'],
  ['quotes and backslashes stay inside the string', '{a="$path"}', '{a="C:\\\\logs \\"new\\""}'],
  ['labels outside of strings', 'sum by ($labels) (rate({a="b"}[5m]))', 'sum by (job,host) (rate({a="b"}[5m]))'],
  ['a pattern typed by the user', '{a="b"} |~ "$word"', '{a="b"} |~ "\\\\d+ms"'],
  ['a whole query', '$expr | json', '{job="x"} |= "y" | json'],
  ['a dollar that is no variable', '{a="b"} |~ "x$"', '{a="b"} |~ "x$"'],
  ['a string that does not end', '{a="$host', '{a="web1'],
  ['divisions', 'rate({a="$host"}[1m]) / 2', 'rate({a="web1"}[1m]) / 2'],
])('%s', (_, expr, expected) => {
  expect(interpolate(expr, variables, {})).toBe(expected);
});

test('time variables', () => {
  const times = timeVariables({ intervalMs: 15_000, rangeMs: 3_600_000, autoMs: 20_000 });
  expect(interpolate('rate({a="b"}[$__interval]) + [$__auto] + [$__range] $__range_s $__range_ms $__interval_ms', service({}), times)).toBe('rate({a="b"}[15s]) + [20s] + [3600s] 3600 3600000 15000');
});

test.each([
  [1, '1ms'],
  [1500, '1500ms'],
  [15_000, '15s'],
  [60_000, '1m'],
  [5_400_000, '90m'],
  [86_400_000, '1d'],
])('%d ms is %s', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});
