import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBytes, parseGoDuration } from '../../src/logql/units';
import { Random } from '../bench/random';
import { parseGoFloat } from './goNumber';
import { plainDuration, plainFloat, plainWhole } from './plainNumber';

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));

/** Compares the quick way with the long one over random texts; says how many the quick one could read. */
function compare(alphabet: string[], quick: (bytes: Uint8Array, start: number, end: number) => number, long: (text: string) => number | undefined): number {
  const random = new Random(seed);
  let read = 0;
  for (let i = 0; i < 50_000; i++) {
    const text = Array.from({ length: random.below(9) }, () => random.pick(alphabet)).join('');
    const value = quick(Buffer.from(`x${text}y`), 1, 1 + Buffer.byteLength(text));
    if (!Number.isNaN(value)) {
      read++;
      assert.equal(value, long(text), `${JSON.stringify(text)}, seed ${seed}`);
    }
  }
  return read;
}

test('plain numbers read from bytes as from text', () => {
  const alphabet = ['0', '1', '7', '9', '42', '999', '00', '.', '-', '+', 'e', '_', ' '];
  assert.ok(compare(alphabet, plainFloat, (text) => (parseGoFloat(text).error === undefined ? parseGoFloat(text).value : undefined)) > 1000);
  for (const [text, value] of [['0.1', 0.1], ['-12.5', -12.5], ['123456789012345', 123456789012345], ['0.30000000000000', 0.3], ['9007199254740993', NaN], ['', NaN], ['-', NaN], ['.5', NaN], ['1e3', NaN]] as const) {
    assert.equal(plainFloat(Buffer.from(text), 0, text.length), value, text);
  }
});

test('plain sizes read from bytes as from text', () => {
  const alphabet = ['0', '1', '7', '9', '42', '999', '00', '.', ',', '-', ' ', 'B', 'KB', '\u0661'];
  const long = (text: string): number | undefined => {
    const parsed = parseBytes(text);
    return parsed.ok ? parsed.value : undefined;
  };
  assert.ok(compare(alphabet, plainWhole, long) > 1000);
});

test('plain durations read from bytes as from text', () => {
  const alphabet = ['0', '1', '7', '9', '42', '001', '.', '-', 's', 'ms', 'm', 'h', 'us', 'ns', 'µs', 'd'];
  const long = (text: string): number | undefined => {
    const parsed = parseGoDuration(text);
    return parsed.ok ? parsed.value / 1e9 : undefined;
  };
  assert.ok(compare(alphabet, plainDuration, long) > 1000);
  for (const [text, value] of [['1.001001ms', 0.001001001], ['1.5h', 5400], ['20s', 20], ['3us', 0.000003], ['7ns', 7e-9], ['5', NaN], ['s', NaN], ['1m30s', NaN], ['-3ms', NaN]] as const) {
    assert.equal(plainDuration(Buffer.from(text), 0, text.length), value, text);
  }
});
