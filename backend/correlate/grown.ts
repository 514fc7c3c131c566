import type { Grown } from '../../src/wire';

/** Which logs grew: counts inside a range against as long a time before it. */

/** The lines of one stream. */
export interface StreamCount {
  metric: Record<string, string>;
  value: number;
}

/** Streams by their growth, from their lines in the time before and in the range. */
export function grownStreams(before: readonly StreamCount[], inside: readonly StreamCount[]): Grown[] {
  const key = ({ metric }: StreamCount) => JSON.stringify(Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1)));
  const past = new Map(before.map((one) => [key(one), one]));
  const now = new Map(inside.map((one) => [key(one), one]));
  return sorted([...new Map([...past, ...now])].map(([id, { metric }]) => ({ labels: metric, ...growth(past.get(id)?.value ?? 0, now.get(id)?.value ?? 0) })));
}

/** Patterns by their growth. `counts` of each: lines in the time before and in the range. */
export function grownPatterns(patterns: ReadonlyArray<{ pattern: string; level: string; counts: readonly number[] }>): Grown[] {
  return sorted(patterns.map(({ pattern, level, counts: [before, inside] }) => ({ pattern, level, ...growth(before, inside) })));
}

/**
 * The difference of two Poisson counts after the square root that gives them equal spread, in standard deviations. New lines count for
 * more than more of the same, and a thousand lines that became 1,050 for little.
 */
function growth(before: number, inside: number): Pick<Grown, 'before' | 'inside' | 'score' | 'reason'> {
  const spread = Math.SQRT2 * (Math.sqrt(inside + 0.375) - Math.sqrt(before + 0.375));
  // Logs come in bursts, so that counts spread more than Poisson's: what counts is by how much they multiplied as well.
  const factor = Math.abs(Math.log2((inside + 1) / (before + 1)));
  const score = Number((spread * Math.min(1, factor)).toFixed(2));
  const reason = before === 0 ? `${inside} lines, none before` : `${inside} lines, ${before} before`;
  return { before, inside, score, reason };
}

function sorted(all: Grown[]): Grown[] {
  return all.sort((a, b) => b.score - a.score || b.inside - a.inside);
}
