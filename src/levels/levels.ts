import { requestStart } from './accessLog';
import { blank, classes, telling } from './byteClasses';
import { ginStatus, haproxyStatus, isDigit, klogLevel, mongoLevel, priority, redisLevel, statusAt } from './formats';
import { closingQuote, jsonLevel } from './jsonLevel';
import { codesOf, equalsIgnoreCase, error, levelOfLetter, levelOfValue, levelWord, unknown, type LevelWord } from './words';

/**
 * Binocle's own log levels: one lower-case name per severity, found in the line itself (level words, brackets, syslog priority,
 * JSON and logfmt fields, HTTP status of access logs). Queries reach it as the label `__level__`, which exists only where a
 * query names it, so that answers stay those of Loki otherwise. Shared by ingest (stored per entry) and plugin (row colours).
 */
export const levelNames = ['unknown', 'trace', 'debug', 'info', 'warn', 'error', 'critical'] as const;

export type Level = (typeof levelNames)[number];

/** How far into a line level words are looked for: what comes later is the message's own talk. */
const headBytesMax = 240;
/** Words (without times) after which the rest is taken for the message. */
const headWordsMax = 12;

/**
 * The level of the line `bytes[start .. end)` as an index into `levelNames`; 0 when the line does not tell.
 * @param view the same bytes as `bytes`, for reading several at once.
 */
export function detectLevel(bytes: Uint8Array, view: DataView, start: number, end: number): number {
  let at = start | 0;
  while (at < end && classes[bytes[at]] === blank) {
    at = (at + 1) | 0;
  }
  if (at >= end) {
    return unknown;
  }
  const first = bytes[at];
  if (first === 0x7b) {
    const level = mongoLevel(bytes, at, end) || jsonLevel(bytes, at, end) || dockerLevel(bytes, at, end);
    return level !== unknown || bytes[end - 1] === 0x7d ? level : headLevel(bytes, at, end);
  }
  if (isDigit(first)) {
    const open = requestStart(bytes, view, at, Math.min(end, at + headBytesMax));
    const level = open === 0 ? unknown : statusAfter(bytes, at, open, closingQuote(bytes, open + 1, end), end);
    if (level !== unknown) {
      return level;
    }
  }
  if (first === 0x3c) {
    const level = priority(bytes, at + 1, end);
    if (level !== unknown) {
      return level;
    }
  }
  return klogLevel(bytes, at, end) || redisLevel(bytes, at, end) || headLevel(bytes, at, end);
}

/** `{"log":"`, by which lines of Docker's files begin. */
const dockerHead = [...'{"log":"'].map((char) => char.charCodeAt(0));

/** The level of the line that a line of a Docker file holds: words only, as signs inside it are escaped. */
function dockerLevel(bytes: Uint8Array, at: number, end: number): number {
  const inner = at + dockerHead.length;
  return inner < end && dockerHead.every((byte, i) => bytes[at + i] === byte) ? headLevel(bytes, inner, closingQuote(bytes, inner, end)) : unknown;
}

const scratch = new Uint8Array(8_192);
const scratchView = new DataView(scratch.buffer);

/** The level of a line as a string, by the same rules. */
export function levelOfLine(line: string): Level {
  const length = Math.min(line.length, scratch.length);
  for (let i = 0; i < length; i++) {
    const code = line.charCodeAt(i);
    scratch[i] = code < 0x80 ? code : 0x80;
  }
  return levelNames[detectLevel(scratch, scratchView, 0, length)];
}

/**
 * Words at the head of the line, one pass, first telling one wins. Counters are kept to 32 bits by `| 0`: V8 would else keep them as
 * tagged numbers and look for overflow at each byte.
 */
function headLevel(bytes: Uint8Array, lineStart: number, lineEnd: number): number {
  const start = lineStart | 0;
  const end = Math.min(lineEnd, start + headBytesMax) | 0;
  let words = 0;
  let pairs = 0;
  let at = start;
  let timeSeen = false;
  while (at < end) {
    const first = bytes[at];
    const kind = classes[first];
    if (kind !== 0) {
      if ((kind & telling) === 0) {
        at = (at + 1) | 0;
      } else if (first === 0x1b) {
        at = afterColour(bytes, at, end);
      } else if (first === 0x22) {
        // "request" status, as access logs write it; other quoted texts are passed over.
        const close = closingQuote(bytes, at + 1, lineEnd);
        const level = statusAfter(bytes, start, at, close, lineEnd);
        if (level !== unknown) {
          return level;
        }
        at = (close + 1) | 0;
      } else if (first === 0x3a) {
        // `app[123]: ` opens the message of a syslog line.
        if (at > start && bytes[at - 1] === 0x5d && at + 1 < lineEnd && bytes[at + 1] === 0x20) {
          words = pairs = 0;
        }
        at = (at + 1) | 0;
      } else {
        const level = at + 1 < lineEnd && bytes[at + 1] === 0x22 ? jsonLevel(bytes, at, lineEnd) : unknown;
        if (level !== unknown) {
          return level;
        }
        at = (at + 1) | 0;
      }
      continue;
    }
    const wordStart = at;
    at = endOfWord(bytes, at, end);
    const after = at < lineEnd ? bytes[at] : 0x20;
    if (first <= 0x39 && (first >= 0x30 || first === 0x2d || isZone(bytes, wordStart, lineEnd))) {
      // a dash alone, or one before a word, is no time: `- I think so`
      timeSeen ||= first !== 0x2d || (wordStart + 1 < lineEnd && isDigit(bytes[wordStart + 1]));
      // ` 200 ` or ` | ` behind it; most numbers are parts of times and addresses
      if (after === 0x20 && ((at + 4 < lineEnd && bytes[at + 4] === 0x20) || (at + 1 < lineEnd && bytes[at + 1] === 0x7c))) {
        const level = numberLevel(bytes, start, wordStart, at, lineEnd);
        if (level !== unknown) {
          return level;
        }
      }
      continue;
    }
    const before = wordStart > start ? bytes[wordStart - 1] : 0x20;
    const level = wordLevel(bytes, wordStart, at, lineEnd, before, after, words, timeSeen);
    if (level !== unknown) {
      return level;
    }
    words = (words + 1) | 0;
    if (before === 0x3d || after === 0x3d) {
      pairs = (pairs + 1) | 0;
    }
    // Pairs of a logfmt line are no talk: a level may be the last of them.
    if (words - pairs > headWordsMax) {
      return unknown;
    }
  }
  return unknown;
}

/** `+0200`, behind a time. */
function isZone(bytes: Uint8Array, at: number, end: number): boolean {
  return bytes[at] === 0x2b && at + 1 < end && isDigit(bytes[at + 1]);
}

/** Behind the word that `bytes[at]` belongs to. */
function endOfWord(bytes: Uint8Array, at: number, end: number): number {
  let i = (at + 1) | 0;
  while (i < end && classes[bytes[i]] === 0) {
    i = (i + 1) | 0;
  }
  return i;
}

/** Level that a word of digits tells: the status of a proxy's own format. */
function numberLevel(bytes: Uint8Array, lineStart: number, wordStart: number, wordEnd: number, lineEnd: number): number {
  return haproxyStatus(bytes, wordStart, wordEnd, lineEnd) || ginStatus(bytes, lineStart, wordStart, wordEnd, lineEnd);
}

/** Behind an ANSI colour sequence such as `ESC[32m`. */
function afterColour(bytes: Uint8Array, at: number, end: number): number {
  at++;
  while (at < end && !((bytes[at] | 0x20) >= 0x61 && (bytes[at] | 0x20) <= 0x7a)) {
    at++;
  }
  return at + 1;
}

/** Level of ` 502 ` right behind the quoted text that opened at `open` and closed at `close`, when that text is a request. */
function statusAfter(bytes: Uint8Array, start: number, open: number, close: number, end: number): number {
  if (close + 4 >= end || bytes[close + 1] !== 0x20) {
    return unknown;
  }
  const afterTime = open - 2 >= start && bytes[open - 1] === 0x20 && bytes[open - 2] === 0x5d;
  const hasProtocol = close - 8 > open && bytes[close - 4] === 0x2f && bytes[close - 5] === 0x50 && bytes[close - 8] === 0x48;
  if (!afterTime && !hasProtocol && !(close - 6 > open && bytes[close - 2] === 0x2f && bytes[close - 3] === 0x50)) {
    return unknown;
  }
  const next = close + 5 < end ? bytes[close + 5] : 0x20;
  return classes[next] === 0 ? unknown : statusAt(bytes, close + 2);
}

/** Level that the word `[wordStart, wordEnd)` names, given what stands around it; 0 when it names none. */
function wordLevel(
  bytes: Uint8Array,
  wordStart: number,
  wordEnd: number,
  lineEnd: number,
  before: number,
  after: number,
  words: number,
  timeSeen: boolean
): number {
  if (after === 0x3d) {
    return isLevelKey(bytes, wordStart, wordEnd) ? valueLevel(bytes, wordEnd + 1, lineEnd) : unknown;
  }
  if (before === 0x3d) {
    return unknown;
  }
  const word = levelWord(bytes, wordStart, wordEnd);
  if (word && stands(word, bytes, wordStart, before, after === 0x20 && colonFollows(bytes, wordEnd, lineEnd) ? 0x3a : after, words)) {
    return word.level;
  }
  switch (wordEnd - wordStart) {
    case 1:
      return letterLevel(bytes, wordStart, lineEnd, before, after, timeSeen && words === 0);
    case 5: {
      // klog behind the head of syslog or of a container's line.
      const level = klogLevel(bytes, wordStart, lineEnd);
      if (level !== unknown) {
        return level;
      }
    }
  }
  if (after === 0x5d || after === 0x3a) {
    const level = partLevel(bytes, wordStart, wordEnd, after);
    if (level !== unknown) {
      return level;
    }
  }
  return isFailure(bytes, wordStart, wordEnd, after, words) ? error : unknown;
}

/** `12:00:00 E ...`, `[E] ...` and `[E 261120 12:00:00 ...] ...`. */
function letterLevel(bytes: Uint8Array, at: number, end: number, before: number, after: number, leads: boolean): number {
  const opens = before === 0x5b && (after === 0x5d || (after === 0x20 && at + 2 < end && bytes[at + 2] >= 0x30 && bytes[at + 2] <= 0x39));
  return opens || (leads && before === 0x20 && after === 0x20) ? levelOfLetter(bytes[at]) : unknown;
}

/** A level in capitals that is one part of a word: `[Server thread/INFO]`, `INFO/MainProcess]`, `production.ERROR:`. */
function partLevel(bytes: Uint8Array, start: number, end: number, after: number): number {
  const separator = after === 0x5d ? 0x2f : 0x2e;
  let at = end - 1;
  while (at > start && bytes[at] !== separator) {
    at--;
  }
  if (at === start) {
    return unknown;
  }
  return capitalLevel(bytes, at + 1, end) || (separator === 0x2f ? capitalLevel(bytes, start, at) : unknown);
}

function capitalLevel(bytes: Uint8Array, start: number, end: number): number {
  return end - start > 1 && bytes[start] < 0x60 && bytes[start + 1] < 0x60 ? (levelWord(bytes, start, end)?.level ?? unknown) : unknown;
}

/** ` : ` behind blanks, `error    : no such file`. */
function colonFollows(bytes: Uint8Array, at: number, end: number): boolean {
  let i = at;
  while (i < end && bytes[i] === 0x20) {
    i++;
  }
  return i + 1 < end && bytes[i] === 0x3a && bytes[i + 1] === 0x20;
}

/** Whether a level word is there as a level, not as part of a sentence. */
function stands(word: LevelWord, bytes: Uint8Array, start: number, before: number, after: number, words: number): boolean {
  const bracketed = (after === 0x5d && (before === 0x5b || before === 0x3a)) || (before === 0x7c && after === 0x7c);
  const capitals = bytes[start] < 0x60 && bytes[start + 1] < 0x60;
  if (bracketed || (after === 0x3a && (!word.prose || capitals || words === 0))) {
    return true;
  }
  if (word.freedom === 'colon') {
    // `ERRO[0012] `, as logrus shortens levels.
    return capitals && words === 0 && after === 0x5b;
  }
  if (capitals) {
    return true;
  }
  return word.freedom === 'plain' && words === 0 && (classes[after] & blank) !== 0;
}

/** `level`, `lvl`, `severity`, `loglevel`, `log_level`, `log.level`. */
function isLevelKey(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length < 3 || length > 9) {
    return false;
  }
  const first = bytes[start] | 0x20;
  if (first !== 0x6c && first !== 0x73) {
    return false;
  }
  for (let k = 0; k < levelKeys.length; k++) {
    if (levelKeys[k].length === length && equalsIgnoreCase(bytes, start, levelKeys[k])) {
      return true;
    }
  }
  return false;
}

const levelKeys = ['level', 'lvl', 'severity', 'loglevel', 'log_level', 'log.level'].map(codesOf);

function valueLevel(bytes: Uint8Array, at: number, end: number): number {
  const quoted = bytes[at] === 0x22;
  const from = quoted ? at + 1 : at;
  let to = from;
  while (to < end && to - from < 16 && bytes[to] !== 0x22 && (classes[bytes[to]] & blank) === 0 && bytes[to] !== 0x2c) {
    to++;
  }
  return levelOfValue(bytes, from, to);
}

const openings = ['Traceback', 'Exception', 'panic', 'Caused', 'Failed'];

/** A line that opens an error: `NullPointerException: ..`, `TypeError: ..`, `Traceback (most`, `Exception in thread`, `Failed to start`. */
function isFailure(bytes: Uint8Array, start: number, end: number, after: number, words: number): boolean {
  if (after === 0x3a && (endsWith(bytes, start, end, 'Error') || endsWith(bytes, start, end, 'Exception'))) {
    return true;
  }
  return words === 0 && after === 0x20 && openings.some((opening) => end - start === opening.length && endsWith(bytes, start, end, opening));
}

function endsWith(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start < text.length) {
    return false;
  }
  for (let k = text.length - 1, i = end - 1; k >= 0; k--, i--) {
    if (bytes[i] !== text.charCodeAt(k)) {
      return false;
    }
  }
  return true;
}
