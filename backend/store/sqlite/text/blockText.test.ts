import assert from 'node:assert/strict';
import { test } from 'node:test';
import { corpus } from '../../../bench/corpus';
import { Random } from '../../../bench/random';
import { packDense, packText, textMayHold, unpackText } from './blockText';
import { hashBytes, mixed } from './hashBytes';
import { isSplit, joinLines, joinText, packedFrames } from './joinText';
import { wordConditions } from './splitLines';
import { splitNeedles } from './splitSearch';
import { headBytes, splitText } from './splitText';
import { compress, decompress, Scratch } from '../format/zstd';

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));

function textOf(lines: Array<string | Uint8Array>): { text: Uint8Array; offsets: Uint32Array } {
  const parts = lines.map((line) => Buffer.from(line));
  const offsets = new Uint32Array(parts.length + 1);
  parts.forEach((part, i) => (offsets[i + 1] = offsets[i] + part.length));
  return { text: Buffer.concat(parts), offsets };
}

/** Packs, takes apart, and says what came of it. */
function roundTrip(lines: Array<string | Uint8Array>, hint: string): Uint8Array | undefined {
  const { text, offsets } = textOf(lines);
  const split = splitText(text, offsets);
  if (split) {
    assert.ok(isSplit(split));
    assert.ok(Buffer.compare(joinText(split), text) === 0, `text, ${hint}`);
    assert.ok(Buffer.compare(joinText(split, new Scratch()), text) === 0, `text in given memory, ${hint}`);
  }
  const quick = packText(text);
  assert.ok(Buffer.compare(unpackText(quick), text) === 0);
  assert.ok(Buffer.compare(unpackText(packDense(text, offsets, quick)), text) === 0, `dense, ${hint}`);
  return split;
}

const shapes: Record<string, (random: Random, i: number) => string | Uint8Array> = {
  'numbers of one width': (random) => `at ${String(random.below(60)).padStart(2, '0')}:${String(random.below(60)).padStart(2, '0')} done`,
  'numbers of any size': (random) => `took ${Math.floor(random.next() * 10 ** random.below(16))} ms`,
  'zeros before numbers': (random) => `id ${'0'.repeat(random.below(5))}${random.below(1000)} end`,
  'long runs of digits': (random) => `blk_${Array.from({ length: 1 + random.below(60) }, () => random.below(10)).join('')}`,
  'a counter that wraps': (_, i) => `seq=${(i * 37) % 5000}`,
  'ids of one length': (random) => `trace=${random.hex(32)} span=${random.hex(7)}`,
  'ids of any length': (random) => `x=${random.hex(4 + random.below(20))}!`,
  'few words': (random) => `level=${random.pick(['info', 'warn', 'error'])} from ${random.pick(['a', 'bb', ''])}`,
  'many words': (random) => `user ${Array.from({ length: 1 + random.below(9) }, () => random.pick([...'abcdefghij'])).join('')} left`,
  'words and digits that touch': (random) => `${random.pick(['eth0', 'sda1', 'x86', 'v1beta2', 'aB3dE5fG7hI9'])} up ${random.hex(6).toUpperCase()}`,
  'letters beyond ASCII': (random) => `caf\u00e9 ${random.pick(['\u00fc1', '\u65e5\u672c', '\ud83d\ude00 2'])} ${random.below(9)}`,
  'any bytes': (random) => Uint8Array.from({ length: random.below(40) }, () => random.below(256)),
  'empty lines and breaks': (random) => random.pick(['', '\n', 'a\nb 1', '\tat x.y(Z.java:5)']),
  'nothing varies': () => 'the same line 1 again',
};

for (const [name, line] of Object.entries(shapes)) {
  test(`lines come back as they were: ${name}`, () => {
    const random = new Random(seed);
    for (const count of [1, 3, 5, 40, 1500]) {
      roundTrip(Array.from({ length: count }, (_, i) => line(random, i)), `${count} lines, seed ${seed}`);
    }
  });
}

/** Words of eight letters that splitting takes for the same (`hashBytes.ts`). */
function wordsOfOneHash(count: number): string[] {
  const memory = Buffer.from('splitter0000');
  const view = new DataView(memory.buffer, memory.byteOffset, memory.length);
  const hash = hashBytes(view, 0, 8);
  const words = [memory.toString('latin1', 0, 8)];
  for (let i = 0; words.length < count; i++) {
    memory.write(i.toString(26).padStart(4, '0').replace(/[0-9]/g, (digit) => 'qrstuvwxyz'[Number(digit)]));
    // the second half that brings the hash of another first half to the same
    memory.writeInt32LE(mixed(0, memory.readInt32LE(0)) ^ mixed(0, Buffer.from(words[0]).readInt32LE(0)) ^ Buffer.from(words[0]).readInt32LE(4), 4);
    if (/^[a-zA-Z]{8}$/.test(memory.toString('latin1', 0, 8)) && hashBytes(view, 0, 8) === hash) {
      words.push(memory.toString('latin1', 0, 8));
    }
  }
  return words;
}

test('a text whose words are mistaken for each other is not split', () => {
  const words = [...new Set(wordsOfOneHash(20))];
  assert.ok(words.length > 4);
  const { text, offsets } = textOf(Array.from({ length: 500 }, (_, i) => `level=info from ${words[i % words.length]} took ${i} ms`));
  const packed = packDense(text, offsets, packText(text));
  assert.ok(!isSplit(packed));
  assert.ok(Buffer.compare(unpackText(packed), text) === 0);
});

test('lines of all kinds in one block come back as they were', () => {
  const random = new Random(seed);
  const all = Object.values(shapes);
  for (let round = 0; round < 20; round++) {
    roundTrip(Array.from({ length: 1 + random.below(800) }, (_, i) => random.pick(all)(random, i)), `round ${round}, seed ${seed}`);
  }
});

/** A part of a line, of up to 40 bytes. */
function cutOf(random: Random, line: string | Uint8Array): Buffer {
  const bytes = Buffer.from(line);
  const from = random.below(Math.max(1, bytes.length));
  return bytes.subarray(from, from + 1 + random.below(40));
}

test('whatever a split text holds is never said to be missing', () => {
  const random = new Random(seed);
  const all = Object.values(shapes);
  for (let round = 0; round < 60; round++) {
    const kinds = round % 2 === 0 ? [random.pick(all), random.pick(all)] : all;
    const lines = Array.from({ length: 4 + random.below(300) }, (_, i) => random.pick(kinds)(random, i));
    const { text, offsets } = textOf(lines);
    const split = splitText(text, offsets);
    for (let i = 0; split && i < 300; i++) {
      const needle = cutOf(random, random.pick(lines));
      assert.ok(textMayHold(split, splitNeedles([[needle]])), `${JSON.stringify(needle.toString('latin1'))}, round ${round}, seed ${seed}`);
    }
  }
});

test('words and ids that a split text lacks are missed without putting it together', () => {
  const random = new Random(seed);
  const { text, offsets } = textOf(Array.from({ length: 400 }, (_, i) => random.pick([shapes['few words'], shapes['ids of one length']])(random, i)));
  const split = splitText(text, offsets)!;
  const holds = (...needles: string[][]): boolean => textMayHold(split, splitNeedles(needles.map((alternatives) => alternatives.map((needle) => Buffer.from(needle)))));
  assert.ok(holds(['level=warn']));
  assert.ok(!holds(['level=warning']));
  assert.ok(holds(['warning', 'warn']));
  assert.ok(!holds(['warn'], ['fatal']));
  assert.ok(!holds(['c0ffee00d15ea5e0badc0de0feedface']));
  assert.ok(!holds(['0ffee00d15ea5e0badc0de0feedfac']));
  assert.ok(holds(['12']), 'numbers tell nothing');
});

test('access logs take two fifths less than packed quickly', () => {
  const lines = [...corpus(60_000)].flatMap(({ streams }) => streams.filter(({ labels }) => labels.some(([, value]) => value === 'web1')).flatMap(({ entries }) => entries.map((entry) => entry.line)));
  const { text, offsets } = textOf(lines.slice(0, 1500));
  const dense = packDense(text, offsets, packText(text));
  assert.ok(isSplit(dense));
  assert.ok(dense.length < packText(text).length * 0.6, `${dense.length} of ${packText(text).length}`);
});

test('text that has nothing in common stays one frame', () => {
  const random = new Random(seed);
  const { text, offsets } = textOf(Array.from({ length: 300 }, () => Uint8Array.from({ length: 50 }, () => random.below(256))));
  assert.ok(!isSplit(packDense(text, offsets, packText(text))), `seed ${seed}`);
});

test('a flipped bit or a cut is an error, never another text', () => {
  const random = new Random(seed);
  const { text, offsets } = textOf(Array.from({ length: 400 }, (_, i) => random.pick([shapes['few words'], shapes['ids of one length'], shapes['numbers of any size'], shapes['many words']])(random, i)));
  const split = splitText(text, offsets)!;
  for (let round = 0; round < 500; round++) {
    const damaged = Uint8Array.from(split);
    const bit = random.below(split.length * 8);
    damaged[bit >>> 3] ^= 1 << (bit & 7);
    const bytes = round % 5 === 0 ? split.subarray(0, random.below(split.length)) : damaged;
    let back: Uint8Array | undefined;
    try {
      back = unpackText(bytes);
    } catch {
      continue;
    }
    assert.ok(Buffer.compare(back, text) === 0, `bit ${bit}, seed ${seed}`);
  }
});

test('lines that hold words are found and put together without the others', () => {
  const random = new Random(seed);
  const all = Object.values(shapes);
  let chosen = 0;
  for (let round = 0; round < 150; round++) {
    const kinds = round % 2 === 0 ? [random.pick(all), random.pick(all)] : all;
    const lines = Array.from({ length: 4 + random.below(300) }, (_, i) => random.pick(kinds)(random, i));
    const { text, offsets } = textOf(lines);
    const split = splitText(text, offsets);
    for (let i = 0; split && i < 20; i++) {
      const needle = (): Buffer => Buffer.from(/[a-zA-Zé]{3,}/.exec(cutOf(random, random.pick(lines)).toString('latin1'))?.[0] ?? 'nothing', 'latin1');
      const conditions = wordConditions(Array.from({ length: 1 + random.below(2) }, () => Array.from({ length: 1 + random.below(2) }, needle)));
      const [from, to] = [random.below(lines.length + 1), random.below(lines.length + 1)].sort((a, b) => a - b);
      const rows = conditions.length === 0 || random.chance(0.3) ? { from, to } : undefined;
      const given = random.chance(0.5) ? new Scratch() : undefined;
      const part = joinLines(split, { conditions, rows }, given);
      const bytes = lines.map((line) => Buffer.from(line));
      const expected = bytes.slice(rows?.from, rows?.to).filter((line) => conditions.every((texts) => texts.some((word) => line.includes(word))));
      const message = `${JSON.stringify(rows)} ${conditions.map((texts) => texts.map(String).join('|')).join(' and ')}, round ${round}, seed ${seed}`;
      if (!('offsets' in part)) {
        assert.ok(Buffer.compare(part.text, text) === 0 && expected.length > 0.7 * lines.length, message);
        continue;
      }
      chosen += expected.length;
      assert.ok(given !== undefined || part.text.buffer.byteLength < part.text.length + 64, 'a few lines do not hold on to memory for all');
      const found = Array.from(part.lines!, (_, k) => Buffer.from(part.text.subarray(part.offsets[k], part.offsets[k + 1])));
      assert.deepEqual(found.map(String), expected.map(String), message);
      assert.ok(Array.from(part.lines!).every((line, k) => bytes[line].equals(found[k])), message);
    }
  }
  assert.ok(chosen > 1000, `seed ${seed}: ${chosen} lines`);
});

test('a word that stands at every byte takes no memory for each place', () => {
  const lines = [...'bcde'].map((end) => `${'a'.repeat(250_000)}${end}`);
  const { text, offsets } = textOf(lines);
  const split = splitText(text, offsets)!;
  const before = process.memoryUsage().heapUsed;
  const part = joinLines(split, { conditions: [[Buffer.from('aaa')], [Buffer.from('aac'), Buffer.from('aae')]] });
  assert.ok(process.memoryUsage().heapUsed - before < 20_000_000);
  assert.deepEqual('lines' in part && [...part.lines!], [1, 3]);
});

test('a text of several words, of digits or of hexadecimal digits is looked for in whole lines', () => {
  const eligible = (...texts: string[]): boolean => wordConditions([texts.map((text) => Buffer.from(text))]).length === 1;
  assert.deepEqual([eligible('error'), eligible('Käse'), eligible('error', 'timeout')], [true, true, true]);
  assert.deepEqual([eligible('error '), eligible('an error'), eligible('500'), eligible('beef'), eligible('error42'), eligible('error', '500'), eligible('ab')].includes(true), false);
});

test('a list of words that ends early is damage, not an endless search', () => {
  const random = new Random(seed);
  const word = (): string => Array.from({ length: 5 + random.below(4) }, () => random.pick([...'ghijklmnop'])).join('');
  const { text, offsets } = textOf(Array.from({ length: 400 }, () => `user ${word()} left`));
  const split = splitText(text, offsets)!;
  const { meta, indexes, bits } = packedFrames(split);
  const plain = Buffer.from(decompress(meta));
  const needle = plain.toString('latin1', plain.lastIndexOf(0x20, plain.length - 2) + 1, plain.length - 1);
  assert.equal(plain.at(-1), 0x20);
  plain[plain.length - 1] = 0x78;
  const frame = compress(plain);
  const head = Buffer.from(split.subarray(0, headBytes));
  head.writeUInt32LE(frame.length, 1);
  const damaged = Buffer.concat([head, frame, indexes, bits]);
  assert.throws(() => joinLines(damaged, { conditions: [[Buffer.from(needle)]] }), /a list of words ends early/);
});
