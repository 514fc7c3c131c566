import type { LogExpr, Matcher, ParseOptions } from '../../src/logql';
import { badRequest } from '../model/errors';
import { parseQuery } from '../query/run';

/** LogQL in parameters: parsed, or a RequestError 400 in Loki's words. */

export function parseLogExpr(text: string, otherwise: string, options: ParseOptions = {}): LogExpr {
  const expr = parseQuery(text, options);
  if (expr.kind !== 'log') {
    throw badRequest(otherwise);
  }
  return expr;
}

/** The matchers of a parameter that may only hold a selector; empty text selects everything. */
export function parseSelector(text: string, options: Pick<ParseOptions, 'anyStreams'> = {}): Matcher[] {
  if (text.trim() === '' || /^\{\s*\}$/.test(text.trim())) {
    return [];
  }
  const expr = parseLogExpr(text, 'only label matchers are supported', options);
  if (expr.stages.length > 0) {
    throw badRequest('only label matchers are supported');
  }
  return expr.selector.matchers;
}
