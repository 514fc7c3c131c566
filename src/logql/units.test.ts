import { formatBytes, formatGoDuration, formatPrometheusDuration, goQuote, parseBytes, parseDuration, parseGoDuration, parsePrometheusDuration } from './units';

const second = 1e9;

test.each([
  ['0', 0],
  ['5m', 300 * second],
  ['1d12h', 36 * 3600 * second],
  ['1y2w3d4h5m6s7ms', (((365 + 14 + 3) * 24 + 4) * 3600 + 5 * 60 + 6) * second + 7e6],
  ['', 'empty duration string'],
  ['5', 'not a valid duration string: "5"'],
  ['m5', 'not a valid duration string: "m5"'],
  ['1x', 'unknown unit "x" in duration "1x"'],
  ['1.5h', 'unknown unit "." in duration "1.5h"'],
  ['5m1h', 'not a valid duration string: "5m1h"'],
  ['300y', 'duration out of range'],
])('Prometheus duration %j', (text, expected) => {
  const result = parsePrometheusDuration(text);
  expect(result.ok ? result.value : result.error).toBe(expected);
});

test.each([
  ['1.5h', 5400 * second],
  ['-3ms', -3e6],
  ['1h2m0.5s', 3720.5 * second],
  ['2us', 2000],
  ['2\u00b5s', 2000],
  ['.5s', 0.5 * second],
  ['0', 0],
  ['1d', 'time: unknown unit "d" in duration "1d"'],
  ['5', 'time: missing unit in duration "5"'],
  ['5é"', 'time: unknown unit "\\xc3\\xa9\\"" in duration "5\\xc3\\xa9\\""'],
  ['99999999999999999999', 'time: invalid duration "99999999999999999999"'],
  ['', 'time: invalid duration ""'],
  ['s', 'time: invalid duration "s"'],
  ['.s', 'time: invalid duration ".s"'],
])('Go duration %j', (text, expected) => {
  const result = parseGoDuration(text);
  expect(result.ok ? result.value : result.error).toBe(expected);
});

test('a literal is read by Prometheus first and by Go second', () => {
  expect(parseDuration('1d')).toEqual({ ok: true, value: 86400 * second });
  expect(parseDuration('1.5h')).toEqual({ ok: true, value: 5400 * second });
});

test.each([
  ['42', 42],
  ['1KB', 1000],
  ['1kib', 1024],
  ['1.5 MiB', 1572864],
  ['1,000B', 1000],
  ['2P', 2e15],
  ['1XB', 'unhandled size name: xb'],
  ['KB', 'strconv.ParseFloat: parsing "": invalid syntax'],
  ['99999PB', 'too large: 99999PB'],
])('size %j', (text, expected) => {
  const result = parseBytes(text);
  expect(result.ok ? result.value : result.error).toBe(expected);
});

test.each([
  [0, '0s', '0s'],
  [90 * second, '1m30s', '1m30s'],
  [3600 * second, '1h', '1h0m0s'],
  [86400 * second * 7, '1w', '168h0m0s'],
  [86400 * second * 8, '8d', '192h0m0s'],
  [1.5e6, '1ms', '1.5ms'],
  [-60 * second, '-1m', '-1m0s'],
  [250e6, '250ms', '250ms'],
  [1500, '0s', '1.5\u00b5s'],
  [7, '0s', '7ns'],
])('%d ns', (ns, prometheus, go) => {
  expect(formatPrometheusDuration(ns)).toBe(prometheus);
  expect(formatGoDuration(ns)).toBe(go);
});

test.each([
  [0, '0B'],
  [512, '512B'],
  [1000, '1.0kB'],
  [1500, '1.5kB'],
  [20_000_000, '20MB'],
])('%d bytes', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test('quoting follows Go', () => {
  expect(goQuote('a"b\\c\n\t\u0001\u007f é \u2028 \u{1f600}')).toBe('"a\\"b\\\\c\\n\\t\\x01\\x7f é \\u2028 \u{1f600}"');
});
