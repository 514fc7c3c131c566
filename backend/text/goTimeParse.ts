import { civil, dayNumberOf, days, GoTime, layoutPieces, months, shortDays, shortMonths, zoneName, zoneOffset } from './goTime';

/** Why a text does not fit a layout, in Go's words. */
export class TimeParseError extends Error {}

interface Reading {
  year?: number;
  month?: number;
  day?: number;
  yearDay?: number;
  hour: number;
  minute: number;
  second: number;
  nanosecond: number;
  pm?: boolean;
  offsetSeconds?: number;
  zoneName?: string;
}

/**
 * Go's time.ParseInLocation: a text without a zone is in `zone`. Fields that the layout leaves out are those of year 0,
 * January 1st. Throws a TimeParseError.
 */
export function parseGoTime(layout: string, text: string, zone = 'UTC'): GoTime {
  const fail = (element: string, rest: string, message = ''): TimeParseError => {
    const head = `parsing time ${JSON.stringify(text)}`;
    return new TimeParseError(message !== '' ? head + message : `${head} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(element)}`);
  };
  const reading: Reading = { hour: 0, minute: 0, second: 0, nanosecond: 0 };
  const pieces = layoutPieces(layout);
  let rest = text;
  pieces.forEach((piece, i) => {
    if ('literal' in piece) {
      const after = skipLiteral(rest, piece.literal);
      if (after === undefined) {
        throw fail(piece.literal, rest);
      }
      rest = after;
      return;
    }
    const next = pieces[i + 1];
    const used = readElement(piece.element, rest, reading, next !== undefined && 'element' in next && /^[.,]/.test(next.element));
    if (typeof used === 'string') {
      throw fail(piece.element, rest, used);
    }
    if (used < 0) {
      throw fail(piece.element, rest);
    }
    rest = rest.slice(used);
  });
  if (rest !== '') {
    throw fail('', '', `: extra text: ${JSON.stringify(rest)}`);
  }
  return assemble(reading, zone, (message) => fail('', '', message));
}

/** Blanks in a layout stand for any number of blanks. */
function skipLiteral(text: string, literal: string): string | undefined {
  let at = 0;
  let i = 0;
  while (i < literal.length) {
    if (literal[i] === ' ') {
      if (at < text.length && text[at] !== ' ') {
        return undefined;
      }
      while (literal[i] === ' ') {
        i++;
      }
      while (text[at] === ' ') {
        at++;
      }
      continue;
    }
    if (text[at] !== literal[i]) {
      return undefined;
    }
    at++;
    i++;
  }
  return text.slice(at);
}

const rangeError = (what: string): string => `: ${what} out of range`;

type NumberKey = 'month' | 'day' | 'yearDay' | 'hour' | 'minute' | 'second';

/** Elements that are a number in a range. Go checks the day only when the month is known. */
const numberElements = new Map<string, { key: NumberKey; digits: RegExp; low: number; high: number; what: string }>([
  ['01', { key: 'month', digits: /^\d{2}/, low: 1, high: 12, what: 'month' }],
  ['1', { key: 'month', digits: /^\d{1,2}/, low: 1, high: 12, what: 'month' }],
  ['02', { key: 'day', digits: /^\d{2}/, low: 0, high: 99, what: 'day' }],
  ['_2', { key: 'day', digits: /^ ?\d{1,2}/, low: 0, high: 99, what: 'day' }],
  ['2', { key: 'day', digits: /^\d{1,2}/, low: 0, high: 99, what: 'day' }],
  ['002', { key: 'yearDay', digits: /^\d{3}/, low: 1, high: 366, what: 'day-of-year' }],
  ['__2', { key: 'yearDay', digits: /^ {0,2}\d{1,3}/, low: 1, high: 366, what: 'day-of-year' }],
  ['15', { key: 'hour', digits: /^\d{1,2}/, low: 0, high: 23, what: 'hour' }],
  ['03', { key: 'hour', digits: /^\d{2}/, low: 0, high: 12, what: 'hour' }],
  ['3', { key: 'hour', digits: /^\d{1,2}/, low: 0, high: 12, what: 'hour' }],
  ['04', { key: 'minute', digits: /^\d{2}/, low: 0, high: 59, what: 'minute' }],
  ['4', { key: 'minute', digits: /^\d{1,2}/, low: 0, high: 59, what: 'minute' }],
  ['05', { key: 'second', digits: /^\d{2}/, low: 0, high: 59, what: 'second' }],
  ['5', { key: 'second', digits: /^\d{1,2}/, low: 0, high: 59, what: 'second' }],
]);

/** Reads one element into `reading`. Answers the length used, -1 when it does not fit, or a message. */
function readElement(element: string, text: string, reading: Reading, fractionFollows: boolean): number | string {
  switch (element) {
    case 'January':
    case 'Jan': {
      const [index, used] = readName(element === 'Jan' ? shortMonths : months, text);
      reading.month = index + 1;
      return used;
    }
    case 'Monday':
    case 'Mon':
      return readName(element === 'Mon' ? shortDays : days, text)[1];
    case '2006':
    case '06':
      return readYear(element, text, reading);
    case 'PM':
    case 'pm': {
      const word = text.slice(0, 2);
      if (word.toUpperCase() !== 'AM' && word.toUpperCase() !== 'PM') {
        return -1;
      }
      reading.pm = word.toUpperCase() === 'PM';
      return word === (element === 'PM' ? word.toUpperCase() : word.toLowerCase()) ? 2 : -1;
    }
    case 'MST':
      return readZoneName(text, reading);
  }
  if (numberElements.has(element)) {
    return readNumber(element, text, reading, fractionFollows);
  }
  return /^[.,]/.test(element) ? readFraction(element, text, reading) : readOffset(element, text, reading);
}

/** Which of the names the text begins with, whatever its case: its index and length. */
function readName(names: readonly string[], text: string): [index: number, used: number] {
  const index = names.findIndex((name) => text.slice(0, name.length).toLowerCase() === name.toLowerCase());
  return [index, index < 0 ? -1 : names[index].length];
}

function readYear(element: string, text: string, reading: Reading): number {
  const found = (element === '06' ? /^\d{2}/ : /^\d{4}/).exec(text);
  if (!found) {
    return -1;
  }
  const value = Number(found[0]);
  reading.year = element === '2006' ? value : value >= 69 ? 1900 + value : 2000 + value;
  return found[0].length;
}

function readNumber(element: string, text: string, reading: Reading, fractionFollows: boolean): number | string {
  const { key, digits, low, high, what } = numberElements.get(element)!;
  const found = digits.exec(text);
  if (!found) {
    return -1;
  }
  const value = Number(found[0]);
  if (value < low || value > high) {
    return rangeError(what);
  }
  reading[key] = value;
  const used = found[0].length;
  // A fraction may follow the seconds even when the layout has none.
  const fraction = key === 'second' && !fractionFollows ? /^[.,]\d+/.exec(text.slice(used)) : null;
  if (fraction) {
    reading.nanosecond = nanoseconds(fraction[0].slice(1));
  }
  return used + (fraction?.[0].length ?? 0);
}

const nanoseconds = (digits: string): number => Number(digits.slice(0, 9).padEnd(9, '0'));

function readFraction(element: string, text: string, reading: Reading): number {
  if (element[1] === '9') {
    const found = /^[.,]\d{1,}/.exec(text);
    if (!found) {
      return 0;
    }
    reading.nanosecond = nanoseconds(found[0].slice(1));
    return found[0].length;
  }
  const part = text.slice(0, element.length);
  if (!/^[.,]\d+$/.test(part) || part.length !== element.length) {
    return -1;
  }
  reading.nanosecond = nanoseconds(part.slice(1));
  return element.length;
}

function readOffset(element: string, text: string, reading: Reading): number | string {
  if (element[0] === 'Z' && text.startsWith('Z')) {
    reading.offsetSeconds = 0;
    reading.zoneName = 'UTC';
    return 1;
  }
  const parts = element.replace(/[^0-9]/g, '').length / 2;
  const colon = element.includes(':') ? ':' : '';
  const found = new RegExp(`^([+-])${Array.from({ length: parts }, () => '(\\d\\d)').join(colon)}`).exec(text);
  if (!found) {
    return -1;
  }
  const [hours, minutes, seconds] = [2, 3, 4].map((i) => Number(found[i] ?? 0));
  if (hours > 24) {
    return rangeError('time zone offset hour');
  }
  if (minutes > 60 || seconds > 60) {
    return rangeError('time zone offset minute');
  }
  reading.offsetSeconds = (found[1] === '-' ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds);
  return found[0].length;
}

/** Three to five capitals, of four or five the last a T; or an hour offset below 24, alone or behind GMT. */
const zoneNamePattern = /^(?:UTC|ChST|MeST|GMT(?:[+-]0*(?:1?\d|2[0-3])(?!\d))?|WITA(?![A-Z])|[A-Z]{3,4}T(?![A-Z])|[A-Z]{3}(?![A-Z])|[+-]0*(?:1?\d|2[0-3])(?!\d))/;

function readZoneName(text: string, reading: Reading): number {
  const found = zoneNamePattern.exec(text);
  if (!found) {
    return -1;
  }
  reading.zoneName = found[0];
  return found[0].length;
}

function daysInMonth(year: number, month: number): number {
  return month === 12 ? 31 : dayNumberOf(year, month + 1, 1) - dayNumberOf(year, month, 1);
}

function assemble(reading: Reading, zone: string, fail: (message: string) => TimeParseError): GoTime {
  const year = reading.year ?? 0;
  let month = reading.month ?? 1;
  let day = reading.day ?? 1;
  if (reading.yearDay !== undefined) {
    const date = civil(dayNumberOf(year, 1, 1) + reading.yearDay - 1);
    if (date.year !== year || (reading.month !== undefined && reading.month !== date.month) || (reading.day !== undefined && reading.day !== date.day)) {
      throw fail(': day-of-year does not match month');
    }
    ({ month, day } = date);
  }
  if (day < 1 || day > daysInMonth(year, month)) {
    throw fail(rangeError('day'));
  }
  let hour = reading.hour;
  if (reading.pm === true && hour < 12) {
    hour += 12;
  } else if (reading.pm === false && hour === 12) {
    hour = 0;
  }
  const seconds = dayNumberOf(year, month, day) * 86_400 + hour * 3600 + reading.minute * 60 + reading.second;
  const at = (offset: number): bigint => BigInt(seconds - offset) * 1_000_000_000n + BigInt(reading.nanosecond);
  if (reading.offsetSeconds !== undefined) {
    return new GoTime(at(reading.offsetSeconds), reading.offsetSeconds === 0 ? 'UTC' : reading.offsetSeconds, reading.zoneName);
  }
  if (reading.zoneName !== undefined && reading.zoneName !== 'UTC') {
    const gmt = /^GMT([+-]\d{1,2})$/.exec(reading.zoneName);
    if (gmt) {
      // Go shows the time in that zone but takes its fields for UTC.
      return new GoTime(at(0), Number(gmt[1]) * 3600, reading.zoneName);
    }
    const offset = abbreviationOffset(zone, reading.zoneName, seconds) ?? 0;
    return new GoTime(at(offset), offset, reading.zoneName);
  }
  if (reading.zoneName === 'UTC') {
    return new GoTime(at(0), 'UTC');
  }
  // The offset in force at local time: guess with the offset at the same number of UTC seconds, then look again.
  const guess = zoneOffset(zone, seconds);
  return new GoTime(at(zoneOffset(zone, seconds - guess)), zone);
}

/** The offset of an abbreviation that the zone itself uses in summer or winter; others count as UTC, as in Go. */
function abbreviationOffset(zone: string, name: string, seconds: number): number | undefined {
  // Summer time lasts for less than three quarters of a year.
  for (const shift of [0, 91, 182, 273].map((inDays) => inDays * 86_400)) {
    const offset = zoneOffset(zone, seconds + shift);
    if (zoneName(new GoTime(BigInt(seconds + shift) * 1_000_000_000n, zone), seconds + shift, offset) === name) {
      return offset;
    }
  }
  return undefined;
}
