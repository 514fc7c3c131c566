/**
 * Numbers read straight from the bytes of a line, without a text in between: what most values of most lines look like. NaN for
 * everything else; the caller then takes the long way, which knows every form and every error. Equal to it in the last bit.
 */

/** Up to so many digits are exact in a double, and so are the powers of ten they are divided by. */
const digitsMax = 15;
const powersOfTen = Array.from({ length: digitsMax + 1 }, (_, i) => 10 ** i);

/** `-12.5`; as Go's strconv.ParseFloat. */
export function plainFloat(bytes: Uint8Array, start: number, end: number): number {
  const negative = bytes[start] === 0x2d;
  let value = 0;
  let point = -1;
  let i = negative ? start + 1 : start;
  if (end - i > digitsMax + 1 || i >= end || bytes[i] === 0x2e) {
    return NaN;
  }
  for (; i < end; i++) {
    const c = bytes[i];
    if (c >= 0x30 && c <= 0x39) {
      value = value * 10 + (c - 0x30);
    } else if (c === 0x2e && point < 0) {
      point = i;
    } else {
      return NaN;
    }
  }
  // one division of two exact numbers rounds once, as reading the text does
  const size = point < 0 ? value : value / powersOfTen[end - point - 1];
  return value > Number.MAX_SAFE_INTEGER ? NaN : negative ? -size : size;
}

/** `1024`: a size without a unit. */
export function plainWhole(bytes: Uint8Array, start: number, end: number): number {
  if (end === start || end - start > digitsMax) {
    return NaN;
  }
  let value = 0;
  for (let i = start; i < end; i++) {
    const c = bytes[i];
    if (c < 0x30 || c > 0x39) {
      return NaN;
    }
    value = value * 10 + (c - 0x30);
  }
  return value;
}

const letterM = 0x6d;
const letterS = 0x73;

/** `1.5ms`, `20s`: one number with one unit, in seconds; as Go's time.ParseDuration. */
export function plainDuration(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 2 || end - start > digitsMax) {
    return NaN;
  }
  let unitNs: number;
  let digitsEnd = end - 1;
  const last = bytes[end - 1];
  const before = bytes[end - 2];
  if (last === letterS) {
    digitsEnd = before >= 0x30 && before <= 0x39 ? end - 1 : end - 2;
    unitNs = digitsEnd === end - 1 ? 1e9 : before === letterM ? 1e6 : before === 0x75 ? 1e3 : before === 0x6e ? 1 : NaN;
  } else {
    unitNs = last === letterM ? 60e9 : last === 0x68 ? 3600e9 : NaN;
  }
  let whole = 0;
  let fraction = 0;
  let fractionDigits = 0;
  let i = start;
  for (; i < digitsEnd && bytes[i] >= 0x30 && bytes[i] <= 0x39; i++) {
    whole = whole * 10 + (bytes[i] - 0x30);
  }
  const wholeDigits = i - start;
  if (i < digitsEnd && bytes[i] === 0x2e && wholeDigits > 0) {
    for (i++; i < digitsEnd && bytes[i] >= 0x30 && bytes[i] <= 0x39; i++) {
      fraction = fraction * 10 + (bytes[i] - 0x30);
      fractionDigits++;
    }
  }
  const ns = whole * unitNs + Math.trunc(fraction * (unitNs / powersOfTen[fractionDigits]));
  return i === digitsEnd && wholeDigits > 0 && ns <= Number.MAX_SAFE_INTEGER ? ns / 1e9 : NaN;
}
