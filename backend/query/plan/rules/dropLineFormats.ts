import type { RangeFunction, Stage } from '../../../../src/logql/ast';
import type { MetricNode } from '../plan';

const ofBytes: Partial<Record<RangeFunction, true>> = { bytes_over_time: true, bytes_rate: true };
const readers = new Set<Stage['kind']>(['json', 'logfmt', 'regexp', 'pattern', 'unpack', 'lineFilter']);

/**
 * A `line_format` goes when no parser and no line filter comes behind it and bytes are not counted: nobody reads what it writes, nor hears
 * of its mistakes. As in Loki (pkg/logql/optimize.go) a `label_format` behind it then sees the line as it was.
 */
export function dropLineFormats(node: MetricNode): MetricNode {
  if (node.kind !== 'range' || ofBytes[node.expr.fn]) {
    return node;
  }
  const { log } = node.expr;
  const lastReader = log.stages.findLastIndex(({ kind }) => readers.has(kind));
  const stages = log.stages.filter(({ kind }, at) => kind !== 'lineFormat' || at < lastReader);
  return stages.length === log.stages.length ? node : { ...node, expr: { ...node.expr, log: { ...log, stages } } };
}
