import { exportAbstract, importAbstract, literalsOf, matchersOf, selectorText, toLogMatchers, toMetricMatchers, type LabelMatcher } from './apply';
import type { LabelPair } from './rules';

const port: LabelPair = { log: 'hostname', metric: 'instance', rule: 'without-port', side: 'metric' };
const short: LabelPair = { log: 'host', metric: 'instance', rule: 'short-host', side: 'metric' };
const pod: LabelPair = { log: 'pod', metric: 'pod', rule: 'equal' };
const slash: LabelPair = { log: 'container_name', metric: 'name', rule: 'regex', pattern: '/([^/]+)', replacement: '$1', side: 'log' };
const url: LabelPair = { log: 'vhost', metric: 'instance', rule: 'regex', pattern: '[a-z][a-z0-9+.-]*://(?:[^/@]*@)?([^/:?#]+)(?::[0-9]+)?(?:[/?#].*)?', replacement: '$1', side: 'metric' };
const ec2: LabelPair = { log: 'node', metric: 'instance', rule: 'regex', pattern: '(?:ip-)?([0-9]{1,3})[-.]([0-9]{1,3})[-.]([0-9]{1,3})[-.]([0-9]{1,3})(?:\\.[a-z][a-z0-9.-]*)?(?::[0-9]+)?', replacement: '$1.$2.$3.$4', side: 'both' };

const parse = (text: string): LabelMatcher => {
  const [, name, op, value] = /^(\w+)(=~|!~|!=|=)(.*)$/s.exec(text) ?? [];
  return { name, op: op as LabelMatcher['op'], value };
};
const print = ({ name, op, value }: LabelMatcher) => `${name}${op}${value}`;

describe('from logs to metrics', () => {
  test.each<[string, LabelPair[], string | undefined]>([
    ['hostname=web1', [port], 'instance=~web1(:[0-9]+)?'],
    ['hostname=10.0.0.7', [port], 'instance=~10\\.0\\.0\\.7(:[0-9]+)?'],
    ['hostname=fe80::1', [port], 'instance=~\\[?fe80::1\\]?(:[0-9]+)?'],
    ['hostname=~web1|web2', [port], 'instance=~web1(:[0-9]+)?|web2(:[0-9]+)?'],
    ['hostname=~(web1|web2)', [port], 'instance=~web1(:[0-9]+)?|web2(:[0-9]+)?'],
    ['hostname=~.+', [port], 'instance=~.+'],
    ['hostname=~web.*', [port], 'instance=~web.*'],
    ['hostname=~web1.+|web2', [port], undefined],
    ['hostname!=web1', [port], undefined],
    ['hostname=~(a+)+', [port], undefined],
    ['hostname=', [port], undefined],
    ['host=web1', [short], 'instance=~web1(\\.[^:]+)?(:[0-9]+)?'],
    ['host=web1.example.com', [short], 'instance=~web1(\\.example\\.com)?(:[0-9]+)?'],
    ['host=10.0.0.7', [short], 'instance=~10\\.0\\.0\\.7(:[0-9]+)?'],
    ['pod=web-0', [pod], 'pod=web-0'],
    ['pod!~web.*', [pod], 'pod!~web.*'],
    ['container_name=/nginx', [slash], 'name=nginx'],
    ['vhost=shop.example.com', [url], 'instance=~[a-z][a-z0-9+.-]*://(?:[^/@]*@)?shop\\.example\\.com(?::[0-9]+)?(?:[/?#].*)?'],
    ['job=nginx', [port], undefined],
  ])('%s becomes %s', (from, map, to) => {
    const { matchers } = toMetricMatchers([parse(from)], map);
    expect(matchers.map(print)).toEqual(to === undefined ? [] : [to]);
  });
});

describe('from metrics to logs', () => {
  test.each<[string, LabelPair[], string | undefined]>([
    ['instance=web1:9100', [port], 'hostname=web1'],
    ['instance=[fe80::1]:9100', [port], 'hostname=fe80::1'],
    ['instance=~web1:.*', [port], 'hostname=web1'],
    ['instance=~web1.+', [port], 'hostname=~web1.*'],
    ['instance=~web1(:[0-9]+)?|web2:9100', [port], 'hostname=~web1|web2'],
    ['instance=~(web1|web2):9100', [port], 'hostname=~web1|web2'],
    ['instance=web1.example.com:9100', [short], 'host=web1'],
    ['instance=web1:9100', [{ ...port, side: 'both' }], 'hostname=~web1(:[0-9]+)?'],
    ['instance=win-a:9182', [{ ...port, ignoreCase: true }], 'hostname=~(?i)win-a'],
    ['instance=https://shop.example.com/health', [url], 'vhost=shop.example.com'],
    ['name=nginx', [slash], 'container_name=/nginx'],
    ['__name__=node_load1', [port], undefined],
  ])('%s becomes %s', (from, map, to) => {
    const { matchers } = toLogMatchers([parse(from)], map);
    expect(matchers.map(print)).toEqual(to === undefined ? [] : [to]);
  });
});

/** What a rule carries over must match what it came from, whatever the value. */
test('a pattern that is carried over matches the partner', () => {
  const partners: Array<[LabelPair, string, string]> = [
    [port, 'web1', 'web1:9100'], [port, 'a.b-c_d', 'a.b-c_d:80'], [port, '::1', '[::1]:9100'], [short, 'web1', 'web1.example.com:9100'], [short, 'web1.example.com', 'web1'],
    [url, 'x.org', 'https://u:p@x.org:8443/a?b#c'], [ec2, 'ip-10-0-1-5.eu-west-1.compute.internal', '10.0.1.5:9100'], [slash, '/nginx', 'nginx'],
    [{ log: 'pod', metric: 'deployment', rule: 'regex', pattern: '(.+?)(?:-[a-z0-9]{6,10})?-[a-z0-9]{5}', replacement: '$1', side: 'log' }, 'web-5d9f8b7c6d-x2x4z', 'web'],
    [{ log: 'job', metric: 'job', rule: 'regex', pattern: '(.+?)logs(?::[0-9]+)?', replacement: '$1', side: 'log' }, 'nginxlogs', 'nginx'],
  ];
  const accepts = ({ op, value }: LabelMatcher, text: string) => (op === '=' ? value === text : new RegExp(`^(?:${value})$`).test(text));
  for (const [pair, log, metric] of partners) {
    const [toMetric] = toMetricMatchers([{ name: pair.log, op: '=', value: log }], [pair]).matchers;
    expect([pair.rule, log, accepts(toMetric, metric)]).toEqual([pair.rule, log, true]);
    expect([log, accepts(toMetric, 'something-else')]).toEqual([log, false]);
    const [toLog] = toLogMatchers([{ name: pair.metric, op: '=', value: metric }], [{ ...pair, side: pair.rule === 'short-host' ? 'both' : pair.side }]).matchers;
    expect([pair.rule, metric, accepts(toLog, log)]).toEqual([pair.rule, metric, true]);
  }
});

test('a label goes to the first pair that the other side knows', () => {
  const map: LabelPair[] = [port, { log: 'hostname', metric: 'nodename', rule: 'equal' }];
  const from = matchersOf({ hostname: 'web1', job: 'nginx' });
  expect(toMetricMatchers(from, map, { known: new Set(['nodename', 'job']) })).toEqual({ matchers: [{ name: 'job', op: '=', value: 'nginx' }, { name: 'nodename', op: '=', value: 'web1' }].reverse(), dropped: [] });
  expect(toMetricMatchers(from, map)).toEqual({ matchers: [{ name: 'instance', op: '=~', value: 'web1(:[0-9]+)?' }], dropped: ['job'] });
});

test('two labels with one partner give one matcher, several matchers of one label all of them', () => {
  const map: LabelPair[] = [port, { ...port, log: 'host' }];
  expect(toMetricMatchers([parse('hostname=web1'), parse('host=web1')], map).matchers).toHaveLength(1);
  expect(toMetricMatchers([parse('pod=~a.*'), parse('pod!=a1')], [pod]).matchers).toHaveLength(2);
});

test('queries change their language by the map', () => {
  const imported = importAbstract({ refId: 'A', labelMatchers: [{ name: '__name__', operator: 'Equal', value: 'node_load1' }, { name: 'instance', operator: 'Equal', value: 'web1:9100' }] }, [port]);
  expect(imported).toEqual({ refId: 'A', labelMatchers: [{ name: 'hostname', operator: 'Equal', value: 'web1' }] });
  const exported = exportAbstract('A', [parse('hostname=web1')], [port], { metricName: 'node_load1' });
  expect(exported.labelMatchers).toEqual([{ name: '__name__', operator: 'Equal', value: 'node_load1' }, { name: 'instance', operator: 'EqualRegEx', value: 'web1(:[0-9]+)?' }]);
});

test('a selector is quoted as both languages read it', () => {
  expect(selectorText([parse('a=b"c\\'), parse('d=~e.*')])).toBe('{a="b\\"c\\\\", d=~"e.*"}');
});

test.each([['a|b', ['a', 'b']], ['a\\.b', ['a.b']], ['web1:.+', ['web1']], ['(?i)a', ['a']], ['a[0-9]', undefined], ['(a|b)+', undefined], ['\\d+', undefined], ['a||b', undefined], ['', undefined]])('the values of %s are %p', (pattern, values) => {
  expect(literalsOf(pattern)).toEqual(values);
});
