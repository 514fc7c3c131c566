import { printMatcher, type MatchOp } from '../logql';

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
