import { logQueriesOf, nearest, printMatcher, type Expr, type Matcher } from '../logql';
import type { LabelSource } from './LabelSource';

/** What in the selectors of a query stands for nothing. */
export interface Mistaken {
  matcher: Matcher;
  /** Whether the label exists, and only this value of it does not. */
  labelKnown: boolean;
  /** What was probably meant. */
  meant?: Matcher;
}

/** The first matcher of a query that no stream can satisfy, because there is no such label or no such value in the range. */
export async function findMistaken(expr: Expr, source: Pick<LabelSource, 'labels' | 'values'>): Promise<Mistaken | undefined> {
  const matchers = logQueriesOf(expr).flatMap(({ selector }) => selector.matchers);
  for (const matcher of matchers.filter(({ op, value, variable }) => op === '=' && value !== '' && !variable)) {
    const { name, value } = matcher;
    const labels = await source.labels();
    if (!labels.includes(name)) {
      const near = nearest(name, labels);
      return { matcher, labelKnown: false, meant: near === undefined ? undefined : { ...matcher, name: near } };
    }
    const values = await source.values(name);
    if (!values.includes(value)) {
      const near = nearest(value, values);
      return { matcher, labelKnown: true, meant: near === undefined ? undefined : { ...matcher, value: near } };
    }
  }
  return undefined;
}

/** The query with what was meant. */
export function repaired(text: string, { matcher, meant }: Mistaken): string {
  return meant ? text.slice(0, matcher.span.start) + printMatcher(meant) + text.slice(matcher.span.end) : text;
}
