/**
 * What fits at a cursor: the text before it is parsed, and what the parser would have accepted at its end is the answer.
 * Nothing here knows labels or values; completion adds those.
 */
import { Matcher, MatchOp, Selector, Span, Stage } from './ast';
import { captureNames } from './regex';
import { hasVariable, Token, tokenize } from './lexer';
import { parse, readQuery } from './parser';
import { Reader, Site } from './reader';

/**
 * - `empty`: nothing written yet
 * - `query`: a selector, function, number or parenthesis; `inFunction` tells the one around
 * - `labelName`, `labelOp`, `labelValue`: inside `{}`
 * - `afterLog`: behind a selector or a finished stage: stages, line filters, and what `sites` adds (range, operators, a list
 *   of names, `and`)
 * - `stage`: right behind `|`
 * - `fieldName`, `fieldOp`, `fieldValue`: a label filter
 * - `lineFilter`, `regexp`, `pattern`, `template`, `path`: the text of those
 * - `extract`: names behind `json` and `logfmt`; `format`: targets of label_format, `formatValue`: their right side
 * - `unwrap`, `labels` (drop and keep), `distinct`, `grouping`: names of fields
 * - `range`: between brackets or where they must come; `offset`: a duration
 * - `afterMetric`: behind a metric: operators, `by`; `modifier`: behind an operator: `bool`, `on`, or an operand
 * - `none`: a fixed sign such as `(`, or nothing that completion could help with
 */
export type SituationKind =
  | 'empty' | 'query' | 'labelName' | 'labelOp' | 'labelValue' | 'afterLog' | 'stage' | 'fieldName' | 'fieldOp' | 'fieldValue'
  | 'lineFilter' | 'regexp' | 'pattern' | 'template' | 'path' | 'extract' | 'format' | 'formatValue' | 'unwrap' | 'labels'
  | 'distinct' | 'grouping' | 'range' | 'offset' | 'afterMetric' | 'modifier' | 'parameter' | 'none'; // prettier-ignore

export interface Situation {
  kind: SituationKind;
  /** Everything the grammar allows here, the innermost first. */
  sites: Site[];
  /** What a chosen item replaces: the word or the inside of the string or brackets around the cursor. */
  replace: Span;
  /** The part of it before the cursor. */
  typed: string;
  /** Inside quotes or brackets; items then come without them. */
  quoted: boolean;
  /** Quotes are open but not closed. */
  unclosed: boolean;
  /** `labelOp`, `labelValue`, `fieldOp`, `fieldValue`: the label. */
  name?: string;
  /** `labelValue`, `fieldValue`, `lineFilter`: the operator. */
  op?: string;
  /** `labelName` and `labelValue`: the other matchers of the selector, before and behind the cursor. */
  matchers: Matcher[];
  /** The log query around (or belonging to) the cursor, up to the stage being written; to look at sample lines. */
  log?: { text: string; selector: Selector; stages: Stage[]; fields: string[]; hasParser: boolean };
  /** Labels already named in the list at the cursor. */
  used: string[];
  /** The innermost function around the cursor, as in `functionInfo`. */
  inFunction?: string;
}

/** What is at the cursor. `offset` counts UTF-16 units; template variables are allowed. */
export function situationAt(text: string, offset: number): Situation {
  const at = Math.max(0, Math.min(offset, text.length));
  const tokens = tokenize(text, { variables: true });
  const touched = touchedToken(text, tokens, at);
  const end = touched === undefined ? at : touched.token.start;
  const before = tokens.filter((token) => token.end <= end && token.type !== '$end' && token.type !== 'COMMENT');
  const base = {
    replace: touched?.replace ?? { start: at, end: at },
    typed: touched === undefined ? '' : text.slice(touched.replace.start, at),
    quoted: touched?.quoted ?? false,
    unclosed: touched?.unclosed ?? false,
    used: [],
  };
  if (touched?.comment) {
    return { kind: 'none', sites: [], ...base, matchers: [] };
  }
  const sites = sitesAfter(text.slice(0, end), before);
  const kind = before.length === 0 && tokens.length <= 2 && base.typed === '' ? 'empty' : kindOf(sites, before, touched);
  const after = tokens.filter((token) => token.start >= Math.max(base.replace.end, at) && token.type !== 'COMMENT');
  return { ...base, kind, sites, ...contextOf(kind, text, before, after) };
}

interface Touched {
  token: Token;
  replace: Span;
  quoted: boolean;
  unclosed: boolean;
  bracket?: boolean;
  comment?: boolean;
}

/** The word, string or bracket the cursor is in or right behind. */
function touchedToken(text: string, tokens: Token[], at: number): Touched | undefined {
  const token = tokens.find((item) => item.start < at && at <= item.end);
  if (token === undefined || token.type === '$end') {
    return undefined;
  }
  if (token.type === 'COMMENT') {
    return { token, replace: { start: at, end: at }, quoted: false, unclosed: false, comment: true };
  }
  // A flag is several tokens until it is complete.
  const flag = /\blogfmt(?:\s+--strict|\s+--keep-empty)*\s+(--?[a-z-]*)$/i.exec(text.slice(Math.max(0, at - 60), at));
  if (flag !== null) {
    const start = at - flag[1].length;
    return { token: tokens.find((item) => item.start === start) ?? token, replace: { start, end: at }, quoted: false, unclosed: false };
  }
  const first = text[token.start];
  const isString = first === '"' || first === '`' || first === "'";
  const isBracket = first === '[' && token.type !== 'VARIABLE';
  if (isString || isBracket) {
    const unclosed = token.error === 'literal not terminated' || (isBracket && !text.slice(token.start, token.end).endsWith(']'));
    if (at === token.end && !unclosed) {
      return undefined;
    }
    // An open quote swallows the rest of the line; only what stands before the cursor is meant.
    const end = unclosed ? at : token.end - 1;
    return { token, replace: { start: token.start + 1, end }, quoted: true, unclosed, bracket: isBracket };
  }
  const isWord = /[A-Za-z0-9_$]/.test(text[token.start]) || token.type === 'UNKNOWN';
  return isWord ? { token, replace: { start: token.start, end: token.end }, quoted: false, unclosed: false } : undefined;
}

function sitesAfter(text: string, tokens: Token[]): Site[] {
  const end: Token = { type: '$end', text: '', start: text.length, end: text.length };
  const reader = new Reader(text, [...tokens, end]);
  readQuery(reader);
  return [...new Set(reader.sites)];
}

function lastIndex(tokens: Token[], type: string): number {
  let at = tokens.length - 1;
  while (at >= 0 && tokens[at].type !== type) {
    at--;
  }
  return at;
}

const inSelector = (tokens: Token[]) => lastIndex(tokens, '{') > lastIndex(tokens, '}');

/** The first of these sites that fits decides; the order goes from the narrow to the wide. */
const kindBySite: Array<[Site, SituationKind]> = [
  ['matcherName', 'labelName'],
  ['matcherOp', 'labelOp'],
  ['matcherValue', 'labelValue'],
  ['lineFilterValue', 'lineFilter'],
  ['regexp', 'regexp'],
  ['pattern', 'pattern'],
  ['template', 'template'],
  ['extractPath', 'path'],
  ['stageKeyword', 'stage'],
  ['filterOp', 'fieldOp'],
  ['filterValue', 'fieldValue'],
  ['formatTarget', 'format'],
  ['formatValue', 'formatValue'],
  ['unwrapLabel', 'unwrap'],
  ['labelList', 'labels'],
  ['distinctLabel', 'distinct'],
  ['groupingLabel', 'grouping'],
  ['offsetValue', 'offset'],
  ['stage', 'afterLog'],
  ['filterName', 'fieldName'],
  ['extractName', 'extract'],
  ['range', 'range'],
  ['query', 'query'],
  ['logQuery', 'query'],
  ['parameter', 'parameter'],
  ['binaryOp', 'afterMetric'],
  ['groupingKeyword', 'afterMetric'],
  ['binaryModifier', 'modifier'],
];

function kindOf(sites: Site[], before: Token[], touched: Touched | undefined): SituationKind {
  if (touched?.bracket) {
    return sites.includes('stage') || sites.includes('range') ? 'range' : 'none';
  }
  if (sites.includes('matcherValue') && !inSelector(before)) {
    return 'fieldValue';
  }
  if (touched?.quoted && sites.includes('formatValue')) {
    return 'template';
  }
  if (sites.includes('binaryModifier') && sites.includes('query')) {
    return 'modifier';
  }
  const found = kindBySite.find(([site]) => sites.includes(site));
  return found?.[1] ?? 'none';
}

function contextOf(kind: SituationKind, text: string, before: Token[], after: Token[]) {
  const fn = functionAround(before);
  const context: Pick<Situation, 'name' | 'op' | 'matchers' | 'log' | 'used' | 'inFunction'> = {
    matchers: [],
    used: usedNames(before),
    ...(fn !== undefined && { inFunction: fn }),
  };
  const isValue = kind === 'labelValue' || kind === 'fieldValue' || kind === 'lineFilter';
  if (isValue) {
    context.op = before.at(-1)?.text;
  }
  if (kind === 'labelOp' || kind === 'fieldOp') {
    context.name = before.at(-1)?.text;
  } else if (kind === 'labelValue' || kind === 'fieldValue') {
    context.name = before.at(-2)?.text;
  }
  if (inSelector(before)) {
    // The matcher being written is not one of the others.
    const own = kind === 'labelValue' ? 2 : kind === 'labelOp' ? 1 : 0;
    const behind = after.slice(0, Math.max(0, after.findIndex((token) => token.type === '}' || token.type === '$end')));
    context.matchers = [...matchersIn(before.slice(lastIndex(before, '{') + 1, before.length - own)), ...matchersIn(behind)];
    return context;
  }
  const log = logAround(text, before) ?? logAfter(text, after);
  return log === undefined ? context : { ...context, log };
}

/** Whole matchers among tokens; halves are skipped. */
function matchersIn(tokens: Token[]): Matcher[] {
  const found: Matcher[] = [];
  for (let at = 0; at + 2 < tokens.length; at++) {
    const [name, op, value] = tokens.slice(at, at + 3);
    const isMatcher = name.type === 'IDENTIFIER' && ['=', '!=', '=~', '!~'].includes(op.type) && value.type === 'STRING';
    if (isMatcher) {
      found.push({ name: name.text, op: op.type as MatchOp, value: value.text, span: { start: name.start, end: value.end } });
      at += 2;
    }
  }
  return found;
}

/** Names of the comma separated list that ends here: `by (a, b,` or `drop a,`. */
function usedNames(before: Token[]): string[] {
  const names: string[] = [];
  for (let at = before.length - 1; at >= 1 && before[at].type === ',' && before[at - 1].type === 'IDENTIFIER'; at -= 2) {
    names.unshift(before[at - 1].text);
  }
  return names;
}

/** The function whose parenthesis is open. */
function functionAround(before: Token[]): string | undefined {
  let depth = 0;
  for (let at = before.length - 1; at >= 0; at--) {
    const { type } = before[at];
    if (type === ')') {
      depth++;
    } else if (type === '(' && depth > 0) {
      depth--;
    } else if (type === '(') {
      const name = functionBefore(before, at);
      if (name !== undefined) {
        return name;
      }
    }
  }
  return undefined;
}

/** The function that opens with the parenthesis at `at`, also as `sum by (a) (`. */
function functionBefore(before: Token[], at: number): string | undefined {
  let head = at - 1;
  if (before[head]?.type === ')') {
    while (head >= 0 && before[head].type !== '(') {
      head--;
    }
    head -= before[head - 1]?.type === 'by' || before[head - 1]?.type === 'without' ? 2 : 1;
  }
  const token = before[head];
  return token !== undefined && (/^[A-Z_]+$/.test(token.type) || token.type === 'label_replace') && token.text.toUpperCase() === token.type.toUpperCase()
    ? token.text.toLowerCase()
    : undefined;
}

const stageStarts = new Set(['|', '|=', '|~', '|>', '!=', '!~', '!>']);

/** The log query that starts with the last selector before the cursor, as far as it is whole. */
function logAround(text: string, before: Token[]): Situation['log'] {
  const open = lastIndex(before, '{');
  if (open < 0) {
    return undefined;
  }
  const ends: number[] = [];
  let depth = 0;
  for (let at = open; at < before.length; at++) {
    const { type } = before[at];
    depth += type === '(' || type === '{' ? 1 : type === ')' || type === '}' ? -1 : 0;
    if (depth < 0 || type === 'RANGE') {
      break;
    }
    if (depth === 0 && (at + 1 === before.length || stageStarts.has(before[at + 1].type) || before[at + 1].type === 'RANGE' || before[at + 1].type === ')')) {
      ends.push(before[at].end);
    }
  }
  return firstWhole(text, before[open].start, ends.reverse());
}

/** The log query a function written in front of it belongs to: `sum by (|) (rate({..} | json [5m]))`. */
function logAfter(text: string, after: Token[]): Situation['log'] {
  const open = after.findIndex((token) => token.type === '{');
  return open < 0 ? undefined : logAround(text, after.slice(0, after.findIndex((token, at) => at > open && (token.type === 'RANGE' || token.type === '$end'))));
}

/** Parses from `start` to each of the ends until one gives a log query; broken stages shorten it. */
function firstWhole(text: string, start: number, ends: number[]): Situation['log'] {
  for (const end of ends.slice(0, 4).concat(ends.slice(4).slice(-1))) {
    const part = text.slice(start, end);
    const { expr } = parse(part, { variables: true });
    if (expr?.kind === 'log') {
      const hasParser = expr.stages.some((stage) => parserKinds.has(stage.kind));
      return { text: part, selector: expr.selector, stages: expr.stages, fields: fieldsOf(expr.stages), hasParser };
    }
  }
  return undefined;
}

const parserKinds = new Set<Stage['kind']>(['json', 'logfmt', 'regexp', 'pattern', 'unpack']);

/** Names the stages make themselves, as far as their text tells. */
export function fieldsOf(stages: Stage[]): string[] {
  const names = new Set<string>();
  for (const stage of stages) {
    switch (stage.kind) {
      case 'json':
      case 'logfmt':
        stage.expressions.forEach((item) => names.add(item.name));
        break;
      case 'regexp':
        captureNames(stage.pattern).forEach((name) => names.add(name));
        break;
      case 'pattern':
        for (const [, name] of stage.pattern.matchAll(/<([a-zA-Z_][a-zA-Z0-9_]*)>/g)) {
          names.add(name);
        }
        break;
      case 'labelFormat':
        for (const target of stage.targets) {
          if (target.kind === 'rename') {
            names.delete(target.from);
          }
          names.add(target.name);
        }
        break;
      case 'drop':
        stage.labels.filter((label) => label.match === undefined).forEach((label) => names.delete(label.name));
        break;
      case 'keep':
        for (const name of [...names].filter((item) => !stage.labels.some((label) => label.name === item))) {
          names.delete(name);
        }
        break;
      default:
    }
  }
  names.delete('_');
  return [...names].filter((name) => !hasVariable(name));
}
