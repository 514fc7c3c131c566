import type { DistinctStage } from '../../src/logql/ast';
import type { BuildContext, Step } from './step';

/** Tuples remembered by one query; lines with new tuples beyond that are let through. */
export const distinctTuplesMax = 100_000;

/** `distinct a, b`: the first line seen with a tuple of values stays. */
export function buildDistinct(stage: DistinctStage, { labels, seen }: BuildContext): Step {
  const numbers = stage.labels.map((name) => labels.names.number(name));
  const tuples = seen.get(stage) ?? new Set<string>();
  seen.set(stage, tuples);
  return () => {
    const tuple = JSON.stringify(numbers.map((number) => labels.get(number) ?? ''));
    if (tuples.has(tuple)) {
      return false;
    }
    if (tuples.size < distinctTuplesMax) {
      tuples.add(tuple);
    }
    return true;
  };
}
