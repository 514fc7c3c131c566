import { levelNames } from '../../src/levels/levels';
import type { PatternsResponse } from '../../src/wire';
import { nsPerSecond } from '../model/time';
import type { Select, StoreReader } from '../store/store';
import { Drain, textOf } from './drain';

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

export async function findPatterns(store: StoreReader, select: Select, askedStepNs: bigint, signal: AbortSignal): Promise<PatternsResponse['data']> {
  const stepNs = askedStepNs < stepNsMin ? stepNsMin : askedStepNs;
  const byLevel = new Map<string, Drain>();
  let lines = 0;
  const needs = { text: 'lines', metadata: false, levels: true } as const;
  for await (const chunk of store.scan({ ...select, direction: 'backward', needs, hints: [] }, signal)) {
    const text = Buffer.from(chunk.text.buffer, chunk.text.byteOffset, chunk.text.length);
    for (let i = chunk.count - 1; i >= 0 && lines < linesMax; i--, lines++) {
      const level = levelNames[chunk.levels?.[i] ?? 0];
      const drain = byLevel.get(level) ?? new Drain();
      byLevel.set(level, drain);
      const bucket = (chunk.baseNs + BigInt(chunk.times[i])) / stepNs;
      drain.add(text.toString('utf8', chunk.offsets[i], Math.min(chunk.offsets[i + 1], chunk.offsets[i] + lineBytesMax)), Number(bucket));
    }
    if (lines >= linesMax) {
      break;
    }
    // Templates cost time, other requests want some too.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const stepSeconds = Number(stepNs) / 1e9;
  return [...byLevel]
    .flatMap(([level, drain]) => drain.templates().slice(0, patternsMax).map((template) => ({ level, template })))
    .sort((a, b) => b.template.total - a.template.total)
    .slice(0, patternsMax)
    .map(({ level, template }) => ({
      pattern: textOf(template),
      level,
      samples: [...template.counts].sort(([a], [b]) => a - b).map(([bucket, count]): [number, number] => [Math.floor(bucket * stepSeconds), count]),
    }));
}
