import { parse, type Expr } from '../logql';

/** A query text as an expression, template variables allowed; undefined when it can't be understood (yet). */
export function parsed(expr: string): Expr | undefined {
  return parse(expr, { variables: true }).expr;
}

/** Whether lines or numbers come back. A text that can't be parsed is judged by how it begins. */
export function kindOf(expr: string): 'log' | 'metric' {
  const found = parsed(expr);
  if (found) {
    return found.kind === 'log' ? 'log' : 'metric';
  }
  return /^(\s|#[^\n]*\n|\()*(\{|$)/.test(expr) ? 'log' : 'metric';
}
