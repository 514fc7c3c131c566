import { RE2JS } from 're2js';
import type { Matcher } from '../../src/logql/ast';
import { badRequest } from '../model/errors';
import type { Labels } from '../model/labels';

/** Says whether a label value (the empty string when the label is missing) passes one matcher. */
export type ValueTest = (value: string) => boolean;

/** Answers of a regular expression kept per matcher; label values repeat, and RE2 in JavaScript is slow. */
const answersMax = 10_000;

/** One matcher as a test of a value. `=~` and `!~` are RE2 patterns anchored at both ends, linear in time. Throws RequestError 400. */
export function valueTest(matcher: Matcher): ValueTest {
  const { op, value } = matcher;
  if (op === '=') {
    return (text) => text === value;
  }
  if (op === '!=') {
    return (text) => text !== value;
  }
  if (op === '=~' && value === '.*') {
    return () => true; // texts with newlines too, which `.` does not take
  }
  const pattern = compileAnchored(value);
  const answers = new Map<string, boolean>();
  const wanted = op === '=~';
  return (text) => {
    let matches = answers.get(text);
    if (matches === undefined) {
      matches = pattern.matches(text);
      if (answers.size >= answersMax) {
        answers.clear();
      }
      answers.set(text, matches);
    }
    return matches === wanted;
  };
}

function compileAnchored(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw badRequest(`invalid regular expression in a matcher: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** All matchers together (AND) as a test of a label set. */
export function labelsTest(matchers: Matcher[]): (labels: Labels) => boolean {
  const tests = matchers.map((matcher) => ({ name: matcher.name, passes: valueTest(matcher) }));
  return (labels) => tests.every(({ name, passes }) => passes(labels.get(name) ?? ''));
}

/** A selector without spans, for callers that do not come from a parsed query. */
export function matcher(name: string, op: Matcher['op'], value: string): Matcher {
  return { name, op, value, span: { start: 0, end: 0 } };
}
