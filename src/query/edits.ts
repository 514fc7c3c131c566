import { goQuote, type LabelFilter, type LogExpr, type MatchOp, type Span, type Stage } from '../logql';
import { logParts, parsed } from './kind';

/** A condition on one label. */
export interface Filter {
  name: string;
  op: MatchOp | '<' | '>';
  value: string;
}

/** Text put at an offset, or in place of a span. */
interface Change {
  span: Span;
  text: string;
}

/**
 * Changes every log query of an expression by spans: comments and blanks of the user stay. `make` answers the changes for one of them.
 * A text that can't be parsed comes back as it is: changing what is not understood would make it worse.
 */
function editParts(expr: string, make: (part: LogExpr) => Change[]): string {
  const found = parsed(expr) ?? parsedSelector(expr);
  if (!found) {
    return expr;
  }
  const changes = logParts(found).flatMap(make);
  return changes
    .sort((a, b) => b.span.start - a.span.start)
    .reduce((text, { span, text: replacement }) => text.slice(0, span.start) + replacement + text.slice(span.end), expr);
}

/** `{}` alone is no query yet, but a place to put matchers into. */
function parsedSelector(expr: string): LogExpr | undefined {
  const start = expr.indexOf('{');
  if (!/^\s*\{\s*\}\s*$/.test(expr)) {
    return undefined;
  }
  const span = { start, end: expr.lastIndexOf('}') + 1 };
  return { kind: 'log', selector: { matchers: [], span }, stages: [], span };
}

/** A text in quotes: backticks when they save escaping. */
export function quote(text: string): string {
  return /["\\]/.test(text) && !/[`\n\r\t]/.test(text) ? `\`${text}\`` : goQuote(text);
}

/** Adds a matcher to every selector; one that is there already is not repeated. */
export function addMatcher(expr: string, { name, op, value }: Filter): string {
  return editParts(expr, ({ selector }) => {
    if (selector.matchers.some((matcher) => matcher.name === name && matcher.op === op && matcher.value === value)) {
      return [];
    }
    const last = selector.matchers[selector.matchers.length - 1];
    const at = last?.span.end ?? selector.span.start + 1;
    return [insert(at, `${last ? ', ' : ''}${name}${op}${quote(value)}`)];
  });
}

/** Adds a condition on a label to the end of every pipeline. */
export function addLabelFilter(expr: string, { name, op, value }: Filter): string {
  const right = op === '<' || op === '>' ? value : quote(value);
  return editParts(expr, (part) => (part.stages.some((stage) => isFilter(stage, { name, op, value })) ? [] : [insert(endOf(part), ` | ${name}${op}${right}`)]));
}

/** Adds a stage such as `| json` to the end of every pipeline. */
export function addStage(expr: string, stage: string): string {
  return editParts(expr, (part) => [insert(endOf(part), ` ${stage}`)]);
}

/** Stages after which a line is no longer what was stored. */
const lineChanging: ReadonlyArray<Stage['kind']> = ['lineFormat', 'unpack', 'decolorize'];

/** Adds a text to look for: before the parsers, where it is cheapest, unless the line on screen is not the stored one. */
export function addLineFilter(expr: string, op: '|=' | '!=' | '|~' | '!~', value: string): string {
  return editParts(expr, (part) => {
    const changed = part.stages.some((stage) => lineChanging.includes(stage.kind));
    const firstOther = part.stages.findIndex((stage) => stage.kind !== 'lineFilter');
    const before = changed || firstOther < 0 ? undefined : firstOther === 0 ? part.selector.span.end : part.stages[firstOther - 1].span.end;
    return [insert(before ?? endOf(part), ` ${op} ${quote(value)}`)];
  });
}

/** Whether any log query of the expression has exactly this condition, as matcher or as label filter. */
export function findFilter(expr: string, filter: Filter): boolean {
  const found = parsed(expr);
  return found !== undefined && logParts(found).some(({ selector, stages }) => selector.matchers.some((matcher) => equals(matcher, filter)) || stages.some((stage) => isFilter(stage, filter)));
}

/** Takes a condition out wherever it stands. */
export function removeFilter(expr: string, filter: Filter): string {
  return editParts(expr, ({ selector, stages }) => {
    const { matchers } = selector;
    const removed = matchers.flatMap((matcher, index): Change[] => {
      if (!equals(matcher, filter)) {
        return [];
      }
      const next = matchers[index + 1];
      const previous = matchers[index - 1];
      const start = next || !previous ? matcher.span.start : previous.span.end;
      return [{ span: { start, end: next ? next.span.start : matcher.span.end }, text: '' }];
    });
    const blanks = (start: number) => start - (/\s+$/.exec(expr.slice(0, start))?.[0].length ?? 0);
    return [...removed, ...stages.filter((stage) => isFilter(stage, filter)).map((stage): Change => ({ span: { start: blanks(stage.span.start), end: stage.span.end }, text: '' }))];
  });
}

function insert(at: number, text: string): Change {
  return { span: { start: at, end: at }, text };
}

/** Where a pipeline ends (before `| unwrap` and `[5m]`). */
function endOf(part: LogExpr): number {
  return part.stages[part.stages.length - 1]?.span.end ?? part.selector.span.end;
}

function isFilter(stage: Stage, filter: Filter): boolean {
  return stage.kind === 'labelFilter' && isCondition(stage.filter, filter);
}

function isCondition(condition: LabelFilter, filter: Filter): boolean {
  return condition.kind === 'string' && equals(condition, filter);
}

function equals(one: { name: string; op: string; value: string }, { name, op, value }: Filter): boolean {
  return one.name === name && one.op === op && one.value === value;
}
