/** Points a series may have at most; Loki refuses more. */
export const pointsMax = 11_000;

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, y: 31_536_000_000 };

/** A duration such as `1h30m`, or plain seconds, in milliseconds; undefined when it is none. */
export function parseDurationMs(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) {
    return Number(trimmed) * 1000;
  }
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d|w|y))+$/.test(trimmed)) {
    return undefined;
  }
  return [...trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d|w|y)/g)].reduce((sum, [, value, unit]) => sum + Number(value) * unitMs[unit], 0);
}

export interface StepInput {
  intervalMs: number;
  rangeMs: number;
  /** Already without variables. */
  step?: string;
  resolution?: number;
}

/** Distance of points in whole milliseconds: as asked, but never so fine that the server refuses. */
export function stepMs({ intervalMs, rangeMs, step, resolution }: StepInput): number {
  const asked = step ? parseDurationMs(step) : undefined;
  const wanted = asked ?? intervalMs * (resolution && resolution > 0 ? resolution : 1);
  return Math.max(1, Math.ceil(Math.max(wanted, rangeMs / pointsMax)));
}
