import assert from 'node:assert';
import { Readable } from 'node:stream';
import test from 'node:test';
import { linesOf } from './lines';

async function linesIn(text: string, size: number): Promise<string[]> {
  const bytes = Buffer.from(text);
  const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
  const lines: string[] = [];
  for await (const line of linesOf(Readable.from(parts))) {
    lines.push(line);
  }
  return lines;
}

test('lines end with a line feed, wherever a text is cut into parts', async () => {
  const text = 'one\n\nwindows\r\n10%\r20%\r100%\r\nßé漢🎉\u2028still\nno end';
  for (const size of [1, 2, 3, 7, 1_000]) {
    assert.deepStrictEqual(await linesIn(text, size), ['one', '', 'windows', '10%\r20%\r100%', 'ßé漢🎉\u2028still', 'no end']);
  }
  assert.deepStrictEqual(await linesIn('a\n', 10), ['a']);
  assert.deepStrictEqual(await linesIn('', 10), []);
});

test('a line without an end is cut where it would become too long', async () => {
  const lines = await linesIn('x'.repeat(20_000_000), 65_536);
  assert.strictEqual(lines.join('').length, 20_000_000);
  assert.ok(lines.length > 1 && lines.every(({ length }) => length < 9_000_000));
});
