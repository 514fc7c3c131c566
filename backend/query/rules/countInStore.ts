import type { Stage } from '../../../src/logql/ast';
import { onlyCounts } from '../needs';
import type { MetricNode, RangeNode } from '../plan';
import { rangeOp } from '../rangeOps';

const levelLabels = ['detected_level', '__level__'] as const;

/**
 * Lines and bytes that no stage looks at were counted when they were written: `count_over_time`, `rate`, `bytes_over_time` and
 * `bytes_rate` of a bare selector ask the store for sums. Says what tells series apart, so that the store can refuse when it has
 * not counted by that.
 */
export function countInStore(node: MetricNode): MetricNode {
  if (node.kind !== 'range' || node.expr.fn === 'absent_over_time' || !onlyCounts(node.expr, rangeOp(node.expr))) {
    return node;
  }
  const count = countBy(node);
  return count ? { ...node, count } : node;
}

function countBy({ foldBy, expr }: RangeNode): RangeNode['count'] {
  if (!foldBy || foldBy.without) {
    // Every label tells series apart; __level__ is none unless a query names it.
    return { by: 'detected_level', metadataNames: 'all' };
  }
  const levels = levelLabels.filter((label) => foldBy.labels.includes(label));
  if (levels.length > 1 || dropsLabels(expr.log.stages, foldBy.labels)) {
    return undefined;
  }
  return { by: levels[0] ?? 'stream', metadataNames: foldBy.labels.filter((label) => label !== levels[0]) };
}

/** `drop __error__` is idle, unless somebody wants to group by it. */
const dropsLabels = (stages: Stage[], labels: string[]): boolean => stages.length > 0 && labels.some((label) => label.startsWith('__error'));
