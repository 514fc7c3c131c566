import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse, type LogExpr } from '../../../../src/logql/index';
import { Random } from '../../../bench/random';
import { makeLabels } from '../../../model/labels';
import { buildPipeline } from '../../../pipeline';
import { fieldsRead } from '../../../pipeline/fieldsRead';
import type { PipelineOptions } from '../../../pipeline/pipeline';
import { chunkOf } from '../../../pipeline/testChunk';
import { WantedFields } from './fieldPieces';
import { joinFields } from './joinText';
import { splitText } from './splitText';

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));

/** Fields are taken out of lines where nobody looks at them; what a parser finds, and its errors, must stay the same. */
type Make = (random: Random) => Buffer;

const text = (value: string): Buffer => Buffer.from(value);
const oneOf = (...values: string[]): Make => (random) => text(random.pick(values));
const values: Make[] = [
  oneOf('info', 'warn', 'error'),
  (random) => text(String(random.below(1e6))),
  (random) => text(String(random.below(100)).padStart(3, '0')),
  (random) => text(random.hex(16)),
  (random) => text((random.next() * 900).toFixed(3)),
  (random) => text(`${random.below(300)}ms`),
  (random) => text(`user ${random.hex(5)} of ${random.below(9)}`),
  oneOf('/a/b', '/a\\u00e9', 'a\\"b', 'c\\\\d', '\\n7', 'tab\there', 'e=f', '{', ']', 'it,s'),
  oneOf('Käse', '漢字', 'k'),
  (random) => Buffer.from([0x61, 0x80 + random.below(0x7f), 0x62]),
  oneOf(''),
];
const bare: Make[] = [
  (random) => text(String(random.below(1e6))),
  (random) => text(String(random.below(1000)).padStart(4, '0')),
  oneOf('true', 'false', 'null'),
  oneOf('NaN', 'tru', '1.', '-', '+1', ''),
  (random) => text((random.next() * 100 - 50).toFixed(2)),
  (random) => text(`{"level":"${random.pick(['x', 'y'])}","n":${random.below(5)}}`),
  (random) => text(`[${random.below(5)},"]"]`),
  (random) => text(`{"deep":{"id":"${random.hex(4)}"}`),
];
const keys = ['level', 'status', 'id', 'msg', 'n', 'http.status', 'http_status', 'a b', 'é', '1st', 'level_extracted', 'app', '__error__', 'deep_id', 'in', 'k"', 'took'];

/** What one statement of a program writes: the same keys each time. */
function statement(random: Random, json: boolean): Make {
  const fields = Array.from({ length: random.below(7) }, () => ({ key: random.pick(keys), make: random.pick(values), plain: random.chance(0.35) ? random.pick(bare) : undefined, gap: random.pick(['', '', ' ', '  ']) }));
  const broken = random.chance(0.15) ? random.below(6) : -1;
  return (each) => {
    const parts = fields.map(({ key, make, plain, gap }) => {
      const value = plain ? plain(each) : Buffer.concat([text('"'), make(each), text('"')]);
      return json ? Buffer.concat([text(`${gap}"${key}"${gap}:${gap}`), value, text(gap)]) : Buffer.concat([text(`${key}=`), plain || each.chance(0.9) ? value : make(each), text(gap)]);
    });
    const line = json ? Buffer.concat([text('{'), ...parts.flatMap((part, i) => (i === 0 ? [part] : [text(','), part])), text('}')]) : Buffer.concat(parts.flatMap((part, i) => (i === 0 ? [part] : [text(' '), part])));
    switch (broken) {
      case 0:
        return line.subarray(0, line.length - 1);
      case 1:
        return Buffer.concat([line, text(json ? ' x' : ' bare')]);
      case 2:
        return Buffer.concat([text('  '), line]);
      case 3:
        return Buffer.concat([line, text(json ? ',' : ' "')]);
      default:
        return line;
    }
  };
}

const queries = ['', '| status="500"', '| n > 5', '| level=~"warn|error"', '| id != ""', '| label_format n=level', '| drop __error__', '| keep level, n', '| __error__=""', '| status="500" or n="1"', '| label_format x="{{.id}}"'];

test('what parsers find in lines without the other fields is what they find in the whole lines', () => {
  const random = new Random(seed);
  let shorter = 0;
  let all = 0;
  for (let round = 0; round < 400; round++) {
    const json = round % 2 === 0;
    const statements = Array.from({ length: 1 + random.below(4) }, () => statement(random, json));
    const lines = Array.from({ length: 8 + random.below(60) }, () => random.pick(statements)(random));
    const stream = makeLabels(random.chance(0.3) ? [['app', 'a'], ['level', 'stream']] : [['app', 'a']]);
    const whole = chunkOf(stream, lines.map((line) => ({ line })));
    const split = splitText(whole.text, whole.offsets);
    if (!split) {
      continue;
    }
    for (let i = 0; i < 6; i++) {
      const query = `{app="a"} | ${json ? 'json' : random.pick(['logfmt', 'logfmt --keep-empty'])} ${random.pick(queries)}`;
      const options: PipelineOptions = { labelsNeeded: new Set(Array.from({ length: random.below(3) }, () => random.pick([...keys, 'in_level', 'http_status']))) };
      const { stages } = parse(query).expr as LogExpr;
      const fields = fieldsRead(stages, options);
      assert.ok(fields, query);
      const { text: left, offsets } = joinFields(split, new WantedFields(fields));
      const cut = { ...whole, text: left, offsets };
      const [pipeline, other] = [whole, cut].map(() => buildPipeline(stages, options).forStream(stream));
      for (let k = 0; k < whole.count; k++) {
        const expected = shown(pipeline.process(whole, k));
        const line = Buffer.from(left.subarray(offsets[k], offsets[k + 1])).toString('latin1');
        assert.deepEqual(shown(other.process(cut, k)), expected, `seed ${seed}, round ${round}: ${query} of ${lines[k].toString('latin1')} as ${line}`);
      }
      shorter += left.length;
      all += whole.text.length;
    }
  }
  assert.ok(shorter < 0.9 * all, `seed ${seed}: ${shorter} of ${all} bytes are left`);
});

function shown(processed: ReturnType<ReturnType<ReturnType<typeof buildPipeline>['forStream']>['process']>): unknown {
  return processed && { key: processed.labels.key, error: processed.labels.error, details: processed.labels.errorDetails };
}

test('stages that look at the line, or at fields of any name, get whole lines', () => {
  const read = (query: string, options: PipelineOptions = { labelsNeeded: new Set(['a']) }): unknown => fieldsRead((parse(`{app="a"} ${query}`).expr as LogExpr).stages, options);
  for (const query of ['', '| a="b"', '|= "x" | json', '| json | line_format "x"', '| json | logfmt', '| json x="y"', '| logfmt --strict', '| json | label_format b="{{__line__}}"', '| unpack', '| regexp "(?P<a>x)"', '| json | label_format b="{{.}}"']) {
    assert.equal(read(query), undefined, query);
  }
  assert.equal(read('| json', {}), undefined);
  assert.deepEqual(read('| json | b="c" | label_format d=e'), { parser: 'json', names: new Set(['a', 'b', 'e']) });
});
