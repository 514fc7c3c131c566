import { formatPrometheusDuration, printSelector, printStage } from '../../../src/logql';
import type { Grouping, LogExpr, Stage, Unwrap } from '../../../src/logql/ast';
import { formatRfc3339Ns } from '../../model/time';
import type { Hint } from '../../store/store';
import { labelHints, leadingHints } from '../../pipeline/hints';
import type { LogPlan, MetricNode, MetricPlan, Plan, RangeNode } from './plan';

/** A plan as text, outermost step first. */
export function explain(plan: Plan): string {
  const lines = plan.kind === 'log' ? explainLogs(plan) : explainMetric(plan);
  return lines.join('\n');
}

function explainLogs(plan: LogPlan): string[] {
  const interval = plan.intervalNs > 0 ? `, interval ${formatPrometheusDuration(plan.intervalNs)}` : '';
  return [`logs ${plan.direction}, limit ${plan.limit}${interval}`, ...indent(explainRead(plan.expr))];
}

function explainMetric({ root, steps, runs }: MetricPlan): string[] {
  const many = steps.count > 1 ? `${steps.count} steps of ${formatPrometheusDuration(Number(steps.stepNs))} from` : '1 step at';
  const cut = runs.length > 1 ? `, in ${runs.length} runs` : '';
  return [`${many} ${formatRfc3339Ns(steps.firstNs)}${cut}`, ...indent(explainNode(root))];
}

function explainNode(node: MetricNode): string[] {
  switch (node.kind) {
    case 'number':
      return [String(node.value)];
    case 'vectorLiteral':
      return [`vector(${node.value})`];
    case 'range':
      return explainRange(node);
    case 'vector': {
      const parameter = node.fn.endsWith('topk') || node.fn === 'bottomk' ? ` ${node.parameter}` : '';
      return [`${node.fn}${parameter}${groupingText(node.grouping)} of`, ...indent(explainNode(node.input))];
    }
    case 'labelReplace':
      return [
        `label_replace ${node.dst} = ${JSON.stringify(node.replacement)} where ${node.src} matches ${JSON.stringify(node.regex)} in`,
        ...indent(explainNode(node.input)),
      ];
    case 'binary': {
      const { op, bool, matching } = node;
      const labels = matching ? ` ${matching.on ? 'on' : 'ignoring'} (${matching.labels.join(', ')})` : '';
      const group = matching?.group ? ` group_${matching.group.side} (${matching.group.include.join(', ')})` : '';
      return [`${op}${bool ? ' bool' : ''}${labels}${group} of`, ...indent(explainNode(node.left)), ...indent(explainNode(node.right))];
    }
  }
}

function explainRange({ expr, foldBy, count, sums }: RangeNode): string[] {
  const parameter = expr.parameter === undefined ? '' : ` ${expr.parameter}`;
  const offset = expr.offset ? ` offset ${expr.offset.text}` : '';
  const folded = foldBy ? `, folded${groupingText(foldBy)}` : '';
  const head = `${expr.fn}${parameter}${groupingText(expr.grouping)} over ${expr.range.text}${offset}${folded}`;
  const read = explainRead(expr.log, expr.unwrap);
  const asked = count ?? sums;
  if (!asked) {
    return [head, ...indent(read)];
  }
  const names = asked.metadataNames === 'all' ? ['any other'] : asked.metadataNames;
  const unless = names.length > 0 ? `, unless entries differ in metadata ${names.join(', ')}` : '';
  const what = count ? 'count in the store' : 'add up in a store that can';
  return [head, ...indent([`${what} by ${asked.by}${unless}; else`, ...indent(read)])];
}

/** The pipeline above what it reads. */
function explainRead({ selector, stages }: LogExpr, unwrap?: Unwrap): string[] {
  const steps = [...stages.map(stageText), ...(unwrap ? [`unwrap ${unwrap.label}`] : [])];
  const hints = [...leadingHints(stages).map(hintText), ...labelHints(stages).map(({ label, hint }) => `${hintText(hint)} unless labelled ${label}`)];
  const scan = `scan ${printSelector(selector)}${hints.length > 0 ? ` hints: ${hints.join(', ')}` : ''}`;
  return steps.length > 0 ? [`pipeline: ${steps.join(', ')}`, `  ${scan}`] : [scan];
}

const stageText = (stage: Stage): string => printStage(stage).replace(/^\| /, '');

function hintText({ kind, texts, ignoreCase }: Hint): string {
  const words = texts.map((text) => JSON.stringify(text)).join(' or ');
  return `${kind === 'any' ? 'contains' : 'lacks'} ${words}${ignoreCase ? ' in any case' : ''}`;
}

function groupingText(grouping: Pick<Grouping, 'without' | 'labels'> | undefined): string {
  return grouping ? ` ${grouping.without ? 'without' : 'by'} (${grouping.labels.join(', ')})` : '';
}

const indent = (lines: string[]): string[] => lines.map((line) => `  ${line}`);
