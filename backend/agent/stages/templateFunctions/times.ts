import { parseGoDuration } from '../../../../src/logql';
import { formatGoDuration } from '../../../../src/logql/units';
import { formatGoTime, GoTime, isZone } from '../../../text/goTime';
import { CallError, GoInt, type Value } from '../../../text/template';
import { alias, fixed, integer, type Named, text } from './arguments';

/** Times as sprig's date functions take them: a time, or seconds since 1970; anything else is now. */
function timeOf(value: Value): GoTime {
  if (value instanceof GoTime) {
    return value;
  }
  return value instanceof GoInt || typeof value === 'bigint' ? new GoTime(integer(value) * 1_000_000_000n) : new GoTime(BigInt(Date.now()) * 1_000_000n);
}

const inZone = (layout: string, value: Value, zone: string): string => formatGoTime(new GoTime(timeOf(value).ns, isZone(zone) ? zone : 'UTC'), layout);

/** Only texts and int64 count: a literal is an int, and sprig shows 0s for it. */
const durationOf = (value: Value): string => formatGoDuration(typeof value === 'string' || typeof value === 'bigint' ? Number(integer(value)) * 1e9 : 0);

const roundUnits: ReadonlyArray<readonly [string, number]> = [['y', 8_760 * 3_600], ['mo', 730 * 3_600], ['d', 86_400], ['h', 3_600], ['m', 60], ['s', 1]];

/** The largest unit that fits, whole. */
function durationRound(value: Value): string {
  const parsed = typeof value === 'string' ? parseGoDuration(value) : undefined;
  const seconds = value instanceof GoTime ? (Date.now() - Number(value.ns / 1_000_000n)) / 1_000 : parsed?.ok ? parsed.value / 1e9 : typeof value === 'bigint' ? Number(value) / 1e9 : 0;
  const unit = roundUnits.find(([, size]) => seconds >= size);
  return unit ? `${Math.floor(seconds / unit[1])}${unit[0]}` : '0s';
}

function modify(change: string, value: Value): GoTime {
  const duration = parseGoDuration(change);
  if (!duration.ok) {
    throw new CallError(duration.error);
  }
  const time = timeOf(value);
  return new GoTime(time.ns + BigInt(Math.round(duration.value)), time.zone);
}

/** Dates of sprig beside the shared ones; `duration` is sprig's and not LogQL's. */
export const timeFunctions: Named[] = [
  ...alias(['dateInZone', 'date_in_zone'], fixed('dateInZone', ['string', 'any', 'string'], inZone)),
  fixed('date', ['string', 'any'], (layout: string, value: Value) => formatGoTime(timeOf(value), layout)),
  fixed('htmlDate', ['any'], (value: Value) => formatGoTime(timeOf(value), '2006-01-02')),
  fixed('htmlDateInZone', ['any', 'string'], (value: Value, zone: string) => inZone('2006-01-02', value, zone)),
  ...alias(['dateModify', 'date_modify', 'mustDateModify', 'must_date_modify'], fixed('dateModify', ['string', 'any'], modify)),
  fixed('ago', ['any'], (value: Value) => formatGoDuration(Math.round((Date.now() - Number(timeOf(value).ns / 1_000_000n)) / 1_000) * 1e9)),
  fixed('duration', ['any'], durationOf),
  fixed('durationRound', ['any'], durationRound),
  fixed('unixEpoch', ['any'], (value: Value) => text(timeOf(value).unixSeconds)),
];
