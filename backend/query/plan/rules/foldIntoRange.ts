import type { MetricNode } from '../plan';
import { rangeOp } from '../../range/rangeOps';

/**
 * `sum by (level) (count_over_time(..))` counts by level from the start: samples of series that end up in one sum are one series
 * already in the fragment. Likewise `min (min_over_time)` and `max (max_over_time)`.
 */
export function foldIntoRange(node: MetricNode): MetricNode {
  if (node.kind !== 'vector' || node.input.kind !== 'range' || rangeOp(node.input.expr).foldsInto !== node.fn) {
    return node;
  }
  const { labels, without } = node.grouping ?? { labels: [], without: false };
  return { ...node, input: { ...node.input, foldBy: { labels, without } } };
}
