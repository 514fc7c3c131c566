import { Situation, situationAt } from './situation';

/** `¦` marks the cursor. */
function at(marked: string): Situation {
  return situationAt(marked.replace('¦', ''), marked.indexOf('¦'));
}

test.each([
  ['¦', 'empty'],
  ['  ¦', 'empty'],
  ['s¦', 'query'],
  ['{¦', 'labelName'],
  ['{ap¦}', 'labelName'],
  ['{app="x", ¦}', 'labelName'],
  ['{app¦ ="x"}', 'labelName'],
  ['{app ¦', 'labelOp'],
  ['{app!¦', 'labelOp'],
  ['{app=¦}', 'labelValue'],
  ['{app="¦"}', 'labelValue'],
  ['{app="¦', 'labelValue'],
  ['{app="x"}¦', 'afterLog'],
  ['{app="x"} | json ¦', 'afterLog'],
  ['{app="x"} | json | level="e" ¦', 'afterLog'],
  ['rate({app="x"} ¦', 'afterLog'],
  ['{app="x"} |¦', 'stage'],
  ['{app="x"} | js¦', 'stage'],
  ['{app="x"} | json | a="b" or ¦', 'fieldName'],
  ['{app="x"} | json | level ¦', 'fieldOp'],
  ['{app="x"} | json | level=¦', 'fieldValue'],
  ['{app="x"} | json | level=~"¦"', 'fieldValue'],
  ['{app="x"} |= "¦', 'lineFilter'],
  ['{app="x"} |= "a" or ¦', 'lineFilter'],
  ['{app="x"} | regexp "¦"', 'regexp'],
  ['{app="x"} | pattern `¦`', 'pattern'],
  ['{app="x"} | line_format "¦"', 'template'],
  ['{app="x"} | label_format a="¦"', 'template'],
  ['{app="x"} | json a="¦"', 'path'],
  ['{app="x"} | json a, ¦', 'extract'],
  ['{app="x"} | label_format ¦', 'format'],
  ['{app="x"} | label_format a=¦', 'formatValue'],
  ['{app="x"} | drop a, ¦', 'labels'],
  ['{app="x"} | distinct ¦', 'distinct'],
  ['sum_over_time({app="x"} | unwrap ¦', 'unwrap'],
  ['rate({app="x"}[¦', 'range'],
  ['rate({app="x"}[5¦])', 'range'],
  ['rate({app="x"}[5m] offset ¦', 'offset'],
  ['sum by (¦) (rate({app="x"}[5m]))', 'grouping'],
  ['sum(rate({app="x"}[5m])) by (a, ¦)', 'grouping'],
  ['sum(¦', 'query'],
  ['rate(¦', 'query'],
  ['1 + ¦', 'modifier'],
  ['sum(rate({app="x"}[5m])) ¦', 'afterMetric'],
  ['{app="x"} | logfmt --st¦', 'afterLog'],
  ['# note ¦', 'none'],
  ['{app="x"} ) ¦', 'none'],
])('%s is %s', (marked, kind) => {
  expect(at(marked).kind).toBe(kind);
});

test.each([
  ['{app="pr¦od"}', 'pr', 6, 10],
  ['{app="pr¦', 'pr', 6, 8],
  ['{ap¦p}', 'ap', 1, 4],
  ['rate({a="b"}[5¦m])', '5', 13, 15],
  ['{a="b"} | js¦ | x="y"', 'js', 10, 12],
  ['{a="b"} | logfmt --st¦', '--st', 17, 21],
  ['{a="b"} | logfmt --strict -¦', '-', 26, 27],
])('what an item replaces in %s', (marked, typed, start, end) => {
  expect(at(marked)).toMatchObject({ typed, replace: { start, end } });
});

test('the other matchers, on both sides', () => {
  const { matchers, name, op, quoted, unclosed } = at('{app="x", env=~"p¦", host!="h"}');
  expect(matchers.map((matcher) => `${matcher.name}${matcher.op}${matcher.value}`)).toEqual(['app=x', 'host!=h']);
  expect({ name, op, quoted, unclosed }).toEqual({ name: 'env', op: '=~', quoted: true, unclosed: false });
  expect(at('{env="¦').unclosed).toBe(true);
});

test.each([
  ['{a="b"} |= "x" | json | ¦', '{a="b"} |= "x" | json'],
  ['{a="b"} | json | lev¦ | x="y"', '{a="b"} | json'],
  ['sum(rate({a="b"} | json | x=¦ [5m]))', '{a="b"} | json'],
  ['sum by (¦) (rate({a="b"} | json[5m]))', '{a="b"} | json'],
  ['rate({a="b"}[1m]) / rate({c="d"} | logfmt ¦', '{c="d"} | logfmt'],
  ['{a="b"} | json | ("¦', '{a="b"} | json'],
])('the log query to take samples from: %s', (marked, log) => {
  expect(at(marked).log?.text).toBe(log);
});

test('fields that earlier stages make, names already listed, the function around', () => {
  expect(at('{a="b"} | pattern "<x> <_> <y>" | label_format z=x | drop y | ¦').log?.fields).toEqual(['z']);
  expect(at('sum by (p, q, ¦').used).toEqual(['p', 'q']);
  expect(at('sum by (p) (rate(¦').inFunction).toBe('rate');
  expect(at('sum by (p) (¦').inFunction).toBe('sum');
  expect(at('topk(5, ¦').inFunction).toBe('topk');
  expect(at('rate({a="b"}[1m]) ¦').inFunction).toBeUndefined();
});

test('everything else that fits is listed', () => {
  expect(at('rate({a="b"} | json ¦').sites).toEqual(['extractName', 'lineFilter', 'stage', 'range']);
});
