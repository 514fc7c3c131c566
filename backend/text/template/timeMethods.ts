import { floorDiv, formatGoTime, goTimeText, GoTime, zeroTime } from '../goTime';
import type { ParameterType } from './functions';
import { int, type Value } from './values';

/** A method: the types of its arguments and what it does. */
export interface TimeMethod {
  parameters: readonly ParameterType[];
  // The values are checked against `parameters` before the call, which the type system can't follow.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  call(time: GoTime, ...values: any[]): Value;
}

const plain = (call: (time: GoTime) => Value): TimeMethod => ({ parameters: [], call });
const number = (layout: string): TimeMethod => plain((time) => int(Number(formatGoTime(time, layout))));
const compared = (test: (left: bigint, right: bigint) => boolean): TimeMethod => ({ parameters: ['time.Time'], call: (time, other: GoTime) => test(time.ns, other.ns) });

/** Methods of Go's time.Time, as `{{ (toDate ...).Weekday }}` and `{{ __timestamp__.Format "15:04" }}` call them. */
export const timeMethods: ReadonlyMap<string, TimeMethod> = new Map<string, TimeMethod>([
  ['Format', { parameters: ['string'], call: (time, layout: string) => formatGoTime(time, layout) }],
  ['After', compared((left, right) => left > right)],
  ['Before', compared((left, right) => left < right)],
  ['Equal', compared((left, right) => left === right)],
  ['Weekday', plain((time) => formatGoTime(time, 'Monday'))],
  ['Month', plain((time) => formatGoTime(time, 'January'))],
  ['Year', number('2006')],
  ['Day', number('2')],
  ['Hour', number('15')],
  ['Minute', number('4')],
  ['Second', number('5')],
  ['YearDay', number('002')],
  ['Nanosecond', plain((time) => int(time.ns - time.unixSeconds * 1_000_000_000n))],
  ['Unix', plain((time) => time.unixSeconds)],
  ['UnixMilli', plain((time) => floorDiv(time.ns, 1_000_000n))],
  ['UnixNano', plain((time) => BigInt.asIntN(64, time.ns))],
  ['UnixMicro', plain((time) => floorDiv(time.ns, 1_000n))],
  ['UTC', plain((time) => new GoTime(time.ns))],
  ['Local', plain((time) => new GoTime(time.ns))],
  ['IsZero', plain((time) => time.ns === zeroTime.ns)],
  ['String', plain(goTimeText)],
]);
