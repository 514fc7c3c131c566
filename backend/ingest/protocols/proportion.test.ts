import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestError } from '../../model/errors';
import { defaultIngestLimits } from '../limits';
import { elasticBulk } from './elasticBulk';
import { otlp } from './otlp';
import type { Protocol } from '../protocol';
import { StreamBuilder } from '../streamBuilder';

/** Bodies that say little and mean much: what stands above many entries, or before many names, is not multiplied without end. */

const request = { contentType: 'application/json', receivedNs: 1n, headers: {}, query: {}, maxBytes: 21e6, otlp: defaultIngestLimits.otlp };

const text = (value: string) => ({ stringValue: value });
const attributes = (count: number, value: (i: number) => unknown) => Array.from({ length: count }, (_, i) => ({ key: `a${i}`, value: value(i) }));
const logs = (above: unknown[], records: unknown[]): string => JSON.stringify({ resourceLogs: [{ resource: { attributes: above }, scopeLogs: [{ logRecords: records }] }] });
const record = (i: number, own: unknown[] = []) => ({ timeUnixNano: String(i + 1), body: text('x'), attributes: own });
const map = (key: string, values: unknown[]) => ({ key, value: { kvlistValue: { values } } });

const bodies: Array<[what: string, protocol: Protocol, path: string, body: string]> = [
  ['many attributes of a resource, a set of metadata for each record', otlp, '/otlp/v1/logs', logs(attributes(2_000, () => text('v')), Array.from({ length: 2_000 }, (_, i) => record(i, [{ key: 'id', value: text(String(i)) }])))],
  ['a long attribute of a resource, many records', otlp, '/otlp/v1/logs', logs([{ key: 'a', value: text('v'.repeat(300_000)) }], Array.from({ length: 2_000 }, (_, i) => record(i)))],
  ['a long name of a map of attributes, many names in it', otlp, '/otlp/v1/logs', logs([], [record(0, [map('k'.repeat(20_000), attributes(2_000, () => text('v')))])])],
  ['a long name of an object, many names in it', elasticBulk, '/_bulk', `{"index":{}}\n{"${'k'.repeat(20_000)}":{${Array.from({ length: 2_000 }, (_, i) => `"a${i}":1`).join(',')}}}\n`],
];
for (const [what, protocol, path, body] of bodies) {
  test(what, () => {
    assert.ok(body.length < 1_000_000);
    assert.throws(() => protocol.decode(Buffer.from(body), { ...request, path }), (error) => error instanceof RequestError && error.status === 413 && /send smaller|names/.test(error.message));
  });
}

test('what exporters and shippers send is far below', () => {
  const above = attributes(30, (i) => text(`value ${i} of the resource`));
  const own = (i: number) => [{ key: 'http.route', value: text('/a/b') }, { key: 'id', value: text(String(i)) }, map('k8s', attributes(10, (k) => text(`${k}`)))];
  const [stream] = otlp.decode(Buffer.from(logs(above, Array.from({ length: 10_000 }, (_, i) => record(i, own(i))))), { ...request, path: '/otlp/v1/logs' });
  assert.equal(stream.count, 10_000);
  assert.equal(stream.metadata?.[9_999]?.size, 42);
});

test('a push may have half a million entries, and not one more', () => {
  const builder = new StreamBuilder();
  for (let i = 0; i < 500_000; i++) {
    builder.add(0, i, 0, 0);
  }
  assert.throws(() => builder.add(0, 0, 0, 0), { status: 413 });
});
