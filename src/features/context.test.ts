import { FieldType, type DataFrame, type LogRowModel } from '@grafana/data';
import { of } from 'rxjs';
import { levelFinder } from '../frames/levels';
import { levelOfLine } from '../levels/levels';
import type { WireEntry } from '../wire';
import { contextExpr, contextLabels, contextQuery, logContext, scopeOf } from './context';
import { linesOf, MinuteLog, start, stats } from './testLog';

const findLevel = levelFinder([], levelOfLine);
const dataFrame: DataFrame = { length: 1, fields: [{ name: 'labelTypes', type: FieldType.other, config: {}, values: [{ job: 'I', hostname: 'I', filename: 'I', status: 'P' }] }] };
const row = { dataFrame, rowIndex: 0, timeEpochNs: `${start}000000`, raw: `line ${start}`, labels: { job: 'x', hostname: 'web1', filename: 'C:\\a', status: '500' } } as unknown as LogRowModel;

test.each([
  ['stream', '{job="x", hostname="web1", filename="C:\\\\a"}'],
  ['file', '{filename="C:\\\\a"}'],
  ['host', '{hostname="web1"}'],
] as const)('of the same %s', (scope, expr) => {
  expect(contextExpr(row, { scope })).toBe(expr);
});

test.each([
  ['without one of them', { scope: 'stream', labels: ['job', 'filename'] }, '', '{job="x", filename="C:\\\\a"}'],
  ['with one more than the scope has', { scope: 'host', labels: ['job', 'hostname'] }, '{env=~"a|b"} | drop env', '{job="x", hostname="web1"}'],
  ['what the query says of labels that the row lost stays with the stream', { scope: 'stream', labels: ['job'] }, '{env=~"a|b"} | drop env', '{job="x", env=~"a|b"}'],
  ['a row that has none of them, as when more lines are loaded', { scope: 'stream', labels: ['other'] }, '', '{job="x", hostname="web1", filename="C:\\\\a"}'],
] as const)('of labels chosen one by one, %s', (_, choice, query, expr) => {
  expect(contextExpr(row, choice, query)).toBe(expr);
});

test.each([
  ['all of them are the stream', { scope: 'file', labels: ['job', 'hostname', 'filename'] }, 'stream'],
  ['the one of the file is the file', { scope: 'stream', labels: ['filename'] }, 'file'],
  ['the one of the host is the host', { scope: 'file', labels: ['hostname'] }, 'host'],
] as const)('labels chosen one by one ask as the scope does that they are: %s', (_, choice, scope) => {
  const query = '{env=~"a|b"} | drop env';
  expect(scopeOf(row, choice)).toBe(scope);
  expect(contextExpr(row, choice, query)).toBe(contextExpr(row, { scope }, query));
});

test('labels that no scope has are none; a scope that the row has no label for is its stream', () => {
  expect(scopeOf(row, { scope: 'file', labels: ['job', 'filename'] })).toBeUndefined();
  expect(scopeOf({ ...row, labels: { job: 'x' } } as unknown as LogRowModel, { scope: 'file' })).toBe('stream');
});

test('a row with the label of its file alone has its file wider than its stream', () => {
  const only = { ...row, labels: { filename: '/a' } } as unknown as LogRowModel;
  const query = '{host="h"} | drop host';
  expect([scopeOf(only, { scope: 'file' }), contextExpr(only, { scope: 'file' }, query)]).toEqual(['file', '{filename="/a"}']);
  expect([scopeOf(only, { scope: 'stream' }), contextExpr(only, { scope: 'stream' }, query)]).toEqual(['stream', '{filename="/a", host="h"}']);
});

test('labels in effect', () => {
  expect(contextLabels(row, { scope: 'stream' })).toEqual(['job', 'hostname', 'filename']);
  expect(contextLabels(row, { scope: 'file' })).toEqual(['filename']);
  expect(contextLabels(row, { scope: 'file', labels: ['filename', 'job'] })).toEqual(['job', 'filename']);
});

test('before and after, without the line itself', async () => {
  const api = new MinuteLog();
  const own = { ...row, timeEpochNs: `${Math.ceil(start / 60_000) * 60_000}000000`, raw: `line ${Math.ceil(start / 60_000) * 60_000}` };
  const deps = { api, findLevel, legacyFrames: false, scope: 'stream' as const, fill: (expr: string) => expr };
  const forward = linesOf(await logContext(own, { direction: 'FORWARD' as never, limit: 3 }, undefined, deps));
  const backward = linesOf(await logContext(own, { direction: 'BACKWARD' as never, limit: 3 }, undefined, deps));
  expect(forward).toHaveLength(3);
  expect(backward).toHaveLength(3);
  // Both sides newest first: Grafana puts them above and below the row as they come, and asks on from the first and the last.
  const minutes = [3, 2, 1, -1, -2, -3].map((minute) => `line ${Math.ceil(start / 60_000) * 60_000 + minute * 60_000}`);
  expect([...forward, ...backward]).toEqual(minutes);
});

test('lines of the same moment are newest first as well', async () => {
  const api = new MinuteLog();
  const ns = `${start + 1000}000000`;
  const values: WireEntry[] = [[ns, 'Traceback'], [ns, '  File'], [ns, 'ValueError']];
  jest.spyOn(api, 'queryRange').mockReturnValue(of({ status: 'success', data: { resultType: 'streams', stats, result: [{ stream: { job: 'x' }, values }] } }));
  const after = await logContext(row, { direction: 'FORWARD' as never }, undefined, { api, findLevel, legacyFrames: false, scope: 'stream', fill: (expr) => expr });
  expect(linesOf(after)).toEqual(['ValueError', '  File', 'Traceback']);
});

test.each([
  ['filters and parsers are left out', '{job="x"} |= "a" | json | status="500"', '{job="x", hostname="web1", filename="C:\\\\a"}'],
  ['lines written anew have neighbours written the same way', '{job="x"} |= "a" | json | status="500" | line_format "{{.msg}}"', '{job="x", hostname="web1", filename="C:\\\\a"} | json | line_format "{{.msg}}"'],
  ['what the query says of labels that the row lost', 'sum(rate({env=~"a|b", job!="y"} | drop env [1m]))', '{job="x", hostname="web1", filename="C:\\\\a", env=~"a|b"}'],
  ['a query that cannot be read', '{job=', '{job="x", hostname="web1", filename="C:\\\\a"}'],
])('%s', (_, expr, expected) => {
  expect(contextExpr(row, { scope: 'stream' }, expr)).toBe(expected);
});

test('a row without labels is looked up by the selector of its query', async () => {
  const api = new MinuteLog();
  const bare = { ...row, labels: {} } as LogRowModel;
  const fill = (expr: string) => expr.replace('$job', 'x');
  const query = { refId: 'A', expr: '{job="$job"} | keep msg', datasource: { uid: 'u', type: 't' } };
  await logContext(bare, {}, query, { api, findLevel, legacyFrames: false, scope: 'stream', fill });
  expect(api.asked[0].expr).toBe('{job="x"}');
  expect(contextQuery(bare, {}, query, { scope: 'stream', fill }, { uid: 'own', type: 'own' })).toMatchObject({ expr: '{job="x"}', queryType: 'range', datasource: { uid: 'u' } });
  // Grafana opens it in a split pane by its data source, also for a query that names none.
  expect(contextQuery(bare, {}, { ...query, datasource: undefined }, { scope: 'stream', fill }, { uid: 'own', type: 'own' }).datasource).toEqual({ uid: 'own', type: 'own' });
});
