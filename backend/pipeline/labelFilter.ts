import type { CompareOp, LabelFilter, LabelFilterStage, MatchOp } from '../../src/logql/ast';
import { looseTests, type TextTest } from '../../src/logql/regexLoose';
import { parseBytes, parseGoDuration } from '../../src/logql/units';
import { parseGoFloat } from '../text/goNumber';
import { parseIpMatcher } from '../text/ip';
import { plainDuration, plainFloat, plainWhole } from '../text/plainNumber';
import { compileAnchored } from '../text/re2';
import { errorLabel } from './labelNames';
import type { LabelTest } from './labelsBuilder';
import type { BuildContext, Step } from './step';

export const labelFilterError = 'LabelFilterErr';

export function buildLabelFilter(stage: LabelFilterStage, context: BuildContext): Step {
  const test = labelTest(stage.filter, context);
  return (_line, labels) => test(labels);
}

/** Loki, pkg/logql/log/label_filter.go. With `and` both sides always run: either may set an error. */
export function labelTest(filter: LabelFilter, context: BuildContext): LabelTest {
  switch (filter.kind) {
    case 'and': {
      const left = labelTest(filter.left, context);
      const right = labelTest(filter.right, context);
      return (labels) => {
        const matched = left(labels);
        return right(labels) && matched;
      };
    }
    case 'or': {
      const left = labelTest(filter.left, context);
      const right = labelTest(filter.right, context);
      return (labels) => left(labels) || right(labels);
    }
    case 'string':
      return stringTest(filter.name, filter.op, filter.value, context);
    case 'number':
    case 'duration':
    case 'bytes':
      return comparison(filter.name, filter.op, filter.value, conversions[filter.kind], context);
    case 'ip':
      return ipTest(filter.name, filter.op === '=', filter.value, context);
  }
}

/** A missing label is the empty text; a pattern must cover the whole value. */
export function valueTest(op: MatchOp, value: string): (value: string) => boolean {
  switch (op) {
    case '=':
      return (text) => text === value;
    case '!=':
      return (text) => text !== value;
    case '=~': {
      const regex = compileAnchored(value);
      return (text) => regex.test(text);
    }
    case '!~': {
      const regex = compileAnchored(value);
      return (text) => !regex.test(text);
    }
  }
}

/** A filter, unlike a matcher, compares texts where Loki takes its pattern for texts. */
function filterTest(op: MatchOp, value: string): (value: string) => boolean {
  if (op === '=' || op === '!=') {
    return valueTest(op, value);
  }
  const regex = compileAnchored(value);
  const tests = looseTests(value)?.map(textTest);
  const matches = tests ? (text: string) => tests.some((test) => test(text)) : (text: string) => regex.test(text);
  return op === '=~' ? matches : (text) => !matches(text);
}

export function textTest(test: TextTest): (text: string) => boolean {
  switch (test.kind) {
    case 'anything':
      return () => true;
    case 'something':
      return (text) => text !== '';
    case 'equals':
      return test.ignoreCase ? (text) => text.toLowerCase() === test.text : (text) => text === test.text;
    case 'contains':
      return test.ignoreCase ? (text) => text.toLowerCase().includes(test.text) : (text) => text.includes(test.text);
  }
}

function stringTest(name: string, op: MatchOp, value: string, { labels: { names } }: BuildContext): LabelTest {
  const test = filterTest(op, value);
  if (name === errorLabel) {
    return (labels) => test(labels.error);
  }
  const number = names.number(name);
  return (labels) => test(labels.get(number) ?? '');
}

/** How a value becomes a number. */
export interface Conversion {
  /** Every form and every error. */
  ofText(text: string): { value: number; error?: string };
  /** The usual form, as it stands in a line; NaN for any other. */
  ofBytes(bytes: Uint8Array, start: number, end: number): number;
}

export const plainNumber: Conversion = { ofText: parseGoFloat, ofBytes: plainFloat };

export const durationSeconds: Conversion = {
  ofText: (text) => {
    const parsed = parseGoDuration(text);
    return parsed.ok ? { value: parsed.value / 1e9 } : { value: 0, error: parsed.error };
  },
  ofBytes: plainDuration,
};

export const byteCount: Conversion = {
  ofText: (text) => {
    const parsed = parseBytes(text);
    return parsed.ok ? { value: parsed.value } : { value: 0, error: parsed.error };
  },
  ofBytes: plainWhole,
};

const conversions = { number: plainNumber, duration: durationSeconds, bytes: byteCount };

/** Of numbers: in label filters and between metric queries. */
export const comparisons: { [Op in CompareOp]: (a: number, b: number) => boolean } = {
  '=': (a, b) => a === b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
};

/** Without the label the entry goes; with a value that can't be converted it stays, with an error unless it has one. */
function comparison(name: string, op: CompareOp, bound: number, conversion: Conversion, { labels: { names } }: BuildContext): LabelTest {
  const number = names.number(name);
  const compare = comparisons[op];
  return (labels) => {
    const plain = labels.numberIn(number, conversion.ofBytes);
    if (!Number.isNaN(plain)) {
      return compare(plain, bound);
    }
    const text = labels.get(number);
    if (text === undefined) {
      return false;
    }
    const { value, error } = conversion.ofText(text);
    if (error === undefined) {
      return compare(value, bound);
    }
    if (labels.error === '') {
      labels.setError(labelFilterError, error);
    }
    return true;
  };
}

/** A condition that sets no error: undecided counts as passed. Undefined for a filter that has none. */
export function quickTest(filter: LabelFilter, context: BuildContext): LabelTest | undefined {
  switch (filter.kind) {
    case 'string':
      return stringTest(filter.name, filter.op, filter.value, context);
    case 'number':
    case 'duration':
    case 'bytes': {
      const number = context.labels.names.number(filter.name);
      const compare = comparisons[filter.op];
      const { ofBytes } = conversions[filter.kind];
      const bound = filter.value;
      return (labels) => {
        const value = labels.numberIn(number, ofBytes);
        return Number.isNaN(value) || compare(value, bound);
      };
    }
    default:
      return undefined;
  }
}

function ipTest(name: string, positive: boolean, pattern: string, { labels: { names } }: BuildContext): LabelTest {
  const matcher = parseIpMatcher(pattern);
  const number = names.number(name);
  return (labels) => {
    if (labels.error !== '') {
      return true;
    }
    const text = labels.get(number);
    if (text === undefined) {
      return false;
    }
    const bytes = Buffer.from(text, 'utf8');
    return matcher.inText(bytes, 0, bytes.length) === positive;
  };
}
