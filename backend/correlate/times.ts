/** A time as clients write it: seconds (with fraction), milliseconds, microseconds or nanoseconds since 1970, RFC 3339, or `now-1h`. In ms. */
export function parseFlexibleMs(text: string, nowMs: number): number | undefined {
  if (/^\d+(?:\.\d+)?$/.test(text)) {
    const value = Number(text);
    // The four units lie three digits apart for every time from 1973 to 5138.
    return value < 1e11 ? value * 1e3 : value < 1e14 ? value : value < 1e17 ? value / 1e3 : value / 1e6;
  }
  const relative = /^now(?:-(\d+)(s|m|h|d))?$/.exec(text);
  if (relative) {
    return nowMs - (relative[1] ? Number(relative[1]) * { s: 1e3, m: 6e4, h: 3.6e6, d: 8.64e7 }[relative[2] as 's' | 'm' | 'h' | 'd'] : 0);
  }
  const parsed = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : NaN;
  return Number.isFinite(parsed) ? parsed : undefined;
}
