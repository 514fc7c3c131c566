import type { KeyValue, QueryFilterOptions, QueryFixAction, ToggleFilterAction } from '@grafana/data';
import { labelTypeOf } from '../frames/labelTypes';
import type { LabelType } from '../frames/logs';
import { addLabelFilter, addLabelFormat, addLineFilter, addMatcher, addNoPipelineError, addParser, hasFilter as has, logQueriesOf, printMatcher, removeLabelFilter, removeMatcher, type MatchOp } from '../logql';
import { parsed } from './kind';
import type { Query } from './model';

/** A condition on one label, as matcher or as label filter. */
interface Filter {
  name: string;
  op: MatchOp;
  value: string;
}

type Edit = (expr: string, options: KeyValue<string>, type: LabelType | undefined) => string;

/** Every change Grafana or a hint can ask for, by its name. */
const actions: Record<string, Edit> = {
  ADD_FILTER: (expr, { key, value }, type) => withFilter(expr, { name: key, op: '=', value }, type),
  ADD_FILTER_OUT: (expr, { key, value }, type) => withFilter(expr, { name: key, op: '!=', value }, type),
  ADD_STRING_FILTER: (expr, { value }) => addLineFilter(expr, '|=', value),
  ADD_STRING_FILTER_OUT: (expr, { value }) => addLineFilter(expr, '!=', value),
  ADD_LINE_FILTER: (expr) => addLineFilter(expr, '|=', ''),
  ADD_LABEL_FILTER: (expr, { key = 'level', value = '' }) => addLabelFilter(expr, { name: key, op: '=', value }),
  ADD_LOGFMT_PARSER: (expr) => addParser(expr, 'logfmt'),
  ADD_JSON_PARSER: (expr) => addParser(expr, 'json'),
  ADD_UNPACK_PARSER: (expr) => addParser(expr, 'unpack'),
  ADD_NO_PIPELINE_ERROR: (expr) => addNoPipelineError(expr),
  ADD_LEVEL_LABEL_FORMAT: (expr, { originalLabel, renameTo = 'level' }) => (originalLabel ? addLabelFormat(expr, renameTo, originalLabel) : expr),
  ADD_RATE: (expr) => (parsed(expr)?.kind === 'log' ? `sum(rate(${expr.trim()} [$__auto]))` : expr),
};

/** What Explore may offer in its menu for selected text and on labels. */
export const supportedActions = ['ADD_FILTER', 'ADD_FILTER_OUT', 'ADD_STRING_FILTER', 'ADD_STRING_FILTER_OUT'];

/** Where labels came from in lines that were shown; for Grafana 10, which does not hand on the row a button belongs to. */
export type SeenTypes = ReadonlyMap<string, LabelType>;

/** Changes a query the way a button says. An unknown name or a query that can't be understood leaves it as it is. */
export function applyAction(query: Query, action: QueryFixAction, seen?: SeenTypes): Query {
  const edit = Object.hasOwn(actions, action.type) ? actions[action.type] : undefined;
  const options = action.options ?? {};
  return edit ? { ...query, expr: edit(query.expr ?? '', options, labelTypeOf(options.key, action.frame, null) ?? seen?.get(options.key)) } : query;
}

/** The plus and minus buttons: a second press takes the filter away, the other button turns it round. */
export function toggleFilter(query: Query, { type, options, frame }: ToggleFilterAction, seen?: SeenTypes): Query {
  const filter: Filter = { name: options.key, op: type === 'FILTER_FOR' ? '=' : '!=', value: options.value };
  const expr = has(query.expr, filter) ? removeFilter(query.expr, filter) : withFilter(query.expr, filter, labelTypeOf(options.key, frame, null) ?? seen?.get(options.key));
  return { ...query, expr };
}

/** Whether a query already asks for this value of this label. */
export function hasFilter(query: Query, options: QueryFilterOptions): boolean {
  return has(query.expr ?? '', { name: options.key, op: '=', value: options.value });
}

/**
 * Adds a filter where it can match: a label of the stream in the selector, anything else after the pipeline, where the label is
 * what the user saw. The opposite filter goes. A query that is still empty becomes a selector.
 */
function withFilter(expr: string, filter: Filter, type: LabelType | undefined): string {
  if (expr.trim() === '') {
    return `{${printMatcher(filter)}}`;
  }
  return (type ?? guessedType(expr, filter.name)) === 'I' ? addMatcher(expr, filter) : addLabelFilter(expr, filter);
}

/** Takes a condition out wherever it stands. */
function removeFilter(expr: string, filter: Filter): string {
  return removeLabelFilter(removeMatcher(expr, filter), filter);
}

const parserKinds = ['json', 'logfmt', 'regexp', 'pattern', 'unpack', 'labelFormat'];

/** Without a row to look at: a label the selector names is the stream's, and without a parser nothing else can be. */
export function guessedType(expr: string, name: string): LabelType {
  const found = parsed(expr);
  const parts = found ? logQueriesOf(found) : [];
  const inSelector = parts.some(({ selector }) => selector.matchers.some((matcher) => matcher.name === name));
  const parses = parts.some(({ stages }) => stages.some((stage) => parserKinds.includes(stage.kind)));
  return inSelector || !parses ? 'I' : 'P';
}
