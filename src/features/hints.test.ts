import { FieldType, type DataFrame } from '@grafana/data';
import { formatOf, queryHints } from './hints';

test.each([
  [['{"a":1}', '{"b":2}'], 'json', 'ADD_JSON_PARSER'],
  [['{"_entry":"x","a":"b"}'], 'json', 'ADD_UNPACK_PARSER'],
  [['level=info msg="a b" took=3ms'], 'logfmt', 'ADD_LOGFMT_PARSER'],
  [['GET /?a=b&c=d HTTP/1.1 from here to there'], 'text', undefined],
])('hints for %j', (lines, format, type) => {
  expect(formatOf(lines)).toBe(format);
  const frame = { refId: 'A', length: lines.length, fields: [{ name: 'body', type: FieldType.string, config: {}, values: lines }, { name: 'labels', type: FieldType.other, config: {}, values: lines.map(() => ({ lvl: 'x', __error__: 'JSONParserErr' })) }] } as DataFrame;
  const hints = queryHints({ refId: 'A', expr: '{a="b"}' }, [frame]).map((hint) => hint.type);
  expect(hints.filter((hint) => hint.endsWith('_PARSER'))).toEqual(type ? [type] : []);
  expect(hints).toEqual(expect.arrayContaining(['ADD_NO_PIPELINE_ERROR', 'ADD_LEVEL_LABEL_FORMAT', 'ADD_RATE']));
  expect(queryHints({ refId: 'A', expr: '{a="b"} | json' }, [frame]).some((hint) => hint.type.endsWith('_PARSER'))).toBe(false);
});
