import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse, type LogExpr, type RangeAggregation, type Stage } from '../../src/logql/index';
import { makeLabels, type Labels } from '../model/labels';
import type { Hint } from '../store/store';
import { seeded, testSeed } from '../text/random';
import { leadingHints } from './hints';
import { buildPipeline } from './index';
import type { PipelineOptions } from './pipeline';
import { chunkOf } from './testChunk';

const stream = makeLabels([['app', 'api'], ['env', 'prod']]);

function stagesOf(query: string): Stage[] {
  const parsed = parse(`{app="api"} ${query}`);
  assert.equal(parsed.expr?.kind, 'log', `${query}: ${JSON.stringify(parsed.problems)}`);
  return (parsed.expr as LogExpr).stages;
}

type Line = string | Buffer | { line: string | Buffer; metadata?: Labels; level?: number };

/** Line and labels (without those of the stream) after the stages; undefined where the entry is dropped. */
function run(query: string | Stage[], lines: Line[], options: PipelineOptions = {}): Array<string | undefined> {
  const pipeline = buildPipeline(typeof query === 'string' ? stagesOf(query) : query, options).forStream(stream);
  const chunk = chunkOf(stream, lines.map((line) => (typeof line === 'string' || Buffer.isBuffer(line) ? { line } : line)));
  return lines.map((_, i) => {
    const processed = pipeline.process(chunk, i);
    if (!processed) {
      return undefined;
    }
    assert.equal(processed.lineBytes, Buffer.byteLength(processed.line));
    const labels = [...processed.labels.all].filter(([name, value]) => stream.get(name) !== value).map(([name, value]) => `${name}=${value}`);
    const gone = [...stream.keys()].filter((name) => !processed.labels.all.has(name)).map((name) => `-${name}`);
    return [processed.line, ...labels, ...gone].join(' | ');
  });
}

const cases: Array<[query: string, line: Line, out: string | undefined]> = [
  ['|= "b" |= "c"', 'abc', 'abc'],
  ['!= "x" or "b"', 'abc', undefined],
  ['|~ "^a.c$"', 'abc', 'abc'],
  ['!~ "(?i)B"', 'abc', undefined],
  ['|~ "(?i)KELVIN"', '\u212Aelvin', '\u212Aelvin'],
  ['|= ip("10.0.0.0/8") or "web"', 'from web', 'from web'],
  ['|= "" or "b"', 'abc', 'abc'],
  ['|= "x" or ""', 'abc', undefined],
  ['|~ ".+"', '\n', '\n'],
  ['!~ ".+"', '\n', undefined],
  ['!~ ".+"', '', ''],
  ['|~ "x|"', 'abc', undefined],
  ['|~ "b||x"', 'abc', 'abc'],
  ['|~ ".*|"', 'abc', 'abc'],
  ['!~ "x|.*"', 'abc', 'abc'],
  ['!= "" or "x"', 'abc', undefined],
  ['|= ip("fe80::1%eth0")', 'fe80::1%eth0', undefined],
  ['|> "a<_>c"', 'abc', 'abc'],
  ['!> "a<_>c"', 'abc', undefined],
  ['| json', '{"a":"1","app":"x"}', '{"a":"1","app":"x"} | a=1 | app_extracted=x'],
  ['| json | a="1"', { line: '{"a":"2"}', metadata: makeLabels([['a', '1']]) }, '{"a":"2"} | a=1'],
  ['| json a="x.y[1]", b', '{"x":{"y":[1,"two"]},"b":{"c":1}}', '{"x":{"y":[1,"two"]},"b":{"c":1}} | a=two | b={"c":1}'],
  ['| json x="a", y="b"', '{"a":1} {"b":2}', '{"a":1} {"b":2} | x=1 | y=2'],
  ['| json x="a"', '"a": 1', '"a": 1 | __error__=JSONParserErr | __error_details__=Malformed JSON error | x='],
  ['| json x="a"', '"a" {"a":1}', '"a" {"a":1} | x=1'],
  ['| json app="x"', '{"x":1}', '{"x":1} | app_extracted=1'],
  ['| logfmt', 'a=1 b= c', 'a=1 b= c | a=1'],
  ['| logfmt', '\ufeffa=1 \u0085b=2', '\ufeffa=1 \u0085b=2 | _a=1 | b=2'],
  ['| logfmt', 'a=1 a=2', 'a=1 a=2 | a=2'],
  ['| logfmt --keep-empty', 'a=1 b= c', 'a=1 b= c | a=1 | b= | c='],
  ['| logfmt x="a", b', 'a=1', 'a=1 | b= | x=1'],
  ['| logfmt | a="1"', 'a=2 a=1', undefined],
  ['| logfmt | a!="1"', 'a=1 a=2', undefined],
  ['| logfmt | a > 1', 'a=1 a=2', undefined],
  ['| logfmt | a > 1', 'a=2 a=3', 'a=2 a=3 | a=3'],
  ['| logfmt a', { line: 'a=1', metadata: makeLabels([['a', 'm']]) }, 'a=1 | a=1'],
  ['| logfmt app="a", b', 'a=1 a=2 b=3', 'a=1 a=2 b=3 | app_extracted=1 | b='],
  ['| logfmt a, b', 'a=\ufffd b=2', 'a=\ufffd b=2 | a= | b=2'],
  ['| logfmt a', 'a="\\ud83d" b=2', 'a="\\ud83d" b=2 | a='],
  ['| pattern "<a> <b>"', 'x \ufffd', 'x \ufffd | a=x | b=\ufffd'],
  ['| json', '{"a.b":1,"a_b":2,"a":{"b":3},"a.b":4}', '{"a.b":1,"a_b":2,"a":{"b":3},"a.b":4} | a_b=4'],
  ['| json', '{"a":{"b":3},"a_b":2}', '{"a":{"b":3},"a_b":2} | a_b=2'],
  ['| logfmt', 'a.b= a-b=1 a_b=2 a-b=3', 'a.b= a-b=1 a_b=2 a-b=3 | a_b=3'],
  ['| logfmt --keep-empty', '/ x=1 -', '/ x=1 - | _= | x=1'],
  ['| logfmt x="a"', { line: 'a=1', metadata: makeLabels([['a', 'm']]) }, 'a=1 | a=m | x='],
  ['| drop a | json', { line: '{"a":"1"}', metadata: makeLabels([['a', 'm']]) }, '{"a":"1"}'],
  ['| json | drop a | json', '{"a":"1"}', '{"a":"1"}'],
  ['| json | label_format b=a | json', '{"a":"1"}', '{"a":"1"} | b=1'],
  ['| json | a="1"', '{"a":"2","a":"1"}', undefined],
  ['| json | a_b!="1"', '{"a":{"b":"1"', '{"a":{"b":"1" | __error__=JSONParserErr | __error_details__=Value looks like object, but can\'t find closing \'}\' symbol'],
  ['| json | a > 1', '{"a":0,"b":"x"}', undefined],
  ['| json | a > 1 | b="x"', '{"a":2,"b":"x"}', '{"a":2,"b":"x"} | a=2 | b=x'],
  ['| json | a > 1', '{"a":"no"}', '{"a":"no"} | __error__=LabelFilterErr | __error_details__=strconv.ParseFloat: parsing "no": invalid syntax | a=no'],
  ['| json | logfmt', '{"a":"1"} a=2', '{"a":"1"} a=2 | a=1'],
  ['| regexp "(?P<a>\\\\d+)(?P<b>x)?"', 'n 12', 'n 12 | a=12 | b='],
  ['| pattern "<a> <_> <app>"', '1 2 3', '1 2 3 | a=1 | app_extracted=3'],
  ['| unpack', '{"pod":"p","_entry":"in \\"side\\""}', 'in "side" | pod=p'],
  ['| unpack | logfmt', '{"n":1,"_entry":"a=1"}', 'a=1 | a=1'],
  ['| unpack', '{"pod":"p"}', '{"pod":"p"}'],
  ['| decolorize', '\u001b[31mred\u001b[0m', 'red'],
  ['| line_format "{{.a}}-{{.app}}"', { line: 'x', metadata: makeLabels([['a', '1']]) }, '1-api | a=1'],
  ['| line_format "{{.nope}}"', 'x', ''],
  ['| line_format "{{duration .app}}"', 'x', 'x | __error__=TemplateFormatErr | __error_details__=template: line:1:2: executing "line" at <duration .app>: error calling duration: time: invalid duration "api"'],
  ['| label_format a=app, b="{{.env}}!"', 'x', 'x | a=api | b=prod! | -app'],
  ['| label_format a=nope', 'x', 'x'],
  ['| drop app, nope', 'x', 'x | -app'],
  ['| drop app="other", env=~"pr.*"', 'x', 'x | -env'],
  ['| keep app', { line: 'x', metadata: makeLabels([['a', '1']]) }, 'x | -env'],
  ['| logfmt | n > 5', 'n=6', 'n=6 | n=6'],
  ['| logfmt | n > 5', 'm=6', undefined],
  ['| logfmt | n > 5', 'n=x', 'n=x | __error__=LabelFilterErr | __error_details__=strconv.ParseFloat: parsing "x": invalid syntax | n=x'],
  ['| logfmt | n > 5', 'n=1_000', 'n=1_000 | n=1_000'],
  ['| logfmt | level=~"info|"', 'level=warn', undefined],
  ['| logfmt | d >= 1.5s', 'd=1500ms', 'd=1500ms | d=1500ms'],
  ['| logfmt | b = 1KB', 'b=1000', 'b=1000 | b=1000'],
  ['| logfmt | n > 5 or m = "1"', 'm=1', 'm=1 | m=1'],
  ['| logfmt | n > 5, m = "1"', 'm=1 n=6', 'm=1 n=6 | m=1 | n=6'],
  ['| logfmt | a = ip("10.0.0.0/8")', 'a=10.1.1.1', 'a=10.1.1.1 | a=10.1.1.1'],
  ['| logfmt | a != ip("10.0.0.0/8")', 'b=1', undefined],
  ['| json | __error__ = ""', 'text', undefined],
  ['| json | drop __error__', 'text', `text`],
  ['| env = "prod" | nope = ""', 'x', 'x'],
  ['| label_format level="{{.level | lower}}" | level = "error"', { line: 'x', metadata: makeLabels([['level', 'ERROR']]) }, 'x | level=error'],
  ['| __level__ = "error"', { line: 'x', level: 5 }, 'x'],
  ['| __level__ = "error"', { line: 'x', level: 3 }, undefined],
  ['| line_format "{{.__level__}}"', { line: 'x', level: 5 }, 'error'],
  ['', { line: 'x', level: 5, metadata: makeLabels([['bad-name', '1'], ['env', 'c']]) }, 'x | bad_name=1 | env_extracted=c'],
];

for (const [query, line, out] of cases) {
  test(`${query} on ${JSON.stringify(line)}`, () => assert.deepEqual(run(query, [line]), [out]));
}

/** Rows of docs/logql.md: where we differ from Loki on purpose. */
const differences: Array<[query: string, line: Line, out: string | undefined]> = [
  ['| logfmt | a == 1KiB', 'a=1024', 'a=1024 | a=1024'],
  ['| logfmt | a == 1KiB', 'a=1000', undefined],
  ['| logfmt | label_format a="x" | a="x"', 'a=1', 'a=1 | a=x'],
  ['| logfmt | a=~"(?i)kelvin"', 'a=\u212Aelvin', 'a=\u212Aelvin | a=\u212Aelvin'],
];
for (const [query, line, out] of differences) {
  test(`unlike Loki: ${query} on ${JSON.stringify(line)}`, () => assert.deepEqual(run(query, [line]), [out]));
}

test('unlike Loki: what is nested deeper than 128 and names longer than 4,096 characters are left out', () => {
  const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  const found = (line: string): boolean => (run('| json', [line])[0] ?? '').length > line.length;
  assert.deepEqual([nested(128), nested(129), `{"${'k'.repeat(4_096)}":1}`, `{"${'k'.repeat(4_097)}":1}`].map(found), [true, false, true, false]);
});

test('unlike Loki: logfmt finds every label it names, and a key that lost once is found in the next line', () => {
  assert.deepEqual(run('| logfmt a, b', ['a=1 b=2'], { labelsNeeded: new Set(['a', 'b']) }), ['a=1 b=2 | a=1 | b=2']);
  assert.deepEqual(run('| logfmt a="b"', ['a=1 b=2'], { labelsNeeded: new Set(['a']) }), ['a=1 b=2 | a=2']);
  assert.deepEqual(run('| logfmt', ['a.b=1 a_b=2', 'a_b=3']), ['a.b=1 a_b=2 | a_b=1', 'a_b=3 | a_b=3']);
});

test('distinct keeps the first line of every tuple', () => {
  assert.deepEqual(run([...stagesOf('| logfmt'), { kind: 'distinct', labels: ['a'], span: { start: 0, end: 0 } }], ['a=1 n=1', 'a=2', 'a=1 n=2', 'n=3']), [
    'a=1 n=1 | a=1 | n=1', 'a=2 | a=2', undefined, 'n=3 | n=3',
  ]);
});

test('unwrap', () => {
  const sample = (query: string, line: string): unknown => {
    const expr = parse(`sum_over_time({app="api"} | logfmt | unwrap ${query} [1m])`).expr as RangeAggregation;
    const processed = buildPipeline(expr.log.stages, { unwrap: expr.unwrap }).forStream(stream).process(chunkOf(stream, [{ line }]), 0);
    return processed && (processed.labels.error ?? processed.sample);
  };
  assert.equal(sample('v', 'v=1.5'), 1.5);
  assert.equal(sample('v', 'w=1'), undefined);
  assert.equal(sample('v', 'v=""'), undefined);
  assert.equal(sample('v', 'v=x'), 'SampleExtractionErr');
  assert.equal(sample('v | __error__=""', 'v=x'), undefined);
  assert.equal(sample('duration(v)', 'v=1m30s'), 90);
  assert.equal(sample('duration_seconds(v)', 'v=250ms'), 0.25);
  assert.equal(sample('bytes(v)', 'v=2KiB'), 2048);
});

test('__level__ is in results only where what follows asks for it', () => {
  assert.deepEqual(run('', [{ line: 'x', level: 5 }], { labelsNeeded: new Set(['__level__']) }), ['x | __level__=error']);
});

test('equal labels are the same object', () => {
  const pipeline = buildPipeline(stagesOf('| logfmt')).forStream(stream);
  const chunk = chunkOf(stream, [{ line: 'a=1 b=2' }, { line: 'b=2 a=1' }, { line: 'x a=1 b=2' }]);
  const [first, second, third] = [0, 1, 2].map((i) => pipeline.process(chunk, i)!.labels);
  assert.equal(first, second);
  assert.equal(first, third);
});

test('a query that names errors keeps failing samples', () => {
  const [out] = run('| json | __error__ != ""', ['text'], { labelsNeeded: new Set(['__error__']) });
  assert.match(out ?? '', /__preserve_error__=true/);
});

test('names like those of objects are only names', () => {
  const [out] = run('| json | line_format "{{.__proto__}} {{.constructor}}"', ['{"__proto__":"a","constructor":"b","toString":{"x":1}}']);
  assert.equal(out, 'a b | __proto__=a | constructor=b | toString_x=1');
});

const queries = [
  '| json | status="500"', '| json | a_b=~"x.*y|zz"', '|= "err" | json', '|~ "(?i)ERR|warn" | logfmt | level="error"', '| logfmt | a="1" | b!="2"', '!= "x" | json | a="1" or b="2"',
  '|~ "a.+b"', '| pattern "<x> <y>" | x="a"', '| regexp "(?P<x>a.)" | x="ab"', '| json | a_extracted="1"', '|= "a" or "b" |> "<_>a<_>"', '| json | line_format "{{.a}}" |= "1"', '| logfmt | label_format b=a | b="1"',
  '| json | msg="a\\tb"', '| decolorize |= "ab"', '|~ "ab|"', '|~ ".+"', '!~ "ab|.*"', '|= "" or "err"', '| json | level=~"error|"', '| json | level=~"(?i)error"', '|= ip("10.1.0.0/16")', '|= ip("10.1.2.3") or "err"', '!= ip("10.1.2.3")', '|= ip("::1")', '| logfmt | b=ip("10.1.2.3")',
];
const fragments = ['"a":"1"', '"b":"2"', '"status":500', '"status":"500"', '"a":{"b":"xqy"}', '"msg":"a\\tb"', '"level":"ERROR"', 'level=error', 'a=1', 'b="2"', 'err', 'WARN', 'x', ' ', 'a b', 'ab', '\u001b[1m', '{', '}', ',', '\\u0031', '"a":"\\u0031"', 'é', '\u212A', '10.1.2.3', '10.1.2.34', 'b=10.1.2.3', '::1', 'x10.1.2.3'];

function randomLines(random: (below: number) => number, count: number): Line[] {
  return Array.from({ length: count }, () => {
    const text = Array.from({ length: random(6) }, () => fragments[random(fragments.length)]).join(random(2) ? ',' : ' ');
    const line = random(2) ? `{${text}}` : text;
    return random(4) === 0 ? { line, metadata: makeLabels([[['a', 'status', 'x-y', 'level'][random(4)], ['1', '500', 'error'][random(3)]]]) } : line;
  });
}

test('searching the chunk first changes nothing, and hints are necessary', () => {
  const random = seeded(testSeed);
  const allows = (hint: Hint, line: string): boolean => {
    const [text, texts] = hint.ignoreCase ? [line.toLowerCase(), hint.texts.map((one) => one.toLowerCase())] : [line, hint.texts];
    return texts.some((one) => text.includes(one)) === (hint.kind === 'any');
  };
  // A line that a stage wrote is not searched for in the chunk.
  const unsearchable: Stage = { kind: 'lineFormat', template: '{{__line__}}', span: { start: 0, end: 0 } };
  for (let round = 0; round < 40; round++) {
    const lines = randomLines(random, 12);
    for (const query of queries) {
      const together = run(query, lines);
      const stages = stagesOf(query);
      lines.forEach((line, i) => {
        const [alone] = run([unsearchable, ...stages], [line]);
        assert.equal(together[i], alone, `seed ${testSeed}: ${query} on ${JSON.stringify(line)}`);
        const text = typeof line === 'string' ? line : (line as { line: string }).line;
        if (alone !== undefined) {
          assert.ok(leadingHints(stages).every((hint) => allows(hint, text)), `seed ${testSeed}: hints of ${query} on ${text}`);
        }
      });
    }
  }
});

test('a chunk of many lines is searched alike from either end and from the middle', () => {
  const random = seeded(testSeed);
  const stream = makeLabels([['app', 'a']]);
  const lines = randomLines(random, 700).map((line) => (typeof line === 'string' || Buffer.isBuffer(line) ? { line } : line));
  const chunk = chunkOf(stream, lines);
  const part = { ...chunk, count: 500, times: chunk.times.subarray(100, 600), offsets: chunk.offsets.subarray(100, 601), metadata: chunk.metadata?.subarray(100, 600) };
  for (const query of queries) {
    const stages = stagesOf(query);
    const forward = buildPipeline(stages, {}).forStream(stream);
    const wanted = lines.map((_, i) => forward.process(chunk, i)?.line);
    const backward = buildPipeline(stages, {}).forStream(stream);
    for (let i = chunk.count - 1; i >= 0; i -= 1 + random(3)) {
      assert.equal(backward.process(chunk, i)?.line, wanted[i], `seed ${testSeed}: ${query}, entry ${i}`);
    }
    const middle = buildPipeline(stages, {}).forStream(stream);
    for (const i of [300, 299, 0, 499, 255, 256]) {
      assert.equal(middle.process(part, i)?.line, wanted[100 + i], `seed ${testSeed}: ${query}, entry ${i} of a part`);
    }
  }
});

test('extracting only what is needed changes no result of a sound line', () => {
  const random = seeded(testSeed);
  const names = ['a', 'b', 'c_d', 'status', 'app_extracted', 'nope'];
  for (let round = 0; round < 1_000; round++) {
    const object = { a: random(3), b: `v${random(3)}`, c: { d: random(2), e: [1] }, status: [200, 500][random(2)], app: 'x', other: 'é' };
    const metadata = random(3) === 0 ? makeLabels([['b', 'meta']]) : undefined;
    const asLogfmt = random(2) === 0;
    const line = asLogfmt ? `a=${object.a} b="v\\"${object.b}" status=${object.status} app=x other=é` : JSON.stringify(object);
    const needed = new Set(names.filter(() => random(3) === 0));
    const query = `${asLogfmt ? '| logfmt' : '| json'}${['', ' | status="500"', ' | status > 300', ' | b=~"v.*" | a="1"'][random(4)]}`;
    const pick = (options: PipelineOptions): unknown => {
      const processed = buildPipeline(stagesOf(query), options).forStream(stream).process(chunkOf(stream, [{ line, metadata }]), 0);
      return processed && [...needed].map((name) => processed.labels.all.get(name));
    };
    assert.deepEqual(pick({ labelsNeeded: needed }), pick({}), `seed ${testSeed}: ${query} needs ${[...needed].join()} of ${line}`);
  }
});

test('hostile lines never throw', () => {
  const random = seeded(testSeed);
  const pipelines = [...queries, '| unpack', '| json a="x[0].y"', '| logfmt --strict --keep-empty', '| json | label_format z="{{.a | fromJson}}"'].map((query) => buildPipeline(stagesOf(query)).forStream(stream));
  for (let round = 0; round < 500; round++) {
    const bytes = Buffer.from(Array.from({ length: random(60) }, () => [0x7b, 0x7d, 0x22, 0x5c, 0x3a, 0x2c, 0x3d, 0x20, 0x61, 0x31, 0x1b, 0xe2, random(256)][random(13)]));
    const chunk = chunkOf(stream, [{ line: bytes }, { line: Buffer.concat([Buffer.from('{"a":'), bytes]) }]);
    for (const pipeline of pipelines) {
      for (const i of [0, 1]) {
        const processed = pipeline.process(chunk, i);
        assert.ok(processed === undefined || typeof processed.line === 'string');
      }
    }
  }
});

test('mistakes of stages are the user\'s', () => {
  for (const [query, message] of [
    ['| regexp "(\\\\d+)"', /at least one named capture/],
    ['| line_format "{{"', /unclosed action/],
    ['| logfmt | a = ip("x")', /^parse error : stage '\| a=ip\("x"\)' : ip: invalid pattern: "x"$/],
  ] as const) {
    const parsed = parse(`{app="api"} ${query}`);
    if (parsed.expr) {
      const { stages } = parsed.expr as LogExpr;
      assert.throws(() => buildPipeline(stages), { status: 400, message });
    }
  }
});

test('bytes that are no UTF-8 count as one sign where they stand for one, and as bytes in sizes', () => {
  const processed = buildPipeline(stagesOf('|~ "^a.b$" | label_format n="{{len __line__}}"')).forStream(stream).process(chunkOf(stream, [{ line: Buffer.from('a\xe2\x82b', 'latin1') }]), 0);
  assert.deepEqual([processed?.line, processed?.lineBytes, processed?.labels.all.get('n')], ['a\ufffdb', 4, '5']);
});
