/**
 * What is wrong with a query whose syntax is right, in Loki's words and in the order Loki finds it. Loki gives none of these
 * a position; the spans are ours, for the editor.
 */
import { Expr, LogExpr, Matcher, MatchOp, MetricExpr, Problem, RangeAggregation, Span, Stage, VectorAggregation } from './ast';
import { functionInfo } from './functions';
import { printStage } from './printer';
import { captureNames, matchesEmpty, regexError } from './regex';

const problem = (message: string, span: Span): Problem => ({ message, span, line: 0, column: 0 });

// ---------------------------------------------------------------------------------------------- literals, used while parsing

/** Why a matcher's value is not possible. */
export function matcherError(op: MatchOp, value: string): string | undefined {
  return op === '=~' || op === '!~' ? regexError(value) : undefined;
}

/** Why `| regexp` refuses a pattern. */
export function regexpStageError(pattern: string): string | undefined {
  const head = 'invalid regexp parser: ';
  const error = regexError(pattern);
  if (error !== undefined) {
    return head + error;
  }
  const names = captureNames(pattern);
  if (names.length === 0) {
    return `${head}at least one named capture must be supplied`;
  }
  const invalid = names.find((name) => !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name));
  if (invalid !== undefined) {
    return `${head}invalid extracted label name '${invalid}'`;
  }
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  return repeated === undefined ? undefined : `${head}duplicate extracted label name '${repeated}'`;
}

/** `<name>` and `<_>` with the literals between them, as the pattern stage and the pattern filter read them. */
function patternParts(pattern: string): Array<{ capture?: string; text: string }> {
  return pattern
    .split(/(<[a-zA-Z_][a-zA-Z0-9_]*>)/)
    .filter((part) => part !== '')
    .map((text) => (/^<[a-zA-Z_][a-zA-Z0-9_]*>$/.test(text) ? { capture: text.slice(1, -1), text } : { text }));
}

function consecutiveCaptures(pattern: string): string | undefined {
  const parts = patternParts(pattern);
  const at = parts.findIndex((part, index) => part.capture !== undefined && parts[index + 1]?.capture !== undefined);
  return at < 0 ? undefined : `found consecutive capture '${parts[at].text}${parts[at + 1].text}': invalid expression`;
}

/** Loki's grammar of patterns knows none without anything in it. */
const emptyPatternError = 'parse error at line 1, col 1: syntax error: unexpected $end, expecting IDENTIFIER or LITERAL';

/** Why `| pattern` refuses a pattern. */
export function patternStageError(pattern: string): string | undefined {
  const head = 'invalid pattern parser: ';
  if (pattern === '') {
    return head + emptyPatternError;
  }
  const names = patternParts(pattern).flatMap((part) => (part.capture === undefined || part.capture === '_' ? [] : [part.capture]));
  if (names.length === 0) {
    return `${head}at least one capture is required`;
  }
  const consecutive = consecutiveCaptures(pattern);
  if (consecutive !== undefined) {
    return head + consecutive;
  }
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) {
      return `${head}duplicate capture name (${name}): invalid expression`;
    }
    seen.add(name);
  }
  return undefined;
}

/** Why `|>` refuses a pattern. */
export function patternFilterError(pattern: string): string | undefined {
  const consecutive = consecutiveCaptures(pattern);
  if (consecutive !== undefined) {
    return consecutive;
  }
  const named = patternParts(pattern).find((part) => part.capture !== undefined && part.capture !== '_');
  return named && `named captures are not allowed: found '${named.text}'`;
}

/** A log query as an operand of an operator. */
export function legProblem(expr: LogExpr, side: 'left' | 'right', op: string): Problem {
  const type = expr.stages.length === 0 ? '*syntax.MatchersExpr' : '*syntax.PipelineExpr';
  return problem(`unexpected type for ${side} leg of binary operation (${op}): ${type}`, expr.span);
}

// ---------------------------------------------------------------------------------------------- whole queries

const emptyMatchersMessage =
  'queries require at least one regexp or equality matcher that does not have an empty-compatible value. ' +
  'For instance, app=~".*" does not meet this requirement, but app=~".+" will';

/** True if the matcher also matches streams without the label. */
export function isEmptyCompatible({ op, value }: Matcher): boolean {
  switch (op) {
    case '=':
      return value === '';
    case '!=':
      return value !== '';
    case '=~':
      return matchesEmpty(value);
    case '!~':
      return !matchesEmpty(value);
  }
}

function checkSelector(log: LogExpr, open: OpenText): Problem[] {
  const { selector } = log;
  const selects = selector.matchers.some((matcher) => open(matcher.value) || !isEmptyCompatible(matcher));
  return selects || selector.variable !== undefined ? [] : [problem(emptyMatchersMessage, selector.span)];
}

/** Whether a text still holds a template variable, so that nobody knows what it will be. */
export type OpenText = (text: string) => boolean;

/** All problems of meaning; the first is the one Loki reports. */
export function check(expr: Expr, open: OpenText, anyStreams = false): Problem[] {
  const problems = expr.kind !== 'log' ? checkMetric(expr, open) : anyStreams ? [] : checkSelector(expr, open);
  return problems.length > 0 ? problems : checkStages(expr, open);
}

function checkMetric(expr: MetricExpr, open: OpenText): Problem[] {
  switch (expr.kind) {
    case 'range':
      return [...checkRange(expr), ...checkSelector(expr.log, open)];
    case 'vector':
      return [...checkVector(expr), ...checkMetric(expr.expr, open)];
    case 'labelReplace': {
      const error = open(expr.regex) ? undefined : regexError(`^(?:${expr.regex})$`);
      const own = error === undefined ? [] : [problem(`invalid regex in label_replace: ${error}`, expr.span)];
      return [...own, ...checkMetric(expr.expr, open)];
    }
    case 'binary': {
      const legs: Problem[] = [];
      if (expr.op === 'and' || expr.op === 'or' || expr.op === 'unless') {
        for (const side of ['left', 'right'] as const) {
          const value = literalValue(expr[side]);
          if (value !== undefined) {
            legs.push(
              problem(
                `unexpected literal for ${side} leg of logical/set binary operation (${expr.op}): ${value.toFixed(6)}`,
                expr[side].span
              )
            );
          }
        }
      }
      return [...legs, ...checkMetric(expr.left, open), ...checkMetric(expr.right, open)];
    }
    case 'vectorLiteral':
    case 'number':
      return [];
  }
}

/** The value of an expression of numbers only, as far as the checks need it. */
function literalValue(expr: MetricExpr): number | undefined {
  if (expr.kind === 'number') {
    return expr.variable === undefined ? expr.value : undefined;
  }
  if (expr.kind !== 'binary') {
    return undefined;
  }
  const left = literalValue(expr.left);
  const right = literalValue(expr.right);
  return left === undefined || right === undefined ? undefined : left;
}

function checkRange(expr: RangeAggregation): Problem[] {
  const info = functionInfo.get(expr.fn)!;
  const hasParameter = expr.parameter !== undefined || expr.parameterVariable !== undefined;
  if (hasParameter && info.parameter === undefined) {
    return [problem(`parameter ${expr.parameter ?? expr.parameterVariable} not supported for operation ${expr.fn}`, expr.span)];
  }
  if (!hasParameter && info.parameter !== undefined) {
    return [problem(`parameter required for operation ${expr.fn}`, expr.span)];
  }
  if (expr.grouping !== undefined && info.grouping === 'none') {
    return [problem(`grouping not allowed for ${expr.fn} aggregation`, expr.grouping.span)];
  }
  if (expr.unwrap !== undefined && info.unwrap === 'no') {
    return [problem(`invalid aggregation ${expr.fn} with unwrap`, expr.unwrap.span)];
  }
  if (expr.unwrap === undefined && info.unwrap === 'required') {
    return [problem(`invalid aggregation ${expr.fn} without unwrap`, expr.span)];
  }
  return [];
}

function checkVector(expr: VectorAggregation): Problem[] {
  const info = functionInfo.get(expr.fn)!;
  const { fn, parameter } = expr;
  const hasParameter = parameter !== undefined || expr.parameterVariable !== undefined;
  if (info.parameter === undefined && hasParameter) {
    return [problem(`unsupported parameter for operation ${fn}(${parameter ?? expr.parameterVariable},`, expr.span)];
  }
  if (info.parameter !== undefined && !hasParameter) {
    return [problem(`parameter required for operation ${fn}`, expr.span)];
  }
  if (parameter !== undefined && !Number.isInteger(parameter)) {
    return [problem(`invalid parameter ${fn}(${parameter},`, expr.span)];
  }
  if (parameter !== undefined && parameter <= 0) {
    return [problem(`invalid parameter (must be greater than 0) ${fn}(${parameter}`, expr.span)];
  }
  if (expr.grouping !== undefined && fn === 'approx_topk') {
    return [problem(`grouping not allowed for ${fn} aggregation`, expr.grouping.span)];
  }
  if ((fn === 'sort' || fn === 'sort_desc') && expr.grouping !== undefined && expr.grouping.labels.length > 0) {
    return [problem(`sort and sort_desc doesn't allow grouping by `, expr.grouping.span)];
  }
  return literalValue(expr.expr) === undefined ? [] : [problem(emptyMatchersMessage, expr.expr.span)];
}

// ---------------------------------------------------------------------------------------------- stages

function checkStages(expr: Expr, open: OpenText): Problem[] {
  switch (expr.kind) {
    case 'log':
      return stageProblems(expr.stages, open);
    case 'range':
      return stageProblems(expr.log.stages, open);
    case 'vector':
    case 'labelReplace':
      return checkStages(expr.expr, open);
    case 'binary':
      return [...checkStages(expr.left, open), ...checkStages(expr.right, open)];
    case 'vectorLiteral':
    case 'number':
      return [];
  }
}

/** Loki treats neighbouring line filters as one stage and quotes all of them. */
function stageProblems(stages: Stage[], open: OpenText): Problem[] {
  const problems: Problem[] = [];
  for (let at = 0; at < stages.length; at++) {
    const run = [stages[at]];
    while (stages[at].kind === 'lineFilter' && stages[at + 1]?.kind === 'lineFilter') {
      run.push(stages[++at]);
    }
    for (const stage of run) {
      const found = stageError(stage, open);
      if (found !== undefined) {
        problems.push(problem(`stage '${run.map(printStage).join(' ')}' : ${found.error}`, found.span));
      }
    }
  }
  return problems;
}

function stageError(stage: Stage, open: OpenText): { error: string; span: Span } | undefined {
  if (stage.kind === 'lineFilter') {
    for (const operand of stage.operands) {
      const error = open(operand.value) ? undefined : operandError(stage.op, operand.kind, operand.value);
      if (error !== undefined) {
        return { error, span: operand.span };
      }
    }
  }
  if (stage.kind === 'labelFormat') {
    const seen = new Set<string>();
    for (const { name, span } of stage.targets) {
      if (name === '__error__') {
        return { error: `${name} cannot be formatted`, span };
      }
      if (seen.has(name)) {
        return { error: `multiple label name '${name}' not allowed in a single format operation`, span };
      }
      seen.add(name);
    }
  }
  return undefined;
}

function operandError(op: string, kind: 'text' | 'ip', value: string): string | undefined {
  if (kind === 'ip') {
    return op === '|=' || op === '!=' ? undefined : 'ip: invalid operation';
  }
  switch (op) {
    case '|~':
    case '!~':
      return regexError(value);
    case '|>':
    case '!>':
      return patternFilterError(value);
    default:
      return undefined;
  }
}
