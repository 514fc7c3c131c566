import { unquoteGo } from '../../text/template/goQuoting';
import { Captures } from '../captures';
import { ConfigError } from '../config/yaml';
import type { Entry } from '../entry';

/** A test of an entry's labels and line. */
export type Selector = (entry: Entry) => boolean;

type Operator = '=' | '!=' | '=~' | '!~' | '|=' | '|~';

interface Reader {
  text: string;
  at: number;
}

/**
 * The selector of a `match` stage: matchers in braces, then line filters. This is Promtail's own small language and not LogQL: texts stand in
 * double quotes only, there are no alternatives and no other stages. Throws a ConfigError with the column.
 */
export function parseSelector(text: string): Selector {
  const reader: Reader = { text, at: 0 };
  expect(reader, '{');
  const tests: Selector[] = [];
  for (;;) {
    tests.push(readMatcher(reader));
    if (peek(reader) === ',') {
      reader.at++;
      continue;
    }
    expect(reader, '}');
    break;
  }
  while (peek(reader) !== '') {
    tests.push(readFilter(reader));
  }
  return (entry) => tests.every((test) => test(entry));
}

function peek(reader: Reader): string {
  while (/\s/.test(reader.text[reader.at] ?? '')) {
    reader.at++;
  }
  return reader.text[reader.at] ?? '';
}

function expect(reader: Reader, character: string): void {
  if (peek(reader) !== character) {
    throw unexpected(reader, `"${character}"`);
  }
  reader.at++;
}

function unexpected(reader: Reader, wanted: string): ConfigError {
  const found = peek(reader);
  return new ConfigError(`invalid selector syntax for match stage: parse error at line 1, col ${reader.at + 1}: syntax error: unexpected ${found === '' ? '$end' : found}, expecting ${wanted}`);
}

function readMatcher(reader: Reader): Selector {
  peek(reader);
  const name = /^[A-Za-z_][A-Za-z0-9_]*/.exec(reader.text.slice(reader.at))?.[0];
  if (name === undefined) {
    throw unexpected(reader, 'IDENTIFIER');
  }
  reader.at += name.length;
  const operator = readOperator(reader, ['=~', '!~', '!=', '=']);
  const value = readText(reader);
  const test = textTest(operator, value, true);
  return (entry) => test(entry.labels.get(name) ?? '');
}

function readFilter(reader: Reader): Selector {
  const operator = readOperator(reader, ['|=', '|~', '!=', '!~']);
  const test = textTest(operator, readText(reader), false);
  return (entry) => test(entry.line);
}

function readOperator(reader: Reader, operators: readonly Operator[]): Operator {
  peek(reader);
  const operator = operators.find((candidate) => reader.text.startsWith(candidate, reader.at));
  if (operator === undefined) {
    throw unexpected(reader, operators.join(' or '));
  }
  reader.at += operator.length;
  return operator;
}

function readText(reader: Reader): string {
  peek(reader);
  const quoted = /^"(?:[^"\\\n]|\\.)*"/.exec(reader.text.slice(reader.at))?.[0];
  const text = quoted === undefined ? undefined : unquoteGo(quoted);
  if (quoted === undefined || text === undefined) {
    throw unexpected(reader, 'STRING');
  }
  reader.at += quoted.length;
  return text;
}

/** @param whole matchers compare the whole value, filters look inside the line. */
function textTest(operator: Operator, value: string, whole: boolean): (text: string) => boolean {
  switch (operator) {
    case '=':
      return (text) => text === value;
    case '|=':
      return (text) => text.includes(value);
    case '!=':
      return whole ? (text) => text !== value : (text) => !text.includes(value);
    default: {
      const regex = compiled(whole ? `^(?:${value})$` : value);
      return operator === '!~' ? (text) => !regex.test(text) : (text) => regex.test(text);
    }
  }
}

function compiled(pattern: string): Captures {
  try {
    return Captures.compile(pattern);
  } catch (error) {
    throw new ConfigError(`error parsing pipeline: ${(error as Error).message}`);
  }
}
