import { binaryNumbers } from '../../evaluate/binaryOps';
import type { MetricNode } from '../plan';

/** `1 + 2 * 3` is a number before anything is read. */
export function foldConstants(node: MetricNode): MetricNode {
  if (node.kind === 'binary' && node.left.kind === 'number' && node.right.kind === 'number') {
    return { kind: 'number', value: binaryNumbers(node.op, node.left.value, node.right.value) };
  }
  return node;
}
