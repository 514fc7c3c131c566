import { FieldType, toDataFrame, type DataFrame } from '@grafana/data';
import { levelOfLine } from '../levels/levels';
import type { MatrixData, QueryResponse, StreamsData } from '../wire';
import { addDerivedFields, queryFor } from './derived';
import { grafanaLevel, levelFinder } from './levels';
import { labelGroup, labelTypeOf, noteLabelTypes } from './labelTypes';
import { compareNs, logFrame, rowIds, rowsOf, withStats, type LabelType } from './logs';
import { addMetricLinks, leadingMetrics } from './metricLinks';
import { joinMatrix, legendOf, metricFrames, numberOf } from './metrics';
import { addStats, statsOf } from './stats';
import { volumeFrames } from './volume';

const stats = { summary: { totalBytesProcessed: 1000, totalLinesProcessed: 10, execTime: 0.5, bytesProcessedPerSecond: 2000, queueTime: 0 } } as never;
const findLevel = levelFinder([], levelOfLine);
const values = (frame: DataFrame, name: string) => frame.fields.find((field) => field.name === name)?.values;

const streams: StreamsData = {
  resultType: 'streams',
  encodingFlags: ['categorize-labels'],
  stats,
  result: [
    { stream: { job: 'app' }, values: [['1763800000000000002', 'level=error boom', { structuredMetadata: { trace: 'abc' }, parsed: { level: 'error' } }], ['1763800000000000001', 'same', {}]] },
    { stream: { job: 'nginx' }, values: [['1763800000000000003', '1.2.3.4 - - [x] "GET / HTTP/1.1" 404 12', {}], ['1763800000000000001', 'same', {}]] },
  ],
};

test('a logs frame as Grafana 11 and newer read it', () => {
  const frame = logFrame(rowsOf(streams, 'backward'), { refId: 'A', expr: '{}', direction: 'backward', limit: 100, findLevel, searchWords: ['x'] });
  expect(frame.fields.map((field) => field.name)).toEqual(['timestamp', 'body', 'labels', 'tsNs', 'id', 'severity', 'labelTypes']);
  expect(frame.fields[0].type).toBe(FieldType.time);
  expect(frame.fields.find((field) => field.type === FieldType.string)?.name).toBe('body');
  expect(values(frame, 'tsNs')).toEqual(['1763800000000000003', '1763800000000000002', '1763800000000000001', '1763800000000000001']);
  expect(values(frame, 'timestamp')).toEqual([1763800000000, 1763800000000, 1763800000000, 1763800000000]);
  expect(values(frame, 'severity')).toEqual(['warning', 'error', 'unknown', 'unknown']);
  expect(values(frame, 'labels')?.[1]).toEqual({ job: 'app', trace: 'abc', level: 'error' });
  expect(values(frame, 'labelTypes')?.[1]).toEqual({ job: 'I', trace: 'S', level: 'P' });
  expect(frame.meta).toMatchObject({ type: 'log-lines', limit: 100, searchWords: ['x'], preferredVisualisationType: 'logs', custom: { frameType: 'LabeledTimeValues', limit: 100, searchWords: ['x'] } });
  expect(labelGroup('trace', frame, 1)).toBe('Structured metadata');
  expect(labelGroup('nope', frame, 1)).toBeNull();
  expect(labelTypeOf('trace', frame, null)).toBe('S');
  expect(toDataFrame(frame).length).toBe(4);
});

test('a logs frame as Grafana 10 reads it', () => {
  const frame = logFrame(rowsOf(streams, 'backward'), { refId: 'A', expr: '{}', direction: 'backward', limit: 100, findLevel, searchWords: ['x'], legacy: true });
  // With the type, 10.1 would look for labels in a field called `attributes`; without it, in `labels` of a frame with this mark.
  expect(frame.meta?.type).toBeUndefined();
  expect(frame.meta).toMatchObject({ limit: 100, searchWords: ['x'], custom: { frameType: 'LabeledTimeValues' } });
  expect(frame.fields.find((field) => field.type === FieldType.time)?.name).toBe('timestamp');
  expect(frame.fields.find((field) => field.type === FieldType.string)?.name).toBe('body');
  expect(values(frame, 'level')).toEqual(['warning', 'error', 'unknown', 'unknown']);
});

test('lines that could not be parsed are said once, under the lines', () => {
  const options = { refId: 'A', expr: '{}', direction: 'backward' as const, findLevel };
  const broken: StreamsData = { resultType: 'streams', stats, result: [{ stream: { job: 'x', __error__: 'JSONParserErr' }, values: [['1', 'a']] }] };
  expect(logFrame(rowsOf(broken, 'backward'), options).meta?.custom?.error).toMatch(/could not be parsed/);
  expect(logFrame(rowsOf(streams, 'backward'), options).meta?.custom?.error).toBeUndefined();
});

test('rows keep their ids in any query, and repeats differ', () => {
  const rows = rowsOf(streams, 'forward');
  const ids = rowIds(rows);
  expect(new Set(ids).size).toBe(rows.length);
  expect(rowIds([rows[2]])).toEqual([ids[2]]);
  const repeated = rowIds([rows[0], rows[0], rows[0]]);
  expect(repeated).toEqual([ids[0], `${ids[0]}_1`, `${ids[0]}_2`]);
});

test('nanoseconds compare as numbers', () => {
  expect(compareNs('9', '10')).toBeLessThan(0);
  expect(compareNs('1763800000000000002', '1763800000000000001')).toBeGreaterThan(0);
  expect(compareNs('5', '5')).toBe(0);
});

test('an answer of an old Loki has labels without kinds', () => {
  const old: StreamsData = { resultType: 'streams', stats, result: [{ stream: { job: 'x' }, values: [['1', 'a']] }] };
  const frame = logFrame(rowsOf(old, 'backward'), { refId: 'A', expr: '{}', direction: 'backward', findLevel });
  expect(frame.fields.some((field) => field.name === 'labelTypes' || field.name === 'level')).toBe(false);
  expect(labelTypeOf('job', frame, 0)).toBeUndefined();
});

test.each([
  ['label over line', 'info all is well', { level: 'ERROR' }, 'error'],
  ['numbers of syslog', 'x', { severity: '3' }, 'error'],
  ['a severity of OpenTelemetry', 'connection refused', { severity_text: 'WARN', severity_number: '13' }, 'warning'],
  ['a number of OpenTelemetry alone', 'connection refused', { severity_number: '17' }, 'error'],
  ['line over the guess of the server', 'level=warn x', { detected_level: 'info' }, 'warning'],
  ['the guess when nothing else is known', 'x', { detected_level: 'debug' }, 'debug'],
  ['a label that is no level', 'x', { level: 'ground floor' }, 'unknown'],
])('level: %s', (_, line, labels, expected) => {
  expect(findLevel(line, labels as unknown as Record<string, string>)).toBe(expected);
});

test('rules of the data source decide first; one that is broken or only begun is passed over', () => {
  const find = levelFinder([{ regex: '(', level: 'debug' }, { regex: '', level: 'debug' }, { regex: '(?i)^mayday', level: 'critical' }, { regex: '^PANIC', level: 'critical' }, { regex: '^5', label: 'code', level: 'error' }], levelOfLine);
  expect(find('PANIC: level=info', {})).toBe('critical');
  expect(find('Mayday: level=info', {})).toBe('critical');
  expect(find('x', { code: '503' })).toBe('error');
  expect(grafanaLevel('Emergency')).toBe('critical');
  expect(grafanaLevel(undefined)).toBeUndefined();
});

const matrix = (result: MatrixData['result']): QueryResponse & { data: MatrixData } => ({ status: 'success', warnings: ['careful'], data: { resultType: 'matrix', stats, result } });

test('metric frames: one per series, legend, statistics once', () => {
  const frames = metricFrames(matrix([{ metric: { host: 'a' }, values: [[1.5, '1'], [2.5, '+Inf']] }, { metric: { host: 'b' }, values: [[1.5, 'NaN']] }]), { refId: 'A', expr: 'x', legend: 'on {{host}}', stepMs: 1000 });
  expect(frames.map((frame) => frame.fields[1].config.displayNameFromDS)).toEqual(['on a', 'on b']);
  expect(frames[0].fields[0].values).toEqual([1500, 2500]);
  expect(frames[0].fields[1].values).toEqual([1, Infinity]);
  expect(frames[0].fields[0].config.interval).toBe(1000);
  expect(frames[0].meta?.stats?.length).toBeGreaterThan(0);
  expect(frames[0].meta?.notices).toEqual([{ severity: 'warning', text: 'careful' }]);
  expect(frames[1].meta?.stats).toBeUndefined();
});

test('instant answers are one table, as panels made for Grafana\'s Loki source expect', () => {
  const response = { status: 'success', data: { resultType: 'vector', stats, result: [{ metric: { a: '1' }, value: [5, '2'] }, { metric: { b: '2' }, value: [5, '3'] }] } } as never;
  const [table] = metricFrames(response, { refId: 'A', expr: 'x' });
  expect(table.fields.map((field) => field.name)).toEqual(['Time', 'a', 'b', 'Value #A']);
  expect(table.fields[1].values).toEqual(['1', '']);
  expect(table.meta?.preferredVisualisationType).toBe('table');
  const scalar = { status: 'success', data: { resultType: 'scalar', stats, result: [5, '7'] } } as never;
  expect(metricFrames(scalar, { refId: 'A', expr: '7' })[0].fields[1].values).toEqual([7]);
});

test.each([
  [{ a: 'x' }, '{{a}} {{ b }}', 'e', 'x '],
  [{ a: 'x', b: 'y' }, '', 'e', '{a="x", b="y"}'],
  [{}, undefined, 'sum(x)', 'sum(x)'],
  [{ a: 'x' }, '__auto', 'e', 'x'],
])('legend of %j with %s', (labels, legend, expr, expected) => {
  expect(legendOf(labels as unknown as Record<string, string>, legend, expr)).toBe(expected);
});

test('parts of a range are joined by series', () => {
  const older = matrix([{ metric: { a: '1', b: '2' }, values: [[1, '1']] }, { metric: { a: '3' }, values: [[1, '9']] }]).data;
  const newer = matrix([{ metric: { b: '2', a: '1' }, values: [[2, '2']] }]).data;
  expect(joinMatrix(older, newer).result).toEqual([{ metric: { b: '2', a: '1' }, values: [[1, '1'], [2, '2']] }, { metric: { a: '3' }, values: [[1, '9']] }]);
  expect(numberOf('-Inf')).toBe(-Infinity);
});

test('the histogram adds up levels that mean the same, in a fixed order with fixed colours', () => {
  const response = matrix([
    { metric: { __level__: 'info' }, values: [[60, '5']] },
    { metric: { level: 'WARN' }, values: [[60, '1']] },
    { metric: { detected_level: 'warning' }, values: [[60, '2'], [120, '3']] },
    { metric: {}, values: [[60, '4']] },
  ]);
  const range = { from: 0, to: 120_000 };
  const frames = volumeFrames(response, { refId: 'log-volume-A', range, datasourceName: 'B', sourceQuery: { refId: 'A' }, stepMs: 60_000 });
  expect(frames.map((frame) => [frame.name, frame.fields[1].values])).toEqual([['warning', [3, 3]], ['info', [5]], ['unknown', [4]]]);
  expect(frames[0].meta?.custom).toMatchObject({ logsVolumeType: 'FullRange', datasourceName: 'B', absoluteRange: range });
  expect(frames[0].fields[1].config.color).toEqual({ mode: 'fixed', fixedColor: '#ffcc00' });
});

test('a bar of the histogram stands over the time it counts: the newest one in the range though its step is not over, none before the range', () => {
  const response = matrix([
    { metric: { __level__: 'info' }, values: [[60, '7'], [120, '1'], [180, '2'], [240, '3']] },
    { metric: { __level__: 'debug' }, values: [[60, '9']] },
  ]);
  // Asked at second 200: the server counts the second 181 to 240 under 240, and what was before the range under 60.
  const range = { from: 90_000, to: 200_000 };
  const frames = volumeFrames(response, { refId: 'log-volume-A', range, datasourceName: 'B', sourceQuery: { refId: 'A' }, stepMs: 60_000 });
  expect(frames.map((frame) => [frame.name, frame.fields[0].values, frame.fields[1].values])).toEqual([['info', [60_000, 120_000, 180_000], [1, 2, 3]]]);
  expect(frames[0].fields[0].config.interval).toBe(60_000);
  expect(frames[0].fields[1].config.custom?.barAlignment).toBe(1);
});

test('statistics of parts add up, rates are taken anew', () => {
  const one = statsOf({ status: 'success', data: { ...streams } });
  const sum = addStats(one, one);
  const value = (name: string) => sum.find((stat) => stat.displayName === name)?.value;
  expect(value('Summary: total bytes processed')).toBe(2000);
  expect(value('Summary: exec time')).toBe(1);
  expect(value('Summary: bytes processed per second')).toBe(2000);
  expect(statsOf({ status: 'success', data: { resultType: 'streams', result: [], stats: undefined as never } })).toEqual([]);
});

const oneLine = () => withStats(logFrame(rowsOf(streams, 'backward'), { refId: 'A', expr: '{}', direction: 'backward', findLevel }), []);

test('derived fields: from line or label, external and internal links, several rules of one name', () => {
  const find = (uid: string) => (uid === 'tempo' ? { uid, name: 'Tempo', type: 'tempo' } : undefined);
  const frame = addDerivedFields(
    oneLine(),
    [
      { name: 'code', matcherRegex: '" (\\d{3}) ', url: 'https://x/${__value.raw}' },
      { name: 'code', matcherRegex: 'boom' },
      { name: 'trace', matcherRegex: '^trace$', matcherType: 'label', datasourceUid: 'tempo', url: '${__value.raw}' },
      { name: 'gone', matcherRegex: 'x', datasourceUid: 'deleted' },
      { name: 'broken', matcherRegex: '(' },
    ],
    find
  );
  expect(values(frame, 'code')).toEqual(['404', 'boom', null, null]);
  expect(values(frame, 'trace')).toEqual([null, 'abc', null, null]);
  expect(frame.fields.find((field) => field.name === 'trace')?.config.links?.[0].internal).toMatchObject({ datasourceUid: 'tempo', query: { query: '${__value.raw}', queryType: 'traceql' } });
  expect(frame.fields.find((field) => field.name === 'gone')?.config.links).toEqual([]);
  expect(frame.fields.some((field) => field.name === 'broken')).toBe(false);
  expect(queryFor({ uid: 'p', name: 'P', type: 'prometheus' }, 'up')).toEqual({ refId: 'A', expr: 'up', range: true });
});

test('lines lead to the metrics of their machine', () => {
  const metrics = leadingMetrics([
    { name: 'node_load1', help: '', kind: 'gauge', group: 'load' },
    { name: 'node_load5', help: '', kind: 'gauge', group: 'load' },
    { name: 'node_cpu_seconds_total', help: '', kind: 'counter', group: 'cpu' },
    { name: 'go_info', help: '', kind: 'gauge', group: 'other' },
  ]);
  expect(metrics.map(({ name }) => name)).toEqual(['node_load1', 'node_cpu_seconds_total']);
  const links = { uid: 'prom', name: 'Prometheus', metrics, map: [{ log: 'job', metric: 'job', rule: 'equal' as const }] };
  const field = addMetricLinks(oneLine(), links).fields.at(-1)!;
  expect(field.values).toEqual(['{job="nginx"}', '{job="app"}', '{job="app"}', '{job="nginx"}']);
  expect(field.config.links?.map((link) => (link.internal?.query as { expr: string }).expr)).toEqual(['node_load1${__value.raw}', 'rate(node_cpu_seconds_total${__value.raw}[$__rate_interval])']);
  const nothing = oneLine();
  expect(addMetricLinks(nothing, { ...links, map: [{ log: 'host', metric: 'instance', rule: 'equal' }] })).toBe(nothing);
});

test('where labels come from is remembered for the last thousand of them', () => {
  const frameOf = (types: Record<string, LabelType>): DataFrame => ({ length: 1, fields: [{ name: 'labelTypes', type: FieldType.other, config: {}, values: [types] }] });
  const seen = new Map<string, LabelType>();
  noteLabelTypes(frameOf({ first: 'S', kept: 'S' }), seen);
  for (let i = 0; i < 999; i++) {
    noteLabelTypes(frameOf({ [`field${i}`]: 'P', kept: 'S' }), seen);
  }
  expect(seen.size).toBe(1_000);
  expect(seen.get('kept')).toBe('S');
  expect(seen.has('first')).toBe(false);
});
