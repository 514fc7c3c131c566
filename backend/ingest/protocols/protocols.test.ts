import assert from 'node:assert';
import test from 'node:test';
import { Writer } from 'protobufjs/minimal';
import { compressSync } from 'snappy';
import type { StreamEntries } from '../../model/entry';
import { RequestError } from '../../model/errors';
import { labelsObject } from '../../model/labels';
import { defaultOtlpMapping } from '../otlp/mapping';
import type { ProtocolRequest } from '../protocol';
import { serviceNameSources } from '../serviceName';
import { protocols } from './index';

/** Fixture bytes of every wire format and what they mean; then the same bytes damaged. */

const receivedNs = 1_795_176_000_000_000_000n;

function request(path: string, contentType: string, change: Partial<ProtocolRequest> = {}): ProtocolRequest {
  return { path, contentType, receivedNs, headers: {}, query: {}, maxBytes: 1 << 20, otlp: defaultOtlpMapping, discoverServiceName: serviceNameSources, ...change };
}

function decode(body: Uint8Array, asked: ProtocolRequest): StreamEntries[] {
  const protocol = protocols.find((candidate) => candidate.accepts(asked));
  assert.ok(protocol, `nobody takes ${asked.path} ${asked.contentType}`);
  return protocol.decode(Uint8Array.from(body), asked);
}

/** Streams as plain values: labels, then time, line and metadata of each entry. */
function plain(streams: StreamEntries[]): unknown {
  return streams.map((stream) => [
    { ...labelsObject(stream.labels) },
    ...Array.from({ length: stream.count }, (_, i) => {
      const line = Buffer.from(stream.body.subarray(stream.starts[i], stream.ends[i])).toString();
      const metadata = stream.metadata?.[i];
      const entry = [String(stream.baseNs + BigInt(stream.times[i])), line];
      return metadata ? [...entry, { ...labelsObject(metadata) }] : entry;
    }),
  ]);
}

interface WireEntry {
  seconds: number;
  nanos: number;
  line: string;
  metadata?: Array<[string, string]>;
}

function pushBytes(streams: Array<[string, WireEntry[]]>): Uint8Array {
  const out = Writer.create();
  for (const [labels, entries] of streams) {
    out.uint32(0x0a).fork();
    // Unknown fields and the hash that Promtail adds.
    out.uint32(0x18).uint64(77);
    entries.forEach(({ seconds, nanos, line, metadata = [] }) => {
      out.uint32(0x12).fork();
      out.uint32(0x0a).fork().uint32(0x08).int64(seconds).uint32(0x10).int32(nanos).ldelim();
      out.uint32(0x12).string(line);
      metadata.forEach(([name, value]) => out.uint32(0x1a).fork().uint32(0x0a).string(name).uint32(0x12).string(value).ldelim());
      out.ldelim();
    });
    out.uint32(0x0a).string(labels).ldelim();
  }
  return out.finish();
}

const lokiBytes = compressSync(Buffer.from(pushBytes([
  ['{job="a", host="h\\"1"}', [
    { seconds: 1_795_176_000, nanos: 5, line: 'one' },
    { seconds: 1_795_176_001, nanos: 0, line: '', metadata: [['trace_id', 'x1']] },
    { seconds: -1, nanos: 0, line: 'before 1970' },
  ]],
  ['{job="b"}', [{ seconds: 1_795_176_000, nanos: 999_999_999, line: 'naïve ☕' }]],
])));

test('protobuf entries of every length and time are read', () => {
  const lengths = [0, 1, 20, 127, 128, 300, 16_383, 16_384, 70_000];
  const seconds = [0, 127, 128, 1_795_176_000, 2 ** 31 - 1, 2 ** 31, -1];
  const nanos = [0, 1, 127, 128, 2 ** 28, 999_999_999];
  const sent = lengths.flatMap((length) => seconds.flatMap((second) => nanos.map((nano) => ({ seconds: second, nanos: nano, line: 'x'.repeat(length) }))));
  const read = decode(compressSync(Buffer.from(pushBytes([['{job="a"}', sent]]))), request('/loki/api/v1/push', 'application/x-protobuf', { maxBytes: 1 << 24 }));
  const entries = read.flatMap((stream) => Array.from({ length: stream.count }, (_, i) => [stream.baseNs + BigInt(stream.times[i]), stream.ends[i] - stream.starts[i]]));
  assert.deepStrictEqual(entries, sent.map(({ seconds: second, nanos: nano, line }) => [BigInt(second) * 1_000_000_000n + BigInt(nano), line.length]));
});

const jsonText = String.raw`{"unknown":[1,{"a":null}],"streams":[
  {"stream":{"job":"x","n":5,"o":{"x":1},"none":null,"job":"a"},"values":[["1795176000000000005","tab\there \"q\" \u00e9 \ud83d\ude00",{"trace_id":"x\n1","_a":"1","1b":"2","c d":"3","größe":"5","__e":"4\ufffd"}],["1795176000000000006","two"]]},
  {"values":[["1795176000000000007","values first \\"]],"stream":{"job":"b","empty":""}},
  {"stream":{"job":"c"},"values":[]}]}`;

const legacyText = String.raw`{"streams":[{"entries":[{"line":"a \\ b","ts":"2026-11-20T12:00:00.000000005+01:00"},{"ts":"2026-11-20T11:00:00Z","line":"x","structuredMetadata":{"k":"v"}}],"labels":"{job=\"old\", host='h', raw=${'`'}a\\b${'`'},}"}]}`;

const otlpJson = JSON.stringify({
  resourceLogs: [{
    scopeLogs: [{
      logRecords: [
        { timeUnixNano: '1795176000000000001', observedTimeUnixNano: '1795176000000000002', severityNumber: 'SEVERITY_NUMBER_ERROR', severityText: 'Error', traceId: '0AF7651916CD43DD8448EB211C80319C', spanId: '', body: { stringValue: 'failed' }, attributes: [{ key: 'http.status', value: { intValue: '500' } }, { key: '9lead', value: { kvlistValue: { values: [{ key: 'a.b', value: { doubleValue: 1.5 } }] } } }] },
        { observedTimeUnixNano: 1795176000000000000, body: { arrayValue: { values: [{ stringValue: 'a' }, { boolValue: true }, {}] } } },
      ],
      scope: { name: 'lib', version: '1' },
    }],
    resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }, { key: 'host.arch', value: { stringValue: 'arm' } }] },
  }],
});

const bulkText = [
  '{"create":{"_index":"logs"}}', '{"@timestamp":"2026-11-20T12:00:00.5Z","message":"hello\\n","host":{"name":"web1"},"n":1,"tags":["a"],"none":null}',
  '{"index":{"_index":"logs"}}', '{"timestamp":1795176000123,"msg":"ms","host":"web2"}',
  '{"delete":{"_id":"1"}}', '',
  '{"create":{}}', '{"only":"fields","time":"2026-11-20 12:00:00"}', '',
].join('\r\n');

const fixtures: Array<{ name: string; body: Uint8Array; asked: ProtocolRequest; expected: unknown }> = [
  {
    name: 'loki protobuf', body: lokiBytes, asked: request('/loki/api/v1/push', 'application/x-protobuf'),
    expected: [
      [{ host: 'h"1', job: 'a' }, ['1795176000000000005', 'one'], ['1795176001000000000', '', { trace_id: 'x1' }]],
      [{ host: 'h"1', job: 'a' }, ['-1000000000', 'before 1970']],
      [{ job: 'b' }, ['1795176000999999999', 'naïve ☕']],
    ],
  },
  {
    name: 'loki json', body: Buffer.from(jsonText), asked: request('/loki/api/v1/push', 'application/json'),
    expected: [
      [{ job: 'a', n: '5', none: 'null', o: '{"x":1}' }, ['1795176000000000005', 'tab\there "q" é 😀', { __e: '4 ', c_d: '3', gr__e: '5', key_1b: '2', key_a: '1', trace_id: 'x\n1' }], ['1795176000000000006', 'two']],
      [{ job: 'b' }, ['1795176000000000007', 'values first \\']],
    ],
  },
  {
    name: 'loki legacy json', body: Buffer.from(legacyText), asked: request('/api/prom/push', 'application/json'),
    expected: [[{ host: 'h', job: 'old', raw: 'a\\b' }, ['1795172400000000005', 'a \\ b'], ['1795172400000000000', 'x', { k: 'v' }]]],
  },
  {
    name: 'otlp json', body: Buffer.from(otlpJson), asked: request('/otlp/v1/logs', 'application/json'),
    expected: [[
      { service_name: 'shop' },
      ['1795176000000000001', 'failed', { host_arch: 'arm', http_status: '500', key_9lead_a_b: '1.5', observed_timestamp: '1795176000000000002', scope_name: 'lib', scope_version: '1', severity_number: '17', severity_text: 'Error', trace_id: '0af7651916cd43dd8448eb211c80319c' }],
      ['1795176000000000000', '["a",true,null]', { host_arch: 'arm', scope_name: 'lib', scope_version: '1' }],
    ]],
  },
  {
    name: 'elasticsearch bulk', body: Buffer.from(bulkText), asked: request('/_bulk', 'application/x-ndjson'),
    expected: [
      [{ host: 'web1', index: 'logs' }, ['1795176000500000000', 'hello', { n: '1', tags: '["a"]' }]],
      [{ host: 'web2', index: 'logs' }, ['1795176000123000000', 'ms']],
      [{ job: 'elasticsearch' }, ['1795176000000000000', '{"only":"fields","time":"2026-11-20 12:00:00"}']],
    ],
  },
];

for (const { name, body, asked, expected } of fixtures) {
  test(`${name}: fixture bytes`, () => assert.deepStrictEqual(plain(decode(body, asked)), expected));
}

const refused: Array<[string, Uint8Array, ProtocolRequest, number, RegExp]> = [
  ['truncated snappy', lokiBytes.subarray(0, 20), request('/loki/api/v1/push', 'application/x-protobuf'), 400, /snappy/],
  ['truncated protobuf', compressSync(Buffer.from(pushBytes([['{a="b"}', [{ seconds: 1, nanos: 1, line: 'x'.repeat(50) }]]]).subarray(0, 40))), request('/loki/api/v1/push', 'x'), 400, /protobuf|EOF/],
  ['snappy that claims gigabytes', Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0]), request('/loki/api/v1/push', 'x'), 413, /too large/],
  ['snappy that claims more than it can hold', Buffer.from([0x80, 0x80, 0x20, 0, 0]), request('/loki/api/v1/push', 'x'), 400, /corrupt/],
  ['bad labels', compressSync(Buffer.from(pushBytes([['{a=}', [{ seconds: 1, nanos: 1, line: 'x' }]]]))), request('/loki/api/v1/push', 'x'), 400, /^couldn't parse labels: 1:4: parse error/],
  ['label twice', compressSync(Buffer.from(pushBytes([['{a="1",a="2"}', [{ seconds: 1, nanos: 1, line: 'x' }]]]))), request('/loki/api/v1/push', 'x'), 400, /has duplicate label name: 'a'/],
  ['label name with a dash', Buffer.from('{"streams":[{"stream":{"a-b":"1"},"values":[["1","x"]]}]}'), request('/loki/api/v1/push', 'application/json'), 400, /invalid label name "a-b"/],
  ['time as a number', Buffer.from('{"streams":[{"stream":{"a":"1"},"values":[[1795176000000000000,"x"]]}]}'), request('/loki/api/v1/push', 'application/json'), 400, /expected a string/],
  ['metadata as a number', Buffer.from('{"streams":[{"stream":{"a":"1"},"values":[["1","x",{"n":1}]]}]}'), request('/loki/api/v1/push', 'application/json'), 400, /expected a string/],
  ['deep json', Buffer.from(`{"streams":${'['.repeat(100_000)}`), request('/loki/api/v1/push', 'application/json'), 400, /nested deeper|expected/],
  ['deep unknown json', Buffer.from(`{"x":${'[{"y":'.repeat(50_000)}`), request('/loki/api/v1/push', 'application/json'), 400, /nested deeper than 100/],
  ['a word instead of a document', Buffer.from('nothing'), request('/loki/api/v1/push', 'application/json'), 400, /expected a value/],
  ['a year that does not fit', Buffer.from('{"streams":[{"stream":{"a":"1"},"values":[["9999999999999999999","x"]]}]}'), request('/loki/api/v1/push', 'application/json'), 400, /out of range/],
  ['otlp of a wrong type', Buffer.from('x'), request('/otlp/v1/logs', 'text/plain'), 400, /^content type: text\/plain is not supported$/],
  ['bulk without a document', Buffer.from('{"create":{}}\n'), request('/_bulk', 'application/json'), 400, /needs a document/],
];

test('otlp: the first attribute that names a service is the service name', () => {
  const attribute = (key: string, stringValue: string): unknown => ({ key, value: { stringValue } });
  const labels = (...attributes: unknown[]): unknown => {
    const body = { resourceLogs: [{ resource: { attributes }, scopeLogs: [{ logRecords: [{ timeUnixNano: '1', body: { stringValue: 'x' } }] }] }] };
    return { ...labelsObject(decode(Buffer.from(JSON.stringify(body)), request('/otlp/v1/logs', 'application/json'))[0].labels) };
  };
  assert.deepStrictEqual(labels(attribute('k8s.job.name', 'j'), attribute('k8s.container.name', 'c')), { k8s_container_name: 'c', k8s_job_name: 'j', service_name: 'j' });
  assert.deepStrictEqual(labels(attribute('k8s.job.name', 'j'), attribute('service.name', 's')), { k8s_job_name: 'j', service_name: 's' });
});

test('otlp json: names of the protobuf file are names as well, and kinds that are not known are no value', () => {
  const snake = otlpJson.replace(/"([a-z]+[A-Z]\w*)":/g, (_, name: string) => `"${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}":`);
  assert.match(snake, /"log_records":.*"string_value":/);
  const asked = request('/otlp/v1/logs', 'application/json');
  assert.deepStrictEqual(plain(decode(Buffer.from(snake), asked)), plain(decode(Buffer.from(otlpJson), asked)));
  const unknown = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: '1', body: { newValue: 'x' } }] }] }] };
  assert.deepStrictEqual(plain(decode(Buffer.from(JSON.stringify(unknown)), asked)), [[{}, ['1', '']]]);
});

test('of thousands of entries each is what was sent', () => {
  const entries = (from: number): WireEntry[] => Array.from({ length: 3_000 }, (_, i) => ({ seconds: 1_795_176_000 + i, nanos: from + i, line: `line ${from + i}` }));
  const body = compressSync(Buffer.from(pushBytes([['{job="a"}', entries(0)], ['{job="b"}', entries(10_000)]])));
  const wanted = [[{ job: 'a' }, entries(0)], [{ job: 'b' }, entries(10_000)]].map(([labels, sent]) => [labels, ...(sent as WireEntry[]).map(({ seconds, nanos, line }) => [`${seconds}${String(nanos).padStart(9, '0')}`, line])]);
  assert.deepStrictEqual(plain(decode(body, request('/loki/api/v1/push', 'application/x-protobuf'))), wanted);
});

test('streams without entries are not the same as no streams', () => {
  const decodeText = (text: string): number[] => decode(Buffer.from(text), request('/loki/api/v1/push', 'application/json')).map(({ count }) => count);
  assert.deepStrictEqual(decodeText('{"streams":[{"stream":{"a":"b"},"values":[]},{"stream":{"a":"c"}}]}'), [0]);
  assert.deepStrictEqual(decodeText('{"streams":[{"stream":{"a":"c"}}]}'), [0]);
  assert.deepStrictEqual(decodeText('{"streams":[]}'), []);
});

for (const { name, body, asked, expected } of fixtures.filter(({ name: which }) => which.includes('json'))) {
  test(`${name}: what stands behind the document is not looked at, as in Loki`, () => {
    for (const behind of [' x', '}', '\0\0', String(body)]) {
      assert.deepStrictEqual(plain(decode(Buffer.concat([body, Buffer.from(behind)]), asked)), expected);
    }
  });
}

test('null is the same as what is not there, as in Loki', () => {
  const decodeText = (path: string, text: string): unknown => plain(decode(Buffer.from(text), request(path, 'application/json')));
  for (const text of ['null', '{"streams":null}', '{}']) {
    assert.deepStrictEqual(['/loki/api/v1/push', '/api/prom/push'].map((path) => decodeText(path, text)), [[], []]);
  }
  assert.deepStrictEqual(decodeText('/loki/api/v1/push', '{"streams":[{"stream":{"a":"b"},"values":null}]}'), [[{ a: 'b' }]]);
  const legacy = (labels: string, line: string): unknown => decodeText('/api/prom/push', `{"streams":[{${labels}"entries":[{"ts":"2026-11-20T12:00:00Z"${line}}]}]}`);
  for (const labels of ['"labels":null,', '"labels":"",', '"labels":"{}",', '']) {
    assert.deepStrictEqual(['', ',"line":null', ',"line":""'].map((line) => legacy(labels, line)), Array(3).fill([[{}, ['1795176000000000000', '']]]));
  }
  assert.deepStrictEqual(decodeText('/api/prom/push', '{"streams":[{"labels":"{a=\\"b\\"}","entries":null}]}'), [[{ a: 'b' }]]);
});

test('a text of labels without any says no labels, as in Loki', () => {
  for (const labels of ['', ' ', '{}']) {
    assert.deepStrictEqual(plain(decode(compressSync(Buffer.from(pushBytes([[labels, [{ seconds: 1, nanos: 1, line: 'x' }]]]))), request('/loki/api/v1/push', 'x'))), [[{}, ['1000000001', 'x']]]);
  }
});

for (const [name, body, asked, status, message] of refused) {
  test(`${name} is refused`, () => {
    assert.throws(() => decode(body, asked), (error) => error instanceof RequestError && error.status === status && message.test(error.message));
  });
}

test('a million labels cost no more than they weigh', () => {
  const labels = `{${Array.from({ length: 1_000_000 }, (_, i) => `l${i}="v"`).join(',')}}`;
  const body = compressSync(Buffer.from(pushBytes([[labels, [{ seconds: 1, nanos: 1, line: 'x' }]]])));
  assert.throws(() => decode(body, request('/loki/api/v1/push', 'x', { maxBytes: 1 << 26 })), /more than 10000 labels in one set/);
});

test('a million streams in one push are refused', () => {
  const body = Buffer.from(`{"streams":[${Array.from({ length: 60_000 }, (_, i) => `{"stream":{"a":"${i}"},"values":[["1","x"]]}`).join(',')}]}`);
  assert.throws(() => decode(body, request('/loki/api/v1/push', 'application/json', { maxBytes: 1 << 26 })), /more than 10000 streams/);
});

test('damaged bytes give entries or a RequestError, nothing else', () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  const rounds = Number(process.env.FUZZ_ROUNDS ?? 20_000);
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const raw = pushBytes([['{job="a"}', [{ seconds: 1_795_176_000, nanos: 5, line: 'one', metadata: [['k', 'v']] }]]]);
  for (let round = 0; round < rounds; round++) {
    const { body, asked } = fixtures[random(fixtures.length)];
    // Half of the protobuf bodies are damaged inside the snappy block, where the reader sees them.
    const inside = asked.contentType === 'application/x-protobuf' && random(2) === 0;
    const bytes = Buffer.from(inside ? raw : body).subarray(0, random(20) === 0 ? random(body.length) : undefined);
    for (let changes = random(4); changes >= 0 && bytes.length > 0; changes--) {
      bytes[random(bytes.length)] = random(3) === 0 ? '{}[]",:\\'.charCodeAt(random(8)) : random(256);
    }
    const sent = inside ? compressSync(bytes) : bytes;
    try {
      const streams = decode(sent, asked);
      for (const stream of streams) {
        assert.ok((stream.count > 0 || streams.length === 1) && stream.ends.every((end, i) => end >= stream.starts[i] && end <= stream.body.length), `seed ${seed} round ${round}`);
      }
    } catch (error) {
      assert.ok(error instanceof RequestError, `seed ${seed} round ${round}: ${(error as Error).stack} ${sent.toString('base64')}`);
    }
  }
});
