import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../bench/random';
import { beforeFirst, digitsOf, hexDigitsOf, hexOf, lettersOf, numberOf, untilFirst } from './fourBytes';

const random = new Random(Number(process.env.SEED ?? Math.floor(Math.random() * 1e9)));

const kinds: Array<[string, (four: number) => number, (byte: number) => boolean]> = [
  ['letters', lettersOf, (byte) => byte >= 0x80 || /[a-zA-Z]/.test(String.fromCharCode(byte))],
  ['digits', digitsOf, (byte) => /[0-9]/.test(String.fromCharCode(byte))],
  ['hexadecimal digits', hexDigitsOf, (byte) => /[0-9a-f]/.test(String.fromCharCode(byte))],
];

for (const [name, marksOf, isKind] of kinds) {
  test(`${name} are told whatever stands beside them`, () => {
    for (let byte = 0; byte < 256; byte++) {
      for (let place = 0; place < 4; place++) {
        const bytes = Array.from({ length: 4 }, (_, i) => (i === place ? byte : random.below(256)));
        const marks = bytes.reduce((sum, one, i) => sum | (isKind(one) ? 0x80 << (8 * i) : 0), 0);
        assert.equal(marksOf(Buffer.from(bytes).readInt32LE()), marks, bytes.join(' '));
      }
    }
  });
}

test('places of marks', () => {
  const four = Buffer.from('ab1-').readInt32LE();
  assert.equal(beforeFirst(digitsOf(four)), 2);
  assert.equal(untilFirst(digitsOf(four)) >>> 7, 0xffff);
  assert.equal(beforeFirst(0x8000_0000 | 0), 3);
  assert.equal(untilFirst(0x8000_0000 | 0) >>> 7, 0xff_ffff);
});

test('numbers are read from digits, whatever stands behind', () => {
  for (let length = 1; length <= 8; length++) {
    for (let round = 0; round < 50; round++) {
      const text = Array.from({ length }, () => random.below(10)).join('');
      const memory = Buffer.from(`..${text}${random.pick(['zzzz', '9999', '....'])}`);
      assert.equal(numberOf(new DataView(memory.buffer, memory.byteOffset, memory.length), 2, length), Number(text), text);
    }
  }
  for (let round = 0; round < 200; round++) {
    const text = random.hex(4);
    assert.equal(hexOf(Buffer.from(text).readInt32BE()), Number.parseInt(text, 16), text);
  }
});
