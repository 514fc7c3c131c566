import assert from 'node:assert';
import test from 'node:test';
import { levelNames } from '../../src/levels/levels';
import { Random } from '../bench/random';
import { makeStreamEntries, type StreamEntries } from '../model/entry';
import { labelsObject, makeLabels } from '../model/labels';
import { checkStreams } from './check';
import { defaultIngestLimits, type IngestLimits } from './limits';

/** Label rules, limits and what is found out about entries; texts are Loki's. */

const nowNs = 1_795_176_000_000_000_000n;

interface Sent {
  labels: Record<string, string>;
  lines?: Array<[bigint, string, Record<string, string>?]>;
}

function stream({ labels, lines = [[nowNs, 'x']] }: Sent): StreamEntries[] {
  const entries = lines.map(([tsNs, line, metadata]) => ({ tsNs, line: Buffer.from(line), metadata: metadata && makeLabels(Object.entries(metadata)) }));
  return makeStreamEntries(makeLabels(Object.entries(labels)), entries);
}

function check(sent: Sent[], limits: Partial<IngestLimits> = {}): { kept: string[]; problem: string | undefined; discarded: string[] } {
  const discarded: string[] = [];
  const checked = checkStreams(sent.flatMap(stream), 't1', { ...defaultIngestLimits, ...limits }, nowNs, (reason, lines, bytes) => discarded.push(`${reason} ${lines} ${bytes}`));
  const kept = checked.streams.flatMap(({ body, starts, ends, count }) => Array.from({ length: count }, (_, i) => Buffer.from(body.subarray(starts[i], ends[i])).toString()));
  return { kept, problem: checked.problem && `${checked.problem.status} ${checked.problem.message}`, discarded };
}

const refusals: Array<{ name: string; sent: Sent; limits?: Partial<IngestLimits>; text: string; reason: string }> = [
  { name: 'no labels', sent: { labels: {} }, limits: { discoverServiceName: [] }, text: 'error at least one label pair is required per stream', reason: 'missing_labels' },
  {
    name: 'too many labels, service_name not counted', sent: { labels: { a: '1', b: '2', c: '3' } }, limits: { maxLabelNamesPerSeries: 2 },
    text: `entry for stream '{a="1", b="2", c="3", service_name="unknown_service"}' has 3 label names; limit 2`, reason: 'max_label_names_per_series',
  },
  {
    name: 'long name', sent: { labels: { abcdef: '1', app: 'x' } }, limits: { maxLabelNameLength: 5, discoverServiceName: [] },
    text: `stream '{abcdef="1", app="x"}' has label name too long: 'abcdef'`, reason: 'label_name_too_long',
  },
  {
    name: 'long value, in bytes', sent: { labels: { app: 'abcé\u00e9' } }, limits: { maxLabelValueLength: 6 },
    text: `stream '{app="abcé\u00e9", service_name="abcé\u00e9"}' has label value too long: 'abcé\u00e9'`, reason: 'label_value_too_long',
  },
  { name: 'enforced label', sent: { labels: { app: 'x' } }, limits: { enforcedLabels: ['team'] }, text: 'missing required labels team for user t1', reason: 'missing_enforced_labels' },
  {
    name: 'too old', sent: { labels: { app: 'x' }, lines: [[nowNs - 604_801_000_000_000n, 'old']] }, limits: { rejectOldSamples: true },
    text: `entry for stream '{app="x", service_name="x"}' has timestamp too old: 2026-11-13T11:59:59Z, oldest acceptable timestamp is: 2026-11-13T12:00:00Z`,
    reason: 'greater_than_max_sample_age',
  },
  {
    name: 'too new', sent: { labels: { app: 'x' }, lines: [[nowNs + 601_000_000_000n, 'new']] },
    text: `entry for stream '{app="x", service_name="x"}' has timestamp too new: 2026-11-20T12:10:01Z`, reason: 'too_far_in_future',
  },
  {
    name: 'line too long', sent: { labels: { app: 'x' }, lines: [[nowNs, 'x'.repeat(262_145)]] },
    text: `Max entry size '262144' bytes exceeded for stream '{app="x", service_name="x"}' while adding an entry with length '262145' bytes`, reason: 'line_too_long',
  },
  {
    name: 'metadata not allowed', sent: { labels: { app: 'x' }, lines: [[nowNs, 'x', { k: 'v' }]] }, limits: { allowStructuredMetadata: false },
    text: `stream '{app="x", service_name="x"}' includes structured metadata, but this feature is disallowed. Please see \`limits_config.allow_structured_metadata\` or contact your Loki administrator to enable it.`,
    reason: 'disallowed_structured_metadata',
  },
  {
    name: 'metadata too large', sent: { labels: { app: 'x' }, lines: [[nowNs, 'x', { k: '12345' }]] }, limits: { maxStructuredMetadataSizeBytes: 5 },
    text: `stream '{app="x", service_name="x"}' has structured metadata too large: '6' bytes, limit: '5' bytes. Please see \`limits_config.max_structured_metadata_size\` or contact your Loki administrator to increase it.`,
    reason: 'structured_metadata_too_large',
  },
  {
    name: 'too much metadata', sent: { labels: { app: 'x' }, lines: [[nowNs, 'x', { k: '1', l: '2' }]] }, limits: { maxStructuredMetadataEntriesCount: 1 },
    text: `stream '{app="x", service_name="x"}' has too many structured metadata labels: '2', limit: '1'. Please see \`limits_config.max_structured_metadata_entries_count\` or contact your Loki administrator to increase it.`,
    reason: 'structured_metadata_too_many',
  },
];

for (const { name, sent, limits, text, reason } of refusals) {
  test(`${name}: refused in Loki's words, the rest of the push is kept`, () => {
    const { kept, problem, discarded } = check([sent, { labels: { app: 'good', team: 'a' }, lines: [[nowNs, 'ok']] }], limits);
    assert.deepStrictEqual(kept, ['ok']);
    assert.strictEqual(problem, `400 ${text}`);
    assert.deepStrictEqual(discarded.map((one) => one.split(' ')[0]), [reason]);
  });
}

test('refusals inside a stream leave its other lines, and equal texts are grouped as Loki groups them', () => {
  const old = nowNs - 700_000_000_000_000n;
  const { kept, problem } = check([{ labels: { app: 'x' }, lines: [[old, 'a'], [nowNs, 'b'], [old, 'c'], [nowNs, 'd']] }], { rejectOldSamples: true });
  assert.deepStrictEqual(kept, ['b', 'd']);
  assert.match(problem ?? '', /^400 2 errors like: entry for stream .* has timestamp too old/);
});

test('entries at the limits pass, and any age passes by default', () => {
  const lines: Sent['lines'] = [[0n, 'from 1970'], [nowNs + 600_000_000_000n, 'soon'], [nowNs, 'x'.repeat(262_144)]];
  assert.strictEqual(check([{ labels: { app: 'x' }, lines }]).problem, undefined);
});

test('a limit of 0 is none', () => {
  const none = { maxLineSizeBytes: 0, maxStructuredMetadataSizeBytes: 0, maxStructuredMetadataEntriesCount: 0 };
  assert.deepStrictEqual(check([{ labels: { app: 'x' }, lines: [[nowNs, 'x', { k: '1', l: '2' }]] }], none).kept, ['x']);
});

test('lines are cut when the limits say so', () => {
  assert.deepStrictEqual(check([{ labels: { app: 'x' }, lines: [[nowNs, '123456']] }], { maxLineSizeBytes: 4, maxLineSizeTruncate: true }).kept, ['1234']);
});

const services: Array<[Record<string, string>, string]> = [
  [{ job: 'varlogs' }, 'varlogs'],
  [{ job: 'j', app: 'a', service: 's' }, 's'],
  [{ other: 'x' }, 'unknown_service'],
  [{}, 'unknown_service'],
  [{ service_name: 'own', app: 'a' }, 'own'],
];
for (const [labels, expected] of services) {
  test(`service_name of ${JSON.stringify(labels)} is ${expected}`, () => {
    const [checked] = checkStreams(stream({ labels }), 't', defaultIngestLimits, nowNs, () => undefined).streams;
    assert.strictEqual(checked.labels.get('service_name'), expected);
  });
}

/** What a real Loki 3.4 said of these lines, with the defects it has. */
const levels: Array<[string, string, Record<string, string>?, Record<string, string>?]> = [
  ['info', 'INFO starting service'],
  ['error', 'ERROR failed to open file'],
  ['error', 'error: connection refused'],
  ['unknown', 'WARN low disk space on /dev/sda1'],
  ['warn', 'WARN: low disk'],
  ['warn', 'a warning was given'],
  ['unknown', 'DEBUG x=1'],
  ['debug', 'debug: x'],
  ['unknown', 'CRITICAL core melt'],
  ['critical', 'CRITICAL: core melt'],
  ['info', 'information about an error'],
  ['unknown', 'lvl=trc severity=fatal LEVEL=notice'],
  ['debug', 'lvl=trc severity=debug msg="x" severity=fatal'],
  ['warn', 'severity=fatal LeVeL=wrn level=trace'],
  ['unknown', 'level x=1 lvl=wrn'],
  ['trace', 'lvl=trc a=b=c severity=fatal'],
  ['error', '{"Severity":"fatal","severity":"err"}'],
  ['fatal', 'level=fatal msg="bye"'],
  ['info', 'level=INFO ts=1'],
  ['warn', 'a=1 lvl="wrn" b=2'],
  ['unknown', 'a==b c="d=e" f=g=h level=debug'],
  ['unknown', '{"level":"}'],
  ['error', '8.8.8.8 - - [20/Nov/2026] "GET /?level=error HTTP/1.1" 404'],
  ['error', '{"level":"error","msg":"info"}'],
  ['info', '{"msg":"info","level":30}'],
  ['debug', '{"nested":{"level":"error"},"level":"debug"}'],
  ['error', ' {"Severity":"Error"} '],
  ['unknown', '{"broken": "json"'],
  ['unknown', 'msg="C:\\Users" level=debug'],
  ['unknown', 'msg="\\u00zz" level=debug'],
  ['debug', 'msg="a\\u00e9 \\"b\\" C:\\\\d" level=debug'],
  ['unknown', 'k\ufffd=1 level=debug'],
  ['debug', 'k\u00e9=1 level=debug'],
  ['unknown', '{"level":debug}'],
  ['debug', '{"level":debug,"lvl":"dbg"}'],
  ['debug', '{"a":"x" junk "level":"debug"}'],
  ['debug', '{junk "a" "level":"debug"}'],
  ['unknown', '{"a":"b"} {"level":"debug"}'],
  ['info', '{"container":"c1","_entry":"level=info original"}'],
  ['unknown', ''],
  ['INFO', 'anything', { level: 'INFO' }],
  ['error', 'info', undefined, { severity: 'error' }],
  ['warn', 'info', undefined, { severity_number: '13' }],
  ['fatal', 'info', undefined, { severity_number: '24' }],
  ['unknown', 'info', undefined, { severity_number: '99' }],
  ['mine', 'info', undefined, { detected_level: 'mine' }],
];
for (const [expected, line, labels, metadata] of levels) {
  test(`detected_level ${expected}: ${line} ${JSON.stringify({ ...labels, ...metadata })}`, () => {
    const sent = stream({ labels: { app: 'x', ...labels }, lines: [[nowNs, line, metadata]] });
    const [checked] = checkStreams(sent, 't', defaultIngestLimits, nowNs, () => undefined).streams;
    assert.deepStrictEqual({ ...labelsObject(checked.metadata?.[0] ?? new Map()) }, { ...metadata, detected_level: expected });
  });
}

/** The same search written plainly: words in the order of their rank, in small letters or in capitals. */
function plainScan(line: string): string {
  const words: Array<[string, string[]]> = [['info', ['info']], ['error', ['error', 'err:']], ['warn', ['warning', 'warn:']], ['critical', ['critical:']], ['debug', ['debug:']]];
  return words.find(([, texts]) => texts.some((text) => line.includes(text) || line.includes(text.toUpperCase())))?.[0] ?? 'unknown';
}

test('level words are found wherever they stand', () => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));
  const random = new Random(seed);
  const pieces = ['info', 'INF', 'error', 'ERROR', 'err', 'ERR', ':', 'warn', 'WARN', 'ing', 'ING', 'warning', 'critical', 'CRITICAL', 'debug', 'DEBUG', 'e', 'i', 'in', 'Info', ' ', 'x', 'O', '\u00e9', 'cri'];
  const lines = Array.from({ length: 2_000 }, () => Array.from({ length: 1 + random.below(6) }, () => random.pick(pieces)).join(''));
  const [checked] = checkStreams(stream({ labels: { app: 'x' }, lines: lines.map((line) => [nowNs, line]) }), 't', defaultIngestLimits, nowNs, () => undefined).streams;
  lines.forEach((line, i) => assert.strictEqual(checked.metadata?.[i]?.get('detected_level'), plainScan(line), `${JSON.stringify(line)}, seed ${seed}`));
});

test('a level that the stream or its metadata declares counts before what the line says', () => {
  const levelsOf = (labels: Record<string, string>, lines: Array<[string, Record<string, string>?]>): string[] => {
    const sent = stream({ labels, lines: lines.map(([line, metadata]) => [nowNs, line, metadata]) });
    const [kept] = checkStreams(sent, 't1', defaultIngestLimits, nowNs, () => undefined).streams;
    return [...(kept.levels as Uint8Array)].map((level) => levelNames[level]);
  };
  assert.deepStrictEqual(levelsOf({ app: 'y', level: 'warning' }, [['connection refused'], ['ERROR in capitals', { severity_text: 'INFO' }]]), ['warn', 'warn']);
  assert.deepStrictEqual(
    levelsOf({ app: 'z' }, [['out of memory', { severity_text: 'FATAL', severity_number: '21' }], ['a look inside', { severity_number: '5' }], ['ERROR in capitals', { trace_id: 'abc' }], ['plain']]),
    ['critical', 'debug', 'error', 'unknown']
  );
});
