import type { AbstractLabelMatcher, AbstractQuery } from '@grafana/data';
import { escapeQuoted } from '../query/interpolate';
import { logParts, parsed } from '../query/kind';
import type { Query } from '../query/model';
import type { Environment } from './environment';

const operators: Record<string, string> = { '=': 'Equal', '!=': 'NotEqual', '=~': 'EqualRegEx', '!~': 'NotEqualRegEx' };
const signs: Record<string, string> = { Equal: '=', NotEqual: '!=', EqualRegEx: '=~', NotEqualRegEx: '!~' };

/** Queries of another data source as ours: its label matchers become the selector. */
export async function importQueries(queries: AbstractQuery[], _environment: Environment): Promise<Query[]> {
  return queries.map(({ refId, labelMatchers }) => {
    const matchers = labelMatchers.filter(({ name }) => name !== '__name__').map(({ name, operator, value }) => `${name}${signs[operator] ?? '='}"${escapeQuoted(value)}"`);
    return { refId, expr: matchers.length > 0 ? `{${matchers.join(', ')}}` : '', queryType: 'range' };
  });
}

/** Our queries for another data source: the matchers of the first selector. */
export async function exportQueries(queries: Query[], _environment: Environment): Promise<AbstractQuery[]> {
  return queries.map(({ refId, expr }) => {
    const found = parsed(expr);
    const matchers = (found && logParts(found)[0]?.selector.matchers) ?? [];
    return { refId, labelMatchers: matchers.map(({ name, op, value }) => ({ name, operator: operators[op], value }) as AbstractLabelMatcher) };
  });
}
