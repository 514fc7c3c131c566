import { quoteRegex, type MatchOp } from '../logql';
import type { DraftMatcher } from './selector';

/** `a|b.*|c(d|e)` as its parts between the outermost bars; an empty pattern has none. */
export function alternatives(pattern: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const [piece] of pattern.matchAll(/\\[\s\S]|\[(?:\\[\s\S]|[^\]])*\]?|[\s\S]/g)) {
    depth += piece === '(' ? 1 : piece === ')' ? -1 : 0;
    if (piece === '|' && depth === 0) {
      parts.push('');
    } else {
      parts[parts.length - 1] += piece;
    }
  }
  return parts.filter((part) => part !== '');
}

/** The text that a pattern stands for when it stands for one only; undefined for a pattern that is more. */
export function literalOf(pattern: string): string | undefined {
  const text = pattern.replace(/\\(\W)/g, '$1');
  return quoteRegex(text) === pattern ? text : undefined;
}

/** A value as part of a pattern. A template variable (`$host`, `${host:raw}`) stays one; any other dollar sign is itself. */
export function patternOf(value: string): string {
  return /\$[\w{]/.test(value) ? value : quoteRegex(value);
}

const isPattern = (op: MatchOp) => op === '=~' || op === '!~';

/** The same condition with another operator: between equality and pattern the value keeps its meaning where it can. */
export function withOperator(matcher: DraftMatcher, op: MatchOp): DraftMatcher {
  if (isPattern(matcher.op) === isPattern(op)) {
    return { ...matcher, op };
  }
  return { ...matcher, op, value: isPattern(op) ? patternOf(matcher.value) : (literalOf(matcher.value) ?? matcher.value) };
}
