import type { RangeAggregation, Stage } from '../../../src/logql/ast';
import type { RangeOp } from '../range/rangeOps';

/**
 * The labels that are looked at behind the pipeline, for parsers that can leave out the rest; undefined: all of them are (a series
 * keeps every label, or `without` names only those that go).
 */
export function labelsNeeded(expr: RangeAggregation, foldBy?: { labels: string[]; without: boolean }): ReadonlySet<string> | undefined {
  const { grouping, unwrap } = expr;
  if (expr.fn === 'absent_over_time') {
    return new Set();
  }
  const inner = grouping && !grouping.without ? grouping.labels : undefined;
  const outer = foldBy && !foldBy.without ? foldBy.labels : undefined;
  const kept = inner ?? outer;
  return kept && new Set([...kept, ...(unwrap ? [unwrap.label] : [])]);
}

/**
 * True when the stages look only at labels that an entry brings, never at its line: entries with equal labels share one fate, so
 * only their number (and their bytes) matters. `drop __error__` is in every volume query of Grafana.
 */
export function onlyCounts(expr: RangeAggregation, op: RangeOp): boolean {
  return op.sample !== 'unwrapped' && expr.log.stages.every(looksAtLabels);
}

/** Whether a stage looks only at labels: when all do, nobody needs the text of entries. */
export const looksAtLabels = (stage: Stage): boolean => labelStages.has(stage.kind);

const labelStages = new Set<Stage['kind']>(['labelFilter', 'drop', 'keep']);
