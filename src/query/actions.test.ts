import { FieldType, type DataFrame, type Scope } from '@grafana/data';
import { applyAction, hasFilter, toggleFilter } from './actions';
import { addAdHocFilters, scopeFilters, selectorOf } from './adhoc';
import type { Query } from './model';

const query = (expr: string): Query => ({ refId: 'A', expr });

/** A frame whose rows have one label of each origin. */
const frame: DataFrame = {
  length: 1,
  fields: [{ name: 'labelTypes', type: FieldType.other, config: {}, values: [{ host: 'I', trace: 'S', status: 'P' }] }],
};

test.each([
  ['ADD_FILTER', { key: 'host', value: 'web1' }, '{job="x"} | json', '{job="x", host="web1"} | json'],
  ['ADD_FILTER', { key: 'status', value: '500' }, '{job="x"} | json', '{job="x"} | json | status="500"'],
  ['ADD_FILTER', { key: 'trace', value: 'abc' }, '{job="x"}', '{job="x"} | trace="abc"'],
  ['ADD_FILTER_OUT', { key: 'host', value: 'web1' }, 'rate({job="x"}[5m])', 'rate({job="x", host!="web1"}[5m])'],
  ['ADD_FILTER', { key: 'host', value: 'web1' }, '', '{host="web1"}'],
  ['ADD_STRING_FILTER', { value: 'GET /' }, '{job="x"} | json', '{job="x"} |= "GET /" | json'],
  ['ADD_STRING_FILTER_OUT', { value: 'GET /' }, '{job="x"}', '{job="x"} != "GET /"'],
  ['ADD_JSON_PARSER', {}, '{job="x"}', '{job="x"} | json'],
  ['ADD_LOGFMT_PARSER', {}, 'rate({job="x"}[5m])', 'rate({job="x"} | logfmt [5m])'],
  ['ADD_NO_PIPELINE_ERROR', {}, '{job="x"} | json', '{job="x"} | json | __error__=""'],
  ['ADD_LEVEL_LABEL_FORMAT', { originalLabel: 'lvl', renameTo: 'level' }, '{job="x"} | logfmt', '{job="x"} | logfmt | label_format level=lvl'],
  ['ADD_RATE', {}, '{job="x"}', 'sum(rate({job="x"} [$__auto]))'],
  ['__proto__', {}, '{job="x"}', '{job="x"}'],
  ['ADD_FILTER', { key: 'a', value: 'b' }, '{job=', '{job='],
])('%s %j', (type, options, expr, expected) => {
  expect(applyAction(query(expr), { type, options: options as Record<string, string>, frame }).expr).toBe(expected);
});

test('without a row, a parser decides where a filter goes', () => {
  const action = { type: 'ADD_FILTER', options: { key: 'status', value: '500' } };
  expect(applyAction(query('{job="x"} | json'), action).expr).toBe('{job="x"} | json | status="500"');
  expect(applyAction(query('{job="x"}'), action).expr).toBe('{job="x", status="500"}');
});

test('without a row, where the label came from in lines that were shown', () => {
  const seen = new Map([['tenant', 'S' as const], ['host', 'I' as const]]);
  const options = { key: 'tenant', value: 'a' };
  expect(applyAction(query('{job="x"}'), { type: 'ADD_FILTER', options }, seen).expr).toBe('{job="x"} | tenant="a"');
  expect(toggleFilter(query('{job="x"}'), { type: 'FILTER_OUT', options }, seen).expr).toBe('{job="x"} | tenant!="a"');
  expect(applyAction(query('{job="x"} | json'), { type: 'ADD_FILTER', options: { key: 'host', value: 'b' } }, seen).expr).toBe('{job="x", host="b"} | json');
});

test('the plus button switches on, off and round', () => {
  const options = { key: 'host', value: 'web1' };
  const on = toggleFilter(query('{job="x"}'), { type: 'FILTER_FOR', options, frame });
  expect(on.expr).toBe('{job="x", host="web1"}');
  expect(hasFilter(on, options)).toBe(true);
  expect(toggleFilter(on, { type: 'FILTER_FOR', options, frame }).expr).toBe('{job="x"}');
  expect(toggleFilter(on, { type: 'FILTER_OUT', options, frame }).expr).toBe('{job="x", host!="web1"}');
});

test('ad hoc filters go into every selector, numbers behind the pipeline', () => {
  const filters = [
    { key: 'host', operator: '=', value: 'web1' },
    { key: 'took', operator: '>', value: '10' },
    { key: 'env', operator: '=|', value: 'a', values: ['a.b', 'c'] },
    { key: '', operator: '=', value: 'unfinished' },
  ];
  const streamLabels = new Set(['host', 'env', 'job']);
  expect(addAdHocFilters('sum(rate({job="x"}[5m])) / sum(rate({job="y"}[5m]))', filters, streamLabels)).toBe(
    'sum(rate({job="x", host="web1", env=~"a\\\\.b|c"} | took>10 [5m])) / sum(rate({job="y", host="web1", env=~"a\\\\.b|c"} | took>10 [5m]))'
  );
  expect(addAdHocFilters('{job="x"} | json', [{ key: 'status', operator: '=~', value: '5..' }], streamLabels)).toBe('{job="x"} | json | status=~"5.."');
  expect(selectorOf(filters, new Set(['host', 'env']))).toBe('{host="web1", env=~"a\\\\.b|c"}');
  // A parsed field says nothing of streams.
  expect(selectorOf(filters, new Set(['host']))).toBe('{host="web1"}');
  expect(selectorOf([], new Set())).toBeUndefined();
});

test('scopes are filters', () => {
  const filters = [{ key: 'job', operator: 'equals', value: 'x' }, { key: 'host', operator: 'not-one-of', value: 'a', values: ['a', 'b'] }, { key: 'env', operator: 'regex-match', value: 'p.*' }];
  const scopes = [{ metadata: { name: 's' }, spec: { title: 's', type: '', description: '', category: '', filters } }, { metadata: { name: 'not loaded yet' } }] as unknown as Scope[];
  expect(addAdHocFilters('{a="b"}', scopeFilters(scopes), new Set(['job', 'host', 'env']))).toBe('{a="b", job="x", host!~"a|b", env=~"p.*"}');
  expect(scopeFilters(undefined)).toEqual([]);
});
