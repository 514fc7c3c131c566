import { readFileSync } from 'node:fs';
import path from 'node:path';
import { LogExpr, RangeAggregation } from './ast';
import { parse, problemText } from './parser';
import { print, printPretty } from './printer';

interface Recorded {
  query: string;
  error?: string;
  formatted?: string;
}

/** Queries Loki 3.4 answered, with its words where it refused. */
const recorded: Recorded[] = JSON.parse(readFileSync(path.join(__dirname, 'testdata/loki-3.4.json'), 'utf8'));

/** Advice is ours and comes behind Loki's words. */
function expectError(query: string, error: string) {
  const { expr, problems } = parse(query);
  expect(expr).toBeUndefined();
  const text = problemText(problems[0]);
  expect(text.startsWith(error) ? error : text).toBe(error);
}

function logOf(text: string): LogExpr {
  const { expr, problems } = parse(text);
  expect(problems).toEqual([]);
  expect(expr?.kind).toBe('log');
  return expr as LogExpr;
}

/** The first stage without spans. */
function stageOf(stage: string): unknown {
  return withoutSpans(logOf(`{a="b"} ${stage}`).stages[0]);
}

function withoutSpans(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, inner) => (key === 'span' ? undefined : inner)));
}

describe('what Loki recorded', () => {
  test('there is something to compare with', () => {
    expect(recorded.length).toBeGreaterThan(300);
    expect(recorded.filter((item) => item.error !== undefined).length).toBeGreaterThan(40);
  });

  test.each(recorded.map((item) => [item.query, item] as const))('%s', (query, { error, formatted }) => {
    // Templates are not part of the language; the engine that runs them reports their errors.
    if (error === undefined || error.includes('invalid line template')) {
      const { expr, problems } = parse(query);
      expect(problems.map(problemText)).toEqual([]);
      const once = print(expr!);
      expect(print(parse(once).expr!)).toBe(once);
      expect(print(parse(printPretty(expr!)).expr!)).toBe(once);
      expect(formatted ?? printPretty(expr!)).toBe(printPretty(expr!));
    } else {
      expectError(query, error);
    }
  });
});

describe('positions and words of errors', () => {
  test.each([
    ['{a}', 'parse error at line 1, col 3: syntax error: unexpected }, expecting = or =~ or !~ or !='],
    ['{a="b",}', 'parse error at line 1, col 8: syntax error: unexpected }, expecting IDENTIFIER'],
    ['{by="x"}', 'parse error at line 1, col 2: syntax error: unexpected by, expecting IDENTIFIER or }'],
    ['rate(', 'parse error at line 1, col 6: syntax error: unexpected $end, expecting NUMBER or { or ('],
    ['rate((', 'parse error at line 1, col 7: syntax error: unexpected $end, expecting { or ('],
    ['{@a="b"}', 'parse error at line 1, col 3: syntax error: unexpected IDENTIFIER, expecting = or =~ or !~ or !='],
    ['sum(', 'parse error at line 1, col 5: syntax error: unexpected $end'],
    ['\n  {a="b"} |= 5', 'parse error at line 2, col 14: syntax error: unexpected NUMBER, expecting STRING or ip'],
    ['{a="b"}\n', undefined],
    ['{a="é\u{1f600}"} x', 'parse error at line 1, col 10: syntax error: unexpected IDENTIFIER'],
    ['{a="b"} |= "x', 'parse error at line 1, col 12: literal not terminated'],
    ['{a="b"} |~ "\\d+"', 'parse error at line 1, col 12: invalid char escape'],
    [`{a='b'}`, 'parse error at line 1, col 4: syntax error: unexpected IDENTIFIER, expecting STRING'],
    [`{a='bc'}`, 'parse error at line 1, col 4: invalid char literal'],
    ['{a="b"} | x > 1e', 'parse error at line 1, col 15: exponent has no digits'],
    ['{a="b"} | x > 5EB', 'parse error at line 1, col 15: exponent has no digits'],
    ['{a="b"} | x > 08s', `parse error at line 1, col 15: invalid digit '8' in octal literal`],
    ['{a="b"} | x > 1__0', `parse error at line 1, col 15: '_' must separate successive digits`],
    ['{a="b"} | x > 0B', 'parse error at line 1, col 15: decimal literal has no digits'],
    ['{a="b"} | x > 1_000.5 | of="y" | y > 09.5', undefined],
    ['rate({a="b"}[5m', `parse error at line 0, col 13: missing closing ']' in duration`],
    ['rate({a="b"}[])', 'parse error at line 0, col 13: empty duration string'],
    ['rate({a="b"}[5m5h])', 'parse error at line 0, col 13: not a valid duration string: "5m5h"'],
    ['rate({a="b"}[1.5h])', 'parse error at line 0, col 13: unknown unit "." in duration "1.5h"'],
    ['rate({a="b"}[5m] offset 5)', 'parse error at line 1, col 25: syntax error: unexpected NUMBER, expecting DURATION'],
    ['{a="b"} | x >= 5ms5', 'parse error at line 1, col 20: syntax error: unexpected $end'],
    ['sum by a (rate({a="b"}[5m]))', 'parse error at line 1, col 1: syntax error: unexpected IDENTIFIER'],
    ['sum(rate({a="b"}[5m])) by (a', 'parse error at line 1, col 29: syntax error: unexpected $end, expecting , or )'],
    ['sum({a="b"})', 'parse error at line 1, col 12: syntax error: unexpected )'],
    ['{a="b"} | label_format a', 'parse error at line 1, col 25: syntax error: unexpected $end, expecting ='],
    ['{a="b"} | label_format a=5', 'parse error at line 1, col 26: syntax error: unexpected NUMBER, expecting IDENTIFIER or STRING'],
    ['{a="b"} | json a=b', 'parse error at line 1, col 18: syntax error: unexpected IDENTIFIER, expecting STRING'],
    ['{a="b"} | regexp', 'parse error at line 1, col 17: syntax error: unexpected $end, expecting STRING'],
    ['sum_over_time({a="b"} | unwrap [1m])', 'parse error at line 0, col 32: syntax error: unexpected RANGE, expecting IDENTIFIER or BYTES_CONV or DURATION_CONV or DURATION_SECONDS_CONV'],
    ['sum_over_time({a="b"} | unwrap x | json [1m])', 'parse error at line 1, col 36: syntax error: unexpected json'],
    ['{a="b"} | (x="y" or )', 'parse error at line 1, col 21: syntax error: unexpected ), expecting IDENTIFIER or ('],
    ['{a="b"} | x=ip', 'parse error at line 1, col 13: syntax error: unexpected IDENTIFIER'],
    ['{a="b"} @', 'parse error at line 1, col 9: syntax error: unexpected IDENTIFIER'],
    ['{a="$x"} | y=$z', 'parse error at line 1, col 14: syntax error: unexpected IDENTIFIER'],
    ['{a="b"} /* open', 'parse error at line 1, col 9: comment not terminated'],
    ['{a=~"["} | json |', 'parse error : error parsing regexp: missing closing ]: `[`'],
    ['{a="b"} |', 'parse error at line 1, col 10: syntax error: unexpected $end'],
    ['vector("x")', 'parse error at line 1, col 8: syntax error: unexpected STRING, expecting NUMBER'],
    ['{a="b"} or rate({a="b"}[1m])', 'parse error : unexpected type for left leg of binary operation (or): *syntax.MatchersExpr'],
    ['1 + {a="b"} | json', 'parse error : unexpected type for right leg of binary operation (+): *syntax.PipelineExpr'],
  ])('%j', (query, error) => {
    if (error === undefined) {
      expect(parse(query).problems).toEqual([]);
    } else {
      expectError(query, error);
    }
  });

  test('a number without what parts its digits', () => {
    expect(stageOf('| x > 1_000.5')).toMatchObject({ filter: { value: 1000.5, text: '1_000.5' } });
  });

  test('numbers that Loki reads otherwise', () => {
    expect(stageOf('| x > 0x1F')).toMatchObject({ filter: { value: 31 } });
  });

  test('the span of a problem is the offending token', () => {
    const { problems } = parse('{app=plain}');
    expect(problems[0]).toMatchObject({ span: { start: 5, end: 10 }, fix: { text: '"plain"', span: { start: 5, end: 10 } } });
  });

  test('several independent mistakes are all found', () => {
    const { problems } = parse('{a=b, c="d", e=} | json | level= | regexp | x="y"');
    expect(problems.map((problem) => problem.span.start)).toEqual([3, 15, 33, 42]);
  });
});

describe('stages', () => {
  test.each([
    ['|= "a" or "b" or ip("10.0.0.1")', { kind: 'lineFilter', op: '|=', operands: [{ kind: 'text', value: 'a' }, { kind: 'text', value: 'b' }, { kind: 'ip', value: '10.0.0.1' }] }],
    ['!> `x <_>`', { kind: 'lineFilter', op: '!>', operands: [{ kind: 'text', value: 'x <_>' }] }],
    ['| json', { kind: 'json', expressions: [] }],
    ['| JSON a="x.y[0]", b', { kind: 'json', expressions: [{ name: 'a', path: 'x.y[0]', bare: false }, { name: 'b', path: 'b', bare: true }] }],
    ['| logfmt --keep-empty --strict a', { kind: 'logfmt', strict: true, keepEmpty: true, expressions: [{ name: 'a', path: 'a', bare: true }] }],
    ['| label_format a=b, c="{{.d}}"', { kind: 'labelFormat', targets: [{ kind: 'rename', name: 'a', from: 'b' }, { kind: 'template', name: 'c', template: '{{.d}}' }] }],
    ['| drop a, b=~"c.*"', { kind: 'drop', labels: [{ name: 'a' }, { name: 'b', match: { op: '=~', value: 'c.*' } }] }],
    ['| distinct a, b', { kind: 'distinct', labels: ['a', 'b'] }],
    ['| distinct="a"', { kind: 'labelFilter', filter: { kind: 'string', name: 'distinct', op: '=', value: 'a' } }],
    ['| duration >= 1.5h', { kind: 'labelFilter', filter: { kind: 'duration', name: 'duration', op: '>=', value: 5400, text: '1.5h' } }],
    ['| rate == 20KiB', { kind: 'labelFilter', filter: { kind: 'bytes', name: 'rate', op: '==', value: 20480, text: '20KiB' } }],
    ['| x > -1.5e3', { kind: 'labelFilter', filter: { kind: 'number', name: 'x', op: '>', value: -1500, text: '-1.5e3' } }],
    ['| x != ip("::1")', { kind: 'labelFilter', filter: { kind: 'ip', name: 'x', op: '!=', value: '::1' } }],
    ['| d > 1d', { kind: 'labelFilter', filter: { kind: 'duration', name: 'd', op: '>', value: 86400, text: '1d' } }],
    ['|= "\\x41\\u00e9\\303\\251\\n"', { kind: 'lineFilter', op: '|=', operands: [{ kind: 'text', value: 'Aéé\n' }] }],
  ])('%s', (text, stage) => {
    expect(stageOf(text)).toEqual(stage);
  });

  const shape = (filter: unknown): string => {
    const node = filter as { kind: string; name: string; left: unknown; right: unknown };
    return node.kind === 'and' || node.kind === 'or' ? `(${shape(node.left)} ${node.kind} ${shape(node.right)})` : node.name;
  };

  test.each([
    ['a="1" or b="2" and c="3"', '(a or (b and c))'],
    ['a="1" and b="2" or c="3"', '((a and b) or c)'],
    ['a="1", b="2" or c="3"', '(a and (b or c))'],
    ['a="1" or b="2", c="3"', '(a or (b and c))'],
    ['a="1" b="2" or c="3"', '(a and (b or c))'],
    ['a="1" and b="2", c="3" or d="4"', '(a and (b and (c or d)))'],
    ['(a="1" or b="2") and c="3"', '((a or b) and c)'],
    ['a="1" or b="2" or c="3"', '((a or b) or c)'],
  ])('conditions bind as in Loki: %s', (text, expected) => {
    expect(shape((stageOf(`| ${text}`) as { filter: unknown }).filter)).toBe(expected);
  });
});

describe('metrics', () => {
  test.each([
    ['rate({a="b"}[5m] |= "x")', 'rate({a="b"} |= "x"[5m])'],
    ['rate(({a="b"} | json)[5m])', 'rate({a="b"} | json[5m])'],
    ['rate((({a="b"})[5m]))', 'rate({a="b"}[5m])'],
    ['rate({a="b"}[5m] offset 1h | json)', 'rate({a="b"} | json[5m] offset 1h0m0s)'],
    ['sum_over_time({a="b"}[5m] | unwrap x)', 'sum_over_time({a="b"} | unwrap x[5m])'],
    ['rate({a="b"}[5m] offset -90s)', 'rate({a="b"}[5m] offset -1m30s)'],
    ['SUM(Rate({a="b"}[1w])) BY (c)', 'sum by (c)(rate({a="b"}[1w]))'],
    ['sum by () (rate({a="b"}[1m]))', 'sum(rate({a="b"}[1m]))'],
    ['1 + 2 * 3 ^ 2 ^ 2', '(1 + (2 * (3 ^ (2 ^ 2))))'],
    ['1 - 2 - 3', '((1 - 2) - 3)'],
    ['vector(1) > 2 == 1', '((vector(1.000000) > 2) == 1)'],
    ['vector(1) or vector(2) and vector(3) unless vector(4)', '(vector(1.000000) or ((vector(2.000000) and vector(3.000000)) unless vector(4.000000)))'],
    ['vector(1) > bool on (a) group_left (b,c) vector(2)', '(vector(1.000000) > bool on (a) group_left (b,c) vector(2.000000))'],
    ['vector(1) * ignoring(x) vector(2)', '(vector(1.000000) * ignoring (x)  vector(2.000000))'],
    ['-1 + +2', '(-1 + 2)'],
    ['2000000 * vector(0.0000001)', '(2e+06 * vector(0.0000001))'],
    ['quantile_over_time(0.99, {a="b"} | unwrap duration(x) | __error__="" [5m]) by (c)', 'quantile_over_time(0.99,{a="b"} | unwrap duration(x) | __error__=""[5m]) by (c)'],
    ['label_replace(vector(1), "a", "$1", "b", "(.*)")', 'label_replace(vector(1.000000),"a","$1","b","(.*)")'],
    ['topk(3, vector(1)) # comment', 'topk(3,vector(1.000000))'],
    ['// first\nvector(1) /* x */ + 2', '(vector(1.000000) + 2)'],
  ])('%s', (text, expected) => {
    const { expr, problems } = parse(text);
    expect(problems.map(problemText)).toEqual([]);
    expect(print(expr!)).toBe(expected);
  });

  test('a range holds nanoseconds and the text between the brackets', () => {
    const expr = parse('rate({a="b"}[1h30m])').expr as RangeAggregation;
    expect(expr.range).toEqual({ ns: 5_400_000_000_000, text: '1h30m', span: { start: 13, end: 18 } });
  });

  test('nodes are plain data that a worker can be sent', () => {
    const { expr } = parse('sum(rate({a="b"} | json [1m])) / 2');
    expect(JSON.parse(JSON.stringify(expr))).toEqual(expr);
  });
});

describe('template variables', () => {
  test.each([
    ['{a="$x", b=~"${y:regex}", c="[[z]]"}', '{a="$x", b=~"${y:regex}", c="[[z]]"}'],
    ['{$name=$value} |= $text', '{$name=$value} |= $text'],
    ['rate({a="b"}[$__auto])', 'rate({a="b"}[$__auto])'],
    ['rate({a="b"}[${x:text}] offset $shift)', 'rate({a="b"}[${x:text}] offset $shift)'],
    ['rate({a="b"}[[[range]]])', 'rate({a="b"}[[[range]]])'],
    ['sum by ($labels) (rate({a="b"}[1m])) * $factor', '(sum by ($labels)(rate({a="b"}[1m])) * $factor)'],
    ['topk($k, vector(1))', 'topk($k,vector(1.000000))'],
    ['quantile_over_time($q, {a="b"} | unwrap $u [1m])', 'quantile_over_time($q,{a="b"} | unwrap $u[1m])'],
    ['$base | json | x > $min', '$base | json | x>$min'],
    ['{a="b"} |~ "($x"', '{a="b"} |~ "($x"'],
    ['{a=~"$x"}', '{a=~"$x"}'],
  ])('%s', (text, expected) => {
    const { expr, problems } = parse(text, { variables: true });
    expect(problems.map(problemText)).toEqual([]);
    expect(print(expr!)).toBe(expected);
    expect(print(parse(expected, { variables: true }).expr!)).toBe(expected);
  });

  test('are errors for the backend', () => {
    expect(parse('rate({a="b"}[$__auto])').expr).toBeUndefined();
    expect(parse('{a=$x}').expr).toBeUndefined();
  });
});

describe('hostile texts are refused quickly and politely', () => {
  const length = 131_000;
  test.each(['(', '{', '[', '[[', '"', '1.1', '-', 'a ', 'sum(', '1+', '1^', '/*', '${', '|', '{a="b"} | ', '| a="b" or ', 'a=1,', '\u{1f600}', '((a=1'])(
    '%j over and over',
    (unit) => {
      for (const head of ['', 'sum(', '{a="b"} | ', '{a="b"} | a=1 or ']) {
        const text = head + unit.repeat(Math.floor((length - head.length) / unit.length));
        const { expr, problems } = parse(text, { variables: true });
        expect(expr).toBeUndefined();
        expect(problems.length).toBeGreaterThan(0);
        expect(problems.length).toBeLessThanOrEqual(20);
      }
    }
  );

  test('length', () => {
    expectError('x'.repeat(131_072), 'parse error : input size too long (131072 > 131072)');
    expectError(`{a="${'é'.repeat(65_534)}"}`, 'parse error : input size too long (131074 > 131072)');
    expect(parse(`{a="${'é'.repeat(65_532)}"}`).problems).toEqual([]);
  });

  test('nesting', () => {
    expect(parse(`${'('.repeat(400)}1${')'.repeat(400)}`).problems).toEqual([]);
    expect(parse(`${'('.repeat(600)}1${')'.repeat(600)}`).problems[0].message).toMatch(/nested too deeply/);
    expect(parse(`1${' + 1'.repeat(900)}`).problems).toEqual([]);
    expect(parse(`1${' + 1'.repeat(1100)}`).problems[0].message).toMatch(/too many operators/);
  });
});

describe('format_query breaks lines where Loki does', () => {
  const filters = ['|= "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"', '|= "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"', '!= "cccccccccccccccccccccccccccccc"', '|~ "d"'];
  const rate = (name: string) => `sum by (cluster, job)(rate({${name}="${'x'.repeat(60)}"}[5m]))`;
  test.each([
    [
      `{app="a"} ${filters.join(' ')} | json | level="e"`,
      `{app="a"}\n  ${filters[0]} ${filters[1]}\n  ${filters[2]}\n  ${filters[3]}\n  | json\n  | level="e"`,
    ],
    [
      `sum by (a, b) (sum_over_time({app="${'x'.repeat(90)}"} | json | unwrap duration(d) | __error__="" [1h] offset 30m))`,
      `sum by (a, b)(\n  sum_over_time(\n    {app="${'x'.repeat(90)}"}\n      | json\n      | unwrap duration(d)\n      | __error__="" [1h] offset 30m\n  )\n)`,
    ],
    [`topk(5, ${rate('app')} > 0)`, `topk(\n  5,\n    sum by (cluster,job)(rate({app="${'x'.repeat(60)}"}[5m]))\n  >\n    0\n)`],
  ])('%s', (query, formatted) => {
    const text = printPretty(parse(query).expr!);
    expect(text).toBe(formatted);
    expect(print(parse(text).expr!)).toBe(print(parse(query).expr!));
  });

  test('backticks around the patterns of label filters that are more than texts', () => {
    const text = print(parse('{a=~"x.y"} | b=~"x.y\\\\d" | b=~"x.*" | b!~"x.y" or b=~"`."').expr!);
    expect(text).toBe('{a=~"x.y"} | b=~`x.y\\d` | b=~"x.*" | ( b!~"x.y" or b=~"`." )');
  });

  test('matching and grouping by nothing stay, and fields are written as they were', () => {
    const app = 'x'.repeat(80);
    const query = `avg_over_time({app="${app}"} | json took, code="c" | unwrap took | __error__="" [1m]) by () or on () vector(0)`;
    const text = printPretty(parse(query).expr!);
    expect(text).toBe(`  avg_over_time(\n    {app="${app}"}\n      | json took,code="c"\n      | unwrap took\n      | __error__="" [1m]\n  ) by ()\nor on () \n  vector(0.000000)`);
    expect(print(parse(text).expr!)).toBe(print(parse(query).expr!));
  });

  test('parentheses stay where the operators need them', () => {
    const [a, b, c] = ['app', 'job', 'pod'].map(rate);
    const pretty = (query: string) => printPretty(parse(query).expr!);
    expect(pretty(`${a} / ${b} + ${c}`)).not.toContain('\n(');
    expect(pretty(`(${a} + ${b}) / ${c}`)).toMatch(/^ {2}\(\n/);
    expect(pretty(`${a} - (${b} - ${c})`)).toContain('  (\n');
    expect(pretty(`${a} - ${b} - ${c}`)).not.toMatch(/^ *\(\n/);
  });
});
