/** Words that name a severity, found in bytes without making a string of every word of a line. */

/** Index into `levelNames`. */
export const unknown = 0;
export const trace = 1;
export const debug = 2;
export const info = 3;
export const warn = 4;
export const error = 5;
export const critical = 6;

/**
 * How freely a word may stand. `plain`: also as the first word of a message in any case. `marked`: only in capitals, in brackets or with
 * a colon behind. `colon`: only with a colon behind (words that are ordinary English or something else in capitals).
 */
export type Freedom = 'plain' | 'marked' | 'colon';

export interface LevelWord {
  codes: number[];
  level: number;
  freedom: Freedom;
  /** Ends sentences too: in small letters its colon counts in the first word only. */
  prose: boolean;
}

/** `Stack trace:`, `Reading config:`. */
const proseWords = new Set(['trace', 'config', 'fine']);

const table: Array<[number, Freedom, string]> = [
  [trace, 'marked', 'trace trc finest finer verbose vrb'],
  [trace, 'colon', 'trce trac trace1 trace2 trace3 trace4 trace5 trace6 trace7 trace8'],
  [debug, 'plain', 'debug'],
  [debug, 'marked', 'dbg'],
  [debug, 'colon', 'dbug debu fine config debug1 debug2 debug3 debug4 debug5'],
  [info, 'plain', 'info'],
  [info, 'marked', 'inf information informational notice success'],
  [info, 'colon', 'log note'],
  [warn, 'plain', 'warn warning'],
  [warn, 'marked', 'wrn'],
  [error, 'plain', 'error'],
  [error, 'marked', 'err eror severe'],
  [error, 'colon', 'fail failure exception erro'],
  [critical, 'plain', 'fatal critical'],
  [critical, 'marked', 'crit emerg emergency alert panic dpanic ftl'],
  [critical, 'colon', 'fata pani'],
];

/** Words by first letter (lower case) and length: few hang together. */
const slotOf = (letter: number, length: number): number => (letter & 31) * 16 + length;
const bySlot: LevelWord[][] = Array.from({ length: 32 * 16 }, () => []);
let shortest = Infinity;
let longest = 0;
for (const [level, freedom, words] of table) {
  for (const text of words.split(' ')) {
    bySlot[slotOf(text.charCodeAt(0), text.length)].push({ codes: codesOf(text), level, freedom, prose: proseWords.has(text) });
    shortest = Math.min(shortest, text.length);
    longest = Math.max(longest, text.length);
  }
}

/** The word `bytes[start .. end)` when it names a level, in any case. */
export function levelWord(bytes: Uint8Array, start: number, end: number): LevelWord | undefined {
  const length = end - start;
  if (length < shortest || length > longest) {
    return undefined;
  }
  const words = bySlot[slotOf(bytes[start], length)];
  for (let i = 0; i < words.length; i++) {
    if (equalsIgnoreCase(bytes, start, words[i].codes)) {
      return words[i];
    }
  }
  return undefined;
}

/** Level of a whole value such as `WARN`, `Information`, `E` or Go's `ERROR+2`; 0 when it is none. */
export function levelOfValue(bytes: Uint8Array, start: number, end: number): number {
  if (end - start === 1) {
    return levelOfLetter(bytes[start] & 0xdf);
  }
  const sign = end - 2 > start && (bytes[end - 2] === 0x2b || bytes[end - 2] === 0x2d) ? end - 2 : end;
  return levelWord(bytes, start, sign)?.level ?? unknown;
}

/** `I`, `W`, `E` and so on, as klog, MongoDB and logcat write them. */
export function levelOfLetter(letter: number): number {
  switch (letter) {
    case 0x54: // T
    case 0x56: // V
      return trace;
    case 0x44: // D
      return debug;
    case 0x49: // I
    case 0x4e: // N
      return info;
    case 0x57: // W
      return warn;
    case 0x45: // E
      return error;
    case 0x46: // F
    case 0x43: // C
      return critical;
    default:
      return unknown;
  }
}

/** Syslog severities 0 (emergency) to 7 (debug), RFC 5424 6.2.1. */
export const syslogLevels = [critical, critical, critical, error, warn, info, info, debug];

/** Levels as numbers: 0 to 7 are syslog's, from 10 on those of pino and bunyan. NaN, for a field that holds no number, is unknown. */
export function levelOfNumber(value: number): number {
  if (value < 8) {
    return syslogLevels[value] ?? unknown;
  }
  if (!(value >= 10 && value <= 60)) {
    return unknown;
  }
  return Math.min(critical, Math.floor(value / 10));
}

/** Level that an HTTP status speaks of: 5xx is the server's error, 4xx a warning. */
export function levelOfStatus(status: number): number {
  return status >= 600 || status < 100 ? unknown : status >= 500 ? error : status >= 400 ? warn : info;
}

/** The bytes of a text in ASCII. */
export function codesOf(text: string): number[] {
  return Array.from(text, (char) => char.charCodeAt(0));
}

export function equalsIgnoreCase(bytes: Uint8Array, start: number, lower: number[]): boolean {
  for (let i = 0; i < lower.length; i++) {
    const byte = bytes[start + i];
    if (byte !== lower[i] && (byte | 0x20) !== lower[i]) {
      return false;
    }
  }
  return true;
}
