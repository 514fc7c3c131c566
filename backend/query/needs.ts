import type { RangeAggregation, Stage } from '../../src/logql/ast';
import type { RangeOp } from './rangeOps';

/**
 * The labels that are looked at behind the pipeline, for parsers that can leave out the rest; undefined: all of them are (a series
 * keeps every label, or `without` names only those that go).
 */
export function labelsNeeded(expr: RangeAggregation, foldBy?: { labels: string[]; without: boolean }): ReadonlySet<string> | undefined {
  const { grouping, unwrap } = expr;
  if (expr.fn === 'absent_over_time') {
    return new Set();
  }
  const inner = grouping && (!grouping.without || grouping.labels.length === 0) ? grouping.labels : undefined;
  const outer = foldBy && !foldBy.without ? foldBy.labels : undefined;
  const kept = inner ?? outer;
  return kept && new Set([...kept, ...(unwrap ? [unwrap.label] : [])]);
}

/** True when the pipeline can't change or drop a line: the number of lines (and bytes) is all that matters. */
export function onlyCounts(expr: RangeAggregation, op: RangeOp): boolean {
  return op.sample !== 'unwrapped' && expr.log.stages.every(isIdle);
}

/** `drop __error__` where nothing can fail: Grafana puts it into every volume query. */
function isIdle(stage: Stage): boolean {
  return stage.kind === 'drop' && stage.labels.every(({ name }) => name === '__error__' || name === '__error_details__');
}
