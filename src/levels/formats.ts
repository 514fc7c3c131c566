import { critical, debug, error, info, levelOfLetter, levelOfStatus, syslogLevels, unknown, warn } from './words';

/**
 * Formats of single programs that write their level as a sign or a number at a fixed place, not as a word. Each function looks at
 * `bytes[at .. end)` and answers an index into `levelNames`; 0 when the line is not of that format.
 */

export const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

/** `<34>`: RFC 5424 and 3164 priority, severity in its last three bits. `at` is behind the `<`. */
export function priority(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  for (let i = at; i < end && i < at + 4; i++) {
    if (bytes[i] === 0x3e) {
      return i > at && value <= 191 ? syslogLevels[value & 7] : unknown;
    }
    if (!isDigit(bytes[i])) {
      return unknown;
    }
    value = value * 10 + bytes[i] - 0x30;
  }
  return unknown;
}

/** klog and glog: `E1120 12:00:00.000000 ...`, severity letter, month and day, then the time. */
export function klogLevel(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 9 || bytes[at + 5] !== 0x20 || bytes[at + 8] !== 0x3a) {
    return unknown;
  }
  for (let i = at + 1; i < at + 5; i++) {
    if (!isDigit(bytes[i])) {
      return unknown;
    }
  }
  const letter = bytes[at];
  return letter === 0x49 || letter === 0x57 || letter === 0x45 || letter === 0x46 ? levelOfLetter(letter) : unknown;
}

/** Length of `20 Nov 2026 12:00:00.123 `, which stands between role and sign in a line of Redis. */
const redisTimeLength = 25;

/** Redis and Valkey: `1:M 20 Nov 2026 12:00:00.123 * Ready`, the sign before the message is the level. */
export function redisLevel(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && i < at + 8 && isDigit(bytes[i])) {
    i++;
  }
  if (i === at || i + redisTimeLength + 4 >= end) {
    return unknown;
  }
  const role = bytes[i + 1];
  if ( bytes[i] !== 0x3a || bytes[i + 2] !== 0x20 || !(role === 0x4d || role === 0x53 || role === 0x43 || role === 0x58)) {
    return unknown;
  }
  const sign = i + 3 + redisTimeLength;
  if (bytes[sign - 1] !== 0x20 || bytes[sign + 1] !== 0x20) {
    return unknown;
  }
  switch (bytes[sign]) {
    case 0x23: // #
      return warn;
    case 0x2a: // *
      return info;
    case 0x2d: // -
    case 0x2e: // .
      return debug;
    default:
      return unknown;
  }
}

/** HAProxy: status behind the five times of a request, `10/0/30/69/109 200 `. The word of the times is `bytes[start .. wordEnd)`. */
export function haproxyStatus(bytes: Uint8Array, start: number, wordEnd: number, end: number): number {
  if (wordEnd + 4 >= end || bytes[wordEnd] !== 0x20 || bytes[wordEnd + 4] !== 0x20) {
    return unknown;
  }
  let slashes = 0;
  for (let i = start; i < wordEnd; i++) {
    const byte = bytes[i];
    if (byte === 0x2f) {
      slashes++;
    } else if (!isDigit(byte) && byte !== 0x2d && byte !== 0x2b) {
      return unknown;
    }
  }
  return slashes === 4 ? statusAt(bytes, wordEnd + 1) : unknown;
}

/** Gin: `[GIN] 2026/11/20 - 12:00:00 | 200 | ...`. The word that may be the status is `bytes[start .. wordEnd)`. */
export function ginStatus(bytes: Uint8Array, lineStart: number, start: number, wordEnd: number, end: number): number {
  if (wordEnd - start !== 3 || wordEnd + 1 >= end || bytes[wordEnd + 1] !== 0x7c || start - 2 < lineStart || bytes[start - 2] !== 0x7c) {
    return unknown;
  }
  const isGin = bytes[lineStart + 1] === 0x47 && bytes[lineStart + 2] === 0x49 && bytes[lineStart + 3] === 0x4e;
  return isGin ? statusAt(bytes, start) : unknown;
}

/** The level of the HTTP status in the three bytes from `at` on. */
export function statusAt(bytes: Uint8Array, at: number): number {
  if (!isDigit(bytes[at]) || !isDigit(bytes[at + 1]) || !isDigit(bytes[at + 2])) {
    return unknown;
  }
  return levelOfStatus((bytes[at] - 0x30) * 100 + (bytes[at + 1] - 0x30) * 10 + (bytes[at + 2] - 0x30));
}

/** `{"t":{"$date"`, by which structured lines of MongoDB begin. */
const mongoHead = [...'{"t":{"$date"'].map((char) => char.charCodeAt(0));

/** MongoDB since 4.4: `{"t":{"$date":"..."},"s":"I",  "c":"NETWORK", ...`, severity as a letter (`D1` to `D5` for debug). */
export function mongoLevel(bytes: Uint8Array, at: number, end: number): number {
  for (let i = 0; i < mongoHead.length; i++) {
    if (at + i >= end || bytes[at + i] !== mongoHead[i]) {
      return unknown;
    }
  }
  for (let i = at + mongoHead.length; i + 5 < end && i < at + 80; i++) {
    // "s":"
    if (bytes[i] === 0x22 && bytes[i + 1] === 0x73 && bytes[i + 2] === 0x22 && bytes[i + 3] === 0x3a && bytes[i + 4] === 0x22) {
      return mongoLetter(bytes[i + 5]);
    }
  }
  return unknown;
}

function mongoLetter(letter: number): number {
  return letter === 0x46 ? critical : letter === 0x45 ? error : letter === 0x57 ? warn : letter === 0x49 ? info : letter === 0x44 ? debug : unknown;
}
