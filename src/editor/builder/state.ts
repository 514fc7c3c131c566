import { goQuote, print, printLabelFilter, printNumber, printStage, type Expr, type Grouping, type LogExpr, type MetricExpr, type RangeFunction, type Stage, type Unwrap, type VectorFunction, type VectorMatching } from '../../logql';
import { parsed } from '../../query/kind';
import { selectorText, type DraftMatcher } from '../../query/selector';

/** A step of a query, from the inside out. Together with the matchers they are the query, without loss. */
export type Operation =
  | { kind: 'stage'; stage: Stage }
  | { kind: 'range'; fn: RangeFunction; parameter?: number; range: string; offset?: string; unwrap?: Unwrap; grouping?: Labels }
  | { kind: 'vector'; fn: VectorFunction; parameter?: number; grouping?: Labels }
  | { kind: 'binary'; op: string; other: string; otherFirst: boolean; bool: boolean; matching?: VectorMatching }
  | { kind: 'labelReplace'; dst: string; replacement: string; src: string; regex: string };

export interface Labels {
  without: boolean;
  labels: string[];
}

export interface BuilderState {
  matchers: DraftMatcher[];
  operations: Operation[];
}

export const emptyState: BuilderState = { matchers: [{ name: '', op: '=', value: '' }], operations: [] };

/** A query text as steps; undefined when it has mistakes or no lines at its heart (such as `1 + 1`). */
export function readQuery(expr: string): BuilderState | undefined {
  if (expr.trim() === '' || /^\s*\{\s*\}\s*$/.test(expr)) {
    return emptyState;
  }
  const found = parsed(expr);
  return found && fromExpr(found);
}

function fromExpr(expr: Expr): BuilderState | undefined {
  switch (expr.kind) {
    case 'log':
      return expr.selector.variable === undefined ? fromLog(expr) : undefined;
    case 'range': {
      const inner = fromExpr(expr.log);
      const { fn, parameter, unwrap, grouping } = expr;
      return inner && wrap(inner, { kind: 'range', fn, parameter, unwrap, range: expr.range.text || expr.range.variable || '', offset: expr.offset?.text, grouping: labelsOf(grouping) });
    }
    case 'vector': {
      const inner = fromExpr(expr.expr);
      return inner && wrap(inner, { kind: 'vector', fn: expr.fn, parameter: expr.parameter, grouping: labelsOf(expr.grouping) });
    }
    case 'labelReplace': {
      const inner = fromExpr(expr.expr);
      return inner && wrap(inner, { kind: 'labelReplace', dst: expr.dst, replacement: expr.replacement, src: expr.src, regex: expr.regex });
    }
    case 'binary': {
      const left = fromExpr(expr.left);
      const inner = left ?? fromExpr(expr.right);
      const other: MetricExpr = left ? expr.right : expr.left;
      return inner && wrap(inner, { kind: 'binary', op: expr.op, other: print(other), otherFirst: !left, bool: expr.bool, matching: expr.matching });
    }
    case 'vectorLiteral':
    case 'number':
      return undefined;
  }
}

function fromLog({ selector, stages }: LogExpr): BuilderState {
  return { matchers: selector.matchers.map(({ name, op, value }) => ({ name, op, value })), operations: stages.map((stage) => ({ kind: 'stage', stage })) };
}

function wrap(inner: BuilderState, operation: Operation): BuilderState {
  return { ...inner, operations: [...inner.operations, operation] };
}

function labelsOf(grouping: Grouping | undefined): Labels | undefined {
  return grouping && { without: grouping.without, labels: grouping.labels };
}

/** Steps as a query text. */
export function writeQuery({ matchers, operations }: BuilderState): string {
  let text = selectorText(matchers);
  let isBinary = false;
  for (const operation of operations) {
    const inner = isBinary && operation.kind === 'binary' ? `(${text})` : text;
    text = apply(inner, operation);
    isBinary = operation.kind === 'binary';
  }
  return text;
}

function apply(inner: string, operation: Operation): string {
  switch (operation.kind) {
    case 'stage':
      return `${inner} ${printStage(operation.stage)}`;
    case 'range': {
      const { fn, parameter, unwrap, range, offset, grouping } = operation;
      const taken = unwrap ? ` | unwrap ${unwrap.conversion ? `${unwrap.conversion}(${unwrap.label})` : unwrap.label}${unwrap.filters.map((filter) => ` | ${printLabelFilter(filter)}`).join('')}` : '';
      const first = parameter === undefined ? '' : `${printNumber(parameter)}, `;
      return `${fn}(${first}${inner}${taken} [${range}]${offset ? ` offset ${offset}` : ''})${groupingText(grouping)}`;
    }
    case 'vector': {
      const { fn, parameter, grouping } = operation;
      const first = parameter === undefined ? '' : `${printNumber(parameter)}, `;
      return `${fn}${groupingText(grouping)}${grouping ? ' ' : ''}(${first}${inner})`;
    }
    case 'labelReplace': {
      const { dst, replacement, src, regex } = operation;
      return `label_replace(${[inner, ...[dst, replacement, src, regex].map(goQuote)].join(', ')})`;
    }
    case 'binary': {
      const { op, other, otherFirst, bool, matching } = operation;
      const sides = otherFirst ? [grouped(other), inner] : [inner, grouped(other)];
      return `${sides[0]} ${op}${bool ? ' bool' : ''}${matchingText(matching)} ${sides[1]}`;
    }
  }
}

/** Another query as an operand: in parentheses when it is itself a calculation. */
function grouped(other: string): string {
  return parsed(other)?.kind === 'binary' ? `(${other})` : other;
}

function groupingText(grouping: Labels | undefined): string {
  return grouping ? ` ${grouping.without ? 'without' : 'by'} (${grouping.labels.join(', ')})` : '';
}

function matchingText(matching: VectorMatching | undefined): string {
  if (!matching) {
    return '';
  }
  const group = matching.group ? ` group_${matching.group.side}(${matching.group.include.join(', ')})` : '';
  return ` ${matching.on ? 'on' : 'ignoring'} (${matching.labels.join(', ')})${group}`;
}

/** Everything the builder's parts can ask for. */
export type BuilderAction =
  | { type: 'matcher'; index: number; matcher: DraftMatcher }
  | { type: 'addMatcher' }
  | { type: 'removeMatcher'; index: number }
  | { type: 'operation'; index: number; operation: Operation }
  | { type: 'addOperation'; operation: Operation }
  | { type: 'removeOperation'; index: number }
  | { type: 'moveOperation'; index: number; by: -1 | 1 };

/** The next state. Pure, so that every click can be tested without a browser. */
export function reduce(state: BuilderState, action: BuilderAction): BuilderState {
  const { matchers, operations } = state;
  switch (action.type) {
    case 'matcher':
      return { ...state, matchers: matchers.map((old, at) => (at === action.index ? action.matcher : old)) };
    case 'addMatcher':
      return { ...state, matchers: [...matchers, { name: '', op: '=', value: '' }] };
    case 'removeMatcher':
      return { ...state, matchers: matchers.filter((_, at) => at !== action.index) };
    case 'operation':
      return { ...state, operations: operations.map((old, at) => (at === action.index ? action.operation : old)) };
    case 'addOperation':
      return { ...state, operations: place(operations, action.operation) };
    case 'removeOperation':
      return { ...state, operations: operations.filter((_, at) => at !== action.index) };
    case 'moveOperation':
      return { ...state, operations: moved(operations, action.index, action.by) };
  }
}

/** Stages belong before the first function; an aggregation needs numbers, so a rate is put between when there are none yet. */
function place(operations: Operation[], added: Operation): Operation[] {
  const firstMetric = operations.findIndex((operation) => operation.kind !== 'stage');
  if (added.kind === 'stage') {
    return firstMetric < 0 ? [...operations, added] : [...operations.slice(0, firstMetric), added, ...operations.slice(firstMetric)];
  }
  if (added.kind === 'range') {
    // One range function only: a second one takes the place of the first.
    const others = operations.filter((operation) => operation.kind !== 'range');
    const at = others.findIndex((operation) => operation.kind !== 'stage');
    return at < 0 ? [...others, added] : [...others.slice(0, at), added, ...others.slice(at)];
  }
  return firstMetric < 0 ? [...operations, { kind: 'range', fn: 'rate', range: '$__auto' }, added] : [...operations, added];
}

/** Whether an operation can change places with its neighbour: both must be of the same sort, as a stage can't leave the pipeline. */
export function canMove(operations: Operation[], index: number, by: -1 | 1): boolean {
  const [one, other] = [operations[index], operations[index + by]];
  const sort = (operation: Operation) => (operation.kind === 'stage' || operation.kind === 'range' ? operation.kind : 'outer');
  return one !== undefined && other !== undefined && sort(one) === sort(other);
}

function moved(operations: Operation[], index: number, by: -1 | 1): Operation[] {
  if (!canMove(operations, index, by)) {
    return operations;
  }
  const next = [...operations];
  [next[index], next[index + by]] = [next[index + by], next[index]];
  return next;
}
