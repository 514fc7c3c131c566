import type { LineFilterStage, RangeFunction, Stage } from '../../../../src/logql/ast';
import { filterLabels } from '../../../pipeline/requiredLabels';
import type { Hint } from '../../../store/store';
import type { MetricNode, RangeNode } from '../plan';
import { labelsApart } from './countInStore';

/** Functions whose answer is the same in whatever order whole numbers come. A running mean and the last of two at the same time are not. */
const ofNumbers: Partial<Record<RangeFunction, true>> = { sum_over_time: true, rate: true, min_over_time: true, max_over_time: true };
const ofLines: Partial<Record<RangeFunction, true>> = { count_over_time: true, rate: true, bytes_over_time: true, bytes_rate: true };

/**
 * Stores that can look into lines and metadata add up in the place of the entries: lines that contain a text or not, and numbers of structured
 * metadata that are unwrapped as they are. Says what the store needs to know to refuse when its answer could differ.
 */
export function sumInStore(node: MetricNode): MetricNode {
  if (node.kind !== 'range' || node.count) {
    return node;
  }
  const { fn, log, unwrap, grouping } = node.expr;
  const lines = exactHints(log.stages);
  if (!lines || !(unwrap ? ofNumbers : ofLines)[fn] || (unwrap && !plainUnwrap(node))) {
    return node;
  }
  const apart = labelsApart(node, [...(unwrap?.filters.flatMap(filterLabels) ?? []), ...(grouping?.labels ?? [])]);
  return apart ? { ...node, sums: { ...apart, lines, number: unwrap?.label } } : node;
}

/** The line filters as conditions that decide, when all stages are such filters or look only at labels; else undefined. */
function exactHints(stages: readonly Stage[]): Hint[] | undefined {
  const hints: Hint[] = [];
  for (const stage of stages) {
    if (stage.kind === 'lineFilter' && isPlain(stage)) {
      hints.push({ kind: stage.op === '|=' ? 'any' : 'none', texts: stage.operands.map(({ value }) => value), ignoreCase: false });
    } else if (stage.kind !== 'labelFilter' && stage.kind !== 'drop' && stage.kind !== 'keep') {
      return undefined;
    }
  }
  return hints;
}

const isPlain = ({ op, operands }: LineFilterStage): boolean => (op === '|=' || op === '!=') && operands.every(({ kind, value }) => kind === 'text' && value !== '');

/** Whether nothing but the unwrapping looks at the label, and nothing takes it away or depends on what it says. */
function plainUnwrap({ expr, foldBy }: RangeNode): boolean {
  const { log, unwrap, grouping } = expr;
  const { label, conversion, filters } = unwrap!;
  const named = [
    ...log.stages.flatMap((stage) => (stage.kind === 'labelFilter' ? filterLabels(stage.filter) : stage.kind === 'drop' ? stage.labels.map(({ name }) => name) : [])),
    ...filters.flatMap(filterLabels), ...(grouping?.labels ?? []), ...(foldBy?.labels ?? []),
  ];
  const special = label.startsWith('__') || label.endsWith('_extracted') || label === 'detected_level';
  return conversion === undefined && !special && !named.includes(label) && log.stages.every(({ kind }) => kind !== 'keep');
}
