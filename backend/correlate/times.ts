import { agoNs } from '../model/ago';

/** A time as clients write it: seconds (with fraction), milliseconds, microseconds or nanoseconds since 1970, RFC 3339, or `now-1h`. In ms. */
export function parseFlexibleMs(text: string, nowMs: number): number | undefined {
  if (/^\d+(?:\.\d+)?$/.test(text)) {
    const value = Number(text);
    // The four units lie three digits apart for every time from 1973 to 5138.
    return value < 1e11 ? value * 1e3 : value < 1e14 ? value : value < 1e17 ? value / 1e3 : value / 1e6;
  }
  const ago = text.startsWith('now') ? agoNs(text) : undefined;
  if (ago !== undefined) {
    return nowMs - Number(ago) / 1e6;
  }
  const parsed = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : NaN;
  return Number.isFinite(parsed) ? parsed : undefined;
}
