import { completeAt, type CompleteDeps } from './complete';
import type { LabelSource } from './LabelSource';
import { callAround, tokenizeLine } from './language';

const source: LabelSource = {
  labels: async (selector) => (selector ? ['job', 'host'] : ['job', 'host', 'env']),
  values: async (name) => (name === 'job' ? ['nginx', 'app "x"'] : []),
  weightedValues: async (name, selector) => (name === 'job' ? [{ name: 'nginx', weight: 2000 }, { name: 'app "x"' }] : selector === '{job="nginx"}' ? [{ name: 'web1' }] : [{ name: 'web1' }, { name: 'web2' }]),
  series: async () => [],
  fields: async () => [{ name: 'status', type: 'int', parsers: ['json'] }],
  stats: async () => ({ bytes: 0, entries: 0, streams: 0 }),
  flavour: async () => 'binocle',
};
const broken = new Proxy(source, { get: () => () => Promise.reject(new Error('unreachable')) });

/** Completes at the bar and answers labels; and what the first item makes of the text. */
async function complete(marked: string, deps: Partial<CompleteDeps> = {}) {
  const offset = marked.indexOf('¦');
  const text = marked.replace('¦', '');
  const { items, start, end } = await completeAt(text, offset, { source, variables: () => ['host'], history: () => ['{old="query"}'], ...deps });
  return { labels: items.map((item) => item.label), items, first: items[0] && text.slice(0, start) + items[0].insert + text.slice(end) };
}

test.each([
  ['¦', ['{old="query"}', '{…} log streams', 'rate']],
  ['{¦', ['job', 'host', 'env']],
  ['{job="nginx", ¦}', ['host']],
  ['{job=¦', ['nginx', 'app "x"', '$host']],
  ['{host="¦", job="nginx"}', ['web1', '$host']],
  ['{job="nginx"} ¦', ['|= contains', '| json']],
  ['{job="nginx"} | ¦', ['json', 'logfmt', 'pattern']],
  ['{job="nginx"} | json | ¦', ['status', 'job', 'json']],
  ['rate({job="nginx"}[¦', ['$__auto', '$__interval', '5m', '$host']],
  ['sum by (¦) (rate({job="nginx"} | json [5m]))', ['status', 'job']],
  ['rate({job="nginx"}[5m]) ¦', ['+', 'and']],
  ['sum(¦', ['rate', 'count_over_time', '{…} log streams']],
])('%s offers %j', async (marked, expected) => {
  expect((await complete(marked)).labels).toEqual(expect.arrayContaining(expected));
});

test('items fit where they go', async () => {
  expect((await complete('{¦')).first).toBe('{job=""');
  expect((await complete('{job="n¦"}')).first).toBe('{job="nginx"}');
  expect((await complete('{job=¦}')).first).toBe('{job="nginx"}');
  expect((await complete('{job="¦')).first).toBe('{job="nginx"');
  const values = await complete('{job="¦"}');
  expect(values.items[1].insert).toBe('app \\"x\\"');
  expect(values.items[0].detail).toBe('2.0kB');
  expect((await complete('{job="nginx"} ¦')).labels[0]).toBe('|= contains');
});

test('a parser that fits the lines comes first', async () => {
  const { items } = await complete('{job="nginx"} | ¦');
  expect(items[0]).toMatchObject({ label: 'json', detail: 'fits these lines' });
});

test('without the server, the language still completes', async () => {
  expect((await complete('{¦', { source: broken })).labels).toEqual([]);
  expect((await complete('{job="x"} | ¦', { source: broken })).labels).toContain('json');
});

test('the function around the cursor', () => {
  expect(callAround('quantile_over_time(0.9, {', 24)).toMatchObject({ found: { name: 'quantile_over_time' }, commas: 1 });
  expect(callAround('sum by (a) (', 12)).toBeUndefined();
  expect(callAround('topk(3, rate({a="b"}[1m]', 24)).toMatchObject({ found: { name: 'rate' } });
  expect(callAround('{a="b"}', 7)).toBeUndefined();
});

test('colours of lines, also inside a text in backticks over several lines', () => {
  const start = { inRaw: false, clone: () => start, equals: () => true };
  const one = tokenizeLine('rate({job="x"} |= `a', start);
  expect(one.tokens.map((token) => token.scopes).filter(Boolean)).toEqual(['type', 'delimiter', 'delimiter', 'variable', 'delimiter', 'string', 'delimiter', 'delimiter', 'string']);
  const two = tokenizeLine('b` [5m]) # why', one.endState);
  expect(two.tokens.map((token) => token.scopes).filter(Boolean)).toEqual(['string', 'number', 'delimiter', 'comment']);
});
