import { closingQuote } from '../../src/levels/jsonLevel';
import { levelWords, wordIn } from './levelWords';

/**
 * The part of Loki's `detected_level` that looks at the line: a level field of what looks like JSON or logfmt, else level words anywhere.
 * Levels are numbered by `lineLevels`, Loki's names, not by those of `src/levels`. Loops keep their counters to 32 bits by `| 0` (see
 * `levelWords.ts`).
 */

/** What a line may tell, as `detected_level` names it. */
export const lineLevels = ['unknown', 'trace', 'debug', 'info', 'warn', 'error', 'critical', 'fatal'] as const;

type LevelName = (typeof lineLevels)[number];

const levelOf = (name: LevelName): number => lineLevels.indexOf(name);

/** Fields that hold a level, most trusted first. */
export const levelFields = ['level', 'LEVEL', 'Level', 'severity', 'SEVERITY', 'Severity', 'lvl', 'LVL', 'Lvl'];
/** Keys of logfmt lines are compared without regard to case. */
const logfmtKeys = ['level', 'severity', 'lvl'];

/** Words that fields may hold, without regard to case. */
const fieldWords: Array<[LevelName, string[]]> = [
  ['trace', ['trace', 'trc']],
  ['debug', ['debug', 'dbg']],
  ['info', ['info', 'inf']],
  ['warn', ['warn', 'wrn', 'warning']],
  ['error', ['error', 'err']],
  ['critical', ['critical']],
  ['fatal', ['fatal']],
];

/** A field without a level, and a line without such a field. */
const none = -1;

/** Levels of the words in a line, by what `wordIn` answers; the last is that of a line without any. */
const wordLevels = [...levelWords.map(([, level]) => levelOf(level)), levelOf('unknown')];

/**
 * The level of the line `body[start .. end)` as an index into `lineLevels`.
 * @param view the same bytes as `body`.
 */
export function lineLevel(body: Uint8Array, view: DataView, start: number, end: number): number {
  const level = lokiFieldLevel(body, view, start, end);
  return level !== none ? level : wordLevels[wordIn(body, view, start, end)];
}

function lokiFieldLevel(body: Uint8Array, view: DataView, start: number, end: number): number {
  let first = start | 0;
  while (first < end && isBlank(body[first])) {
    first = (first + 1) | 0;
  }
  if (first === end || body[first] !== 0x7b) {
    return logfmtLevel(body, view, start, end);
  }
  let last = (end - 1) | 0;
  while (last > first && isBlank(body[last])) {
    last = (last - 1) | 0;
  }
  return body[last] === 0x7d && last > first ? lokiJsonLevel(body, first + 1, last) : logfmtLevel(body, view, start, end);
}

const isBlank = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

// ------------------------------------------------------------------------------------------------ JSON

/** Level of the first level field (in the order of `levelFields`) at the top of an object whose inside is `[at, end)`. */
function lokiJsonLevel(body: Uint8Array, from: number, end: number): number {
  let at = from | 0;
  let best = levelFields.length;
  let level = none;
  while (at < end && best > 0) {
    // A key starts at the next quote on this level; values and what else stands before it are passed over, as long as they open and close nothing.
    while (at < end && body[at] !== 0x22) {
      if (endsFields(body[at])) {
        return level;
      }
      at = (at + 1) | 0;
    }
    const keyStart = (at + 1) | 0;
    at = closingQuote(body, keyStart, end);
    const keyEnd = at;
    at = (at + 1) | 0;
    while (at < end && isBlank(body[at])) {
      at = (at + 1) | 0;
    }
    if (at >= end || body[at] !== 0x3a) {
      continue;
    }
    at = (at + 1) | 0;
    while (at < end && isBlank(body[at])) {
      at = (at + 1) | 0;
    }
    const rank = fieldRank(body, keyStart, keyEnd);
    if (rank < best && mayBeginValue(body[at])) {
      const close = body[at] === 0x22 ? closingQuote(body, at + 1, end) : at;
      if (close >= end) {
        return level;
      }
      best = rank;
      level = close > at ? levelsOfWords.get(body, at + 1, close) : none;
    }
    if (body[at] === 0x7b || body[at] === 0x5b) {
      at = blockEnd(body, at, end);
    }
  }
  return level;
}

/** `:{}[` where a key should begin. */
const endsFields = (byte: number): boolean => byte === 0x3a || byte === 0x7b || byte === 0x7d || byte === 0x5b;

/** Texts, numbers, `true`, `false`, `null`, arrays and objects; a field of anything else, as in `{"level": debug}`, is none. */
const mayBeginValue = (byte: number): boolean => valueStarts[byte] === 1;
const valueStarts = new Uint8Array(256);
for (const char of '"-0123456789tfn[{') {
  valueStarts[char.charCodeAt(0)] = 1;
}

/** Behind the object or the array that opens at `from`. */
function blockEnd(body: Uint8Array, from: number, end: number): number {
  let depth = 0;
  let at = from | 0;
  while (at < end) {
    const byte = body[at];
    if (byte === 0x22) {
      at = closingQuote(body, at + 1, end);
    } else if (byte === 0x7b || byte === 0x5b) {
      depth++;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
      if (depth === 0) {
        return at + 1;
      }
    }
    at = (at + 1) | 0;
  }
  return end;
}

// ------------------------------------------------------------------------------------------------ logfmt

/**
 * Whether a pair may be read from a line: until the first `=` keys have no values, and a quote before it ends the reading. This
 * settles most lines that are not logfmt, four bytes at a time.
 */
function hasPairs(body: Uint8Array, view: DataView, start: number, end: number): boolean {
  const last = (end - 4) | 0;
  let at = start | 0;
  for (; at <= last; at = (at + 4) | 0) {
    const four = view.getInt32(at, true);
    if (((zeroByte(four ^ 0x3d3d3d3d) | zeroByte(four ^ 0x22222222)) & 0x80808080) !== 0) {
      break;
    }
  }
  for (; at < end; at = (at + 1) | 0) {
    const byte = body[at];
    if (byte === 0x3d || byte === 0x22) {
      return byte === 0x3d;
    }
  }
  return false;
}

/** Under the mask 0x80808080, which is left to the caller: not 0 when one of the four bytes is zero, and only then. */
const zeroByte = (four: number): number => ((four - 0x01010101) | 0) & ~four;

/**
 * Level of the level field of a line with `key=value` pairs: `level` in any case before `severity` before `lvl`, the first of equals. A key
 * alone counts as an empty value. Reading stops at the first pair that is none, as Loki's decoder does.
 */
function logfmtLevel(body: Uint8Array, view: DataView, from: number, end: number): number {
  if (!hasPairs(body, view, from, end)) {
    return none;
  }
  let at = from | 0;
  let best = logfmtKeys.length;
  let level = none;
  while (at < end) {
    while (at < end && body[at] <= 0x20) {
      at = (at + 1) | 0;
    }
    const keyStart = at;
    let byte = 0;
    let bits = 0;
    for (; at < end; at = (at + 1) | 0) {
      byte = body[at];
      if (byte <= 0x20 || byte === 0x3d) {
        break;
      }
      if (byte === 0x22) {
        return level;
      }
      bits |= byte;
    }
    const keyEnd = at;
    if ((bits & 0x80) !== 0 && isBroken(body, keyStart, keyEnd)) {
      return level;
    }
    const hasValue = at < end && byte === 0x3d;
    if (hasValue && keyEnd === keyStart) {
      return level;
    }
    const valueStart = hasValue ? ++at : at;
    const quoted = hasValue && at < end && body[at] === 0x22;
    if (quoted) {
      at = quotedValueEnd(body, at + 1, end);
      if (at < 0) {
        return level;
      }
    } else if (hasValue) {
      at = plainValueEnd(body, at, end);
      if (at < 0) {
        return level;
      }
    }
    const rank = logfmtRank(body, keyStart, keyEnd);
    if (rank < best) {
      best = rank;
      level = quoted ? levelsOfWords.get(body, valueStart + 1, at - 1) : levelsOfWords.get(body, valueStart, at);
      if (rank === 0) {
        return level;
      }
    }
  }
  return level;
}

/** Behind the quote that closes the value; -1 when there is none, or when a backslash is in it that starts no escape (`"C:\Users"`). */
function quotedValueEnd(body: Uint8Array, from: number, end: number): number {
  let at = from | 0;
  while (at < end) {
    const byte = body[at];
    if (byte === 0x22) {
      return (at + 1) | 0;
    }
    if (byte === 0x5c && !isEscape(body, at + 1)) {
      return -1;
    }
    at = (at + (byte === 0x5c ? 2 : 1)) | 0;
  }
  return -1;
}

/** What JSON has behind a backslash, and `'`. `at` may be behind the end of the line: a quote comes first. */
function isEscape(body: Uint8Array, at: number): boolean {
  if (body[at] !== 0x75) {
    return escapes[body[at]] === 1;
  }
  for (let i = at + 1; i <= at + 4; i++) {
    const letter = body[i] | 0x20;
    if (!(letter >= 0x61 && letter <= 0x66) && !(body[i] >= 0x30 && body[i] <= 0x39)) {
      return false;
    }
  }
  return true;
}

const escapes = new Uint8Array(256);
for (const char of '"\\/\'bfnrt') {
  escapes[char.charCodeAt(0)] = 1;
}

/** Whether a key is no UTF-8, or holds the sign that stands for such bytes. */
const isBroken = (body: Uint8Array, start: number, end: number): boolean => Buffer.from(body.buffer, body.byteOffset + start, end - start).toString('utf8').includes('\ufffd');

/** The blank behind a value without quotes; -1 when a character is in it that has to be quoted. */
function plainValueEnd(body: Uint8Array, from: number, end: number): number {
  let at = from | 0;
  for (; at < end; at = (at + 1) | 0) {
    const byte = body[at];
    if (byte <= 0x20) {
      break;
    }
    if (byte === 0x3d || byte === 0x22) {
      return -1;
    }
  }
  return at;
}

// ------------------------------------------------------------------------------------------------ words

interface Word {
  bytes: Uint8Array;
  value: number;
}

/**
 * Texts with the number that each stands for, compared byte by byte: a string per key of every line would cost more than the rest.
 * The bits of `mask` are set in each byte of the line before.
 */
class ByteTable {
  /** The texts of each length. */
  private readonly byLength: Word[][] = Array.from({ length: 16 }, () => []);

  constructor(
    entries: Array<[string, number]>,
    private readonly missing: number,
    private readonly mask: number
  ) {
    for (const [text, value] of entries) {
      this.byLength[text.length].push({ bytes: Buffer.from(text), value });
    }
  }

  get(body: Uint8Array, start: number, end: number): number {
    const length = end - start;
    // The value of a field whose closing quote is missing ends before it starts.
    if (length < 0 || length >= this.byLength.length) {
      return this.missing;
    }
    const words = this.byLength[length];
    for (let k = 0; k < words.length; k++) {
      if (this.equal(words[k].bytes, body, start)) {
        return words[k].value;
      }
    }
    return this.missing;
  }

  private equal(bytes: Uint8Array, body: Uint8Array, start: number): boolean {
    for (let i = 0; i < bytes.length; i++) {
      if ((body[start + i] | this.mask) !== bytes[i]) {
        return false;
      }
    }
    return true;
  }
}

// Masks of a `ByteTable`; the second makes small letters of capitals, so its texts have to be of small ones.
const exactly = 0;
const ignoringCase = 0x20;

const fieldRanks = new ByteTable(levelFields.map((field, rank) => [field, rank]), levelFields.length, exactly);
const logfmtRanks = new ByteTable(logfmtKeys.map((key, rank) => [key, rank]), logfmtKeys.length, ignoringCase);
/** The level a field's value means; `none` when it means none. */
const levelsOfWords = new ByteTable(fieldWords.flatMap(([level, texts]) => texts.map((text): [string, number] => [text, levelOf(level)])), none, ignoringCase);

/** Place of a key in `levelFields`, or their number when it is none. */
function fieldRank(body: Uint8Array, start: number, end: number): number {
  return mayBeLevelKey(body, start, end) ? fieldRanks.get(body, start, end) : levelFields.length;
}

function logfmtRank(body: Uint8Array, start: number, end: number): number {
  return mayBeLevelKey(body, start, end) ? logfmtRanks.get(body, start, end) : logfmtKeys.length;
}

/** All level keys begin with `l` or `s`. */
function mayBeLevelKey(body: Uint8Array, start: number, end: number): boolean {
  if (start >= end) {
    return false;
  }
  const first = body[start] | 0x20;
  return first === 0x6c || first === 0x73;
}
