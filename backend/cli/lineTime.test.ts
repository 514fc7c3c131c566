import assert from 'node:assert';
import test from 'node:test';
import { formatRfc3339Ns } from '../model/time';
import { lineTimeNs } from './lineTime';

const cases: Array<[string, string | undefined]> = [
  ['2026-11-20T12:00:00Z stdout F x', '2026-11-20T12:00:00Z'],
  ['2026-11-20T12:00:00.123456789+01:00 x', '2026-11-20T11:00:00.123456789Z'],
  ['2026-11-20 12:00:00,123 - name - ERROR - x', '2026-11-20T12:00:00.123Z'],
  ['2026-11-20 12:00:00.123 UTC [12] LOG:  x', '2026-11-20T12:00:00.123Z'],
  ['time="2026-11-20T12:00:00Z" level=info', '2026-11-20T12:00:00Z'],
  ['{"ts":"2026-11-20T12:00:00.5Z","msg":"x"}', '2026-11-20T12:00:00.5Z'],
  ['10.0.0.1 - - [20/Nov/2026:12:00:00 +0200] "GET / HTTP/1.1" 200 1', '2026-11-20T10:00:00Z'],
  ['2026/11/20 12:00:00 [error] 1#1: x', '2026-11-20T12:00:00Z'],
  ['[Fri Nov 20 12:00:00.123456 2026] [core:error] x', '2026-11-20T12:00:00.123456Z'],
  ['Nov  5 01:02:03 host app[1]: x', '2026-11-05T01:02:03Z'],
  ['<34>Oct 11 22:14:15 host su: x', '2026-10-11T22:14:15Z'],
  ['E1120 12:00:00.000001    1 a.go:1] x', '2026-11-20T12:00:00.000001Z'],
  ['{"level":30,"time":1795176000123,"msg":"pino"}', '2026-11-20T12:00:00.123Z'],
  ['{"ts":1795176000.25,"msg":"zap"}', '2026-11-20T12:00:00.25Z'],
  ['1795176000 x', '2026-11-20T12:00:00Z'],
  ['no time here, only 12 numbers', undefined],
  ['2026-13-45T99:00:00Z', undefined],
  ['', undefined],
];

for (const [line, expected] of cases) {
  test(`time of: ${line}`, () => {
    const ns = lineTimeNs(line, 2026);
    assert.strictEqual(ns === undefined ? undefined : formatRfc3339Ns(ns), expected);
  });
}
