import { parse, problemText } from './parser';

const empty =
  'parse error : queries require at least one regexp or equality matcher that does not have an empty-compatible value. ' +
  'For instance, app=~".*" does not meet this requirement, but app=~".+" will';

test.each([
  ['{}', empty],
  ['{a=""}', empty],
  ['{a!="x"}', empty],
  ['{a=~".*", b=~"x?"}', empty],
  ['{a!~".+"}', empty],
  ['{a=~"\\\\b"}', undefined],
  ['{a=~"^$"}', empty],
  ['{a!=""}', undefined],
  ['{a=~".+"}', undefined],
  ['{a!~".*"}', undefined],
  ['rate({a=~".*"}[1m]) + rate({a="b"}[1m])', empty],
  ['sum(1)', empty],
  ['sum(vector(1))', undefined],
  ['count_over_time({a="b"} | unwrap x [1m])', 'parse error : invalid aggregation count_over_time with unwrap'],
  ['rate_counter({a="b"}[1m])', 'parse error : invalid aggregation rate_counter without unwrap'],
  ['rate({a="b"}[1m]) by (x)', 'parse error : grouping not allowed for rate aggregation'],
  ['rate(5, {a="b"}[1m])', 'parse error : parameter 5 not supported for operation rate'],
  ['sum(5, vector(1))', 'parse error : unsupported parameter for operation sum(5,'],
  ['topk(0, vector(1))', 'parse error : invalid parameter (must be greater than 0) topk(0'],
  ['topk(1.5, vector(1))', 'parse error : invalid parameter topk(1.5,'],
  ['approx_topk(2, vector(1)) by (a)', 'parse error : grouping not allowed for approx_topk aggregation'],
  ['sort(vector(1)) by (a, b)', `parse error : sort and sort_desc doesn't allow grouping by `],
  ['sort(vector(1)) by (a)', `parse error : sort and sort_desc doesn't allow grouping by `],
  ['1 and vector(1)', 'parse error : unexpected literal for left leg of logical/set binary operation (and): 1.000000'],
  ['vector(1) or 1 + 1', 'parse error : unexpected literal for right leg of logical/set binary operation (or)'],
  ['label_replace(vector(1), "a", "b", "c", "(")', 'parse error : invalid regex in label_replace: error parsing regexp: missing closing ): `^(?:()$`'],
  ['{a="b"} | regexp "(?P<x>a)(?P<x>b)"', `parse error : invalid regexp parser: duplicate extracted label name 'x'`],
  ['{a="b"} | regexp "(?P<1>a)"', `parse error : invalid regexp parser: invalid extracted label name '1'`],
  ['{a="b"} |> "<x> y"', `parse error : stage '|> "<x> y"' : named captures are not allowed: found '<x>'`],
  ['{a="b"} | pattern ""', 'parse error : invalid pattern parser: parse error at line 1, col 1: syntax error: unexpected $end, expecting IDENTIFIER or LITERAL'],
  ['{a="b"} |> "<_><_>"', `parse error : stage '|> "<_><_>"' : found consecutive capture '<_><_>': invalid expression`],
  ['{a="b"} |~ ip("1.2.3.4")', `parse error : stage '|~ ip("1.2.3.4")' : ip: invalid operation`],
  ['{a="b"} |= "x" |~ "("', 'parse error : stage \'|= "x" |~ "("\' : error parsing regexp: missing closing ): `(`'],
  ['{a="b"} | label_format __error__="x"', `parse error : stage '| label_format __error__="x"' : __error__ cannot be formatted`],
])('%s', (query, error) => {
  const { problems } = parse(query);
  const text = problems.length === 0 ? undefined : problemText(problems[0]);
  expect(error !== undefined && text?.startsWith(error) ? error : text).toBe(error);
});

test('a syntax error is told before an error of meaning', () => {
  expect(problemText(parse('topk(vector(1)) x').problems[0])).toMatch(/line 1, col 17/);
});

test('variables are given the benefit of the doubt', () => {
  expect(parse('{a=~"$x"} | regexp "$y"', { variables: true }).problems).toEqual([]);
  expect(parse('{a!="$x"} |~ "[[y]]("', { variables: true }).problems).toEqual([]);
});

test('without variables, what looks like one is a text', () => {
  expect(parse('{a!~"[[:alpha:]]+"}').problems[0].message).toMatch(/^queries require at least one/);
  expect(parse('{a="b"} |~ "[[:alpha:]]("').problems[0].message).toMatch(/missing closing \)/);
  expect(parse('label_replace(vector(1), "a", "b", "c", "$d(")').problems[0].message).toMatch(/^invalid regex in label_replace/);
});
