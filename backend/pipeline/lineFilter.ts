import type { LineFilterOperand, LineFilterStage } from '../../src/logql/ast';
import { parseIpMatcher } from '../text/ip';
import { parseLinePattern } from '../text/pattern';
import { compileRegex } from '../text/re2';
import type { Line } from './line';
import type { Step } from './step';

type LineTest = (line: Line) => boolean;

/** `|= "a" or "b"`: with a positive op one operand must match, with a negative op none may. */
export function buildLineFilter(stage: LineFilterStage): Step {
  const positive = stage.op === '|=' || stage.op === '|~' || stage.op === '|>';
  const tests = stage.operands.map((operand) => operandTest(stage, operand));
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
      return (line) => regex.testBytes(line.source, line.start, line.end);
    }
    case '|>':
    case '!>': {
      const pattern = parseLinePattern(operand.value);
      return (line) => pattern.test(line.source.bytes, line.start, line.end);
    }
  }
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
