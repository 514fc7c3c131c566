import { DateTime, IANAZone } from 'luxon';

/**
 * An instant with the zone it is shown in. `zone` is an IANA name or a fixed offset in seconds; `abbreviation` is what a
 * parsed text called its zone, if that names no offset we know.
 */
export class GoTime {
  constructor(
    readonly ns: bigint,
    readonly zone: string | number = 'UTC',
    readonly abbreviation?: string
  ) {}

  get unixSeconds(): bigint {
    return floorDiv(this.ns, 1_000_000_000n);
  }
}

/** Go's zero time, 0001-01-01 00:00:00 UTC. */
export const zeroTime = new GoTime(-62_135_596_800_000_000_000n);

const floorDiv = (a: bigint, b: bigint): bigint => a / b - (a % b < 0n ? 1n : 0n);

const months = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const shortMonths = months.map((name) => name.slice(0, 3));
const shortDays = days.map((name) => name.slice(0, 3));

/** The elements of a Go layout, longest first where one begins another (Go, time/format.go). */
const elementText =
  /January|Jan|Monday|Mon|MST|2006|-07:00:00|-07:00|-070000|-0700|-07|Z07:00:00|Z07:00|Z070000|Z0700|Z07|002|01|02|03|04|05|06|15|__2|_2006|_2|[,.](?:0+|9+)(?![0-9])|PM|pm|1|2|3|4|5/y;

type Piece = { literal: string } | { element: string };

const layouts = new Map<string, Piece[]>();
/** Layouts come from queries and configuration; a template could make them up per line. */
const layoutsMax = 1_000;

function layoutPieces(layout: string): Piece[] {
  let pieces = layouts.get(layout);
  if (!pieces) {
    pieces = cutLayout(layout);
    if (layouts.size >= layoutsMax) {
      layouts.clear();
    }
    layouts.set(layout, pieces);
  }
  return pieces;
}

function cutLayout(layout: string): Piece[] {
  const pieces: Piece[] = [];
  let literal = '';
  let at = 0;
  while (at < layout.length) {
    const element = elementAt(layout, at);
    if (element === undefined) {
      literal += layout[at++];
      continue;
    }
    at += element.length;
    if (element === '_2006') {
      // `_2006` is a literal underscore in front of the year, not `_2` and "006".
      pieces.push({ literal: `${literal}_` }, { element: '2006' });
    } else {
      pieces.push({ literal }, { element });
    }
    literal = '';
  }
  pieces.push({ literal });
  return pieces.filter((piece) => 'element' in piece || piece.literal !== '');
}

function elementAt(layout: string, at: number): string | undefined {
  elementText.lastIndex = at;
  const element = elementText.exec(layout)?.[0];
  // "Jan" and "Mon" are elements only when no lower-case letter goes on with the word ("Month").
  if ((element === 'Jan' || element === 'Mon') && /[a-z]/.test(layout[at + 3] ?? '')) {
    return undefined;
  }
  return element;
}

interface Fields {
  year: number;
  month: number;
  day: number;
  weekday: number;
  yearDay: number;
  hour: number;
  minute: number;
  second: number;
  nanosecond: number;
  offsetSeconds: number;
  zoneName: string;
}

function zoneOffset(zone: string | number, unixSeconds: number): number {
  if (typeof zone === 'number') {
    return zone;
  }
  return zone === 'UTC' ? 0 : Math.round(IANAZone.create(zone).offset(unixSeconds * 1000) * 60);
}

function fieldsOf(time: GoTime): Fields {
  const seconds = Number(time.unixSeconds);
  const offsetSeconds = zoneOffset(time.zone, seconds);
  const local = seconds + offsetSeconds;
  const dayNumber = Math.floor(local / 86_400);
  const rest = local - dayNumber * 86_400;
  const { year, month, day } = civil(dayNumber);
  return {
    year,
    month,
    day,
    weekday: (((dayNumber + 4) % 7) + 7) % 7,
    yearDay: dayNumber - dayNumberOf(year, 1, 1) + 1,
    hour: Math.floor(rest / 3600),
    minute: Math.floor((rest % 3600) / 60),
    second: rest % 60,
    nanosecond: Number(time.ns - time.unixSeconds * 1_000_000_000n),
    offsetSeconds,
    zoneName: zoneName(time, seconds, offsetSeconds),
  };
}

/** Days since 1970-01-01 of a date of the proleptic Gregorian calendar. */
function dayNumberOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
}

function civil(dayNumber: number): { year: number; month: number; day: number } {
  const z = dayNumber + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1 };
}

function zoneName(time: GoTime, seconds: number, offsetSeconds: number): string {
  if (time.abbreviation !== undefined) {
    return time.abbreviation;
  }
  if (time.zone === 'UTC' || time.zone === 0) {
    return 'UTC';
  }
  if (typeof time.zone === 'string') {
    const name = DateTime.fromSeconds(seconds, { zone: time.zone, locale: 'en-US' }).offsetNameShort;
    const known = name ?? undefined;
    if (known && /^[A-Z]{2,5}$/.test(known)) {
      return known;
    }
  }
  return offsetText(offsetSeconds, offsetSeconds % 3600 === 0 ? '-07' : '-0700');
}


function offsetText(offsetSeconds: number, element: string): string {
  const size = Math.abs(offsetSeconds);
  const [hours, minutes, seconds] = [size / 3600, (size % 3600) / 60, size % 60].map((part) => String(Math.floor(part)).padStart(2, '0'));
  const colon = element.includes(':') ? ':' : '';
  const parts = element.replace(/[^0-9]/g, '').length / 2;
  return (offsetSeconds < 0 ? '-' : '+') + [hours, minutes, seconds].slice(0, parts).join(colon);
}

const pad = (value: number, width: number): string => String(value).padStart(width, '0');

/** Go's Time.Format. */
export function formatGoTime(time: GoTime, layout: string): string {
  const fields = fieldsOf(time);
  return layoutPieces(layout)
    .map((piece) => ('literal' in piece ? piece.literal : formatElement(piece.element, fields)))
    .join('');
}

function formatElement(element: string, f: Fields): string {
  const hour12 = f.hour % 12 === 0 ? 12 : f.hour % 12;
  switch (element) {
    case 'January': return months[f.month - 1];
    case 'Jan': return shortMonths[f.month - 1];
    case 'Monday': return days[f.weekday];
    case 'Mon': return shortDays[f.weekday];
    case 'MST': return f.zoneName;
    case '2006': return f.year < 0 ? `-${pad(-f.year, 4)}` : pad(f.year, 4);
    case '06': return pad(((f.year % 100) + 100) % 100, 2);
    case '01': return pad(f.month, 2);
    case '1': return String(f.month);
    case '02': return pad(f.day, 2);
    case '_2': return String(f.day).padStart(2, ' ');
    case '2': return String(f.day);
    case '002': return pad(f.yearDay, 3);
    case '__2': return String(f.yearDay).padStart(3, ' ');
    case '15': return pad(f.hour, 2);
    case '03': return pad(hour12, 2);
    case '3': return String(hour12);
    case '04': return pad(f.minute, 2);
    case '4': return String(f.minute);
    case '05': return pad(f.second, 2);
    case '5': return String(f.second);
    case 'PM': return f.hour >= 12 ? 'PM' : 'AM';
    case 'pm': return f.hour >= 12 ? 'pm' : 'am';
  }
  if (element[0] === 'Z' && f.offsetSeconds === 0) {
    return 'Z';
  }
  if (element[0] === 'Z' || element[0] === '-') {
    return offsetText(f.offsetSeconds, element);
  }
  const digits = pad(f.nanosecond, 9).slice(0, element.length - 1).padEnd(element.length - 1, '0');
  if (element[1] === '0') {
    return element[0] + digits;
  }
  const shortened = digits.replace(/0+$/, '');
  return shortened === '' ? '' : element[0] + shortened;
}

// ------------------------------------------------------------------------------------------------ parsing

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

/** Whether a name is an IANA zone that can be used for `zone`. */
export function isZone(name: string): boolean {
  return name === 'UTC' || IANAZone.isValidZone(name);
}

/** The layouts that Promtail's timestamp stage calls by name (Go, time package constants). */
export const namedLayouts: ReadonlyMap<string, string> = new Map([
  ['ANSIC', 'Mon Jan _2 15:04:05 2006'],
  ['UnixDate', 'Mon Jan _2 15:04:05 MST 2006'],
  ['RubyDate', 'Mon Jan 02 15:04:05 -0700 2006'],
  ['RFC822', '02 Jan 06 15:04 MST'],
  ['RFC822Z', '02 Jan 06 15:04 -0700'],
  ['RFC850', 'Monday, 02-Jan-06 15:04:05 MST'],
  ['RFC1123', 'Mon, 02 Jan 2006 15:04:05 MST'],
  ['RFC1123Z', 'Mon, 02 Jan 2006 15:04:05 -0700'],
  ['RFC3339', '2006-01-02T15:04:05Z07:00'],
  ['RFC3339Nano', '2006-01-02T15:04:05.999999999Z07:00'],
]);

/** Go's Time.String, as templates print a time. */
export function goTimeText(time: GoTime): string {
  return formatGoTime(time, '2006-01-02 15:04:05.999999999 -0700 MST');
}
