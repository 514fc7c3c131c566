import type { LineFilterOperand, LineFilterStage } from '../../src/logql/ast';
import { looseTests } from '../../src/logql/regexLoose';
import { parseIpMatcher } from '../text/ip';
import { parseLinePattern } from '../text/pattern';
import { compileRegex } from '../text/re2';
import { textTest } from './labelFilter';
import type { Line } from './line';
import type { Step } from './step';

type LineTest = (line: Line) => boolean;

/**
 * `|= "a" or "b"`: with a positive op one operand must match, with a negative op none may. Beside others an operand that takes
 * anything does not count, as in Loki: `|= "" or "a"` asks for `a`.
 */
export function buildLineFilter(stage: LineFilterStage): Step {
  const positive = stage.op === '|=' || stage.op === '|~' || stage.op === '|>';
  const asking = positive ? stage.operands.filter((operand) => !takesAnything(stage, operand)) : stage.operands;
  const tests = (asking.length > 0 ? asking : stage.operands.slice(0, 1)).map((operand) => operandTest(stage, operand));
  if (tests.length === 1) {
    const [test] = tests;
    return positive ? test : (line) => !test(line);
  }
  return (line) => tests.some((test) => test(line)) === positive;
}

function operandTest(stage: LineFilterStage, operand: LineFilterOperand): LineTest {
  if (operand.kind === 'ip') {
    const matches = parseIpMatcher(operand.value);
    return (line) => matches.inText(line.source.bytes, line.start, line.end);
  }
  switch (stage.op) {
    case '|=':
    case '!=':
      return containsTest(operand.value);
    case '|~':
    case '!~': {
      const regex = compileRegex(operand.value);
      if (takesSomething(operand.value)) {
        return (line) => line.end > line.start;
      }
      const texts = regex.test('') ? askingTexts(operand.value) : undefined;
      if (texts) {
        return (line) => texts.some((test) => test(line.text));
      }
      return (line) => regex.testBytes(line.source, line.start, line.end);
    }
    case '|>':
    case '!>': {
      const pattern = parseLinePattern(operand.value);
      return (line) => pattern.test(line.source.bytes, line.start, line.end);
    }
  }
}

function takesAnything({ op }: LineFilterStage, { kind, value }: LineFilterOperand): boolean {
  if (kind === 'ip') {
    return false;
  }
  return op === '|=' ? value === '' : op === '|~' && looseTests(value)?.[0].kind === 'anything';
}

/** `.+` takes every line that is not empty, in Loki also one of line feeds only, which the pattern does not match. */
function takesSomething(pattern: string): boolean {
  const tests = looseTests(pattern);
  return tests?.length === 1 && tests[0].kind === 'something';
}

/** The texts that Loki looks for in place of a pattern that may be empty (`a|`, `a|.*`); undefined where it takes anything. */
function askingTexts(pattern: string): Array<(text: string) => boolean> | undefined {
  const tests = looseTests(pattern);
  return tests?.[0].kind === 'anything' ? undefined : tests?.map((test) => textTest(test.kind === 'equals' ? { ...test, kind: 'contains' } : test));
}

function containsTest(text: string): LineTest {
  if (text === '') {
    return () => true;
  }
  const needle = Buffer.from(text, 'utf8');
  return (line) => contains(line.source.bytes, line.start, line.end, needle);
}

/** Whether bytes `[start, end)` contain the needle. The search may run on behind the line; what it finds there does not count. */
function contains(bytes: Buffer, start: number, end: number, needle: Buffer): boolean {
  if (end - start < needle.length) {
    return false;
  }
  return bytes.subarray(start, end).includes(needle);
}
