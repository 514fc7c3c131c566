/**
 * Changes to a query, text in and text out. Only the changed places are touched, so comments and spacing survive. Every
 * change goes to all log queries of the text, that is to both sides of an operator too. A text that is no valid query comes
 * back as it is.
 */
import { Expr, LabelFilter, LineFilterOp, LogExpr, Matcher, MatchOp, Span, Stage } from './ast';
import { parse } from './parser';
import { printMatcher, printSelector } from './printer';
import { goQuote, parseBytes, parseDuration } from './units';

export type FilterOp = MatchOp | '>' | '>=' | '<' | '<=';

/** A condition on a label, as matcher or as label filter. */
export interface LabelCondition {
  name: string;
  op: FilterOp;
  value: string;
}

interface Edit extends Span {
  text: string;
}

/** Every log query of an expression, from left to right. */
export function logQueriesOf(expr: Expr): LogExpr[] {
  switch (expr.kind) {
    case 'log':
      return [expr];
    case 'range':
      return [expr.log];
    case 'vector':
    case 'labelReplace':
      return logQueriesOf(expr.expr);
    case 'binary':
      return [...logQueriesOf(expr.left), ...logQueriesOf(expr.right)];
    case 'vectorLiteral':
    case 'number':
      return [];
  }
}

function editLogs(text: string, edit: (log: LogExpr) => Edit[]): string {
  const { expr } = parse(text, { variables: true });
  return expr === undefined ? text : applyEdits(text, logQueriesOf(expr).flatMap(edit));
}

/** Applies edits that do not overlap. */
function applyEdits(text: string, edits: Edit[]): string {
  return [...edits]
    .sort((left, right) => right.start - left.start || right.end - left.end)
    .reduce((result, edit) => result.slice(0, edit.start) + edit.text + result.slice(edit.end), text);
}

// ---------------------------------------------------------------------------------------------- matchers

const opposites = new Map<FilterOp, FilterOp>([
  ['=', '!='],
  ['!=', '='],
  ['=~', '!~'],
  ['!~', '=~'],
  ['>', '<='],
  ['<=', '>'],
  ['<', '>='],
  ['>=', '<'],
]);

type MatchCondition = LabelCondition & { op: MatchOp };

const isSame = (matcher: { name: string; op: string; value: string }, condition: LabelCondition, op: string | undefined = condition.op) =>
  matcher.name === condition.name && matcher.value === condition.value && matcher.op === op;

/** Adds a matcher to every selector. One that says the opposite is replaced; one that says the same is left alone. */
export function addMatcher(text: string, condition: MatchCondition): string {
  return editLogs(text, (log) => addMatcherTo(log, condition));
}

function addMatcherTo({ selector }: LogExpr, condition: MatchCondition): Edit[] {
  const { matchers } = selector;
  if (selector.variable !== undefined || matchers.some((matcher) => isSame(matcher, condition))) {
    return [];
  }
  const text = printMatcher(condition);
  const opposite = matchers.find((matcher) => isSame(matcher, condition, opposites.get(condition.op)));
  if (opposite !== undefined) {
    return [{ ...opposite.span, text }];
  }
  const last = matchers.at(-1);
  const at = last === undefined ? selector.span.start + 1 : last.span.end;
  return [{ start: at, end: at, text: last === undefined ? text : `, ${text}` }];
}

/** Removes a matcher from every selector that has it. */
export function removeMatcher(text: string, condition: MatchCondition): string {
  return editLogs(text, (log) => removeMatcherFrom(log, condition));
}

function removeMatcherFrom({ selector }: LogExpr, condition: MatchCondition): Edit[] {
  const { matchers } = selector;
  const at = matchers.findIndex((matcher) => isSame(matcher, condition));
  if (at < 0) {
    return [];
  }
  const { start, end } = matchers[at].span;
  if (at + 1 < matchers.length) {
    return [{ start, end: matchers[at + 1].span.start, text: '' }];
  }
  return [{ start: at === 0 ? start : matchers[at - 1].span.end, end, text: '' }];
}

/** Removes the matcher where it is, adds it where it is not. */
export function toggleMatcher(text: string, condition: MatchCondition): string {
  return editLogs(text, (log) =>
    log.selector.matchers.some((matcher) => isSame(matcher, condition)) ? removeMatcherFrom(log, condition) : addMatcherTo(log, condition)
  );
}

/** Puts other matchers into every selector. */
export function setSelector(text: string, matchers: Array<Omit<Matcher, 'span'>>): string {
  const span = { start: 0, end: 0 };
  const selector = printSelector({ matchers: matchers.map((matcher) => ({ ...matcher, span })), span });
  return editLogs(text, (log) => [{ ...log.selector.span, text: selector }]);
}

// ---------------------------------------------------------------------------------------------- stages

const parserKinds = new Set<Stage['kind']>(['json', 'logfmt', 'regexp', 'pattern', 'unpack']);
/** Stages behind which a label has the value a reader of the result sees. */
const labelKinds = new Set<Stage['kind']>([...parserKinds, 'labelFormat', 'labelFilter']);
/** Stages that change the line. */
const lineKinds = new Set<Stage['kind']>(['lineFormat', 'unpack', 'decolorize']);

/** End of the selector and of the line filters right behind it. */
function headEnd(log: LogExpr): number {
  const other = log.stages.findIndex((stage) => stage.kind !== 'lineFilter');
  const filters = other < 0 ? log.stages : log.stages.slice(0, other);
  return filters.at(-1)?.span.end ?? log.selector.span.end;
}

/** End of the last stage of the kinds, or of the head. */
function endAfter(log: LogExpr, kinds: Set<Stage['kind']>): number {
  return log.stages.filter((stage) => kinds.has(stage.kind)).at(-1)?.span.end ?? headEnd(log);
}

/** A stage put in at `at`, with a blank on each side that needs one. */
function insertion(text: string, at: number, stage: string): Edit {
  return { start: at, end: at, text: ` ${stage}${text[at] === '[' || text[at] === '|' ? ' ' : ''}` };
}

/** `status >= 500` with a number, duration or size as it is; text in quotes. */
function printCondition({ name, op, value }: LabelCondition): string {
  if (op === '=' || op === '!=' || op === '=~' || op === '!~') {
    return `${name}${op}${goQuote(value)}`;
  }
  const isNumber = /^[0-9.+-]/.test(value) && (Number.isFinite(Number(value)) || parseDuration(value).ok || parseBytes(value).ok);
  return `${name}${op}${isNumber ? value : goQuote(value)}`;
}

/** The value of a filter with a single condition, as text. */
function conditionOf(filter: LabelFilter): LabelCondition | undefined {
  switch (filter.kind) {
    case 'string':
      return filter;
    case 'number':
    case 'duration':
    case 'bytes':
      return { name: filter.name, op: filter.op === '==' ? '=' : filter.op, value: filter.text };
    default:
      return undefined;
  }
}

const filterStages = (log: LogExpr) =>
  log.stages.flatMap((stage) => {
    const condition = stage.kind === 'labelFilter' ? conditionOf(stage.filter) : undefined;
    return condition === undefined ? [] : [{ stage, condition }];
  });

/**
 * Adds `| name="value"` behind the last stage that makes labels. A filter that says the opposite is replaced; one that says
 * the same is left alone.
 */
export function addLabelFilter(text: string, condition: LabelCondition): string {
  return editLogs(text, (log) => {
    const filters = filterStages(log);
    if (filters.some((filter) => isSame(filter.condition, condition))) {
      return [];
    }
    const stage = `| ${printCondition(condition)}`;
    const opposite = filters.find((filter) => isSame(filter.condition, condition, opposites.get(condition.op)));
    return [opposite === undefined ? insertion(text, endAfter(log, labelKinds), stage) : { ...opposite.stage.span, text: stage }];
  });
}

/** Removes the label filters that say exactly this. */
export function removeLabelFilter(text: string, condition: LabelCondition): string {
  return editLogs(text, (log) =>
    filterStages(log)
      .filter((filter) => isSame(filter.condition, condition))
      .map(({ stage }) => {
        const before = text.slice(0, stage.span.start);
        return { start: before.length - /[ \t]?$/.exec(before)![0].length, end: stage.span.end, text: '' };
      })
  );
}

/** True if every log query has the condition, as matcher or as label filter. */
export function hasFilter(text: string, condition: LabelCondition): boolean {
  const { expr } = parse(text, { variables: true });
  const logs = expr === undefined ? [] : logQueriesOf(expr);
  const has = (log: LogExpr) =>
    log.selector.matchers.some((matcher) => isSame(matcher, condition)) ||
    filterStages(log).some((filter) => isSame(filter.condition, condition));
  return logs.length > 0 && logs.every(has);
}

/**
 * Adds `|= "value"` behind the line filters at the front, where it costs least; behind the last stage that rewrites the line
 * if there is one, because the text was picked from what that stage wrote. Patterns (`|>`, `!>`) are those of lines as they are stored: they
 * stay in front.
 */
export function addLineFilter(text: string, op: LineFilterOp, value: string): string {
  return editLogs(text, (log) => {
    const present = log.stages.some(
      (stage) => stage.kind === 'lineFilter' && stage.op === op && stage.operands.length === 1 && stage.operands[0].kind === 'text' && stage.operands[0].value === value
    );
    return present && value !== '' ? [] : [insertion(text, op === '|>' || op === '!>' ? headEnd(log) : endAfter(log, lineKinds), `${op} ${goQuote(value)}`)];
  });
}

/** Adds a parser behind the line filters at the front, or behind the last parser. `pattern` is for regexp and pattern. */
export function addParser(text: string, parser: 'json' | 'logfmt' | 'unpack' | 'regexp' | 'pattern', pattern?: string): string {
  const stage = pattern === undefined ? `| ${parser}` : `| ${parser} ${goQuote(pattern)}`;
  return editLogs(text, (log) => [insertion(text, endAfter(log, parserKinds), stage)]);
}

/** Adds `| __error__=""` behind the last parser, which drops lines it could not read. */
export function addNoPipelineError(text: string): string {
  const condition: LabelCondition = { name: '__error__', op: '=', value: '' };
  return editLogs(text, (log) =>
    filterStages(log).some((filter) => isSame(filter.condition, condition))
      ? []
      : [insertion(text, endAfter(log, parserKinds), `| ${printCondition(condition)}`)]
  );
}

/** Adds `| label_format name=from` behind the last parser, for example to show `lvl` as the level. */
export function addLabelFormat(text: string, name: string, from: string): string {
  return editLogs(text, (log) => [insertion(text, endAfter(log, new Set([...parserKinds, 'labelFormat' as const])), `| label_format ${name}=${from}`)]);
}

/** Puts another text between all range brackets, such as `$__auto`. */
export function setRange(text: string, range: string): string {
  const { expr } = parse(text, { variables: true });
  return expr === undefined ? text : applyEdits(text, rangesOf(expr).map((span) => ({ ...span, text: range })));
}

function rangesOf(expr: Expr): Span[] {
  switch (expr.kind) {
    case 'range':
      return [expr.range.span];
    case 'vector':
    case 'labelReplace':
      return rangesOf(expr.expr);
    case 'binary':
      return [...rangesOf(expr.left), ...rangesOf(expr.right)];
    default:
      return [];
  }
}
