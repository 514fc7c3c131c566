/**
 * Expressions to text, worded as Loki words them: `print` as its String methods, `printPretty` as its format_query.
 * Where Loki's own text would lose meaning (sizes rounded to three digits, parentheses left out when an operator's leg is
 * split, `or` chains cut) ours keeps it. `print(parse(print(x)))` equals `print(x)`.
 */
import {
  BinaryExpr,
  BinaryOp,
  Expr,
  Grouping,
  LabelExtraction,
  LabelFilter,
  LabelRef,
  LineFilterOperand,
  LineFilterStage,
  LogExpr,
  Matcher,
  RangeAggregation,
  Selector,
  Stage,
  Unwrap,
  VectorAggregation,
} from './ast';
import { looseTests } from './regexLoose';
import { formatBytes, formatGoDuration, formatPrometheusDuration, goQuote, parseBytes } from './units';

/** Quoted, unless it is a template variable that stood there bare. */
const literal = (text: string, variable?: true) => (variable ? text : goQuote(text));

/** A number as Go's fmt prints a float64: shortest digits, exponent from 1e+06 up and below 1e-04. */
export function printNumber(value: number): string {
  if (!Number.isFinite(value)) {
    return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  }
  if (value === 0) {
    return Object.is(value, -0) ? '-0' : '0';
  }
  const [mantissa, exponentText] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 6) {
    return plainNumber(value);
  }
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** A number without an exponent, with the shortest digits that mean it. */
function plainNumber(value: number): string {
  const text = String(value);
  if (!text.includes('e')) {
    return text;
  }
  const [mantissa, exponentText] = text.split('e');
  const [whole, fraction = ''] = mantissa.replace('-', '').split('.');
  const exponent = Number(exponentText);
  const digits = whole + fraction;
  const point = whole.length + exponent;
  const plain =
    point <= 0 ? `0.${'0'.repeat(-point)}${digits}` : digits.padEnd(point, '0').slice(0, point) + (digits.length > point ? `.${digits.slice(point)}` : '');
  return value < 0 ? `-${plain}` : plain;
}

export function printMatcher(matcher: Pick<Matcher, 'name' | 'op' | 'value' | 'variable'>): string {
  return matcher.name + matcher.op + literal(matcher.value, matcher.variable);
}

export function printSelector(selector: Selector): string {
  return selector.variable ?? `{${selector.matchers.map(printMatcher).join(', ')}}`;
}

export function printLabelFilter(filter: LabelFilter): string {
  switch (filter.kind) {
    case 'and':
      return `( ${printLabelFilter(filter.left)} , ${printLabelFilter(filter.right)} )`;
    case 'or':
      return `( ${printLabelFilter(filter.left)} or ${printLabelFilter(filter.right)} )`;
    case 'string': {
      // Loki quotes a pattern that it runs as one with backticks (pkg/logql/log/label_filter.go).
      const raw = filter.op === '=~' && !filter.variable && !/[`\r]/.test(filter.value) && looseTests(filter.value) === undefined;
      return raw ? `${filter.name}=~\`${filter.value}\`` : printMatcher(filter);
    }
    case 'ip':
      return `${filter.name}${filter.op}ip(${goQuote(filter.value)})`;
    case 'number':
      return filter.name + compareOp(filter.op) + (filter.variable ? filter.text : plainNumber(filter.value));
    case 'duration': {
      const ns = filter.value * 1e9;
      // Above 2^53 ns (104 days) seconds no longer hold the nanoseconds, and the text does.
      return filter.name + compareOp(filter.op) + (Math.abs(ns) < 2 ** 53 ? formatGoDuration(ns) : filter.text);
    }
    case 'bytes': {
      const short = formatBytes(filter.value);
      const back = parseBytes(short);
      return filter.name + compareOp(filter.op) + (back.ok && back.value === filter.value ? short : filter.text);
    }
  }
}

const compareOp = (op: string) => (op === '=' ? '==' : op);

function printOperand(operand: LineFilterOperand): string {
  const text = literal(operand.value, operand.variable);
  return operand.kind === 'ip' ? `ip(${text})` : text;
}

const printLineFilter = (stage: LineFilterStage) => `${stage.op} ${stage.operands.map(printOperand).join(' or ')}`;

const printExtractions = (expressions: LabelExtraction[]) =>
  expressions.map((item) => (item.bare ? item.name : `${item.name}=${literal(item.path, item.variable)}`)).join(',');

const printRefs = (labels: LabelRef[]) =>
  labels.map((label) => (label.match ? printMatcher({ name: label.name, ...label.match }) : label.name)).join(',');

/** One stage with its pipe, as Loki quotes it in messages: `| json`, `|= "x"`. */
export function printStage(stage: Stage): string {
  switch (stage.kind) {
    case 'lineFilter':
      return printLineFilter(stage);
    case 'json':
      return stage.expressions.length === 0 ? '| json' : `| json ${printExtractions(stage.expressions)}`;
    case 'logfmt': {
      const flags = `${stage.strict ? ' --strict' : ''}${stage.keepEmpty ? ' --keep-empty' : ''}`;
      return `| logfmt${flags}${stage.expressions.length === 0 ? '' : ` ${printExtractions(stage.expressions)}`}`;
    }
    case 'regexp':
    case 'pattern':
      return `| ${stage.kind} ${literal(stage.pattern, stage.variable)}`;
    case 'unpack':
    case 'decolorize':
      return `| ${stage.kind}`;
    case 'labelFilter':
      return `| ${printLabelFilter(stage.filter)}`;
    case 'lineFormat':
      return `| line_format ${literal(stage.template, stage.variable)}`;
    case 'labelFormat': {
      const targets = stage.targets.map((target) =>
        target.kind === 'rename' ? `${target.name}=${target.from}` : `${target.name}=${literal(target.template, target.variable)}`
      );
      return `| label_format ${targets.join(',')}`;
    }
    case 'drop':
    case 'keep':
      return `| ${stage.kind} ${printRefs(stage.labels)}`;
    case 'distinct':
      return `| distinct ${stage.labels.join(',')}`;
  }
}

function printLog(log: LogExpr): string {
  return [printSelector(log.selector), ...log.stages.map(printStage)].join(' ');
}

const printUnwrap = (unwrap: Unwrap) =>
  [
    `| unwrap ${unwrap.conversion === undefined ? unwrap.label : `${unwrap.conversion}(${unwrap.label})`}`,
    ...unwrap.filters.map((filter) => `| ${printLabelFilter(filter)}`),
  ].join(' ');

const printGrouping = (grouping: Grouping, comma = ',') => ` ${grouping.without ? 'without' : 'by'} (${grouping.labels.join(comma)})`;

const printRange = (expr: RangeAggregation) => `[${expr.range.variable ?? formatPrometheusDuration(expr.range.ns)}]`;

function printOffset(expr: RangeAggregation, format: (ns: number) => string): string {
  if (expr.offset === undefined || (expr.offset.ns === 0 && expr.offset.variable === undefined)) {
    return '';
  }
  return ` offset ${expr.offset.variable ?? format(expr.offset.ns)}`;
}

/** A missing parameter prints as nothing: such a query does not come out of `parse`. */
function parameterOf(expr: RangeAggregation | VectorAggregation): string | undefined {
  return expr.parameterVariable ?? (expr.parameter === undefined ? undefined : plainNumber(expr.parameter));
}

function printRangeAggregation(expr: RangeAggregation): string {
  const parameter = parameterOf(expr);
  const unwrap = expr.unwrap === undefined ? '' : ` ${printUnwrap(expr.unwrap)}`;
  const log = `${printLog(expr.log)}${unwrap}${printRange(expr)}${printOffset(expr, formatGoDuration)}`;
  const grouping = expr.grouping === undefined ? '' : printGrouping(expr.grouping);
  return `${expr.fn}(${parameter === undefined ? '' : `${parameter},`}${log})${grouping}`;
}

/** `by ()` says the same as nothing and is left out. */
const tellsGrouping = (grouping: Grouping | undefined): grouping is Grouping =>
  grouping !== undefined && (grouping.without || grouping.labels.length > 0);

function printVectorAggregation(expr: VectorAggregation): string {
  const parameter = parameterOf(expr);
  const grouping = tellsGrouping(expr.grouping) ? printGrouping(expr.grouping) : '';
  return `${expr.fn}${grouping}(${parameter === undefined ? '' : `${parameter},`}${print(expr.expr)})`;
}

function printOperator(expr: BinaryExpr, comma = ','): string {
  const op = expr.bool ? `${expr.op} bool` : expr.op;
  const { matching } = expr;
  // `ignoring ()` alone changes nothing.
  if (matching === undefined || (!matching.on && matching.labels.length === 0 && matching.group === undefined)) {
    return op;
  }
  let group = matching.group === undefined ? '' : `group_${matching.group.side}`;
  if (matching.group !== undefined && matching.group.include.length > 0) {
    group += ` (${matching.group.include.join(comma)})`;
  }
  return `${op} ${matching.on ? 'on' : 'ignoring'} (${matching.labels.join(comma)}) ${group}`;
}

/** Loki writes six decimals; more are kept where they matter. */
function printVector(value: number): string {
  const fixed = value.toFixed(6);
  return `vector(${Number(fixed) === value && !fixed.includes('e') ? fixed : plainNumber(value)})`;
}

/** One line. */
export function print(expr: Expr): string {
  switch (expr.kind) {
    case 'log':
      return printLog(expr);
    case 'range':
      return printRangeAggregation(expr);
    case 'vector':
      return printVectorAggregation(expr);
    case 'binary':
      return `(${print(expr.left)} ${printOperator(expr)} ${print(expr.right)})`;
    case 'labelReplace': {
      const texts = [expr.dst, expr.replacement, expr.src, expr.regex].map(goQuote);
      return `label_replace(${[print(expr.expr), ...texts].join(',')})`;
    }
    case 'vectorLiteral':
      return printVector(expr.value);
    case 'number':
      return expr.variable ?? printNumber(expr.value);
  }
}

// ---------------------------------------------------------------------------------------------- several lines

/** What fits stays on one line. */
const lineLengthMax = 100;

const indent = (level: number) => '  '.repeat(level);

/** Several lines where one would be longer than 100 characters, as Loki's formatter breaks them. */
export function printPretty(expr: Expr): string {
  return pretty(expr, 0);
}

const fits = (line: string) => new TextEncoder().encode(line).length <= lineLengthMax;

function pretty(expr: Expr, level: number): string {
  const line = print(expr);
  if (fits(line)) {
    return indent(level) + line;
  }
  switch (expr.kind) {
    case 'log':
      return prettyLog(expr, level);
    case 'range':
      return prettyRange(expr, level);
    case 'vector': {
      const parameter = parameterOf(expr);
      const grouping = tellsGrouping(expr.grouping) ? printGrouping(expr.grouping, ', ') : '';
      const lines = [...(parameter === undefined ? [] : [indent(level + 1) + parameter]), pretty(expr.expr, level + 1)];
      return `${indent(level)}${expr.fn}${grouping}(\n${lines.join(',\n')}\n${indent(level)})`;
    }
    case 'binary':
      return [
        prettyLeg(expr.left, level + 1, bindsAsLeft(expr.left, expr)),
        indent(level) + printOperator(expr, ', '),
        prettyLeg(expr.right, level + 1, bindsAsRight(expr.right, expr)),
      ].join('\n');
    case 'labelReplace': {
      const texts = [expr.dst, expr.replacement, expr.src, expr.regex].map((text) => indent(level + 1) + goQuote(text));
      const lines = [pretty(expr.expr, level + 1), ...texts];
      return `${indent(level)}label_replace(\n${lines.join(',\n')}\n${indent(level)})`;
    }
    default:
      return indent(level) + line;
  }
}

/** Binary operators by how tightly they bind (Loki, pkg/logql/syntax/expr.y). */
const bindings: BinaryOp[][] = [['or'], ['and', 'unless'], ['==', '!=', '<', '<=', '>', '>='], ['+', '-'], ['*', '/', '%'], ['^']];

const binding = ({ op }: BinaryExpr) => bindings.findIndex((ops) => ops.includes(op));

const bindsAsLeft = (leg: Expr, around: BinaryExpr) =>
  leg.kind !== 'binary' || binding(leg) > binding(around) || (binding(leg) === binding(around) && around.op !== '^');

const bindsAsRight = (leg: Expr, around: BinaryExpr) =>
  leg.kind !== 'binary' || binding(leg) > binding(around) || (binding(leg) === binding(around) && around.op === '^');

/** An operator inside an operator that is split keeps its parentheses where it needs them; Loki leaves them out everywhere. */
function prettyLeg(expr: Expr, level: number, binds: boolean): string {
  const text = pretty(expr, level);
  return !binds && text.includes('\n') ? `${indent(level)}(\n${pretty(expr, level + 1)}\n${indent(level)})` : text;
}

function prettyLog(log: LogExpr, level: number): string {
  if (fits(printLog(log))) {
    return indent(level) + printLog(log);
  }
  const lines = [indent(level) + printSelector(log.selector)];
  let shared: string[] = [];
  log.stages.forEach((stage, at) => {
    const text = printStage(stage);
    shared = stage.kind === 'lineFilter' && log.stages[at - 1]?.kind === 'lineFilter' ? [...shared, text] : [text];
    // The first of neighbouring line filters share a line while they fit; each of the others has its own.
    if (shared.length > 1 && fits(shared.join(' '))) {
      lines[lines.length - 1] += ` ${text}`;
    } else {
      lines.push(indent(level + 1) + text);
    }
  });
  return lines.join('\n');
}

function prettyRange(expr: RangeAggregation, level: number): string {
  const parameter = parameterOf(expr);
  let log = prettyLog(expr.log, level + 1);
  if (expr.unwrap !== undefined) {
    const parts = [{ ...expr.unwrap, filters: [] }].map(printUnwrap);
    parts.push(...expr.unwrap.filters.map((filter) => `| ${printLabelFilter(filter)}`));
    log += parts.map((part) => `\n${indent(level + 2)}${part}`).join('');
  }
  const lines = [...(parameter === undefined ? [] : [indent(level + 1) + parameter])];
  lines.push(`${log} ${printRange(expr)}${printOffset(expr, (ns) => (ns % 1e6 === 0 ? formatPrometheusDuration(ns) : formatGoDuration(ns)))}`);
  const grouping = expr.grouping === undefined ? '' : printGrouping(expr.grouping, ', ');
  return `${indent(level)}${expr.fn}(\n${lines.join(',\n')}\n${indent(level)})${grouping}`;
}
