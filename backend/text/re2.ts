import { RE2JS } from 're2js';
import type { Source } from './source';

/** A compiled RE2 pattern. Linear time whatever the pattern. */
export interface Regex {
  readonly pattern: string;
  /** Whether it matches somewhere in the text. */
  test(text: string): boolean;
  testBytes(source: Source, start: number, end: number): boolean;
}

export function compileRegex(pattern: string): Regex {
  const compiled = RE2JS.compile(pattern);
  const test = (text: string) => compiled.matcher(text).find();
  return { pattern, test, testBytes: (source, start, end) => test(source.slice(start, end)) };
}
