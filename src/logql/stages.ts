/** The grammar of selectors and pipeline stages. */
import {
  CompareOp,
  LabelExtraction,
  LabelFilter,
  LabelFormatTarget,
  LabelRef,
  LineFilterOp,
  LineFilterOperand,
  LineFilterStage,
  LogfmtStage,
  Matcher,
  MatchOp,
  Selector,
  Span,
  Stage,
  Unwrap,
  UnwrapConversion,
} from './ast';
import { matcherError, patternStageError, regexpStageError } from './check';
import { Token } from './lexer';
import { Reader, Stop } from './reader';

const matchOps = ['=', '=~', '!~', '!='];
const lineFilterOps = new Set(['|=', '|~', '|>', '!=', '!~', '!>']);
const compareOps = new Set(['=', '==', '!=', '>', '>=', '<', '<=', '=~', '!~']);

const spanFrom = (reader: Reader, start: number): Span => ({ start, end: reader.lastEnd });

/** Whether the token came from a bare template variable. */
const variableMark = (token: Token): { variable?: true } => (token.type === 'VARIABLE' ? { variable: true } : {});

const quoteFix = (token: Token) =>
  token.type === 'IDENTIFIER'
    ? { label: 'Put the value in quotes', span: { start: token.start, end: token.end }, text: `"${token.text.replace(/^'(.*)'$/, '$1')}"` }
    : undefined;

// ---------------------------------------------------------------------------------------------- selector

/** `{a="b", c!="d"}` or, in the editor, a variable that stands for a whole log query. */
export function readSelector(reader: Reader): Selector {
  const start = reader.token.start;
  const variable = reader.accept('VARIABLE');
  if (variable !== undefined) {
    return { matchers: [], variable: variable.text, span: spanFrom(reader, start) };
  }
  reader.expect('logQuery', '{');
  const matchers: Matcher[] = [];
  reader.fits('matcherName');
  if (!reader.is('}') && !reader.is('IDENTIFIER') && !reader.is('VARIABLE')) {
    recoverMatcher(reader, () => reader.expect('matcherEnd', 'IDENTIFIER', '}'));
  }
  while (!reader.accept('}')) {
    recoverMatcher(reader, () => {
      matchers.push(readMatcher(reader));
      if (!reader.is('}')) {
        reader.expect('matcherEnd', '}', ',');
        if (reader.is('}')) {
          reader.expect('matcherName', 'IDENTIFIER');
        }
      }
    });
  }
  return { matchers, span: spanFrom(reader, start) };
}

/** Goes on behind a broken matcher, so that the rest of the query is still checked. */
function recoverMatcher(reader: Reader, read: () => void): void {
  try {
    read();
  } catch (stop) {
    if (!(stop instanceof Stop) || !reader.skipTo(',', '}')) {
      throw stop;
    }
    reader.accept(',');
  }
}

function readMatcher(reader: Reader): Matcher {
  const name = reader.expectOrVariable('matcherName', 'IDENTIFIER');
  const op = reader.expect('matcherOp', ...matchOps).type as MatchOp;
  return readMatcherValue(reader, name, op);
}

function readMatcherValue(reader: Reader, name: Token, op: MatchOp): Matcher {
  reader.fits('matcherValue');
  if (!reader.is('STRING') && !reader.is('VARIABLE')) {
    reader.fail(['STRING'], undefined, quoteFix(reader.token));
  }
  const value = reader.take();
  const matcher: Matcher = { name: name.text, op, value: value.text, ...variableMark(value), span: spanFrom(reader, name.start) };
  reportIn(reader, value, matcherError(op, value.text));
  return matcher;
}

/** Reports what is wrong in a literal, unless a template variable in it may still change that. */
function reportIn(reader: Reader, token: Token, message: string | undefined): void {
  if (message !== undefined && token.variable !== true) {
    reader.report(message, { start: token.start, end: token.end });
  }
}

// ---------------------------------------------------------------------------------------------- pipeline

/** Stages up to the end of the query, a range, or (inside a range function) `| unwrap`. */
export function readStages(reader: Reader, inRange: boolean): Stage[] {
  const stages: Stage[] = [];
  for (;;) {
    reader.fits('lineFilter');
    reader.fits('stage');
    const isFilter = lineFilterOps.has(reader.token.type);
    if (!isFilter && (!reader.is('|') || (inRange && reader.next.type === 'unwrap'))) {
      return stages;
    }
    try {
      stages.push(isFilter ? readLineFilter(reader) : readStage(reader, inRange));
    } catch (stop) {
      if (!(stop instanceof Stop) || !reader.skipTo('|', '|=', '|~', '|>', 'RANGE', ')')) {
        throw stop;
      }
    }
  }
}

function readLineFilter(reader: Reader): LineFilterStage {
  const op = reader.take();
  const operands = [readLineFilterOperand(reader)];
  reader.fits('lineFilterOr');
  while (reader.accept('or')) {
    operands.push(readLineFilterOperand(reader));
    reader.fits('lineFilterOr');
  }
  return { kind: 'lineFilter', op: op.type as LineFilterOp, operands, span: spanFrom(reader, op.start) };
}

function readLineFilterOperand(reader: Reader): LineFilterOperand {
  const token = reader.token;
  reader.fits('lineFilterValue');
  if (reader.accept('ip')) {
    const value = readCallText(reader, 'lineFilterValue');
    return { kind: 'ip', value: value.text, ...variableMark(value), span: spanFrom(reader, token.start) };
  }
  if (!reader.is('STRING') && !reader.is('VARIABLE')) {
    reader.fail(['STRING', 'ip'], undefined, quoteFix(token));
  }
  reader.take();
  return { kind: 'text', value: token.text, ...variableMark(token), span: spanFrom(reader, token.start) };
}

/** `("text")` behind a word. */
function readCallText(reader: Reader, site: 'lineFilterValue' | 'filterValue'): Token {
  reader.expect('close', '(');
  const value = reader.expectOrVariable(site, 'STRING');
  reader.expect('close', ')');
  return value;
}

const wordStages: Record<string, (reader: Reader, start: number) => Stage> = {
  json: (reader, start) => {
    const expressions = startsName(reader) ? readExtractions(reader) : [];
    return { kind: 'json', expressions, span: spanFrom(reader, start) };
  },
  logfmt: readLogfmt,
  unpack: (reader, start) => ({ kind: 'unpack', span: spanFrom(reader, start) }),
  decolorize: (reader, start) => ({ kind: 'decolorize', span: spanFrom(reader, start) }),
  regexp: (reader, start) => {
    const pattern = reader.expectOrVariable('regexp', 'STRING');
    reportIn(reader, pattern, regexpStageError(pattern.text));
    return { kind: 'regexp', pattern: pattern.text, ...variableMark(pattern), span: spanFrom(reader, start) };
  },
  pattern: (reader, start) => {
    const pattern = reader.expectOrVariable('pattern', 'STRING');
    reportIn(reader, pattern, patternStageError(pattern.text));
    return { kind: 'pattern', pattern: pattern.text, ...variableMark(pattern), span: spanFrom(reader, start) };
  },
  line_format: (reader, start) => {
    const template = reader.expectOrVariable('template', 'STRING');
    return { kind: 'lineFormat', template: template.text, ...variableMark(template), span: spanFrom(reader, start) };
  },
  label_format: (reader, start) => {
    const targets = readList(reader, readFormatTarget);
    return { kind: 'labelFormat', targets, span: spanFrom(reader, start) };
  },
  drop: (reader, start) => {
    const labels = readList(reader, readLabelRef);
    return { kind: 'drop', labels, span: spanFrom(reader, start) };
  },
  keep: (reader, start) => {
    const labels = readList(reader, readLabelRef);
    return { kind: 'keep', labels, span: spanFrom(reader, start) };
  },
};

/** `distinct` is an ordinary label name unless a list of labels follows (or is still to be written). */
const distinctFollowers = new Set(['IDENTIFIER', 'VARIABLE', '$end']);

const startsName = (reader: Reader) => {
  reader.fits('extractName');
  return reader.is('IDENTIFIER') || reader.is('VARIABLE');
};

function readStage(reader: Reader, inRange: boolean): Stage {
  const start = reader.take().start;
  reader.fits('stageKeyword');
  const word = reader.token;
  if (Object.hasOwn(wordStages, word.type)) {
    reader.take();
    return wordStages[word.type](reader, start);
  }
  if (word.type === 'IDENTIFIER' && word.text.toLowerCase() === 'distinct' && distinctFollowers.has(reader.next.type)) {
    reader.take();
    const labels = readList(reader, () => reader.expectOrVariable('distinctLabel', 'IDENTIFIER').text);
    return { kind: 'distinct', labels, span: spanFrom(reader, start) };
  }
  if (inRange) {
    reader.fits('unwrapKeyword');
  }
  reader.fits('filterName');
  if (word.type === 'unwrap') {
    reader.fail([], 'unwrap turns lines into samples and is only possible inside a range function such as sum_over_time');
  }
  if (word.type !== 'IDENTIFIER' && word.type !== 'VARIABLE' && word.type !== '(') {
    reader.fail([]);
  }
  const filter = readLabelFilter(reader, 0);
  return { kind: 'labelFilter', filter, span: spanFrom(reader, start) };
}

function readList<T>(reader: Reader, readItem: (reader: Reader) => T): T[] {
  const items = [readItem(reader)];
  reader.fits('comma');
  while (reader.accept(',')) {
    items.push(readItem(reader));
    reader.fits('comma');
  }
  return items;
}

function readLogfmt(reader: Reader, start: number): LogfmtStage {
  let strict = false;
  let keepEmpty = false;
  reader.fits('parserFlag');
  for (let flag = reader.accept('PARSER_FLAG'); flag !== undefined; flag = reader.accept('PARSER_FLAG')) {
    strict ||= flag.text === '--strict';
    keepEmpty ||= flag.text === '--keep-empty';
    reader.fits('parserFlag');
  }
  const expressions = startsName(reader) ? readExtractions(reader) : [];
  return { kind: 'logfmt', strict, keepEmpty, expressions, span: spanFrom(reader, start) };
}

function readExtractions(reader: Reader): LabelExtraction[] {
  return readList(reader, () => {
    const name = reader.expectOrVariable('extractName', 'IDENTIFIER');
    reader.fits('extractOp');
    if (!reader.accept('=')) {
      return { name: name.text, path: name.text, bare: true, span: spanFrom(reader, name.start) };
    }
    const path = reader.expectOrVariable('extractPath', 'STRING');
    return { name: name.text, path: path.text, bare: false, ...variableMark(path), span: spanFrom(reader, name.start) };
  });
}

function readFormatTarget(reader: Reader): LabelFormatTarget {
  const name = reader.expectOrVariable('formatTarget', 'IDENTIFIER');
  reader.expect('formatOp', '=');
  const value = reader.expectOrVariable('formatValue', 'IDENTIFIER', 'STRING');
  const span = spanFrom(reader, name.start);
  return value.type === 'STRING'
    ? { kind: 'template', name: name.text, template: value.text, span }
    : { kind: 'rename', name: name.text, from: value.text, span };
}

function readLabelRef(reader: Reader): LabelRef {
  const name = reader.expectOrVariable('labelList', 'IDENTIFIER');
  reader.fits('labelListOp');
  if (!matchOps.includes(reader.token.type)) {
    return { name: name.text, span: spanFrom(reader, name.start) };
  }
  const { op, value, variable, span } = readMatcherValue(reader, name, reader.take().type as MatchOp);
  return { name: name.text, match: { op, value, ...(variable && { variable }) }, span };
}

// ---------------------------------------------------------------------------------------------- label filters

const joinPrecedence = new Map([
  ['or', 1],
  ['and', 2],
]);

/**
 * A condition. `and` binds tighter than `or`; a comma or a blank takes everything that follows as its right side, whatever
 * stands before it (that is how Loki's generated parser resolves the ambiguity).
 */
export function readLabelFilter(reader: Reader, least: number): LabelFilter {
  const start = reader.token.start;
  let left = readCondition(reader);
  for (;;) {
    reader.fits('filterJoin');
    const word = reader.token.type;
    const precedence = joinPrecedence.get(word);
    if (precedence !== undefined && precedence >= least) {
      reader.countOperator();
      reader.take();
      const right = readLabelFilter(reader, precedence + 1);
      const span = spanFrom(reader, start);
      left = word === 'or' ? { kind: 'or', left, right, span } : { kind: 'and', left, right, separator: 'and', span };
      continue;
    }
    if (word !== ',' && word !== 'IDENTIFIER' && word !== '(' && word !== 'VARIABLE') {
      return left;
    }
    reader.countOperator();
    const separator = reader.accept(',') ? ',' : ' ';
    const right = reader.nested(() => readLabelFilter(reader, 0));
    left = { kind: 'and', left, right, separator, span: spanFrom(reader, start) };
  }
}

function readCondition(reader: Reader): LabelFilter {
  reader.fits('filterName');
  if (reader.accept('(')) {
    const inner = reader.nested(() => readLabelFilter(reader, 0));
    if (!reader.is(')')) {
      reader.fits('close');
      reader.fail([]);
    }
    reader.take();
    return inner;
  }
  const name = reader.expectOrVariable('filterName', 'IDENTIFIER', '(');
  reader.fits('filterOp');
  const op = reader.token.type;
  if (!compareOps.has(op)) {
    reader.fail([]);
  }
  reader.take();
  return op === '=~' || op === '!~' ? stringCondition(reader, name, op) : readValue(reader, name, op as CompareOp);
}

function stringCondition(reader: Reader, name: Token, op: MatchOp): LabelFilter {
  const { value, variable, span } = readMatcherValue(reader, name, op);
  return { kind: 'string', name: name.text, op, value, ...(variable && { variable }), span };
}

function readValue(reader: Reader, name: Token, op: CompareOp): LabelFilter {
  reader.fits('filterValue');
  const token = reader.token;
  const textual = op === '=' || op === '!=';
  const base = () => ({ name: name.text, op, text: reader.text.slice(token.start, reader.lastEnd), span: spanFrom(reader, name.start) });
  switch (token.type) {
    case 'DURATION':
      reader.take();
      return { kind: 'duration', ...base(), value: token.value! / 1e9 };
    case 'BYTES':
      reader.take();
      return { kind: 'bytes', ...base(), value: token.value! };
    case 'NUMBER':
      reader.take();
      return { kind: 'number', ...base(), value: Number(token.text) };
    case '+':
    case '-': {
      reader.take();
      const digits = Number(reader.expect('filterValue', 'NUMBER').text);
      return { kind: 'number', ...base(), value: token.type === '-' ? -digits : digits };
    }
    case 'VARIABLE':
      if (!textual) {
        reader.take();
        return { kind: 'number', ...base(), value: 0, variable: true };
      }
      return stringCondition(reader, name, op);
    case 'STRING':
      if (textual) {
        return stringCondition(reader, name, op);
      }
      return reader.fail([], 'text is compared with = != =~ !~; write the number, duration or size without quotes');
    case 'ip':
      if (textual) {
        reader.take();
        const value = readCallText(reader, 'filterValue');
        return { kind: 'ip', name: name.text, op, value: value.text, span: spanFrom(reader, name.start) };
      }
      return reader.fail([]);
    default:
      return reader.fail([], undefined, textual ? quoteFix(token) : undefined);
  }
}

// ---------------------------------------------------------------------------------------------- unwrap

const conversions = new Map<string, UnwrapConversion>([
  ['BYTES_CONV', 'bytes'],
  ['DURATION_CONV', 'duration'],
  ['DURATION_SECONDS_CONV', 'duration_seconds'],
]);

/** `| unwrap x | filter`, or nothing if the text goes on otherwise. */
export function readUnwrap(reader: Reader): Unwrap | undefined {
  if (!reader.is('|') || reader.next.type !== 'unwrap') {
    return undefined;
  }
  const start = reader.take().start;
  reader.take();
  const conversion = conversions.get(reader.token.type);
  let label: Token;
  if (conversion !== undefined) {
    reader.take();
    reader.expect('close', '(');
    label = reader.expectOrVariable('unwrapLabel', 'IDENTIFIER');
    reader.expect('close', ')');
  } else {
    label = reader.expectOrVariable('unwrapLabel', 'IDENTIFIER', ...conversions.keys());
  }
  const filters: LabelFilter[] = [];
  reader.fits('stage');
  while (reader.accept('|')) {
    filters.push(readLabelFilter(reader, 0));
    reader.fits('stage');
  }
  return { label: label.text, ...(conversion && { conversion }), filters, span: spanFrom(reader, start) };
}
