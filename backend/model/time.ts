/** Instants as nanoseconds since 1970 and their RFC 3339 texts, exact to the nanosecond (JavaScript's Date stops at milliseconds). */

export const nsPerMs = 1_000_000n;
export const nsPerSecond = 1_000_000_000n;

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** Nanoseconds of an RFC 3339 text with an optional fraction (what lies below a nanosecond is cut), or undefined when it is none. */
export function parseRfc3339Ns(text: string): bigint | undefined {
  const found = rfc3339.exec(text);
  if (!found) {
    return undefined;
  }
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHours = '0', offsetMinutes = '0'] = found;
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const date = new Date(ms);
  const real = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day) && Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
  if (!real || Number(offsetHours) > 23 || Number(offsetMinutes) > 59) {
    return undefined;
  }
  const offsetSeconds = (sign === '-' ? -1 : 1) * (Number(offsetHours) * 3600 + Number(offsetMinutes) * 60);
  return BigInt(ms / 1000 - offsetSeconds) * nsPerSecond + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
}

/** `2026-11-20T12:00:00.5Z`: as many digits of the fraction as are needed, as Go's RFC3339Nano prints. */
export function formatRfc3339Ns(ns: bigint): string {
  const fraction = ((ns % nsPerSecond) + nsPerSecond) % nsPerSecond;
  const seconds = (ns - fraction) / nsPerSecond;
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, -5);
  const digits = fraction === 0n ? '' : `.${fraction.toString().padStart(9, '0').replace(/0+$/, '')}`;
  return `${whole}${digits}Z`;
}

/** Nanoseconds since 1970 now. The clock has milliseconds; the rest is 0. */
export const nowNs = (): bigint => BigInt(Date.now()) * nsPerMs;
