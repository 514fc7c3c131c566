import { formatGoTime, GoTime, isZone, zeroTime } from '../../goTime';
import { parseGoTime, TimeParseError } from '../../goTimeParse';
import { goQuote } from '../../../../src/logql/units';
import { CallError } from '../errors';
import type { TemplateFunction } from '../functions';
import { wholeNumber, type Value } from '../values';

const nsPerSecond = 1_000_000_000n;
const now = (): GoTime => new GoTime(BigInt(Date.now()) * 1_000_000n);

/** Sprig takes a time, or seconds since 1970; anything else is now. It is written in the server's zone, which is UTC, whatever zone it was read in. */
function timeOf(value: Value): GoTime {
  if (value instanceof GoTime) {
    return value;
  }
  const seconds = wholeNumber(value);
  return seconds === undefined ? now() : new GoTime(seconds * nsPerSecond);
}

/** What does not fit the layout is Go's zero time, as in sprig. */
function parseOrZero(layout: string, zone: string, text: string): GoTime {
  try {
    return parseGoTime(layout, text, zone);
  } catch (error) {
    if (error instanceof TimeParseError) {
      return zeroTime;
    }
    throw error;
  }
}

/** The unit of a number of so many characters, in ns. */
const unitByLength = new Map([
  [5, 86_400n * nsPerSecond],
  [10, nsPerSecond],
  [13, 1_000_000n],
  [16, 1_000n],
  [19, 1n],
]);

function unixToTime(text: string): GoTime {
  if (!/^[+-]?\d{1,19}$/.test(text) || BigInt.asIntN(64, BigInt(text)) !== BigInt(text)) {
    const reason = /^[+-]?\d+$/.test(text) ? 'value out of range' : 'invalid syntax';
    throw new CallError(`unable to parse time '${text}': strconv.ParseInt: parsing ${goQuote(text)}: ${reason}`);
  }
  const unit = unitByLength.get(text.length);
  if (unit === undefined) {
    // Loki's own words, with the hole that it has where it wanted to name an error
    throw new CallError(`unable to parse time '${text}': %!w(<nil>)`);
  }
  return new GoTime(BigInt(text) * unit);
}

const onTime = (call: (time: GoTime) => Value): TemplateFunction => ({ parameters: ['time.Time'], call: ([time]: [GoTime]) => call(time) });
const floorMillis = (ns: bigint): bigint => (ns - (((ns % 1_000_000n) + 1_000_000n) % 1_000_000n)) / 1_000_000n;

export const timeFunctions: ReadonlyArray<readonly [string, TemplateFunction]> = [
  ['now', { parameters: [], call: now }],
  ['date', { parameters: ['string', 'any'], call: ([layout, value]) => formatGoTime(new GoTime(timeOf(value).ns), layout) }],
  ['toDate', { parameters: ['string', 'string'], call: ([layout, text]) => parseOrZero(layout, 'UTC', text) }],
  ['toDateInZone', { parameters: ['string', 'string', 'string'], call: ([layout, zone, text]) => parseOrZero(layout, isZone(zone) ? zone : 'UTC', text) }],
  ['unixEpoch', onTime((time) => time.unixSeconds.toString())],
  ['unixEpochMillis', onTime((time) => floorMillis(time.ns).toString())],
  ['unixEpochNanos', onTime((time) => BigInt.asIntN(64, time.ns).toString())],
  ['unixToTime', { parameters: ['string'], call: ([text]) => unixToTime(text) }],
];
