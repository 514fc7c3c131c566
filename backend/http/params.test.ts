import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTimeNs } from './params';

test('times with a point are seconds, as Go reads floats', () => {
  for (const [text, ns] of [
    ['1.5', 1_500_000_000n], ['-1.5', -1_500_000_000n], ['1795176000.1236', 1_795_176_000_124_000_000n], ['.5', 500_000_000n], ['1.', 1_000_000_000n], ['1.5e3', 1_500_000_000_000n],
    ['0x1.8p1', 3_000_000_000n], ['.', undefined], ['1.5e', undefined], ['1.2.3', undefined],
  ] as const) {
    assert.equal(parseTimeNs(text), ns, text);
  }
});

test('times that no number of nanoseconds can hold are none', () => {
  for (const text of ['1.0e400', '-1.0e400', '1.0e300', '10000000000.0', '9223372036854775808']) {
    assert.equal(parseTimeNs(text), undefined, text);
  }
});

test('long texts that are nearly a time take no longer than other texts', () => {
  const startMs = performance.now();
  assert.equal(parseTimeNs(`${'1'.repeat(200_000)}x.`), undefined);
  assert.ok(performance.now() - startMs < 2_000);
});
