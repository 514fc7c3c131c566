import { readLabels } from '../../../pipeline/requiredLabels';
import { onlyCounts } from '../../fragments/needs';
import type { MetricNode, RangeNode } from '../plan';
import { rangeOp } from '../../range/rangeOps';

const levelLabels = ['detected_level', '__level__'] as const;

/**
 * Lines and bytes were counted by stream and level when they were written: `count_over_time`, `rate`, `bytes_over_time` and
 * `bytes_rate` of stages that look only at labels ask the store for sums. Says what tells entries apart, so that the store can
 * refuse when it has not counted by that.
 */
export function countInStore(node: MetricNode): MetricNode {
  if (node.kind !== 'range' || node.expr.fn === 'absent_over_time' || !onlyCounts(node.expr, rangeOp(node.expr))) {
    return node;
  }
  const count = labelsApart(node);
  return count ? { ...node, count } : node;
}

/** What tells entries apart for the stages, for what is read besides, and for the series; undefined when a store can't count by that. */
export function labelsApart({ foldBy, expr }: RangeNode, readBesides: readonly string[] = []): RangeNode['count'] {
  const read = [...expr.log.stages.flatMap((stage) => readLabels(stage) ?? []), ...readBesides];
  if (!foldBy || foldBy.without) {
    // Every label tells series apart; __level__ is none unless a query names it.
    return read.includes('__level__') ? undefined : { by: 'detected_level', metadataNames: 'all' };
  }
  const names = [...new Set([...foldBy.labels, ...read])];
  const levels = levelLabels.filter((label) => names.includes(label));
  return levels.length > 1 ? undefined : { by: levels[0] ?? 'stream', metadataNames: names.filter((label) => label !== levels[0]) };
}
