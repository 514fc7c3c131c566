import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatGoFloat, parseGoFloat } from './goNumber';
import { formatGoTime, GoTime, namedLayouts } from './goTime';
import { parseGoTime } from './goTimeParse';

const at = (iso: string, ns = 0n): GoTime => new GoTime(BigInt(Date.parse(iso)) * 1_000_000n + ns);

test('floats read as Go reads them', () => {
  for (const [text, value] of [
    ['1', 1], ['+1.5', 1.5], ['.5', 0.5], ['5.', 5], ['1e3', 1000], ['-Inf', -Infinity], ['infinity', Infinity], ['0x1p-2', 0.25], ['0x_1F.8p0', 31.5], ['1E-2', 0.01], ['1_000', 1000], ['1_0.5e1_0', 10.5e10],
  ] as const) {
    assert.deepEqual(parseGoFloat(text), { value }, text);
  }
  assert.ok(Number.isNaN(parseGoFloat('NaN').value));
  for (const bad of ['', ' 1', '1__0', '_1', '1_', '1_.5', 'abc', '0x1', '1e', '--1', '1.2.3', '.']) {
    assert.equal(parseGoFloat(bad).error, `strconv.ParseFloat: parsing ${JSON.stringify(bad)}: invalid syntax`);
  }
  assert.equal(parseGoFloat('1e400').error, 'strconv.ParseFloat: parsing "1e400": value out of range');
});

test('long texts that are nearly a float take no longer than other texts', () => {
  const digits = '1'.repeat(200_000);
  const startMs = performance.now();
  for (const text of [`${digits}x`, `-.${digits}x`, `${digits}.${digits}x`, `1e${digits}x`, `0x${digits}x`, `0x1_${digits}.${digits}p`]) {
    assert.notEqual(parseGoFloat(text).error, undefined);
  }
  assert.ok(performance.now() - startMs < 2_000, 'in steps of the square of the length these would take minutes');
});

test('floats written as Go writes them', () => {
  for (const [value, format, precision, text] of [
    [0.1, 'g', -1, '0.1'], [1e6, 'g', -1, '1e+06'], [123456, 'g', -1, '123456'], [1234567, 'g', -1, '1.234567e+06'], [1e-5, 'g', -1, '1e-05'], [0.0001, 'g', -1, '0.0001'],
    [3, 'g', -1, '3'], [-0, 'g', -1, '-0'], [NaN, 'g', -1, 'NaN'], [Infinity, 'f', 2, '+Inf'], [2.5, 'f', 0, '2'], [3.5, 'f', 0, '4'], [2.25, 'f', 1, '2.2'], [0.125, 'e', 1, '1.2e-01'],
    [1.005, 'f', 2, '1.00'], [1e22, 'f', -1, '10000000000000000000000'], [1234.5678, 'g', 3, '1.23e+03'], [100, 'g', 3, '100'], [5e-324, 'g', -1, '5e-324'],
  ] as const) {
    assert.equal(formatGoFloat(value, format, precision), text, `${value} ${format} ${precision}`);
  }
});

const formats: Array<[layout: string, iso: string, ns: bigint, text: string]> = [
  ['2006-01-02T15:04:05.000000000Z07:00', '2026-11-20T12:00:00Z', 1n, '2026-11-20T12:00:00.000000001Z'],
  ['2006-01-02T15:04:05.999Z07:00', '2026-11-20T12:00:00Z', 120_000_000n, '2026-11-20T12:00:00.12Z'],
  ['Mon Jan _2 3:04:05PM 06', '2026-03-01T00:05:09Z', 0n, 'Sun Mar  1 12:05:09AM 26'],
  ['Monday, January 2 2006 002 __2', '2026-03-01T23:05:09Z', 0n, 'Sunday, March 1 2026 060  60'],
  ['02/Jan/2006:15:04:05 -0700', '2026-11-20T12:00:00Z', 0n, '20/Nov/2026:12:00:00 +0000'],
  ['15h04m05s_2006', '2026-11-20T12:00:00Z', 0n, '12h00m00s_2026'],
  ['MST -07 Z0700', '2026-11-20T12:00:00Z', 0n, 'UTC +00 Z'],
  ['Month', '2026-11-20T12:00:00Z', 0n, 'Month'],
];
for (const [layout, iso, ns, text] of formats) {
  test(`${layout} writes ${text}`, () => assert.equal(formatGoTime(at(iso, ns), layout), text));
}

test('zones', () => {
  const berlin = new GoTime(BigInt(Date.parse('2026-07-01T12:00:00Z')) * 1_000_000n, 'Europe/Berlin');
  assert.equal(formatGoTime(berlin, '15:04 -07:00'), '14:00 +02:00');
  assert.equal(formatGoTime(new GoTime(0n, -5400), '15:04:05 Z07:00'), '22:30:00 -01:30');
});

const parses: Array<[layout: string, text: string, iso: string, ns?: bigint, zone?: string]> = [
  ['2006-01-02T15:04:05Z07:00', '2026-11-20T12:00:00+02:00', '2026-11-20T10:00:00Z'],
  ['2006-01-02T15:04:05Z07:00', '2026-11-20T12:00:00.123456789Z', '2026-11-20T12:00:00Z', 123_456_789n],
  ['2006-01-02 15:04:05,000', '2026-11-20 12:00:00,250', '2026-11-20T12:00:00Z', 250_000_000n],
  ['Jan _2 15:04:05', 'Nov  3 01:02:03', '0000-11-03T01:02:03Z'],
  ['Jan  2 15:04:05', 'Nov 13 01:02:03', '0000-11-13T01:02:03Z'],
  ['2006-01-02 3:04 PM', '2026-01-02 12:30 AM', '2026-01-02T00:30:00Z'],
  ['02 Jan 06 15:04 MST', '20 Nov 26 12:00 UTC', '2026-11-20T12:00:00Z'],
  ['2006-002', '2026-060', '2026-03-01T00:00:00Z'],
  ['2006-01-02 15:04', '2026-07-01 12:00', '2026-07-01T10:00:00Z', 0n, 'Europe/Berlin'],
  ['2006-01-02 15:04', '2026-12-01 12:00', '2026-12-01T11:00:00Z', 0n, 'Europe/Berlin'],
  ['02/Jan/2006:15:04:05 -0700', '20/Nov/2026:12:00:00 +0530', '2026-11-20T06:30:00Z'],
];
for (const [layout, text, iso, ns = 0n, zone] of parses) {
  test(`${layout} reads ${text}`, () => assert.equal(parseGoTime(layout, text, zone).ns, at(iso, ns).ns));
}

test('what does not fit a layout is said as Go says it', () => {
  for (const [layout, text, message] of [
    ['2006-01-02', '2026-13-02', 'parsing time "2026-13-02": month out of range'],
    ['2006-01-02', '2026-02-30', 'parsing time "2026-02-30": day out of range'],
    ['2006-01-02', '2026-01-02x', 'parsing time "2026-01-02x": extra text: "x"'],
    ['2006-01-02', 'x', 'parsing time "x" as "2006-01-02": cannot parse "x" as "2006"'],
    ['2006-01-02', '2026/01/02', 'parsing time "2026/01/02" as "2006-01-02": cannot parse "/01/02" as "-"'],
    ['15:04', '25:00', 'parsing time "25:00": hour out of range'],
  ] as const) {
    assert.throws(() => parseGoTime(layout, text), { message });
  }
});

test('every named layout reads what it writes', () => {
  for (const [name, layout] of namedLayouts) {
    const written = formatGoTime(at('2026-11-20T12:34:00Z'), layout);
    assert.equal(parseGoTime(layout, written).ns, at('2026-11-20T12:34:00Z').ns, `${name}: ${written}`);
  }
});
