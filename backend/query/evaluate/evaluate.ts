import { Bug, RequestError, badRequest } from '../../model/errors';
import { makeLabels, noLabels, type Labels } from '../../model/labels';
import { binaryNumbers, binaryTables, binaryWithNumber } from './binaryOps';
import { FragmentBudget, tooManyCells } from '../budget';
import type { Execution } from '../execution';
import type { SampleFragment, SampleFragmentResult } from '../fragment';
import { inOrder } from './inOrder';
import { replaceLabel } from './labelReplace';
import { mergeSamples } from './mergeSamples';
import type { MetricNode, MetricPlan, RangeNode, Steps } from '../plan/plan';
import { rangeOp } from '../range/rangeOps';
import { cutTime } from '../plan/rules/cutTime';
import { emptyRow, JoinedSteps, type Table } from './table';
import { aggregate } from './vectorOps';

/** The value of a metric plan, one run of steps after the other. */
export async function* evaluateRuns(plan: MetricPlan, execution: Execution): AsyncGenerator<{ steps: Steps; table: Table }> {
  const { parallel } = execution.runner;
  const stepsMax: StepsMax = new Map();
  const tables = inOrder(plan.runs, parallel, async (steps) => {
    const slices = plan.runs.length < parallel ? parallel : 1;
    const read = plan.ranges.map(async (node): Promise<[RangeNode, Table]> => [node, await evaluateInParts(node, steps, slices, execution, stepsMax)]);
    const ranges = new Map(await Promise.all(read));
    const value = evaluateNode(plan.root, steps.count, (node) => ranges.get(node)!);
    return { steps, table: typeof value === 'number' ? constant(value, steps.count) : value };
  });
  yield* tables;
}

/** A number stays a number until it meets a vector. */
type Value = number | Table;

function evaluateNode(node: MetricNode, steps: number, rangeValue: (node: RangeNode) => Table): Value {
  const vector = (input: MetricNode): Table => {
    const value = evaluateNode(input, steps, rangeValue);
    if (typeof value === 'number') {
      throw badRequest(`expected a vector, got the number ${value}: write vector(${value})`);
    }
    return value;
  };
  switch (node.kind) {
    case 'number':
      return node.value;
    case 'vectorLiteral':
      return constant(node.value, steps);
    case 'range':
      return rangeValue(node);
    case 'vector':
      return aggregate(node.fn, node.parameter, node.grouping, vector(node.input));
    case 'labelReplace':
      return replaceLabel(node, vector(node.input));
    case 'binary': {
      const left = evaluateNode(node.left, steps, rangeValue);
      const right = evaluateNode(node.right, steps, rangeValue);
      return binary(node, left, right);
    }
  }
}

function binary({ op, bool, matching }: Extract<MetricNode, { kind: 'binary' }>, left: Value, right: Value): Value {
  if (typeof left === 'number') {
    return typeof right === 'number' ? binaryNumbers(op, left, right) : binaryWithNumber(op, right, left, bool, true);
  }
  return typeof right === 'number' ? binaryWithNumber(op, left, right, bool, false) : binaryTables(op, left, right, bool, matching);
}

function constant(value: number, steps: number): Table {
  const row = emptyRow(noLabels, steps);
  row.values.fill(value);
  row.present.fill(1);
  return { steps, rows: [row] };
}

/** How many steps of a range aggregation fitted into memory at a time, once that was found out. */
type StepsMax = Map<RangeNode, number>;

/**
 * A quantile needs every sample of a window. When those of all steps do not fit (`cellsMax`), half of the steps are evaluated at a time, and so
 * on down to one; what was found out serves the runs that follow. The series of all steps together have to fit as well.
 */
async function evaluateInParts(node: RangeNode, steps: Steps, slices: number, execution: Execution, stepsMax: StepsMax): Promise<Table> {
  const joined = new JoinedSteps(steps.count, new FragmentBudget(execution.fragmentLimits));
  for (let from = 0; from < steps.count; ) {
    const count = Math.min(stepsMax.get(node) ?? steps.count, steps.count - from);
    const part = await tryRange(node, { ...steps, firstNs: steps.firstNs + BigInt(from) * steps.stepNs, count }, slices, execution);
    if (part?.steps === steps.count) {
      return part;
    }
    if (part) {
      joined.add(part, from);
      from += count;
    } else {
      // another run may have found out less in the meantime
      stepsMax.set(node, Math.min(stepsMax.get(node) ?? count, Math.ceil(count / 2)));
    }
  }
  return joined.table();
}

/** Undefined when fewer steps at a time may fit into memory. */
async function tryRange(node: RangeNode, steps: Steps, slices: number, execution: Execution): Promise<Table | undefined> {
  try {
    return await evaluateRange(node, steps, slices, execution);
  } catch (error) {
    if (error instanceof RequestError && error.code === tooManyCells && rangeOp(node.expr).keepsSamples && steps.count > 1) {
      return undefined;
    }
    throw error;
  }
}

async function evaluateRange(node: RangeNode, steps: Steps, slices: number, execution: Execution): Promise<Table> {
  const op = rangeOp(node.expr);
  const fragments = cutFragment(makeFragment(node, steps, execution), op.merge !== undefined && !node.count ? slices : 1);
  const parts: SampleFragmentResult[] = [];
  for await (const part of inOrder(fragments, slices, (fragment) => execution.run(fragment))) {
    if (part.kind !== 'samples') {
      throw new Bug('a sample fragment answered entries');
    }
    parts.push(part);
  }
  const series = mergeSamples(parts, op.merge);
  const rows = series.filter((row) => row.present.includes(1));
  return node.expr.fn === 'absent_over_time' ? absence(node, rows, steps.count) : { steps: steps.count, rows };
}

function makeFragment(node: RangeNode, steps: Steps, { tenants, fragmentLimits }: Execution): SampleFragment {
  return {
    kind: 'samples',
    tenants,
    limits: fragmentLimits,
    expr: node.expr,
    firstStepNs: steps.firstNs,
    stepNs: steps.stepNs,
    steps: steps.count,
    foldBy: node.foldBy,
    count: node.count,
    sums: node.sums,
  };
}

/** Parts that read different times and add up. */
function cutFragment(fragment: SampleFragment, slices: number): SampleFragment[] {
  if (slices <= 1) {
    return [fragment];
  }
  const { expr, firstStepNs, stepNs, steps } = fragment;
  const offsetNs = BigInt(expr.offset?.ns ?? 0);
  const startNs = firstStepNs - offsetNs - BigInt(expr.range.ns) + 1n;
  const endNs = firstStepNs - offsetNs + BigInt(steps - 1) * stepNs + 1n;
  return cutTime({ startNs, endNs }, slices).map((slice) => ({ ...fragment, slice }));
}

/** 1 where no sample was. */
function absence(node: RangeNode, rows: Table['rows'], steps: number): Table {
  const row = emptyRow(absentLabels(node), steps);
  for (let step = 0; step < steps; step++) {
    const absent = rows.every(({ present }) => present[step] === 0);
    row.values[step] = 1;
    row.present[step] = absent ? 1 : 0;
  }
  return { steps, rows: row.present.includes(1) ? [row] : [] };
}

/** The labels that the selector fixes: named once, with `=` (Loki, pkg/logql/evaluator.go, absentLabels). */
function absentLabels({ expr }: RangeNode): Labels {
  const { matchers } = expr.log.selector;
  const fixed = matchers.filter(
    ({ name, op, value }) => op === '=' && value !== '' && matchers.filter((matcher) => matcher.name === name).length === 1
  );
  return makeLabels(fixed.map(({ name, value }) => [name, value]));
}
