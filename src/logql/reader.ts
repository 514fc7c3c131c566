/**
 * The parser's view of the tokens: look, take, insist. It keeps what would have fitted at the furthest point, which is
 * what the messages, the recovery and the completion are made of.
 */
import { Problem, Span } from './ast';
import { Token, TokenType } from './lexer';

/** Places of the grammar where something can stand; completion turns them into items. */
export type Site =
  | 'query' | 'logQuery' | 'matcherName' | 'matcherOp' | 'matcherValue' | 'matcherEnd'
  | 'stage' | 'lineFilter' | 'lineFilterValue' | 'lineFilterOr' | 'range' | 'offset' | 'offsetValue' | 'stageKeyword'
  | 'unwrapKeyword' | 'unwrapLabel' | 'filterName' | 'filterOp' | 'filterValue' | 'filterJoin' | 'parserFlag'
  | 'extractName' | 'extractOp' | 'extractPath' | 'regexp' | 'pattern' | 'template' | 'formatTarget' | 'formatOp'
  | 'formatValue' | 'labelList' | 'labelListOp' | 'distinctLabel' | 'groupingKeyword' | 'groupingLabel'
  | 'groupingEnd' | 'parameter' | 'binaryOp' | 'binaryModifier' | 'labelReplaceText' | 'close' | 'comma' | 'end'; // prettier-ignore

/** Thrown and caught inside the parser only: the problem is already recorded. */
export class Stop {}

/** Nesting of parentheses, functions and joined filters; deeper text is hostile, and every later walk is recursive. */
export const nestingMax = 500;
/** Binary operators of one query; a chain of them is a tree as deep as it is long. */
export const operatorsMax = 1_000;
/** After this many problems the rest of the text is not looked at; nobody reads more. */
const problemsMax = 20;

/** Line and column of an offset, both from 1; columns count code points. */
export function positionOf(text: string, offset: number): { line: number; column: number } {
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
    line++;
    lineStart = at + 1;
  }
  return { line, column: [...text.slice(lineStart, offset)].length + 1 };
}

/** What the grammar sees: no comments, and a character that LogQL has no use for is a name of its own, as in Loki (`{@="x"}` is read). */
const grammarTokens = (tokens: Token[]): Token[] =>
  tokens.filter(({ type }) => type !== 'COMMENT').map((token) => (token.type === 'UNKNOWN' ? { ...token, type: 'IDENTIFIER' } : token));

export class Reader {
  readonly problems: Problem[] = [];
  /** What fitted at the end of the text, in the order it was tried. */
  sites: Site[] = [];
  private index = 0;
  private readonly tokens: Token[];
  private depth = 0;
  private operators = 0;
  private failedAt = -1;

  constructor(
    readonly text: string,
    tokens: Token[]
  ) {
    this.tokens = tokens.some(({ type }) => type === 'COMMENT' || type === 'UNKNOWN') ? grammarTokens(tokens) : tokens;
  }

  get token(): Token {
    return this.tokens[this.index];
  }

  get next(): Token {
    return this.tokens[Math.min(this.index + 1, this.tokens.length - 1)];
  }

  /** End of the last token taken. */
  get lastEnd(): number {
    return this.index === 0 ? 0 : this.tokens[this.index - 1].end;
  }

  is(type: TokenType): boolean {
    return this.token.type === type;
  }

  /** Notes that `site` would fit here; only the end of the text is of interest. */
  fits(site: Site): void {
    if (this.index === this.tokens.length - 1) {
      this.sites.push(site);
    }
  }

  take(): Token {
    const token = this.tokens[this.index];
    if (token.type !== '$end') {
      this.index++;
    }
    return token;
  }

  /** Takes the token if it has the type. */
  accept(type: TokenType): Token | undefined {
    return this.token.type === type ? this.take() : undefined;
  }

  /** Takes a token of one of the types or stops. The types are listed in the order of Loki's messages. */
  expect(site: Site, ...types: TokenType[]): Token {
    this.fits(site);
    if (types.includes(this.token.type)) {
      return this.take();
    }
    return this.fail(types);
  }

  /** Like `expect`; where a name or value fits, a template variable fits too. */
  expectOrVariable(site: Site, ...types: TokenType[]): Token {
    return this.token.type === 'VARIABLE' ? this.take() : this.expect(site, ...types);
  }

  /** Records a syntax error at the current token and stops. At most four expected types are told, as yacc does. */
  fail(expected: TokenType[], advice?: string, fix?: Problem['fix']): never {
    const token = this.token;
    if (this.index > this.failedAt) {
      this.failedAt = this.index;
      const shown = token.type === 'VARIABLE' ? 'IDENTIFIER' : token.type;
      const list = expected.length > 0 && expected.length <= 4 ? `, expecting ${expected.join(' or ')}` : '';
      const message = token.error ?? `syntax error: unexpected ${shown}${list}`;
      this.problems.push({ ...this.place(token), message: advice === undefined ? message : `${message}: ${advice}`, ...(fix && { fix }) });
    }
    if (this.problems.length >= problemsMax) {
      this.index = this.tokens.length - 1;
    }
    throw new Stop();
  }

  /** A problem Loki reports without a position; reading goes on. */
  report(message: string, span: Span): void {
    this.problems.push({ message, span, line: 0, column: 0 });
  }

  /** Runs one level deeper, or stops when the text is nested beyond reason. */
  nested<T>(read: () => T): T {
    if (++this.depth > nestingMax) {
      this.stop(`the query is nested too deeply (more than ${nestingMax} levels)`);
    }
    try {
      return read();
    } finally {
      this.depth--;
    }
  }

  /** Counts a binary operator. */
  countOperator(): void {
    if (++this.operators > operatorsMax) {
      this.stop(`the query has too many operators (more than ${operatorsMax})`);
    }
  }

  /**
   * After a syntax error: skips to a token of one of the types outside any parentheses opened on the way.
   * False at the end of the text, where going on makes no sense.
   */
  skipTo(...types: TokenType[]): boolean {
    let open = 0;
    for (; !this.is('$end'); this.take()) {
      if (open === 0 && types.includes(this.token.type)) {
        return true;
      }
      if (this.is('(') || this.is('{')) {
        open++;
      } else if (open > 0 && (this.is(')') || this.is('}'))) {
        open--;
      }
    }
    return false;
  }

  private stop(message: string): never {
    this.problems.push({ ...this.place(this.token), message });
    // Nothing after this point can be trusted; the end is where every recovery gives up.
    this.index = this.tokens.length - 1;
    this.failedAt = this.index;
    throw new Stop();
  }

  private place(token: Token): { span: Span; line: number; column: number } {
    const span = { start: token.start, end: token.end };
    if (this.text === '') {
      return { span, line: 0, column: 0 };
    }
    const { line, column } = positionOf(this.text, token.start);
    return { span, line: token.pieced ? 0 : line, column };
  }
}
