import assert from 'node:assert/strict';
import { test } from 'node:test';
import ipaddr from 'ipaddr.js';
import { makeLabels } from '../model/labels';
import { decolorize } from './decolorize';
import { plainValue, jsonEscapedValue, logfmtQuotedValue, type FieldSink } from './fields';
import { parseIpMatcher, startOfAddresses } from './ip';
import { JsonFields, jsonStringText } from './json';
import { JsonPaths, parseJsonPath } from './jsonPath';
import { LogfmtFields, logfmtQuotedText } from './logfmt';
import { parseLinePattern, parseParserPattern } from './pattern';
import { seeded, testSeed } from './random';
import { sliceWithSpaces, Source } from './source';

/** Collects what a parser finds, the last value of a name winning. */
class Found implements FieldSink {
  names: string[] = [];
  values = new Map<string, string>();
  readonly number = (name: string): number => this.names.push(name) - 1;

  found: FieldSink['found'] = (field, source, start, end, kind) => {
    const value =
      kind === plainValue ? source.ascii(start, end) : kind === jsonEscapedValue ? jsonStringText(source, start, end) : kind === logfmtQuotedValue ? logfmtQuotedText(source, start, end) : sliceWithSpaces(source, start, end);
    this.values.set(this.names[field], value);
    return true;
  };
}

function json(text: string | Buffer): { values: Record<string, string>; error: string | undefined } {
  const found = new Found();
  const source = Source.ofBytes(Buffer.from(text));
  const error = new JsonFields({ number: found.number }).parse(source, 0, source.bytes.length, found, () => found.values.clear());
  return { values: Object.fromEntries(makeLabels(found.values)), error };
}

const array = `Value is array, but can't find closing ']' symbol`;
const object = `Value looks like object, but can't find closing '}' symbol`;

const jsonCases: Array<[text: string | Buffer, values: Record<string, string>, error?: string]> = [
  ['{"a":1,"b":"x","c":true,"d":null,"e":[1],"f":{"g":{"h":2}}}', { a: '1', b: 'x', c: 'true', f_g_h: '2' }],
  ['{"a-b":1,"9x":2," sp ":3,"ü":4,"":5,"a.b":6}', { a_b: '6', _9x: '2', sp: '3', _: '4' }],
  ['{"a":{"9b":1,"":2}}', { a_9b: '1', a_: '2' }],
  ['{"a":"\\u00e9\\ud83d\\ude00\\n\\/\\""}', { a: 'é😀\n/"' }],
  ['{"a":"\\ud83d","b":"\\x","c":"ok"}', { a: '', b: '', c: 'ok' }],
  [Buffer.concat([Buffer.from('{"a":"x'), Buffer.from([0xff, 0xe2, 0x82]), Buffer.from('y"}')]), { a: 'x   y' }],
  ['{"a":12345678901234567890,"b":1e3,"c":-0.5}', { a: '12345678901234567890', b: '1e3', c: '-0.5' }],
  ['{"a":1,"a":2}', { a: '2' }],
  ['  {"a" : 1 , "b":2 }  trailing', { a: '1', b: '2' }],
  ['{}', {}],
  ['', {}, object],
  ['[1]', {}, object],
  ['{', {}, 'Malformed JSON error'],
  ['{"a":1', { a: '1' }, array],
  ['{"a":1,', { a: '1' }, array],
  ['{"a":1,}', { a: '1' }],
  ['{"a":1 "b":2}', { a: '1' }, object],
  ['{"a" 1}', {}, 'Malformed JSON error'],
  ['{"a', {}, 'Malformed JSON error'],
  ['{"a":"b', {}, `Value is string, but can't find closing '"' symbol`],
  ['{"a":[1,2', {}, array],
  ['{"a":{"b":1', {}, object],
  ['{"a":{"b":1,"c":x}}', { a_b: '1' }, 'Unknown value type'],
  ['{"a":{"b":tru}}', {}, 'Unknown value type'],
  ['{"a":{"b":[}]},"c":1}', {}, array],
  ['{"\\q":1}', {}, 'Encountered an invalid escape sequence in a string'],
  ['{"\\u0061":1}', { a: '1' }],
];

for (const [text, values, error] of jsonCases) {
  test(`json ${text.toString()}`, () => assert.deepEqual(json(text), { values, error }));
}

test('json of any bytes never throws, and valid JSON gives what JSON.parse gives', () => {
  const random = seeded(testSeed);
  const value = (depth: number): unknown => {
    switch (random(depth > 3 ? 5 : 7)) {
      case 0: return random(100_000) / 8 - 500;
      case 1: return ['', 'plain', 'with "quotes" and \\', 'é😀', '{"a":1}', ']}', '\u0001'][random(7)];
      case 2: return random(2) === 0;
      case 3: return null;
      case 4: return 'x'.repeat(random(30));
      case 5: return Array.from({ length: random(4) }, () => value(depth + 1));
      default: return Object.fromEntries(Array.from({ length: random(5) }, () => [['a', 'b_c', 'd', 'e"f', 'g'][random(5)], value(depth + 1)]));
    }
  };
  const flat = (item: object, prefix: string, out: Record<string, string>): Record<string, string> => {
    for (const [key, inner] of Object.entries(item)) {
      const name = prefix + key.replace(/[^a-z_]/g, '_');
      if (typeof inner === 'object') {
        if (inner !== null && !Array.isArray(inner)) {
          flat(inner, `${name}_`, out);
        }
      } else {
        out[name] = String(inner);
      }
    }
    return out;
  };
  for (let round = 0; round < 3_000; round++) {
    const item = { top: value(0), second: value(1) };
    const text = JSON.stringify(item, undefined, random(3));
    assert.deepEqual(json(text), { values: flat(item, '', {}), error: undefined }, `seed ${testSeed}: ${text}`);
    const bytes = Buffer.from(text);
    for (let i = random(3); i >= 0; i--) {
      bytes[random(bytes.length)] = [0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d, 0x2c, 0xff, random(256)][random(9)];
    }
    json(bytes.subarray(0, random(bytes.length + 1)));
  }
  json('{"a":'.repeat(40_000));
  json(`{"a":${'['.repeat(40_000)}`);
  json(`{${'"k":{'.repeat(3_000)}"x":1${'}'.repeat(3_001)}`);
});

function logfmt(text: string | Buffer, strict = false, keepEmpty = false): { values: Record<string, string>; error: string | undefined } {
  const found = new Found();
  const source = Source.ofBytes(Buffer.from(text));
  const error = new LogfmtFields(found.number, strict, keepEmpty).parse(source, 0, source.bytes.length, found);
  return { values: Object.fromEntries(makeLabels(found.values)), error };
}

test('logfmt', () => {
  assert.deepEqual(logfmt('a=1 b="x y" c="q\\"\\n\\u00e9" d= e f="" g.h=2 9=3'), { values: { a: '1', b: 'x y', c: 'q"\né', g_h: '2', _9: '3' }, error: undefined });
  assert.deepEqual(logfmt('a=1 e f= ', false, true).values, { a: '1', e: '', f: '' });
  assert.deepEqual(logfmt('a=1 =x b=2 "c"=3 d=e=f g=7').values, { a: '1', b: '2', g: '7' });
  assert.deepEqual(logfmt('a=1 =x b=2', true), { values: { a: '1' }, error: "logfmt syntax error at pos 5 : unexpected '='" });
  assert.deepEqual(logfmt('a="x', true), { values: {}, error: 'logfmt syntax error at pos 5 : unterminated quoted value' });
  assert.deepEqual(logfmt('a="\\q" b=1', true).error, 'logfmt syntax error at pos 7 : invalid quoted value');
  assert.deepEqual(logfmt(Buffer.from([0xff, 0x3d, 0x31, 0x20, 0x61, 0x3d, 0xff, 0x62])), { values: { a: ' b' }, error: undefined });
  const random = seeded(testSeed);
  for (let round = 0; round < 20_000; round++) {
    logfmt(Buffer.from(Array.from({ length: random(40) }, () => [0x3d, 0x22, 0x20, 0x5c, 0x61, 0x75, 0x30, 0xc3, random(256)][random(9)])), random(2) === 0, random(2) === 0);
  }
});

test('paths into JSON', () => {
  assert.deepEqual(parseJsonPath('a.b[0]["k x"].c'), ['a', 'b', 0, 'k x', 'c']);
  assert.deepEqual(parseJsonPath('["x"]'), ['x']);
  for (const bad of ['', '.a', 'a.', 'a..b', 'a[', 'a[x]', 'a b', 'a-b', 'a[1.5]']) {
    assert.throws(() => parseJsonPath(bad), { status: 400 }, bad);
  }
  const read = (text: string, ...paths: string[]): Array<string | undefined> => {
    const out: Array<string | undefined> = paths.map(() => undefined);
    const bytes = Buffer.from(text);
    new JsonPaths(paths.map(parseJsonPath)).parse(bytes, 0, bytes.length, (path, start, end) => (out[path] = bytes.toString('utf8', start, end)));
    return out;
  };
  assert.deepEqual(read('{"a":{"b":[10,{"c":"x"}]},"d":null}', 'a.b[0]', 'a.b[1].c', 'd', 'a', 'no', 'a.b[9]'), ['10', 'x', 'null', '{"b":[10,{"c":"x"}]}', undefined, undefined]);
  assert.deepEqual(read('[{"a":1},{"a":2}]', '[1].a'), ['2']);
  assert.deepEqual(read('{"a":1,"a":2,"b', 'a', 'b'), ['1', undefined]);
  assert.deepEqual(read('{"\\u0061":1,"é":2,"ab":3,"b":{"\\u00e9":4}}', 'a', '["é"]', 'b["é"]'), ['1', '2', '4']);
  assert.deepEqual(read('{"\\q":1,"a":2}', 'a'), [undefined]);
});

test('patterns', () => {
  const captures = (pattern: string, line: string): Record<string, string> => {
    const compiled = parseParserPattern(pattern);
    const bytes = Buffer.from(line);
    const [starts, ends]: number[][] = [[], []];
    const count = compiled.match(bytes, 0, bytes.length, starts, ends);
    return Object.fromEntries(Array.from({ length: count }, (_, i) => [compiled.names[i], bytes.toString('utf8', starts[i], ends[i])]));
  };
  assert.deepEqual(captures('<ip> - <_> [<ts>]', '1.2.3.4 - bob [now] x'), { ip: '1.2.3.4', ts: 'now' });
  assert.deepEqual(captures('<a> <b> <c>', 'x y'), { a: 'x', b: 'y' });
  assert.deepEqual(captures('x<a>', 'yxz'), {});
  assert.deepEqual(captures('<a>:<b>', ''), {});
  assert.deepEqual(captures('é<a>ü', 'éinü'), { a: 'in' });
  for (const bad of ['nothing', '<_>', '<a><b>', '<a> <a>']) {
    assert.throws(() => parseParserPattern(bad), { status: 400 }, bad);
  }
  const matches = (pattern: string, line: string): boolean => parseLinePattern(pattern).test(Buffer.from(line), 0, Buffer.byteLength(line));
  for (const [pattern, line, expected] of [
    ['', '', true], ['', 'x', false], ['foo <_> baz', 'foo bar baz', true], ['<_> bar', 'foo bar baz', false], ['<_> baz', 'foo bar baz', true], ['foo <_>', 'foo bar', true],
    ['foo <_>', 'foo ', false], ['<_> bar <_>', ' bar ', false], ['<_>bar<_>', ' bar ', true], ['bar', 'foo bar', true], ['bar', 'bar foo', false], ['a<_>b', 'ab', false],
  ] as const) {
    assert.equal(matches(pattern, line), expected, `${pattern} on ${line}`);
  }
  assert.throws(() => parseLinePattern('<a>'), { message: "named captures are not allowed: found '<a>'" });
});

test('addresses inside text', () => {
  const holds = (pattern: string, text: string): boolean => parseIpMatcher(pattern).inText(Buffer.from(text), 0, Buffer.byteLength(text));
  for (const [pattern, text, expected] of [
    ['10.0.0.1', 'from 10.0.0.1 to', true], ['10.0.0.1', '10.0.0.11', false], ['10.0.0.0/8', 'x 10.255.0.3', true], ['10.0.0.0/8', '11.0.0.1', false],
    ['10.1.2.0-10.1.2.9', 'at 10.1.2.9,', true], ['10.1.2.0-10.1.2.9', '10.1.2.10', false], ['2001:db8::/32', '[2001:db8:0:1::5]:443', true],
    ['::1', 'from ::1 ok', true], ['2001:db8::1-2001:db8::ff', '2001:db8::20', true], ['192.168.0.0/16', '192.168.4.5 - -', true], ['0.0.0.0/0', '1.2.3', false],
    ['10.0.0.1', '010.0.0.1', false], ['0.0.0.0/0', '1.2.3.256', false], ['0.0.0.0/0', '1.2.3.4.', false], ['0.0.0.0/0', '1.2.3.4.5', false], ['0.0.0.0/0', '1..2.3', false], ['255.255.255.255', '255.255.255.255', true],
    ['0.0.0.0/0', '::ffff:10.0.0.1', false], ['::ffff:10.0.0.1', 'to ::ffff:10.0.0.1', true], ['10.0.0.0/8', '[ab:10.0.0.1]', false], ['::/0', '22/Nov/2025:23:59:58 10.0.0.1', false], ['1:2:3:4:5:6:7:8', 'at 1:2:3:4:5:6:7:8', true],
    ['1:2:3:4:5:6:7.8.9.10', 'at 1:2:3:4:5:6:7.8.9.10', true],
  ] as const) {
    assert.equal(holds(pattern, text), expected, `${pattern} in ${text}`);
  }
  for (const bad of ['x', '10.0.0', '10.0.0.0/33', '10.0.0.9-10.0.0.1', '1.2.3.4-::1', '010.0.0.1', '']) {
    assert.throws(() => parseIpMatcher(bad), { status: 400 }, bad);
  }
  holds('10.0.0.1', '1.'.repeat(100_000));
  holds('::1', 'a:'.repeat(100_000));
});

test('addresses of four numbers are read as ipaddr.js reads them', () => {
  const random = seeded(testSeed);
  const parts = ['0', '1', '9', '10', '99', '100', '255', '256', '300', '01', '00', '', '999', '2550'];
  for (let round = 0; round < 5_000; round++) {
    const text = Array.from({ length: 3 + random(3) }, () => parts[random(random(3) ? 7 : parts.length)]).join('.');
    const valid = ipaddr.IPv4.isValidFourPartDecimal(text) && !/(^|\.)0\d/.test(text);
    // A text that begins with a dot is read from behind it.
    if (!text.startsWith('.')) {
      assert.equal(parseIpMatcher('0.0.0.0/0').inText(Buffer.from(text), 0, text.length), valid, `seed ${testSeed}: ${text}`);
    }
    if (valid) {
      assert.ok(parseIpMatcher(text).inText(Buffer.from(text), 0, text.length), `seed ${testSeed}: ${text}`);
      assert.equal(startOfAddresses(text), text);
    }
  }
});

test('what addresses begin with', () => {
  for (const [pattern, start] of [
    ['10.1.2.3', '10.1.2.3'], ['10.1.2.0/24', '10.1.2.'], ['10.1.2.0/23', '10.1.'], ['10.0.0.0/8', '10.'], ['0.0.0.0/0', ''], ['10.1.2.3-10.1.2.9', '10.1.2.'], ['::1', ''], ['fe80::1%eth0', ''], ['x', ''],
  ]) {
    assert.equal(startOfAddresses(pattern), start, pattern);
  }
});

test('colours are stripped as stripansi does it, in linear time', () => {
  const ansi = /[\u001B\u009B][[\]()#;?]*(?:(?:(?:[a-zA-Z\d]*(?:;[a-zA-Z\d]*)*)?\u0007)|(?:(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PRZcf-ntqry=><~]))/g;
  const random = seeded(testSeed);
  const parts = ['\u001b', '\u009b', '[', ']', ';', '31', 'm', '0', '12345', '\u0007', 'K', 'x', '#', 'text ', '?', 'é', 'Q', '~'];
  for (let round = 0; round < 20_000; round++) {
    const text = Array.from({ length: random(12) }, () => parts[random(parts.length)]).join('');
    assert.equal(decolorize(text), text.replace(ansi, ''), `seed ${testSeed}: ${JSON.stringify(text)}`);
  }
  decolorize(`\u001b${';'.repeat(200_000)}`.repeat(3));
});
