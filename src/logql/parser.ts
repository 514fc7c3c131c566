/**
 * LogQL text to an expression, by hand: recursive descent, precedence climbing for operators. `parse` never throws.
 * It accepts what Loki 3.4 accepts (and `distinct`, which its editor still offers) and puts errors where Loki puts them.
 */
import {
  BinaryOp,
  Duration,
  Expr,
  Grouping,
  LogExpr,
  MetricExpr,
  Parsed,
  Problem,
  RangeAggregation,
  RangeFunction,
  Span,
  Stage,
  Unwrap,
  VectorAggregation,
  VectorFunction,
  VectorMatching,
} from './ast';
import { check, legProblem } from './check';
import { hasVariable, LexOptions, rangeFunctionNames, tokenize, vectorFunctionNames } from './lexer';
import { Reader, Stop } from './reader';
import { readSelector, readStages, readUnwrap } from './stages';

export interface ParseOptions extends LexOptions {
  /** Takes selectors that also fit streams with none of their labels (`{app!="a"}`): questions for series may have such. */
  anyStreams?: boolean;
}

/** Longest query text, in bytes of UTF-8, as Loki limits it. */
export const queryLengthMax = 131_072;

const rangeFunctions = new Map<string, RangeFunction>(rangeFunctionNames.map((name) => [name.toUpperCase(), name]));
const vectorFunctions = new Map<string, VectorFunction>(vectorFunctionNames.map((name) => [name.toUpperCase(), name]));

const precedences = new Map<string, number>([
  ['or', 1],
  ['and', 2],
  ['unless', 2],
  ['==', 3],
  ['!=', 3],
  ['<', 3],
  ['<=', 3],
  ['>', 3],
  ['>=', 3],
  ['+', 4],
  ['-', 4],
  ['*', 5],
  ['/', 5],
  ['%', 5],
  ['^', 6],
]);

/** The text a client reads: with Loki's head, and with the position where Loki gives one. */
export function problemText(problem: Problem): string {
  return problem.line === 0 && problem.column === 0
    ? `parse error : ${problem.message}`
    : `parse error at line ${problem.line}, col ${problem.column}: ${problem.message}`;
}

/** Parses any text. `expr` is set exactly when there are no problems; the first problem is the one Loki would report. */
export function parse(text: string, options: ParseOptions = {}): Parsed {
  const bytes = utf8Length(text);
  if (bytes >= queryLengthMax) {
    const message = `input size too long (${bytes} > ${queryLengthMax})`;
    return { problems: [{ message, span: { start: 0, end: text.length }, line: 0, column: 0 }] };
  }
  const reader = new Reader(text, tokenize(text, options));
  const { expr, later } = readQuery(reader);
  const problems = [...reader.problems];
  if (problems.length === 0) {
    problems.push(...later);
  }
  if (problems.length === 0 && expr !== undefined) {
    problems.push(...check(expr, options.variables === true ? hasVariable : () => false, options.anyStreams));
  }
  return problems.length === 0 && expr !== undefined ? { expr, problems } : { problems };
}

/** Bytes of a text in UTF-8; the number of its units where that is far from the limit, or beyond it already. */
function utf8Length(text: string): number {
  if (text.length * 3 < queryLengthMax || text.length >= queryLengthMax * 2) {
    return text.length;
  }
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // Half of a pair of surrogates is half of four bytes.
    bytes += code < 0x80 ? 1 : code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 2 : 3;
  }
  return bytes;
}

/** Reads a whole query; `later` holds problems that count only if the syntax is right. */
export function readQuery(reader: Reader): { expr?: Expr; later: Problem[] } {
  const parser = new Parser(reader);
  try {
    const expr = parser.readExpr(1);
    reader.fits('end');
    if (!reader.is('$end')) {
      const advice = reader.is('RANGE') ? 'a range belongs inside a function, as in rate({app="x"}[5m])' : undefined;
      reader.fail([], advice);
    }
    return { expr, later: parser.later };
  } catch (stop) {
    if (!(stop instanceof Stop)) {
      throw stop;
    }
    return { later: parser.later };
  }
}

class Parser {
  readonly later: Problem[] = [];

  constructor(private readonly reader: Reader) {}

  private spanFrom(start: number): Span {
    return { start, end: this.reader.lastEnd };
  }

  /** An expression of operators that bind at least as tight as `least`. */
  readExpr(least: number): Expr {
    const { reader } = this;
    return reader.nested(() => {
      const start = reader.token.start;
      let left = this.readOperand();
      for (;;) {
        reader.fits('binaryOp');
        const op = reader.token.type;
        const precedence = precedences.get(op);
        if (precedence === undefined || precedence < least) {
          return left;
        }
        reader.countOperator();
        reader.take();
        const { bool, matching } = this.readModifier();
        const right = this.readExpr(op === '^' ? precedence : precedence + 1);
        left = {
          kind: 'binary',
          op: op as BinaryOp,
          left: this.metricLeg(left, 'left', op),
          right: this.metricLeg(right, 'right', op),
          bool,
          ...(matching && { matching }),
          span: this.spanFrom(start),
        };
      }
    });
  }

  /** Operators take metrics; a log query there is an error of meaning, so reading goes on. */
  private metricLeg(expr: Expr, side: 'left' | 'right', op: string): MetricExpr {
    if (expr.kind !== 'log') {
      return expr;
    }
    this.later.push(legProblem(expr, side, op));
    return { kind: 'number', value: 0, span: expr.span };
  }

  private readOperand(): Expr {
    const { reader } = this;
    const token = reader.token;
    reader.fits('query');
    if (token.type === '(') {
      reader.take();
      const inner = this.readExpr(1);
      reader.fits('close');
      if (!reader.accept(')')) {
        reader.fail([]);
      }
      return inner;
    }
    if (token.type === '{') {
      return this.readLog();
    }
    if (token.type === 'VARIABLE') {
      const next = reader.next.type;
      if (next.startsWith('|') || next === '!~' || next === '!>') {
        return this.readLog();
      }
      reader.take();
      return { kind: 'number', value: 0, variable: token.text, span: this.spanFrom(token.start) };
    }
    return this.readMetric();
  }

  private readLog(): LogExpr {
    const start = this.reader.token.start;
    const selector = readSelector(this.reader);
    const stages = readStages(this.reader, false);
    return { kind: 'log', selector, stages, span: this.spanFrom(start) };
  }

  private readMetric(): MetricExpr {
    const { reader } = this;
    const token = reader.token;
    const rangeFunction = rangeFunctions.get(token.type);
    if (rangeFunction !== undefined) {
      return this.readRangeAggregation(rangeFunction);
    }
    const vectorFunction = vectorFunctions.get(token.type);
    if (vectorFunction !== undefined) {
      return this.readVectorAggregation(vectorFunction);
    }
    switch (token.type) {
      case 'NUMBER':
        reader.take();
        return { kind: 'number', value: Number(token.text), span: this.spanFrom(token.start) };
      case '+':
      case '-': {
        reader.take();
        const digits = Number(reader.expect('parameter', 'NUMBER').text);
        return { kind: 'number', value: token.type === '-' ? -digits : digits, span: this.spanFrom(token.start) };
      }
      case 'label_replace':
        return this.readLabelReplace();
      case 'VECTOR': {
        reader.take();
        reader.expect('close', '(');
        const value = Number(reader.expect('parameter', 'NUMBER').text);
        reader.expect('close', ')');
        return { kind: 'vectorLiteral', value, span: this.spanFrom(token.start) };
      }
      default:
        return reader.fail([]);
    }
  }

  /** An expression that must be a metric query; a log query is out of place at what follows it. */
  private readMetricArgument(): MetricExpr {
    const expr = this.readExpr(1);
    if (expr.kind === 'log') {
      return this.reader.fail([], 'this function takes a metric query; count lines with count_over_time({...}[5m]) first');
    }
    return expr;
  }

  private readVectorAggregation(fn: VectorFunction): VectorAggregation {
    const { reader } = this;
    const start = reader.take().start;
    let grouping = this.readGrouping();
    reader.expect('close', '(');
    reader.fits('parameter');
    const node: Partial<VectorAggregation> = {};
    if ((reader.is('NUMBER') || reader.is('VARIABLE')) && reader.next.type === ',') {
      const token = reader.take();
      if (token.type === 'VARIABLE') {
        node.parameterVariable = token.text;
      } else {
        node.parameter = Number(token.text);
      }
      reader.take();
    }
    const expr = this.readMetricArgument();
    reader.fits('close');
    if (!reader.accept(')')) {
      reader.fail([]);
    }
    grouping ??= this.readGrouping();
    return { kind: 'vector', fn, ...node, expr, ...(grouping && { grouping }), span: this.spanFrom(start) };
  }

  private readGrouping(): Grouping | undefined {
    const { reader } = this;
    reader.fits('groupingKeyword');
    if (!reader.is('by') && !reader.is('without')) {
      return undefined;
    }
    const word = reader.take();
    const labels = this.readLabels();
    return { without: word.type === 'without', labels, span: this.spanFrom(word.start) };
  }

  /** `(a, b)`, possibly empty. */
  private readLabels(): string[] {
    const { reader } = this;
    reader.expect('close', '(');
    const labels: string[] = [];
    reader.fits('groupingLabel');
    if (!reader.accept(')')) {
      labels.push(reader.expectOrVariable('groupingLabel', 'IDENTIFIER', ')').text);
      while (reader.expect('groupingEnd', ',', ')').type === ',') {
        labels.push(reader.expectOrVariable('groupingLabel', 'IDENTIFIER').text);
      }
    }
    return labels;
  }

  private readModifier(): { bool: boolean; matching?: VectorMatching } {
    const { reader } = this;
    reader.fits('binaryModifier');
    const bool = reader.accept('bool') !== undefined;
    reader.fits('binaryModifier');
    if (!reader.is('on') && !reader.is('ignoring')) {
      return { bool };
    }
    const word = reader.take();
    const matching: VectorMatching = { on: word.type === 'on', labels: this.readLabels(), span: this.spanFrom(word.start) };
    reader.fits('binaryModifier');
    if (reader.is('group_left') || reader.is('group_right')) {
      const side = reader.take().type === 'group_left' ? 'left' : 'right';
      matching.group = { side, include: reader.is('(') ? this.readLabels() : [] };
      matching.span = this.spanFrom(word.start);
    }
    return { bool, matching };
  }

  private readLabelReplace(): MetricExpr {
    const { reader } = this;
    const start = reader.take().start;
    reader.expect('close', '(');
    const expr = this.readMetricArgument();
    const texts: string[] = [];
    reader.fits('comma');
    if (!reader.is(',')) {
      reader.fail([]);
    }
    for (let index = 0; index < 4; index++) {
      reader.expect('comma', ',');
      texts.push(reader.expectOrVariable('labelReplaceText', 'STRING').text);
    }
    reader.expect('close', ')');
    const [dst, replacement, src, regex] = texts;
    return { kind: 'labelReplace', expr, dst, replacement, src, regex, span: this.spanFrom(start) };
  }

  // -------------------------------------------------------------------------------------------- ranges

  private readRangeAggregation(fn: RangeFunction): RangeAggregation {
    const { reader } = this;
    const start = reader.take().start;
    reader.expect('close', '(');
    const node: Partial<RangeAggregation> = {};
    reader.fits('parameter');
    if (reader.is('VARIABLE') && reader.next.type === ',') {
      node.parameterVariable = reader.take().text;
      reader.take();
    } else if (reader.is('NUMBER')) {
      node.parameter = Number(reader.take().text);
      reader.expect('comma', ',');
      reader.fits('logQuery');
      if (!reader.is('{') && !reader.is('(') && !reader.is('VARIABLE')) {
        reader.fail(['{', '(']);
      }
    } else if (!reader.is('{') && !reader.is('(') && !reader.is('VARIABLE')) {
      reader.fits('logQuery');
      reader.fail(['NUMBER', '{', '(']);
    }
    const range = this.readLogRange(false);
    reader.expect('close', ')');
    const grouping = this.readGrouping();
    return { kind: 'range', fn, ...node, ...range, ...(grouping && { grouping }), span: this.spanFrom(start) };
  }

  /**
   * `{..} stages [5m] offset 1m`, with the range before or after the stages; parentheses may go around the selector, the
   * stages or all of it.
   */
  private readLogRange(inParens: boolean): LogRange {
    const { reader } = this;
    if (!reader.is('(')) {
      return this.readPlainRange(inParens);
    }
    reader.take();
    return reader.nested(() => {
      if (reader.is('(')) {
        const inner = this.readLogRange(true);
        reader.expect('close', ')');
        return inner;
      }
      reader.fits('logQuery');
      if (!reader.is('{') && !reader.is('VARIABLE')) {
        reader.fail(['{', '(']);
      }
      const inner = this.readPlainRange(true);
      if (!('open' in inner)) {
        reader.expect('close', ')');
        return inner;
      }
      // The parenthesis closes before the range: `({..} | json)[5m]`.
      const { log } = inner;
      reader.take();
      const rest = this.readRange();
      const unwrap = inner.unwrap ?? (log.stages.length === 0 ? readUnwrap(reader) : undefined);
      return { log, ...rest, ...(unwrap && { unwrap }) };
    });
  }

  /** From the selector to the end of the range; `open` if a closing parenthesis came first. */
  private readPlainRange(inParens: boolean): LogRange {
    const { reader } = this;
    const start = reader.token.start;
    const selector = readSelector(reader);
    let stages: Stage[] = [];
    let unwrap: Unwrap | undefined;
    let range: RangePart | undefined;
    if (reader.is('RANGE')) {
      range = this.readRange();
      stages = readStages(reader, true);
      unwrap = readUnwrap(reader);
    } else {
      stages = readStages(reader, true);
      unwrap = readUnwrap(reader);
      reader.fits('range');
      if (inParens && reader.is(')')) {
        const log: LogExpr = { kind: 'log', selector, stages, span: this.spanFrom(start) };
        return { log, range: { ns: 0, text: '', span: log.span }, ...(unwrap && { unwrap }), open: true };
      }
      if (!reader.is('RANGE')) {
        const expected = inParens ? ['RANGE', ')', '|'] : ['RANGE', '|'];
        reader.fail(unwrap === undefined ? [] : expected, reader.is(')') ? 'the range is missing, such as [5m]' : undefined);
      }
      range = this.readRange();
    }
    const end = unwrap?.span.start ?? stages.at(-1)?.span.end ?? selector.span.end;
    const log: LogExpr = { kind: 'log', selector, stages, span: { start, end } };
    return { log, ...range, ...(unwrap && { unwrap }) };
  }

  /** `[5m] offset 1m`. The span of the range is the text between the brackets. */
  private readRange(): RangePart {
    const { reader } = this;
    const token = reader.expect('range', 'RANGE');
    const range: Duration = {
      ns: token.value ?? 0,
      text: token.text,
      ...(token.variable && { variable: token.text }),
      span: { start: token.start + 1, end: token.end - 1 },
    };
    reader.fits('offset');
    if (!reader.accept('offset')) {
      return { range };
    }
    const shift = reader.expectOrVariable('offsetValue', 'DURATION');
    const offset: Duration = {
      ns: shift.value ?? 0,
      text: shift.text,
      ...(shift.variable && { variable: shift.text }),
      span: { start: shift.start, end: shift.end },
    };
    return { range, offset };
  }
}

interface RangePart {
  range: Duration;
  offset?: Duration;
}

interface LogRange extends RangePart {
  log: LogExpr;
  unwrap?: Unwrap;
  open?: true;
}
