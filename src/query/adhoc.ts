import type { AdHocVariableFilter, Scope } from '@grafana/data';
import { guessedType } from './actions';
import { addLabelFilter, addMatcher, quoteRegex, type LabelCondition, type MatchOp } from '../logql';
import { narrowingSelector } from './selector';

/** A dashboard's filter as a condition of LogQL; undefined while it is not filled in. */
function conditionOf({ key, operator, value, values }: AdHocVariableFilter): LabelCondition | undefined {
  if (!key) {
    return undefined;
  }
  switch (operator) {
    case '=|':
    case '!=|':
      // "One of": several values as a pattern, each taken literally.
      return { name: key, op: operator === '=|' ? '=~' : '!~', value: (values ?? [value]).map(quoteRegex).join('|') };
    case '=':
    case '!=':
    case '=~':
    case '!~':
    case '<':
    case '>':
      return { name: key, op: operator, value };
    default:
      return undefined;
  }
}

const scopeOperators: Record<string, string> = { equals: '=', 'not-equals': '!=', 'regex-match': '=~', 'regex-not-match': '!~', 'one-of': '=|', 'not-one-of': '!=|' };

/** Scopes (Grafana 11 and newer, where switched on) as the filters they stand for. */
export function scopeFilters(scopes: Scope[] = []): AdHocVariableFilter[] {
  return scopes.flatMap(({ spec }) => (spec?.filters ?? []).map(({ key, operator, value, values }) => ({ key, operator: scopeOperators[operator] ?? operator, value, values })));
}

/** Puts the filters of a dashboard into every selector, or behind the pipeline when the key is not a label of streams. */
export function addAdHocFilters(expr: string, filters: AdHocVariableFilter[], streamLabels?: ReadonlySet<string>): string {
  return filters.reduce((text, filter) => {
    const condition = conditionOf(filter);
    if (!condition) {
      return text;
    }
    const isNumeric = condition.op === '<' || condition.op === '>';
    const isStream = streamLabels ? streamLabels.has(condition.name) : guessedType(text, condition.name) === 'I';
    return isStream && !isNumeric ? addMatcher(text, { ...condition, op: condition.op as MatchOp }) : addLabelFilter(text, condition);
  }, expr);
}

/** Filters on labels of streams as a selector, to narrow keys and values; undefined when there are none that narrow. */
export function selectorOf(filters: AdHocVariableFilter[], streamLabels: ReadonlySet<string>): string | undefined {
  return narrowingSelector(
    filters.flatMap((filter) => {
      const condition = conditionOf(filter);
      return condition && streamLabels.has(condition.name) && condition.op !== '<' && condition.op !== '>' ? [{ name: condition.name, op: condition.op as MatchOp, value: condition.value }] : [];
    })
  );
}
