import { goQuote } from '../../../src/logql/units';
export type TokenKind =
  | 'text' | 'left' | 'right' | 'space' | 'identifier' | 'keyword' | 'field' | 'variable' | 'dot' | 'nil' | 'bool'
  | 'number' | 'char' | 'string' | 'rawString' | 'pipe' | 'declare' | 'assign' | 'comma' | 'leftParen' | 'rightParen' | 'error' | 'end';

/** A token; `at` is its byte offset for messages, `line` counts from 1. */
export interface Token {
  kind: TokenKind;
  text: string;
  at: number;
  line: number;
}

const keywords = new Set(['block', 'break', 'continue', 'define', 'else', 'end', 'if', 'range', 'template', 'with']);

const alphanumeric = '[\\p{L}\\p{Nd}_]';
/** One alternative per kind of token inside an action, tried in this order. */
const tokenText = new RegExp(
  [
    '(?<space>[ \\t\\r\\n]+)',
    '(?<declare>:=)',
    '(?<assign>=)',
    '(?<pipe>\\|)',
    '(?<comma>,)',
    '(?<leftParen>\\()',
    '(?<rightParen>\\))',
    '(?<string>"(?:[^"\\\\\\n]|\\\\[^\\n])*")',
    '(?<rawString>`[^`]*`)',
    "(?<char>'(?:[^'\\\\\\n]|\\\\[^\\n])+')",
    `(?<variable>\\$${alphanumeric}*)`,
    '(?<number>[+-]?(?:0[xX][0-9a-fA-F_]*(?:\\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]+)?|0[bB][01_]+|0[oO][0-7_]+|(?:[0-9][0-9_]*(?:\\.[0-9_]*)?|\\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]+)?)i?)',
    `(?<field>\\.${alphanumeric}+)`,
    '(?<dot>\\.)',
    `(?<word>${alphanumeric}+)`,
  ].join('|'),
  'uy'
);

/** Cuts a template into tokens; where it can't go on, the last one is an `error` with the reason. */
export function lexTemplate(text: string): Token[] {
  return new Lexer(text).run();
}

/** Ends the lexing of a text that can't be read. */
class Stop {}

class Lexer {
  private readonly tokens: Token[] = [];
  private at = 0;
  private line = 1;
  private parens = 0;

  constructor(private readonly text: string) {}

  run(): Token[] {
    try {
      this.all();
    } catch (error) {
      if (!(error instanceof Stop)) {
        throw error;
      }
    }
    return this.tokens;
  }

  private all(): void {
    let trimNext = false;
    while (this.at < this.text.length) {
      const open = this.text.indexOf('{{', this.at);
      const end = open < 0 ? this.text.length : open;
      const trimHere = open >= 0 && /^-[ \t\r\n]/.test(this.text.slice(open + 2, open + 4));
      this.textToken(end, trimNext, trimHere);
      if (open < 0) {
        break;
      }
      this.move(open + 2 + (trimHere ? 1 : 0));
      const body = trimHere ? open + 4 : open + 2;
      trimNext = this.text.startsWith('/*', body) ? this.comment(body) : this.action(open);
    }
    this.push('end', '', this.text.length);
  }

  private textToken(end: number, trimStart: boolean, trimEnd: boolean): void {
    let from = this.at;
    let to = end;
    while (trimStart && from < to && isSpace(this.text[from])) {
      from++;
    }
    while (trimEnd && to > from && isSpace(this.text[to - 1])) {
      to--;
    }
    if (to > from) {
      this.push('text', this.text.slice(from, to), from);
    }
    this.move(end);
  }

  /** A comment is an action of its own. Answers whether text after it is trimmed. */
  private comment(body: number): boolean {
    const close = this.text.indexOf('*/', body + 2);
    if (close < 0) {
      throw this.error('unclosed comment');
    }
    const rest = this.text.slice(close + 2);
    const end = /^(?:[ \t\r\n]-)?\}\}/.exec(rest);
    if (!end) {
      throw this.error('comment ends before closing delimiter');
    }
    this.move(close + 2 + end[0].length);
    return end[0].length > 2;
  }

  /** Tokens up to the closing braces. Answers whether text after them is trimmed. */
  private action(open: number): boolean {
    this.push('left', '{{', open);
    this.parens = 0;
    for (;;) {
      const close = this.text.startsWith('}}', this.at) ? 0 : /^[ \t\r\n]-\}\}/.test(this.text.slice(this.at, this.at + 4)) ? 2 : -1;
      if (close >= 0) {
        if (this.parens > 0) {
          throw this.error('unclosed left paren');
        }
        this.push('right', '}}', this.at + close);
        this.move(this.at + close + 2);
        return close > 0;
      }
      this.inside();
    }
  }

  private inside(): void {
    tokenText.lastIndex = this.at;
    const match = tokenText.exec(this.text);
    if (!match) {
      throw this.unreadable();
    }
    const [kind, value] = Object.entries(match.groups ?? {}).find(([, group]) => group !== undefined) as [string, string];
    if (kind === 'leftParen') {
      this.parens++;
    } else if (kind === 'rightParen' && --this.parens < 0) {
      throw this.error('unexpected right paren');
    }
    this.checkEnd(kind, this.at + value.length, value);
    this.push(kind === 'word' ? wordKind(value) : (kind as TokenKind), value, this.at);
    this.move(this.at + value.length);
  }

  /** What stands right behind a word, a field or a number must be able to end it. */
  private checkEnd(kind: string, end: number, value: string): void {
    const next = this.text.slice(end, end + 2);
    if (kind === 'number' && (/^[\p{L}\p{Nd}_.]/u.test(next) || !validNumber(value))) {
      const bad = /^[+\-.\p{L}\p{Nd}_]+/u.exec(this.text.slice(this.at));
      throw this.error(`bad number syntax: ${JSON.stringify(bad?.[0] ?? value)}`);
    }
    if ((kind === 'word' || kind === 'field' || kind === 'variable') && next !== '' && !/^(?:[ \t\r\n.,|:)(=]|\}\})/.test(next)) {
      const [character] = next;
      const shown = goQuote(character).length > 2 + character.length && !'"\\'.includes(character) ? '' : ` '${character}'`;
      throw this.error(`bad character U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}${shown}`);
    }
  }

  private unreadable(): Stop {
    const rest = this.text.slice(this.at);
    if (rest === '') {
      return this.error('unclosed action');
    }
    switch (rest[0]) {
      case '"':
        return this.error('unterminated quoted string');
      case '`':
        return this.error('unterminated raw quoted string');
      case "'":
        return this.error('unterminated character constant');
      case ':':
        return this.error('expected :=');
    }
    const character = [...rest][0];
    if (character >= '!' && character <= '~') {
      return this.error(`unexpected ${JSON.stringify(character)} in command`);
    }
    return this.error(`unrecognized character in action: U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')} '${character}'`);
  }

  private push(kind: TokenKind, text: string, at: number): void {
    this.tokens.push({ kind, text, at, line: this.line });
  }

  private move(to: number): void {
    for (let i = this.text.indexOf('\n', this.at); i >= 0 && i < to; i = this.text.indexOf('\n', i + 1)) {
      this.line++;
    }
    this.at = to;
  }

  private error(message: string): Stop {
    this.push('error', message, this.at);
    return new Stop();
  }
}

const isSpace = (character: string): boolean => character === ' ' || character === '\t' || character === '\r' || character === '\n';

function wordKind(word: string): TokenKind {
  if (keywords.has(word)) {
    return 'keyword';
  }
  return word === 'true' || word === 'false' ? 'bool' : word === 'nil' ? 'nil' : 'identifier';
}

const validNumber = (text: string): boolean => !text.endsWith('i') && /[0-9]/.test(text);
