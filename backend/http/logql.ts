import { parse, problemText, type Expr, type LogExpr, type Matcher, type ParseOptions } from '../../src/logql';
import { badRequest } from '../model/errors';

/** LogQL in parameters: parsed, or a RequestError 400 in Loki's words. */

export function parseExpr(text: string, options: ParseOptions = {}): Expr {
  const { expr, problems } = parse(text, options);
  if (!expr) {
    throw badRequest(problemText(problems[0]));
  }
  return expr;
}

export function parseLogExpr(text: string, otherwise: string, options: ParseOptions = {}): LogExpr {
  const expr = parseExpr(text, options);
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
