import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Expr, Span } from './ast';
import { logQueriesOf } from './edit';
import { tokenize } from './lexer';
import { parse } from './parser';
import { print, printPretty } from './printer';
import { situationAt } from './situation';

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const rounds = Number(process.env.FUZZ ?? 20_000);

let state = seed;
function random(limit: number): number {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
  return Math.floor((state / 0x80000000) * limit);
}
const pick = <T>(items: T[]): T => items[random(items.length)];

const corpus: string[] = JSON.parse(readFileSync(path.join(__dirname, 'testdata/loki-3.4.json'), 'utf8')).map((item: { query: string }) => item.query);

const soup = ['{', '}', '(', ')', ',', '=', '!=', '=~', '!~', '|', '|=', '|~', '|>', '!>', '==', '>', '<=', '+', '-', '*', '/', '%', '^', 'a', 'b', 'json', 'logfmt',
  'regexp', 'pattern', 'unpack', 'drop', 'keep', 'distinct', 'line_format', 'label_format', 'decolorize', 'unwrap', 'bytes(', 'duration(x)', 'by', 'without', 'on', 'ignoring',
  'group_left', 'bool', 'offset', 'and', 'or', 'unless', 'rate(', 'sum(', 'topk(', 'sum by (a)', 'quantile_over_time(', 'vector(', 'label_replace(', 'ip(', '"x"', '`y`', '"',
  '`', "'", '[5m]', '[', ']', '[1x]', '5m', '-5m', '10KB', '1.5', '.5', '0x1f', '1e9', '--strict', '--', '#', '\n', '//', '/*', '*/', '$x', '${y:z}', '[[z]]', '[$__auto]', '@', '\\', '😀',
  '\u0000', '.', ' ', '{a="b"}', '{a=~".+"} | json', '| x="y"', '|= "z"', '"(?P<a>b)"', '"<a>"', '"("']; // prettier-ignore

function tokenSoup(): string {
  return Array.from({ length: random(12) }, () => pick(soup) + (random(3) === 0 ? '' : ' ')).join('');
}

/** A recorded query with pieces cut out, doubled, swapped or replaced. */
function mutated(): string {
  let text = pick(corpus);
  for (let times = random(3) + 1; times > 0; times--) {
    const start = random(text.length + 1);
    const end = Math.min(text.length, start + random(8));
    const middle = pick(['', '', text.slice(start, end).repeat(2), pick(soup), pick(corpus).slice(random(20), random(60))]);
    text = text.slice(0, start) + middle + text.slice(end);
  }
  return text;
}

/** Every span of a tree, parents before children. */
function spansOf(node: unknown, into: Span[] = []): Span[] {
  if (typeof node === 'object' && node !== null) {
    const { span } = node as { span?: Span };
    if (span !== undefined) {
      into.push(span);
    }
    Object.values(node).forEach((child) => spansOf(child, into));
  }
  return into;
}

/** Jest's expect costs more than a parse; this is called for every token. */
function must(condition: boolean, what: string): void {
  if (!condition) {
    throw new Error(what);
  }
}

/** What a tree means: without spans, spelling, and groupings that change nothing. */
function meaning(node: unknown): string {
  return JSON.stringify(node, (key, value) => {
    if (key === 'span' || key === 'text' || key === 'separator') {
      return undefined;
    }
    if (key === 'grouping' && !value.without && value.labels.length === 0) {
      return undefined;
    }
    if (key === 'matching' && !value.on && value.labels.length === 0 && value.group === undefined) {
      return undefined;
    }
    if (key === 'offset' && value.ns === 0 && value.variable === undefined) {
      return undefined;
    }
    return value?.op === '=' && ['number', 'duration', 'bytes'].includes(value.kind) ? { ...value, op: '==' } : value;
  });
}

/** The text of every stage is that stage. */
function checkStageSpans(text: string, expr: Expr, variables: boolean): void {
  for (const { stages } of logQueriesOf(expr)) {
    for (const stage of stages) {
      const own = parse(`{a="b"} ${text.slice(stage.span.start, stage.span.end)}`, { variables }).expr;
      must(own?.kind === 'log' && meaning(own.stages) === meaning([stage]), `the span of ${JSON.stringify(stage)} is its text`);
    }
  }
}

const halfCharacter = /\p{Cs}/u;

/** True if the text is a query. */
function checkOne(text: string, variables: boolean): boolean {
  let end = 0;
  for (const token of tokenize(text, { variables })) {
    must(token.start >= end && token.end >= token.start, 'tokens are in order');
    end = token.end;
  }
  must(end === text.length, 'the last token is at the end');
  const { expr, problems } = parse(text, { variables });
  must((expr === undefined) === problems.length > 0, 'an expression or problems');
  for (const span of [...problems.map((problem) => problem.span), ...spansOf(expr)]) {
    must(span.start >= 0 && span.end >= span.start && span.end <= text.length, 'spans are inside the text');
  }
  if (expr === undefined) {
    return false;
  }
  if (halfCharacter.test(text)) {
    // Cut through a character: such a text cannot be sent, and prints with U+FFFD in its place.
    return true;
  }
  const once = print(expr);
  const again = parse(once, { variables });
  must(again.expr !== undefined, `what was printed is a query: ${once}`);
  must(meaning(again.expr) === meaning(expr), `printing keeps the meaning: ${once}`);
  checkStageSpans(text, expr, variables);
  must(print(again.expr!) === once, `printing is stable: ${once}`);
  const pretty = parse(printPretty(expr), { variables });
  must(pretty.expr !== undefined && print(pretty.expr) === once, `pretty printing keeps the meaning: ${printPretty(expr)}`);
  return true;
}

test(`any text: no throw, spans in order, printing keeps the meaning (seed ${seed})`, () => {
  let valid = 0;
  for (let round = 0; round < rounds; round++) {
    const text = random(2) === 0 ? tokenSoup() : mutated();
    const variables = random(2) === 0;
    try {
      valid += checkOne(text, variables) ? 1 : 0;
      const { replace, typed } = situationAt(text, random(text.length + 1));
      must(replace.end - replace.start >= typed.length, 'what was typed is inside what gets replaced');
    } catch (error) {
      throw new Error(`${JSON.stringify(text)} variables=${variables} seed=${seed}: ${String(error)}`, { cause: error });
    }
  }
  // Else the test would only have seen errors.
  expect(valid).toBeGreaterThan(rounds / 20);
});
