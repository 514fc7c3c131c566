import { matchesEmpty, printMatcher, type MatchOp } from '../logql';

/** A matcher while it is being put together: name and value may still be empty. */
export interface DraftMatcher {
  name: string;
  op: MatchOp;
  value: string;
}

/** The matchers that are filled in, as a selector. */
export function selectorText(matchers: DraftMatcher[]): string {
  return `{${matchers.filter(({ name }) => name !== '').map(printMatcher).join(', ')}}`;
}

/**
 * Matchers as a selector that narrows what is offered elsewhere; undefined when none can. Variables say nothing yet, and a selector that
 * an absent label would match as well is refused by servers.
 */
export function narrowingSelector(matchers: DraftMatcher[]): string | undefined {
  const full = matchers.filter(({ name, value }) => name !== '' && value !== '' && !value.includes('$'));
  return full.some(narrows) ? selectorText(full) : undefined;
}

/** Whether a matcher alone is enough of a selector: one that an absent label fails. */
export function narrows({ name, op, value }: DraftMatcher): boolean {
  return name !== '' && value !== '' && (op === '=' || (op === '=~' && !matchesEmpty(value)));
}
