import { formatGoTime, goTimeText, GoTime } from '../goTime';
import { int, type Value } from './values';

const number = (layout: string) => (time: GoTime): Value => int(Number(formatGoTime(time, layout)));

/** Methods of Go's time.Time that take no argument, as `{{ (toDate ...).Weekday }}` calls them. */
export const timeMethods: ReadonlyMap<string, (time: GoTime) => Value> = new Map<string, (time: GoTime) => Value>([
  ['Weekday', (time) => formatGoTime(time, 'Monday')],
  ['Month', (time) => formatGoTime(time, 'January')],
  ['Year', number('2006')],
  ['Day', number('2')],
  ['Hour', number('15')],
  ['Minute', number('4')],
  ['Second', number('5')],
  ['YearDay', number('002')],
  ['Nanosecond', (time) => int(time.ns - time.unixSeconds * 1_000_000_000n)],
  ['Unix', (time) => time.unixSeconds],
  ['UnixMilli', (time) => (time.ns - (((time.ns % 1_000_000n) + 1_000_000n) % 1_000_000n)) / 1_000_000n],
  ['UnixNano', (time) => time.ns],
  ['UTC', (time) => new GoTime(time.ns)],
  ['IsZero', (time) => time.ns === -62_135_596_800_000_000_000n],
  ['String', goTimeText],
]);
