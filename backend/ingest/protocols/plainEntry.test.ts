import assert from 'node:assert';
import test from 'node:test';
import { compressSync } from 'snappy';
import { RequestError } from '../../model/errors';
import { labelsObject } from '../../model/labels';
import { defaultOtlpMapping } from '../otlp/mapping';
import { serviceNameSources } from '../serviceName';
import { lokiProtobuf } from './lokiProtobuf';

/** Entries that look nearly as plain ones do have to be read as what they are. Bytes are written out, as no client writes most of them. */

type Bytes = number[];
/** Time in nanoseconds, line, metadata if any. */
type Read = [bigint, string] | [bigint, string, Record<string, string>];

const text = (value: string): Bytes => [...Buffer.from(value)];
/** A field of bytes, shorter than 128. */
const field = (tag: number, ...content: Bytes[]): Bytes => [tag, content.flat().length, ...content.flat()];

const base = 1_795_176_000n;
/** `base` as a varint. */
const baseVarint: Bytes = Array.from({ length: 5 }, (_, i) => Number((base >> BigInt(7 * i)) & 127n) | (i < 4 ? 128 : 0));
const seconds: Bytes = [0x08, ...baseVarint];
const nanos: Bytes = [0x10, 5];
const time = field(0x0a, seconds, nanos);
const line = field(0x12, text('a line'));
const metadata = field(0x1a, field(0x0a, text('k')), field(0x12, text('v')));

const at = base * 1_000_000_000n;
const plain: [bigint, string] = [at + 5n, 'a line'];

const forms: Array<[string, Bytes[], Read]> = [
  ['plain', [time, line], plain],
  ['line first', [line, time], plain],
  ['lines only, the first as a time would be', [field(0x12, [0x08, 1, 0x10, 2]), line], [0n, 'a line']],
  ['line twice', [time, field(0x12, text('first')), line], plain],
  ['no line', [time], [at + 5n, '']],
  ['no time', [line], [0n, 'a line']],
  ['empty time', [field(0x0a), line], [0n, 'a line']],
  ['time twice', [field(0x0a, [0x08, 1], [0x10, 2]), time, line], plain],
  ['seconds only', [field(0x0a, seconds), line], [at, 'a line']],
  ['seconds twice', [field(0x0a, [0x08, 1], seconds, nanos), line], plain],
  ['seconds of 32 bits', [field(0x0a, [0x08, 0x80, 0x80, 0x80, 0x80, 0x08], nanos), line], [2_147_483_648_000_000_005n, 'a line']],
  ['nanos first', [field(0x0a, nanos, seconds), line], plain],
  ['nanos only', [field(0x0a, nanos), line], [5n, 'a line']],
  ['nanos twice', [field(0x0a, seconds, [0x10, 9], nanos), line], plain],
  ['negative nanos in five bytes', [field(0x0a, seconds, [0x10, 0xfe, 0xff, 0xff, 0xff, 0x0f]), line], [at - 2n, 'a line']],
  ['another field for the seconds', [field(0x0a, [0x18, 7], nanos), line], [5n, 'a line']],
  ['another field for the nanos', [field(0x0a, seconds, [0x18, 7]), line], [at, 'a line']],
  ['another field for the line', [time, field(0x22, text('no line'))], [at + 5n, '']],
  ['metadata', [time, line, metadata], [...plain, { k: 'v' }]],
  ['metadata before the line', [time, metadata, line], [...plain, { k: 'v' }]],
  ['metadata for the line', [time, metadata], [at + 5n, '', { k: 'v' }]],
  ['seconds of the wrong wire type', [field(0x0a, [0x0d, 1, 2, 3, 4], nanos), line], [5n, 'a line']],
  ['line of the wrong wire type', [time, [0x10, 7]], [at + 5n, '']],
  ['line of the wrong wire type, then the line', [time, [0x15, 1, 2, 3, 4], line], plain],
  ['overlong tag of the time', [[0x8a, 0, time.length - 2, ...time.slice(2)], line], plain],
  ['overlong tag of the seconds', [field(0x0a, [0x88, 0, ...baseVarint], nanos), line], plain],
  ['overlong tag of the nanos', [field(0x0a, seconds, [0x90, 0, 5]), line], plain],
  ['overlong tag of the line', [time, [0x92, 0, ...line.slice(1)]], plain],
  ['overlong length of the time', [[0x0a, (time.length - 2) | 128, 0, ...time.slice(2)], line], plain],
  ['overlong length of the line', [time, [0x12, (line.length - 2) | 128, 0, ...line.slice(2)]], plain],
  ['overlong nanos', [field(0x0a, seconds, [0x10, 0x85, 0x80, 0]), line], plain],
];

const labels = field(0x0a, text('{job="a"}'));

/** A push of one stream with these fields, which may be longer than their stream says. */
const push = (...fields: Bytes[]): Bytes => [0x0a, (fields.flat().length & 127) | 128, fields.flat().length >> 7, ...fields.flat()];

function read(bytes: Bytes): Read[] {
  const streams = lokiProtobuf.decode(compressSync(Buffer.from(bytes)), {
    path: '/loki/api/v1/push', contentType: 'application/x-protobuf', receivedNs: 0n, headers: {}, query: {}, maxBytes: 1 << 20, otlp: defaultOtlpMapping, discoverServiceName: serviceNameSources,
  });
  return streams.flatMap(({ count, baseNs, times, body, starts, ends, metadata: sets }) =>
    Array.from({ length: count }, (_, i): Read => {
      const set = sets?.[i];
      const entry: [bigint, string] = [baseNs + BigInt(times[i]), Buffer.from(body.subarray(starts[i], ends[i])).toString()];
      return set ? [...entry, { ...labelsObject(set) }] : entry;
    })
  );
}

for (const [name, parts, expected] of forms) {
  test(`an entry is read the same before others and at the end of its stream: ${name}`, () => {
    const entry = field(0x12, ...parts);
    const other = field(0x12, time, field(0x12, text('long enough that what is before it may be read in the short way')));
    const otherRead: Read = [at + 5n, 'long enough that what is before it may be read in the short way'];
    assert.deepStrictEqual(read(push(labels, entry, other, entry)), [expected, otherRead, expected]);
  });
}

function refusal(bytes: Bytes): string {
  try {
    read(bytes);
  } catch (error) {
    assert.ok(error instanceof RequestError && error.status === 400, String(error));
    return error.message;
  }
  return '';
}

test('a plain entry that is too long for the last stream ends too early, one in a stream before is too long', () => {
  const content = text('x'.repeat(40));
  const tooLong: Bytes = [0x12, time.length + 2 + 41, ...time, 0x12, 41, ...content];
  const whole = field(0x12, time, field(0x12, content));
  assert.equal(refusal(push(labels, tooLong)), 'the body is not a protobuf push request: unexpected EOF');
  assert.equal(refusal([...push(labels, tooLong), ...push(labels, whole)]), 'the body is not a protobuf push request: a field is longer than its message');
  // The length of the line goes on behind its entry.
  const cut: Bytes = [0x12, time.length + 5, ...time, 0x12, 0x80, 0x80, 0x80, 0x80, 0x08];
  assert.equal(refusal(push(labels, cut, whole)), 'the body is not a protobuf push request: unexpected EOF');
});
