import assert from 'node:assert';
import test from 'node:test';
import { Random } from '../bench/random';
import { lineLevel, lineLevels } from './lineLevel';

const levelIn = (body: Uint8Array, start: number, end: number): string => lineLevels[lineLevel(body, new DataView(body.buffer, body.byteOffset, body.length), start, end)];

const words = ['info', 'ERROR', 'err:', 'warning', 'WARN:', 'critical:', 'debug:', 'x', ' ', '.', '\u00ff'];
const keys = ['level', 'severity', 'lvl', 'LEVEL', 'a'];
const values = ['error', 'info', 'WARN', 'trc', '1', '', '"a b"', '"err'];
const pairs = [...keys.flatMap((key) => values.map((value) => `${key}=${value}`)), 'level', 'b', '"', '=', ' '];
const fields = [...keys.flatMap((key) => values.map((value) => `"${key}":${/^[a-zA-Z]/.test(value) ? `"${value}"` : value},`)), '{', '}', '"x":{"level":"error"},', '"', '\\', ',', ' '];

/** What a line is made of: the words of one writer, or of all. */
const writers: Array<{ pieces: string[]; between: string }> = [
  { pieces: words, between: '' },
  { pieces: pairs, between: ' ' },
  { pieces: fields, between: '' },
  { pieces: [...words, ...pairs, ...fields], between: '' },
];

test('the level is the same alone and between neighbours', () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const random = new Random(seed);
  for (let round = 0; round < 60_000; round++) {
    const { pieces, between } = random.pick(writers);
    const whole = Buffer.from(Array.from({ length: 1 + random.below(9) }, () => random.pick(pieces)).join(between), 'latin1');
    // Cut anywhere: what is left of the line goes on in its neighbours.
    const start = random.below(Math.min(whole.length, 12) + 1);
    const end = start + random.below(whole.length - start + 1);
    if (random.chance(0.3) && end - start > 1) {
      whole[start] = 0x7b;
      whole[end - 1] = 0x7d;
    }
    const alone = new Uint8Array(whole.subarray(start, end));
    const view = whole.subarray(random.below(start + 1));
    const offset = start - (whole.length - view.length);
    assert.equal(levelIn(view, offset, offset + alone.length), levelIn(alone, 0, alone.length), `seed ${seed}: ${JSON.stringify([whole.toString('latin1'), start, end])}`);
  }
});
