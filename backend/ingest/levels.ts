import { makeLabels, noLabels, type Labels } from '../model/labels';

/**
 * Loki's `detected_level`, told as Loki 3.4 tells it (pkg/distributor/field_detection.go), with its known weaknesses: queries that
 * were written for Loki must see the same label. Binocle's own, better level is `src/levels`.
 * Sources in order: a level label of the stream, one of the structured metadata, OTLP's severity number, a level field of a line that
 * looks like JSON or logfmt, and last a search for level words.
 */

const levelFields = ['level', 'LEVEL', 'Level', 'severity', 'SEVERITY', 'Severity', 'lvl', 'LVL', 'Lvl'];
const detectedLevel = 'detected_level';

/** Words that fields may hold and the level each means. */
const levelWords = new Map<string, string>([
  ...words('trace', 'trace', 'trc'),
  ...words('debug', 'debug', 'dbg'),
  ...words('info', 'info', 'inf'),
  ...words('warn', 'warn', 'wrn', 'warning'),
  ...words('error', 'error', 'err'),
  ...words('critical', 'critical'),
  ...words('fatal', 'fatal'),
]);

function words(level: string, ...names: string[]): Array<[string, string]> {
  return names.map((name) => [name, level]);
}

/** One set per level, so that equal metadata is the same object. */
const levelSets = new Map(['unknown', ...new Set(levelWords.values())].map((level) => [level, makeLabels([[detectedLevel, level]])]));
const unknownSet = levelSets.get('unknown') as Labels;

/** Adds `detected_level` to the metadata of entries. Build one per request: it remembers the sets it has seen. */
export class LevelDetector {
  private readonly streamSet: Labels | undefined;
  private readonly extended = new Map<Labels, Map<string, Labels>>();

  /** @param stream labels of the stream whose entries follow. */
  constructor(stream: Labels) {
    const level = firstOf(stream);
    this.streamSet = level === undefined || level === '' ? undefined : (levelSets.get(level) ?? makeLabels([[detectedLevel, level]]));
  }

  /** Metadata of the line `body[start .. end)` with its level. */
  metadataOf(metadata: Labels | undefined, body: Uint8Array, start: number, end: number): Labels {
    if (metadata === undefined) {
      return this.streamSet ?? lineLevel(body, start, end);
    }
    if (metadata.has(detectedLevel)) {
      return metadata;
    }
    const level = this.streamSet?.get(detectedLevel) ?? metadataLevel(metadata) ?? (lineLevel(body, start, end).get(detectedLevel) as string);
    return this.extend(metadata, level);
  }

  private extend(metadata: Labels, level: string): Labels {
    let byLevel = this.extended.get(metadata);
    if (!byLevel) {
      byLevel = new Map();
      this.extended.set(metadata, byLevel);
    }
    let set = byLevel.get(level);
    if (!set) {
      set = makeLabels([...metadata, [detectedLevel, level]]);
      byLevel.set(level, set);
    }
    return set;
  }
}

function firstOf(labels: Labels): string | undefined {
  if (labels === noLabels) {
    return undefined;
  }
  const name = levelFields.find((field) => labels.has(field));
  return name === undefined ? undefined : labels.get(name);
}

function metadataLevel(metadata: Labels): string | undefined {
  const level = firstOf(metadata);
  if (level) {
    return level;
  }
  const severity = metadata.get('severity_number');
  if (!severity) {
    return undefined;
  }
  const number = Number(severity);
  if (!/^[+-]?\d+$/.test(severity)) {
    return 'info';
  }
  // Four numbers a level from 1 on: opentelemetry.io/docs/specs/otel/logs/data-model, SeverityNumber.
  const names = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];
  return number === 0 ? 'unknown' : (names[Math.max(0, Math.floor((number - 1) / 4))] ?? 'unknown');
}

function lineLevel(body: Uint8Array, start: number, end: number): Labels {
  let first = start;
  while (first < end && isBlank(body[first])) {
    first++;
  }
  let last = end - 1;
  while (last > first && isBlank(body[last])) {
    last--;
  }
  const found = body[first] === 0x7b && body[last] === 0x7d && last > first ? jsonField(body, first + 1, last) : logfmtField(body, start, end);
  return (found === undefined ? undefined : levelSets.get(found)) ?? scanWords(body, start, end);
}

const isBlank = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

// ------------------------------------------------------------------------------------------------ JSON

/** Value of the first level field (in the order of `levelFields`) at the top of an object whose inside is `[at, end)`. */
function jsonField(body: Uint8Array, at: number, end: number): string | undefined {
  let best = levelFields.length;
  let level: string | undefined;
  while (at < end && best > 0) {
    // A key starts at the next quote on this level.
    while (at < end && body[at] !== 0x22) {
      if (!isBlank(body[at]) && body[at] !== 0x2c) {
        return level;
      }
      at++;
    }
    const keyStart = at + 1;
    at = stringEnd(body, keyStart, end);
    const keyEnd = at++;
    while (at < end && isBlank(body[at])) {
      at++;
    }
    if (body[at] !== 0x3a) {
      return level;
    }
    at++;
    while (at < end && isBlank(body[at])) {
      at++;
    }
    const valueStart = at;
    at = valueEnd(body, at, end);
    const rank = fieldRank(body, keyStart, keyEnd);
    if (rank < best) {
      best = rank;
      const quoted = body[valueStart] === 0x22;
      level = wordOf(body, quoted ? valueStart + 1 : valueStart, quoted ? at - 1 : at);
    }
  }
  return level;
}

function stringEnd(body: Uint8Array, at: number, end: number): number {
  while (at < end && body[at] !== 0x22) {
    at += body[at] === 0x5c ? 2 : 1;
  }
  return Math.min(at, end);
}

/** Behind the value that starts at `at`: strings, literals, objects and arrays with what is in them. */
function valueEnd(body: Uint8Array, at: number, end: number): number {
  let depth = 0;
  while (at < end) {
    const byte = body[at];
    if (byte === 0x22) {
      at = stringEnd(body, at + 1, end);
      if (depth === 0) {
        return Math.min(at + 1, end);
      }
    } else if (byte === 0x7b || byte === 0x5b) {
      depth++;
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
      if (depth <= 0) {
        return at + 1;
      }
    } else if (depth === 0 && (byte === 0x2c || isBlank(byte))) {
      return at;
    }
    at++;
  }
  return end;
}

// ------------------------------------------------------------------------------------------------ logfmt

/**
 * Value of the level field of a line with `key=value` pairs: `level` in any case before `severity` before `lvl`, the first of equals. A key
 * alone counts as an empty value. Reading stops at the first pair that is none, as Loki's decoder does.
 */
function logfmtField(body: Uint8Array, at: number, end: number): string | undefined {
  let best = logfmtKeys.length;
  let level: string | undefined;
  while (at < end) {
    while (at < end && body[at] <= 0x20) {
      at++;
    }
    const keyStart = at;
    while (at < end && body[at] > 0x20 && body[at] !== 0x3d) {
      if (body[at] === 0x22) {
        return level;
      }
      at++;
    }
    const keyEnd = at;
    const hasValue = at < end && body[at] === 0x3d;
    if (hasValue && keyEnd === keyStart) {
      return level;
    }
    const valueStart = hasValue ? ++at : at;
    const quoted = hasValue && body[at] === 0x22 && at < end;
    if (quoted) {
      at = stringEnd(body, at + 1, end);
      if (at >= end) {
        return level;
      }
      at++;
    } else if (hasValue) {
      at = plainValueEnd(body, at, end);
      if (at < 0) {
        return level;
      }
    }
    const rank = logfmtRank(body, keyStart, keyEnd);
    if (rank < best) {
      best = rank;
      level = quoted ? wordOf(body, valueStart + 1, at - 1) : wordOf(body, valueStart, at);
      if (rank === 0) {
        return level;
      }
    }
  }
  return level;
}

/** The blank behind a value without quotes; -1 when a character is in it that has to be quoted. */
function plainValueEnd(body: Uint8Array, at: number, end: number): number {
  while (at < end && body[at] > 0x20) {
    if (body[at] === 0x3d || body[at] === 0x22) {
      return -1;
    }
    at++;
  }
  return at;
}

// ------------------------------------------------------------------------------------------------ words

/** Texts of one length with what each stands for, compared byte by byte: a string per key of every line would cost more than the rest. */
class ByteTable<Value> {
  private readonly byLength: Array<Array<{ bytes: Uint8Array; value: Value }>> = [];

  constructor(
    entries: Iterable<readonly [string, Value]>,
    private readonly ignoreCase: boolean
  ) {
    for (const [text, value] of entries) {
      (this.byLength[text.length] ??= []).push({ bytes: Buffer.from(text), value });
    }
  }

  get(body: Uint8Array, start: number, end: number): Value | undefined {
    const entries = this.byLength[end - start];
    if (entries !== undefined) {
      for (let k = 0; k < entries.length; k++) {
        if (this.equal(entries[k].bytes, body, start)) {
          return entries[k].value;
        }
      }
    }
    return undefined;
  }

  private equal(bytes: Uint8Array, body: Uint8Array, start: number): boolean {
    const mask = this.ignoreCase ? 0x20 : 0;
    for (let i = 0; i < bytes.length; i++) {
      if ((body[start + i] | mask) !== bytes[i]) {
        return false;
      }
    }
    return true;
  }
}

const ranks = new ByteTable(levelFields.map((field, rank) => [field, rank] as const), false);
const wordLevels = new ByteTable(levelWords, true);

/** Place of a key in `levelFields`, or their number when it is none. */
function fieldRank(body: Uint8Array, start: number, end: number): number {
  const first = body[start] | 0x20;
  return first !== 0x6c && first !== 0x73 ? levelFields.length : (ranks.get(body, start, end) ?? levelFields.length);
}

/** Keys of logfmt lines are compared without regard to case. */
const logfmtKeys = ['level', 'severity', 'lvl'];
const logfmtRanks = new ByteTable(logfmtKeys.map((key, rank) => [key, rank] as const), true);

function logfmtRank(body: Uint8Array, start: number, end: number): number {
  const first = body[start] | 0x20;
  return first !== 0x6c && first !== 0x73 ? logfmtKeys.length : (logfmtRanks.get(body, start, end) ?? logfmtKeys.length);
}

/** The level a field's value means, without regard to case; undefined when it means none. */
function wordOf(body: Uint8Array, start: number, end: number): string | undefined {
  return wordLevels.get(body, start, end);
}

const infoSet = levelSets.get('info') as Labels;

/**
 * The words of Loki's last resort, each as it may be written: in lower case or in capitals, four of them with a colon behind.
 * The rank decides when several are in a line.
 */
const scanned = ['info', 'error', 'err:', 'warning', 'warn:', 'critical:', 'debug:'].flatMap((word) => [word, word.toUpperCase()].map((text) => ({ bytes: Buffer.from(text), rank: rankOfWord(word) })));
const rankLevels = [infoSet, ...['error', 'warn', 'critical', 'debug'].map((level) => levelSets.get(level) as Labels), unknownSet];
const noRank = rankLevels.length - 1;

function rankOfWord(word: string): number {
  return ['info', 'err', 'warn', 'critical', 'debug'].findIndex((head) => word.startsWith(head));
}

/** Bytes at the head of each word that are looked for first: as many as the shortest has. */
const headBytes = 4;

/**
 * How far the search may step when these two bytes (their low seven bits) end a window of `headBytes`: 0 when they end the head of a word,
 * else the least step that could make them part of one (Wu and Manber's search for several patterns, with blocks of two bytes).
 */
const steps = new Uint8Array(1 << 14).fill(headBytes - 1);
for (const { bytes } of scanned) {
  for (let i = 1; i < headBytes; i++) {
    const pair = pairOf(bytes, i);
    steps[pair] = Math.min(steps[pair], headBytes - 1 - i);
  }
}

function pairOf(bytes: Uint8Array, i: number): number {
  return ((bytes[i - 1] & 127) << 7) | (bytes[i] & 127);
}

/** Loki's last resort: the words anywhere in the line, `info` before `error` before `warning`; some only with a colon behind. */
function scanWords(body: Uint8Array, start: number, end: number): Labels {
  let best = noRank;
  for (let i = start + headBytes - 1; i < end; ) {
    const step = steps[((body[i - 1] & 127) << 7) | (body[i] & 127)];
    if (step > 0) {
      i += step;
      continue;
    }
    best = Math.min(best, rankAt(body, i - headBytes + 1, end));
    if (best === 0) {
      break;
    }
    i++;
  }
  return rankLevels[best];
}

/** Rank of the word that starts at `at`; `noRank` when none does. */
function rankAt(body: Uint8Array, at: number, end: number): number {
  for (let k = 0; k < scanned.length; k++) {
    const { bytes, rank } = scanned[k];
    let i = 0;
    while (i < bytes.length && body[at + i] === bytes[i]) {
      i++;
    }
    if (i === bytes.length && at + i <= end) {
      return rank;
    }
  }
  return noRank;
}
