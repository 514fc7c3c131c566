import { levelNames } from '../../src/levels/levels';
import type { PatternsResponse } from '../../src/wire';
import { mindMemory } from '../runtime/heapWatch';
import { nsPerSecond } from '../model/time';
import type { Select, StoreReader } from '../store/store';
import { Drain, type Pattern } from './drain';

/**
 * Patterns of the lines in a range, computed from what is stored, so that they exist for any range. Newest lines first until
 * `linesMax`: counts of a larger range are those of its newest part.
 */
const linesMax = 100_000;
/** Longer lines are looked at up to here. */
const lineBytesMax = 2_048;
/** Loki counts in buckets of ten seconds and raises smaller steps. */
const stepNsMin = 10n * nsPerSecond;
const patternsMax = 300;

type ByLevel = Map<string, Drain>;

export async function findPatterns(store: StoreReader, select: Select, askedStepNs: bigint, signal: AbortSignal): Promise<PatternsResponse['data']> {
  const stepNs = askedStepNs < stepNsMin ? stepNsMin : askedStepNs;
  const byLevel: ByLevel = new Map();
  await readLines(store, select, (ns) => Number(ns / stepNs), byLevel, signal);
  const stepSeconds = Number(stepNs) / 1e9;
  return mostFrequent(byLevel).map(({ level, text, counts }) => ({
    pattern: text,
    level,
    samples: [...counts].sort(([a], [b]) => a - b).map(([bucket, count]): [number, number] => [Math.floor(bucket * stepSeconds), count]),
  }));
}

/** Lines by pattern in some ranges. `lines`: how many were looked at in each range, at most `linesMax`, newest first. */
export interface PatternCounts {
  patterns: Array<{ pattern: string; level: string; counts: number[] }>;
  lines: number[];
}

/** Patterns of several ranges with the same templates, so that their counts compare. */
export async function countPatterns(store: StoreReader, ranges: ReadonlyArray<Select>, signal: AbortSignal): Promise<PatternCounts> {
  const byLevel: ByLevel = new Map();
  const lines: number[] = [];
  for (const [index, select] of ranges.entries()) {
    lines.push(await readLines(store, select, () => index, byLevel, signal));
  }
  const patterns = mostFrequent(byLevel).map(({ level, text, counts }) => ({ pattern: text, level, counts: ranges.map((_, index) => counts.get(index) ?? 0) }));
  return { patterns, lines };
}

/** Puts lines of a range into the templates of their level; answers how many. */
async function readLines(store: StoreReader, select: Select, bucketOf: (ns: bigint) => number, byLevel: ByLevel, signal: AbortSignal): Promise<number> {
  let lines = 0;
  const needs = { text: 'lines', metadata: false, levels: true } as const;
  for await (const chunk of store.scan({ ...select, direction: 'backward', needs, hints: [], transient: true }, signal)) {
    const text = Buffer.from(chunk.text.buffer, chunk.text.byteOffset, chunk.text.length);
    for (let i = chunk.count - 1; i >= 0 && lines < linesMax; i--, lines++) {
      const level = levelNames[chunk.levels?.[i] ?? 0];
      const drain = byLevel.get(level) ?? new Drain();
      byLevel.set(level, drain);
      const bucket = bucketOf(chunk.baseNs + BigInt(chunk.times[i]));
      const end = Math.min(chunk.offsets[i + 1], chunk.offsets[i] + lineBytesMax);
      drain.add(text.toString('utf8', chunk.offsets[i], end), bucket, end < chunk.offsets[i + 1]);
    }
    if (lines >= linesMax) {
      break;
    }
    mindMemory();
    // Templates cost time, other requests want some too.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return lines;
}

function mostFrequent(byLevel: ByLevel): Array<Pattern & { level: string }> {
  return [...byLevel]
    .flatMap(([level, drain]) => drain.patterns().slice(0, patternsMax).map((pattern) => ({ ...pattern, level })))
    .sort((a, b) => b.total - a.total)
    .slice(0, patternsMax);
}
