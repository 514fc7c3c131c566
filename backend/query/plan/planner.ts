import type { Expr, MetricExpr } from '../../../src/logql/ast';
import type { MetricNode, Plan, PlanRequest, RangeNode, Rule, Steps } from './plan';
import { countInStore } from './rules/countInStore';
import { cutSteps } from './rules/cutSteps';
import { dropLineFormats } from './rules/dropLineFormats';
import { foldConstants } from './rules/foldConstants';
import { foldIntoRange } from './rules/foldIntoRange';
import { sumInStore } from './rules/sumInStore';

const rules: Rule[] = [foldConstants, dropLineFormats, foldIntoRange, countInStore, sumInStore];

export function makePlan(expr: Expr, request: PlanRequest): Plan {
  if (expr.kind === 'log') {
    const { startNs, endNs, direction, limit, intervalNs } = request;
    return { kind: 'log', expr, startNs, endNs, direction, limit, intervalNs };
  }
  const ranges = new Map<string, RangeNode>();
  const root = shareRanges(rules.reduce((node, rule) => rewrite(node, rule), nodeOf(expr)), ranges);
  const steps = stepsOf(request);
  return { kind: 'metric', steps, root, ranges: [...ranges.values()], runs: cutSteps(steps, [...ranges.values()], request.parallel) };
}

function stepsOf({ startNs, endNs, stepNs }: PlanRequest): Steps {
  if (stepNs === 0n) {
    return { firstNs: endNs, stepNs: 1_000_000_000n, count: 1 };
  }
  return { firstNs: startNs, stepNs, count: Number((endNs - startNs) / stepNs) + 1 };
}

function nodeOf(expr: MetricExpr): MetricNode {
  switch (expr.kind) {
    case 'number':
    case 'vectorLiteral':
      return { kind: expr.kind, value: expr.value };
    case 'range':
      return { kind: 'range', expr };
    case 'vector':
      return { kind: 'vector', fn: expr.fn, parameter: expr.parameter ?? 0, grouping: expr.grouping, input: nodeOf(expr.expr) };
    case 'binary':
      return { kind: 'binary', op: expr.op, bool: expr.bool, matching: expr.matching, left: nodeOf(expr.left), right: nodeOf(expr.right) };
    case 'labelReplace': {
      const { dst, replacement, src, regex } = expr;
      return { kind: 'labelReplace', dst, replacement, src, regex, input: nodeOf(expr.expr) };
    }
  }
}

/** The tree with its inputs replaced. */
function mapInputs(node: MetricNode, change: (input: MetricNode) => MetricNode): MetricNode {
  switch (node.kind) {
    case 'vector':
    case 'labelReplace':
      return { ...node, input: change(node.input) };
    case 'binary':
      return { ...node, left: change(node.left), right: change(node.right) };
    default:
      return node;
  }
}

function rewrite(node: MetricNode, rule: Rule): MetricNode {
  return rule(mapInputs(node, (input) => rewrite(input, rule)));
}

/** Makes equal range aggregations one object, so that `a / (a + b)` reads `a` once. */
function shareRanges(node: MetricNode, ranges: Map<string, RangeNode>): MetricNode {
  if (node.kind !== 'range') {
    return mapInputs(node, (input) => shareRanges(input, ranges));
  }
  const key = JSON.stringify(node, (name, value) => (name === 'span' ? undefined : value));
  const shared = ranges.get(key) ?? node;
  ranges.set(key, shared);
  return shared;
}
