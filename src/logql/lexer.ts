/**
 * LogQL text to tokens. Never throws: what cannot be read becomes an `ERROR` token that carries Loki's words.
 * Token types are named as Loki's messages name them (`IDENTIFIER`, `}`, `by`, `RATE`), so a message needs no second table.
 *
 * Source of the rules: Go's text/scanner (identifiers, numbers, strings, positions) and Loki's lexer on top of it:
 * keywords in any case, function names only when `(`, `by (` or `without (` follows, durations before byte sizes.
 */
import { Span } from './ast';
import { parseBytes, parseDuration, parsePrometheusDuration } from './units';

export const rangeFunctionNames = [
  'rate', 'rate_counter', 'count_over_time', 'bytes_rate', 'bytes_over_time', 'absent_over_time', 'sum_over_time',
  'avg_over_time', 'min_over_time', 'max_over_time', 'stdvar_over_time', 'stddev_over_time', 'first_over_time',
  'last_over_time', 'quantile_over_time',
] as const; // prettier-ignore

export const vectorFunctionNames = [
  'sum', 'avg', 'min', 'max', 'count', 'stddev', 'stdvar', 'topk', 'bottomk', 'approx_topk', 'sort', 'sort_desc',
] as const; // prettier-ignore

/** Words with a meaning of their own wherever they stand; they cannot name a label. */
const keywords = [
  'by', 'without', 'bool', 'offset', 'on', 'ignoring', 'group_left', 'group_right', 'or', 'and', 'unless', 'unwrap', 'json',
  'regexp', 'logfmt', 'unpack', 'pattern', 'label_format', 'line_format', 'decolorize', 'drop', 'keep',
] as const; // prettier-ignore

/** Words that are tokens only before `(`, `by (` or `without (`, with the name Loki's messages use. */
const functionTypes = new Map<string, string>([
  ...[...rangeFunctionNames, ...vectorFunctionNames, 'vector'].map((name) => [name, name.toUpperCase()] as const),
  ['bytes', 'BYTES_CONV'],
  ['duration', 'DURATION_CONV'],
  ['duration_seconds', 'DURATION_SECONDS_CONV'],
  ['label_replace', 'label_replace'],
  ['ip', 'ip'],
]);

const keywordSet = new Set<string>(keywords);

/**
 * - words: `IDENTIFIER`, a keyword, or a function's type
 * - literals: `STRING`, `NUMBER`, `DURATION`, `BYTES`, `RANGE` (`[5m]`), `PARSER_FLAG`
 * - punctuation: itself
 * - `VARIABLE`: `$x`, `${x:fmt}`, `[[x]]` (only when asked for)
 * - `UNKNOWN`: a character LogQL has no use for; `ERROR`: a broken literal; `COMMENT`; `$end`
 */
export type TokenType = string;

export interface Token extends Span {
  type: TokenType;
  /** The source text; for strings the value they stand for. */
  text: string;
  /** Durations and ranges in nanoseconds, sizes in bytes. */
  value?: number;
  /** Loki's words for an `ERROR`. */
  error?: string;
  /** Loki reports line 0 for tokens its lexer puts together from several pieces. */
  pieced?: true;
  /** The range or string holds a template variable; `value` means nothing then. */
  variable?: true;
}

export interface LexOptions {
  /** Accept template variables (the plugin); without it they are errors (the backend). */
  variables?: boolean;
}

const variablePattern = /\$(?:[A-Za-z_]\w*|\{[^{}\n]*\})|\[\[[^[\]\n]*\]\]/;
const variableAt = new RegExp(variablePattern, 'y');

/** True if the text holds `$x`, `${x:fmt}` or `[[x]]`. */
export function hasVariable(text: string): boolean {
  return variablePattern.test(text);
}

/** No duration or size a person writes is longer; without a bound `1.1.1.1...` would take quadratic time. */
const literalLengthMax = 64;

const blank = /[ \t\r\n]+/y;
const word = /[\p{L}_][\p{L}\p{Nd}_]*/uy;
const number = /0[xX][0-9a-fA-F]+|(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]*)?/y;
const durationTail = /[\p{N}nu\u00b5mshdwy.]{0,65}/uy;
const bytesTail = /[\p{N}BikKMGTP.]{0,65}/uy;
const callAhead = /\s*(?:\(|(?:by|without)\s*\()/iy;
const flag = /--(?:strict|keep-empty)(?![\p{L}-])/uy;
const comment = /#[^\n]*|\/\/[^\n]*|\/\*[^]*?\*\//y;
const operator = /\|[=~>]?|![=~>]|==|=~|=|>=|>|<=|<|[{}(),.\]+\-*/%^]/y;

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  return found === null ? undefined : found[0];
}

/** All tokens of a text, comments included, `$end` last. Spans are in order and do not overlap. */
export function tokenize(text: string, options: LexOptions = {}): Token[] {
  const tokens: Token[] = [];
  let at = text.startsWith('\ufeff') ? 1 : 0;
  for (;;) {
    at += match(blank, text, at)?.length ?? 0;
    if (at >= text.length) {
      tokens.push({ type: '$end', text: '', start: text.length, end: text.length });
      return tokens;
    }
    const token = readToken(text, at, options.variables === true);
    tokens.push(token);
    at = token.end;
  }
}

function readToken(text: string, at: number, variables: boolean): Token {
  const char = text[at];
  if (variables && (char === '$' || char === '[')) {
    const variable = match(variableAt, text, at);
    if (variable !== undefined) {
      return { type: 'VARIABLE', text: variable, start: at, end: at + variable.length, variable: true };
    }
  }
  if ((char >= 'a' && char <= 'z') || (char >= 'A' && char <= 'Z') || char === '_' || char > '\x7f') {
    return readWord(text, at);
  }
  if (char === '"' || char === '`' || char === "'") {
    return readString(text, at, variables);
  }
  if ((char >= '0' && char <= '9') || (char === '.' && /[0-9]/.test(text[at + 1] ?? ''))) {
    return readNumber(text, at);
  }
  if (char === '[') {
    return readRange(text, at, variables);
  }
  const commentText = char === '#' || char === '/' ? match(comment, text, at) : undefined;
  if (commentText !== undefined) {
    return { type: 'COMMENT', text: commentText, start: at, end: at + commentText.length };
  }
  if (char === '/' && text[at + 1] === '*') {
    return { type: 'ERROR', text: text.slice(at), start: at, end: text.length, error: 'comment not terminated' };
  }
  if (char === '-') {
    const flagText = match(flag, text, at);
    if (flagText !== undefined) {
      return { type: 'PARSER_FLAG', text: flagText, start: at, end: at + flagText.length, pieced: true };
    }
    const negative = readUnit(text, at, '-');
    if (negative?.type === 'DURATION') {
      return negative;
    }
  }
  const sign = match(operator, text, at);
  if (sign === undefined) {
    return { type: 'UNKNOWN', text: char, start: at, end: at + 1 };
  }
  const token: Token = { type: sign, text: sign, start: at, end: at + sign.length };
  if (sign.length === 2) {
    token.pieced = true;
  }
  return token;
}

function readWord(text: string, at: number): Token {
  const found = match(word, text, at);
  if (found === undefined) {
    const unknown = String.fromCodePoint(text.codePointAt(at)!);
    return { type: 'UNKNOWN', text: unknown, start: at, end: at + unknown.length };
  }
  const end = at + found.length;
  const lower = found.toLowerCase();
  const functionType = functionTypes.get(lower);
  let type = 'IDENTIFIER';
  if (functionType !== undefined) {
    type = match(callAhead, text, end) === undefined ? 'IDENTIFIER' : functionType;
  } else if (keywordSet.has(lower)) {
    type = lower;
  }
  return { type, text: found, start: at, end };
}

/** Why Go's scanner refuses a number. */
function numberError(digits: string, next: string | undefined): string | undefined {
  const [mantissa, exponent] = digits.split(/e/i);
  if (exponent !== undefined && !/[0-9]/.test(exponent)) {
    return 'exponent has no digits';
  }
  if (digits === '0' && next?.toLowerCase() === 'b') {
    return 'decimal literal has no digits';
  }
  const octal = /^0[0-9_]*$/.test(digits) ? /[89]/.exec(mantissa) : null;
  if (octal !== null) {
    return `invalid digit '${octal[0]}' in octal literal`;
  }
  return /_(?![0-9])|(?<![0-9])_/.test(digits) ? `'_' must separate successive digits` : undefined;
}

function readNumber(text: string, at: number): Token {
  const digits = match(number, text, at)!;
  const end = at + digits.length;
  const error = /^0x/i.test(digits) ? undefined : numberError(digits, text[end]);
  if (error !== undefined) {
    return { type: 'ERROR', text: digits, start: at, end, error };
  }
  return readUnit(text, at, digits) ?? { type: 'NUMBER', text: digits.replaceAll('_', ''), start: at, end };
}

/** A number with a duration or size unit right behind it. */
function readUnit(text: string, at: number, head: string): Token | undefined {
  const tailAt = at + head.length;
  const durationText = match(durationTail, text, tailAt)!;
  if (durationText !== '' && durationText.length <= literalLengthMax) {
    const duration = parseDuration(head + durationText);
    if (duration.ok) {
      const end = tailAt + durationText.length;
      return { type: 'DURATION', text: text.slice(at, end), start: at, end, value: duration.value, pieced: true };
    }
  }
  const bytesText = match(bytesTail, text, tailAt)!;
  if (bytesText !== '' && bytesText.length <= literalLengthMax && head !== '-') {
    const bytes = parseBytes(head + bytesText);
    if (bytes.ok) {
      const end = tailAt + bytesText.length;
      return { type: 'BYTES', text: text.slice(at, end), start: at, end, value: bytes.value, pieced: true };
    }
  }
  return undefined;
}

function readRange(text: string, at: number, variables: boolean): Token {
  const close = closingBracket(text, at + 1, variables);
  if (close < 0) {
    const error = `missing closing ']' in duration`;
    return { type: 'ERROR', text: text.slice(at), start: at, end: text.length, error, pieced: true };
  }
  const end = close + 1;
  const inner = text.slice(at + 1, close);
  if (variables && hasVariable(inner)) {
    return { type: 'RANGE', text: inner, start: at, end, value: 0, pieced: true, variable: true };
  }
  const duration = parsePrometheusDuration(inner);
  return duration.ok
    ? { type: 'RANGE', text: inner, start: at, end, value: duration.value, pieced: true }
    : { type: 'ERROR', text: inner, start: at, end, error: duration.error, pieced: true };
}

/** Offset of the `]` that ends a range, past variables such as `[[x]]`; -1 without one. */
function closingBracket(text: string, from: number, variables: boolean): number {
  let at = from;
  while (variables) {
    const close = text.indexOf(']', at);
    const variable = text.indexOf('[[', at);
    if (variable < 0 || close < variable) {
      return close;
    }
    const variableEnd = text.indexOf(']]', variable);
    if (variableEnd < 0) {
      return -1;
    }
    at = variableEnd + 2;
  }
  return text.indexOf(']', at);
}

const rawString = /`[^`]*`/y;
const quotedString = /"[^"\\\n]*(?:\\[^\n][^"\\\n]*)*"/y;
const simpleString = /"[^"\\\n]*"/y;
const quotedChars = /'[^'\\\n]*(?:\\[^\n][^'\\\n]*)*'/y;

function readString(text: string, at: number, variables: boolean): Token {
  const quote = text[at];
  const pattern = quote === '`' ? rawString : quote === '"' ? quotedString : quotedChars;
  const found = match(pattern, text, at);
  if (found === undefined) {
    const newline = quote === '`' ? -1 : text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline;
    return { type: 'ERROR', text: text.slice(at, end), start: at, end, error: 'literal not terminated' };
  }
  const end = at + found.length;
  const inner = found.slice(1, -1);
  let value: string | undefined = inner;
  if (quote === "'") {
    if (/^(?:[^\\]|\\(?:[abfnrtv\\']|x[0-9a-fA-F]{2}|[0-3][0-7]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}))$/u.test(inner)) {
      return { type: 'UNKNOWN', text: found, start: at, end }; // a character of Go, which LogQL has no use for
    }
    const error = 'invalid char literal, strings take double quotes or backticks';
    return { type: 'ERROR', text: found, start: at, end, error };
  }
  if (quote === '`') {
    value = inner.includes('\r') ? inner.replaceAll('\r', '') : inner;
  } else if (match(simpleString, text, at) !== found) {
    value = unescape(inner);
  }
  if (value === undefined) {
    return { type: 'ERROR', text: found, start: at, end, error: 'invalid char escape' };
  }
  const token: Token = { type: 'STRING', text: value, start: at, end };
  if (variables && hasVariable(value)) {
    token.variable = true;
  }
  return token;
}

const escapeChars = new Map([
  ['a', '\u0007'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['\\', '\\'],
  ['"', '"'],
]);

const escape = /\\(?:([abfnrtv\\"])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|\\[^]?/g;

/** The value of a double quoted Go string, or undefined if an escape is not one. */
function unescape(inner: string): string | undefined {
  let broken = false;
  let bytes = false;
  // Bytes from \x and \ooo stand at U+DC80.. until the end, because several of them may make one character.
  const value = inner.replace(escape, (_, simple, hex, octal, short, long) => {
    if (simple !== undefined) {
      return escapeChars.get(simple)!;
    }
    const digits: string | undefined = hex ?? octal;
    const code = parseInt(digits ?? short ?? long ?? 'x', octal === undefined ? 16 : 8);
    const isByte = digits !== undefined;
    if (!(code <= (isByte ? 0xff : 0x10ffff)) || (!isByte && code >= 0xd800 && code <= 0xdfff)) {
      broken = true;
      return '';
    }
    if (isByte && code >= 0x80) {
      bytes = true;
      return String.fromCharCode(0xdc00 + code);
    }
    return String.fromCodePoint(code);
  });
  if (broken) {
    return undefined;
  }
  return bytes ? value.replace(/[\udc80-\udcff]+/g, decodeBytes) : value;
}

/** UTF-8 decoding of the marked bytes; what is not UTF-8 becomes U+FFFD. */
function decodeBytes(marked: string): string {
  const bytes = Uint8Array.from(marked, (char) => char.charCodeAt(0) - 0xdc00);
  let out = '';
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at];
    const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1;
    let code = length === 1 ? -1 : first & (0xff >> (length + 1));
    for (let next = at + 1; next < at + length && code >= 0; next++) {
      code = next < bytes.length && (bytes[next] & 0xc0) === 0x80 ? code * 64 + (bytes[next] & 0x3f) : -1;
    }
    const least = [0, 0x80, 0x80, 0x800, 0x10000][length];
    const valid = code >= least && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    out += valid ? String.fromCodePoint(code) : '\ufffd';
    at += valid ? length : 1;
  }
  return out;
}
