import type { ScopedVars } from '@grafana/data';
import { parse } from '../logql';
import { searchWords } from './highlight';
import { withLevelRules } from './levelRules';
import { migrate, isRunnable, lineLimit, type Query } from './model';
import { prepare } from './prepare';
import { narrowingSelector } from './selector';
import { readSearch, readTerms, writeSearch } from './search';
import { parseDurationMs, stepMs } from './step';
import { forLoki, supplementaryQuery } from './supplementary';
import { migrateVariable } from './variable';

const query = (expr: string, more: Partial<Query> = {}): Query => ({ refId: 'A', expr, ...more });
const volume = { type: 'LogsVolume' } as never;
const sample = { type: 'LogsSample' } as never;

test('queries of older sources', () => {
  expect(migrate({ refId: 'A', expr: 'x', instant: true } as never)).toEqual({ refId: 'A', expr: 'x', queryType: 'instant' });
  expect(migrate({ refId: 'A', expr: 'x', range: true, instant: false } as never)).toEqual({ refId: 'A', expr: 'x', queryType: 'range' });
  expect(migrate({ refId: 'A', query: '{a="b"}' } as never)).toEqual({ refId: 'A', expr: '{a="b"}', queryType: 'range' });
  const current = query('x', { queryType: 'range' });
  expect(migrate(current)).toBe(current);
});

test('what can run, and how many lines', () => {
  expect(isRunnable(query('{a="b"}'))).toBe(true);
  expect(isRunnable(query('  '))).toBe(false);
  expect(isRunnable(query('{a="b"}', { hide: true }))).toBe(false);
  expect(lineLimit(query('x', { maxLines: 5 }), 1000)).toBe(5);
  expect(lineLimit(query('x', { maxLines: -1 }), 1000)).toBe(1000);
});

test('the histogram counts by our own level, a Loki by its labels', () => {
  const expr = supplementaryQuery(volume, query('{a="b"} |= "c"'))?.expr;
  expect(expr).toBe('sum by (__level__) (count_over_time({a="b"} |= "c" [$__interval]))');
  expect(forLoki(expr!)).toBe('sum by (level, detected_level) (count_over_time({a="b"} |= "c" [$__interval]))');
  expect(supplementaryQuery(volume, query('{a="b"} # why'))?.expr).toBe('sum by (__level__) (count_over_time({a="b"} # why\n[$__interval]))');
  expect(supplementaryQuery(volume, query('rate({a="b"}[5m])'))).toBeUndefined();
  expect(supplementaryQuery({ type: 'LogsVolume', field: 'host' } as never, query('{a="b"}'))?.expr).toBe('sum by (host) (count_over_time({a="b"} [$__interval]))');
});

test('the histogram counts by the rules of the data source, the first that matches wins', () => {
  const rules = [{ regex: '^PANIC "', level: 'critical' }, { regex: '^5', label: 'code', level: 'error' }];
  const counted = withLevelRules('sum by (__level__) (count_over_time({a="b"} | json [1m]))', rules);
  expect(parse(counted).problems).toEqual([]);
  expect(counted.split(' or ')).toEqual([
    'label_replace(label_replace(sum(count_over_time({a="b"} | json |~ "^PANIC \\"" [1m])), "level", "critical", "", ""), "rule", "0", "", "")',
    'label_replace(label_replace(sum(count_over_time({a="b"} | json !~ "^PANIC \\"" | code=~"(?s:.*(?:^5).*)" [1m])), "level", "error", "", ""), "rule", "1", "", "")',
    'sum by (__level__) (count_over_time({a="b"} | json !~ "^PANIC \\"" | code!~"(?s:.*(?:^5).*)" [1m]))',
  ]);
  const plain = 'sum by (__level__) (count_over_time({a="b"}[1m]))';
  expect(withLevelRules(plain, [{ regex: '(?<=x)y', level: 'error' }, { regex: '', level: 'error' }, { regex: 'x', label: 'no name', level: 'error' }, { regex: 'x', level: 'loud' }, { regex: '(?P<a>x)', level: 'error' }])).toBe(plain);
});

test('the sample is the log part of a metric query', () => {
  expect(supplementaryQuery(sample, query('sum(rate({a="b"} | json [5m])) / 2'))).toMatchObject({ expr: '{a="b"} | json', maxLines: 100, refId: 'log-sample-A' });
  expect(supplementaryQuery(sample, query('{a="b"}'))).toBeUndefined();
  expect(supplementaryQuery({ type: 'Other' } as never, query('{a="b"}'))).toBeUndefined();
});

test.each([
  ['{a="b"} |= "x.y"', ['x\\.y']],
  ['{a="b"} |~ "(?i)err" != "no"', ['(?i)err']],
  ['{a="b"} |= "x" or "y"', ['x', 'y']],
  ['{a="b"} |> "<_> took <_> ms"', [' took ', ' ms']],
  ['rate({a="b"} |= "x"[1m])', ['x']],
  ['{a="b"} |= ""', []],
  ['{broken', []],
])('words to mark in %s', (expr, words) => {
  expect(searchWords(expr)).toEqual(words);
});

test.each([
  [{ intervalMs: 1000, rangeMs: 3_600_000 }, 1000],
  [{ intervalMs: 1000, rangeMs: 3_600_000, resolution: 5 }, 5000],
  [{ intervalMs: 1000, rangeMs: 3_600_000, step: '30s' }, 30_000],
  [{ intervalMs: 1000, rangeMs: 3_600_000, step: 'rubbish' }, 1000],
  [{ intervalMs: 1, rangeMs: 110_000_001 }, 10_001],
])('step of %j', (input, expected) => {
  expect(stepMs(input)).toBe(expected);
});

test.each([['1h30m', 5_400_000], ['1.5s', 1500], ['30', 30_000], ['1x', undefined], ['', undefined]])('duration %s', (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms);
});

test('a query is made ready', () => {
  const context = {
    rangeMs: 3_600_000, intervalMs: 15_000, scopedVars: {}, addFilters: (expr: string) => expr,
    replace: (text: string, vars: ScopedVars = {}) => text.replace(/\$(\w+)/g, (whole, name) => String(vars[name]?.value ?? whole)),
  };
  expect(prepare(query('rate({a="b"}[$__auto])'), context)).toMatchObject({ expr: 'rate({a="b"}[15s])', kind: 'metric', instant: false, stepMs: 15_000 });
  expect(prepare(query('rate({a="b"}[$__auto])', { queryType: 'instant' }), context)).toMatchObject({ expr: 'rate({a="b"}[1h])', instant: true });
  expect(prepare(query('{a="b"}', { queryType: 'instant' }), context)).toMatchObject({ kind: 'log', instant: false });
});

const binocle = { levelLabel: '__level__', everywhere: true };

test.each([
  ['timeout -health', '{job="x"} |~ "(?i)timeout" !~ "(?i)health"'],
  ['"connection refused" 10.0.0.1', '{job="x"} |~ "(?i)connection refused" |~ "(?i)10\\\\.0\\\\.0\\\\.1"'],
  ['', '{job="x"}'],
])('search %s', (text, expr) => {
  const search = { matchers: [{ name: 'job', op: '=' as const, value: 'x' }], text, levels: [], more: [] };
  expect(writeSearch(search, binocle)).toBe(expr);
  expect(readSearch(expr)).toEqual(search);
});

test.each([
  [[{ name: 'a', op: '=' as const, value: 'b' }, { name: 'c', op: '!=' as const, value: 'd' }], '{a="b", c!="d"}'],
  // A selector without a label that must be there is refused by servers.
  [[{ name: 'c', op: '!=' as const, value: 'd' }], undefined],
  [[{ name: 'c', op: '=~' as const, value: '.*' }], undefined],
  [[{ name: 'a', op: '=' as const, value: '$host' }, { name: '', op: '=' as const, value: 'x' }], undefined],
])('narrowing by %j', (matchers, expected) => {
  expect(narrowingSelector(matchers)).toBe(expected);
});

test('a search without labels goes through all streams, where there is a label that all have', () => {
  const search = { matchers: [{ name: '', op: '=' as const, value: '' }], text: 'boom', levels: [], more: [] };
  expect(writeSearch(search, binocle)).toBe('{service_name=~".+"} |~ "(?i)boom"');
  expect(readSearch('{service_name=~".+"} |~ "(?i)boom"')).toEqual(search);
  expect(writeSearch(search, { levelLabel: 'detected_level', everywhere: false })).toBe('');
  expect(writeSearch({ ...search, text: ' ' }, binocle)).toBe('');
  // What a label is not is no selector by itself.
  const other = { ...search, matchers: [{ name: 'job', op: '!=' as const, value: 'x' }] };
  expect(writeSearch(other, binocle)).toBe('{service_name=~".+", job!="x"} |~ "(?i)boom"');
  expect(readSearch('{service_name=~".+", job!="x"} |~ "(?i)boom"')).toEqual(other);
  expect(readSearch('{service_name=~".+", job="x"}')?.matchers).toHaveLength(2);
  expect(writeSearch({ ...search, text: '', levels: ['error'] }, binocle)).toBe('{service_name=~".+"} | __level__=~"error"');
});

test.each([
  ['{job="x"} |~ "(?i)a" | json | status="500" |~ "(?i)b"', 'a b', ['| json', '| status="500"'], '{job="x"} |~ "(?i)a" |~ "(?i)b" | json | status="500"'],
  ['{job="x"} | line_format "{{.msg}}" |~ "(?i)b"', '', ['| line_format "{{.msg}}"', '|~ "(?i)b"'], '{job="x"} | line_format "{{.msg}}" |~ "(?i)b"'],
  ['{job="x"} |= "Exact" | tenant="a"', '', ['|= "Exact"', '| tenant="a"'], '{job="x"} |= "Exact" | tenant="a"'],
])('what a search box has no words for stays beside them: %s', (expr, text, more, written) => {
  const search = readSearch(expr)!;
  expect(search).toMatchObject({ text, more, levels: [] });
  expect(writeSearch(search, binocle)).toBe(written);
});

test('a search with levels, and queries that are no search', () => {
  const expr = '{job="x"} |~ "(?i)a" | __level__=~"error|critical"';
  expect(readSearch(expr)).toEqual({ matchers: [{ name: 'job', op: '=', value: 'x' }], text: 'a', levels: ['error', 'critical'], more: [] });
  expect(writeSearch(readSearch(expr)!, binocle)).toBe(expr);
  expect(readSearch('{job="x"} | __level__="error"')?.levels).toEqual(['error']);
  for (const more of ['rate({job="x"}[1m])', '{job=']) {
    expect(readSearch(more)).toBeUndefined();
  }
  expect(readTerms('"unfinished phrase')).toEqual([{ text: 'unfinished phrase', exclude: false }]);
});

test.each([
  ['label_names()', { type: 0 }],
  ['label_values(job)', { type: 1, label: 'job' }],
  ['label_values({a="b", c="d"}, host)', { type: 1, label: 'host', stream: '{a="b", c="d"}' }],
  ['{a="b"}', { type: 2, stream: '{a="b"}' }],
  [{ refId: 'x', type: 1, label: 'job' } as never, { refId: 'x', type: 1, label: 'job' }],
])('variable %j', (text, expected) => {
  expect(migrateVariable(text)).toMatchObject(expected);
});
