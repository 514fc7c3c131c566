import { DateTime, IANAZone } from 'luxon';
import { zoneAbbreviation } from './zoneNames';

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

export const floorDiv = (a: bigint, b: bigint): bigint => a / b - (a % b < 0n ? 1n : 0n);

export const months = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
export const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
export const shortMonths = months.map((name) => name.slice(0, 3));
export const shortDays = days.map((name) => name.slice(0, 3));

/** The elements of a Go layout, longest first where one begins another (Go, time/format.go). */
const elementText =
  /January|Jan|Monday|Mon|MST|2006|-07:00:00|-07:00|-070000|-0700|-07|Z07:00:00|Z07:00|Z070000|Z0700|Z07|002|01|02|03|04|05|06|15|__2|_2006|_2|[,.](?:0+|9+)(?![0-9])|PM|pm|1|2|3|4|5/y;

type Piece = { literal: string } | { element: string };

const layouts = new Map<string, Piece[]>();
/** Layouts come from queries and configuration; a template could make them up per line. */
const layoutsMax = 1_000;

export function layoutPieces(layout: string): Piece[] {
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

export function zoneOffset(zone: string | number, unixSeconds: number): number {
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
export function dayNumberOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
}

export function civil(dayNumber: number): { year: number; month: number; day: number } {
  const z = dayNumber + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1 };
}

export function zoneName(time: GoTime, seconds: number, offsetSeconds: number): string {
  if (time.abbreviation !== undefined) {
    return time.abbreviation;
  }
  if (time.zone === 'UTC' || time.zone === 0) {
    return 'UTC';
  }
  if (typeof time.zone === 'string') {
    const name = zoneAbbreviation(time.zone, offsetSeconds) ?? DateTime.fromSeconds(seconds, { zone: time.zone, locale: 'en-US' }).offsetNameShort;
    if (name && /^[A-Z]{2,5}$/.test(name)) {
      return name;
    }
  }
  if (typeof time.zone === 'string' && offsetSeconds % 900 !== 0) {
    return 'LMT'; // the mean time of the place, before there were time zones
  }
  return offsetText(offsetSeconds, typeof time.zone === 'string' && offsetSeconds % 3600 === 0 ? '-07' : '-0700');
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
  const digits = pad(f.nanosecond, 9).slice(0, element.length - 1);
  if (element[1] === '0') {
    return element[0] + digits;
  }
  const shortened = digits.replace(/0+$/, '');
  return shortened === '' ? '' : element[0] + shortened;
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
