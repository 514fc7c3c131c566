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

/** Reads one element into `reading`. Answers the length used, -1 when it does not fit, or a message. */
function readElement(element: string, text: string, reading: Reading, fractionFollows: boolean): number | string {
  const name = (names: string[]): [number, number] => {
    const index = names.findIndex((candidate) => text.slice(0, candidate.length).toLowerCase() === candidate.toLowerCase());
    return [index, index < 0 ? -1 : names[index].length];
  };
  const digits = (pattern: RegExp): [number, number] => {
    const found = pattern.exec(text);
    return found ? [Number(found[0]), found[0].length] : [0, -1];
  };
  const set = (key: 'month' | 'day' | 'yearDay' | 'hour' | 'minute' | 'second', [value, used]: [number, number], low: number, high: number, what: string) => {
    if (used < 0) {
      return -1;
    }
    if (value < low || value > high) {
      return rangeError(what);
    }
    reading[key] = value;
    return used;
  };
  switch (element) {
    case 'January': case 'Jan': {
      const [index, used] = name(element === 'Jan' ? shortMonths : months);
      return set('month', [index + 1, used], 1, 12, 'month');
    }
    case 'Monday': case 'Mon':
      return name(element === 'Mon' ? shortDays : days)[1];
    case '2006': {
      const [value, used] = digits(/^\d{4}/);
      reading.year = value;
      return used;
    }
    case '06': {
      const [value, used] = digits(/^\d{2}/);
      reading.year = value >= 69 ? 1900 + value : 2000 + value;
      return used;
    }
    case '01': return set('month', digits(/^\d{2}/), 1, 12, 'month');
    case '1': return set('month', digits(/^\d{1,2}/), 1, 12, 'month');
    case '02': return set('day', digits(/^\d{2}/), 0, 99, 'day');
    case '_2': {
      const blank = text.startsWith(' ') ? 1 : 0;
      const found = /^\d{1,2}/.exec(text.slice(blank));
      reading.day = Number(found?.[0]);
      return found ? blank + found[0].length : -1;
    }
    case '2': return set('day', digits(/^\d{1,2}/), 0, 99, 'day');
    case '002': return set('yearDay', digits(/^\d{3}/), 1, 366, 'day-of-year');
    case '__2': {
      const found = /^ {0,2}\d{1,3}/.exec(text);
      return found?.[0].length === 3 ? set('yearDay', [Number(found[0]), 3], 1, 366, 'day-of-year') : -1;
    }
    case '15': return set('hour', digits(/^\d{1,2}/), 0, 23, 'hour');
    case '03': return set('hour', digits(/^\d{2}/), 0, 12, 'hour');
    case '3': return set('hour', digits(/^\d{1,2}/), 0, 12, 'hour');
    case '04': return set('minute', digits(/^\d{2}/), 0, 59, 'minute');
    case '4': return set('minute', digits(/^\d{1,2}/), 0, 59, 'minute');
    case '05': case '5': {
      const used = set('second', digits(element === '05' ? /^\d{2}/ : /^\d{1,2}/), 0, 59, 'second');
      // A fraction may follow the seconds even when the layout has none.
      const fraction = typeof used === 'number' && used > 0 && !fractionFollows ? /^[.,]\d+/.exec(text.slice(used)) : null;
      if (!fraction || typeof used === 'string') {
        return used;
      }
      reading.nanosecond = nanoseconds(fraction[0].slice(1));
      return used + fraction[0].length;
    }
    case 'PM': case 'pm': {
      const word = element === 'PM' ? text.slice(0, 2) : text.slice(0, 2).toUpperCase();
      if ((word !== 'AM' && word !== 'PM') || (element === 'pm' && text.slice(0, 2) !== word.toLowerCase())) {
        return -1;
      }
      reading.pm = word === 'PM';
      return 2;
    }
    case 'MST':
      return readZoneName(text, reading);
  }
  return /^[.,]/.test(element) ? readFraction(element, text, reading) : readOffset(element, text, reading);
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

function readZoneName(text: string, reading: Reading): number {
  const found = /^(?:UTC|GMT[+-]\d{1,2}|ChST|MeST|[A-Z]{5}(?<=T|[+-]\d\d)|[A-Z]{3,4}|[+-]\d{2}(?:\d{2})?)/.exec(text);
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
    const offset = gmt ? Number(gmt[1]) * 3600 : abbreviationOffset(zone, reading.zoneName, seconds) ?? 0;
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
  for (const shift of [0, 182 * 86_400, -182 * 86_400]) {
    const offset = zoneOffset(zone, seconds + shift);
    if (zoneName(new GoTime(BigInt(seconds + shift) * 1_000_000_000n, zone), seconds + shift, offset) === name) {
      return offset;
    }
  }
  return undefined;
}
