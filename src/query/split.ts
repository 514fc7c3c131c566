import { parseDurationMs } from './step';

/** A part of a range in milliseconds since 1970. */
export interface Part {
  fromMs: number;
  toMs: number;
}

/** Parts are a day long unless the query says otherwise: a partition of Binocle, and what Grafana's Loki source uses. */
export const partMsDefault = 86_400_000;
/** More parts than this would only be requests: parts grow instead. */
export const partsMax = 100;

/** Length of parts by the query's option; 0: do not cut. */
export function partMsOf(splitDuration: string | undefined): number {
  if (splitDuration === undefined || splitDuration.trim() === '') {
    return partMsDefault;
  }
  return parseDurationMs(splitDuration) ?? partMsDefault;
}

/**
 * Cuts a range for lines. `[from, to)` like the server's own ranges, so that no line is in two parts and none is left out.
 * Newest first for `backward`, oldest first for `forward`: the limit is then reached by the lines that belong on top.
 */
export function splitLogs(range: Part, partMs: number, direction: 'backward' | 'forward'): Part[] {
  const length = cutLength(range, partMs);
  if (length === 0) {
    return [range];
  }
  const parts: Part[] = [];
  if (direction === 'forward') {
    for (let fromMs = range.fromMs; fromMs < range.toMs; fromMs += length) {
      parts.push({ fromMs, toMs: Math.min(fromMs + length, range.toMs) });
    }
    return parts;
  }
  for (let toMs = range.toMs; toMs > range.fromMs; toMs -= length) {
    parts.push({ fromMs: Math.max(toMs - length, range.fromMs), toMs });
  }
  return parts;
}

/**
 * Cuts a range for points, newest first. Both ends of a part are points: steps are multiples of `stepMs` since 1970 (as the server aligns
 * them), a part holds whole steps, and the next begins one step after it, so every point is asked for exactly once.
 */
export function splitMetric(range: Part, stepMs: number, partMs: number): Part[] {
  const fromMs = Math.floor(range.fromMs / stepMs) * stepMs;
  const toMs = Math.ceil(range.toMs / stepMs) * stepMs;
  const length = Math.floor(cutLength({ fromMs, toMs }, partMs) / stepMs) * stepMs;
  if (length < stepMs) {
    return [{ fromMs, toMs }];
  }
  const parts: Part[] = [];
  for (let end = toMs; end >= fromMs; end -= length + stepMs) {
    parts.push({ fromMs: Math.max(end - length, fromMs), toMs: end });
  }
  return parts;
}

/** 0: the range is short enough to stay whole. */
function cutLength({ fromMs, toMs }: Part, partMs: number): number {
  const total = toMs - fromMs;
  if (partMs <= 0 || total <= partMs) {
    return 0;
  }
  return Math.max(partMs, Math.ceil(total / partsMax));
}
