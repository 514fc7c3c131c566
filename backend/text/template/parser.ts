import { TemplateError } from './errors';
import { unquoteGo } from './goQuoting';
import { lexTemplate, type Token, type TokenKind } from './lexer';
import { nodeText, type Command, type ListItem, type Operand, type Pipe } from './nodes';

export interface ParsedTemplate {
  name: string;
  text: string;
  root: ListItem[];
  /** Templates that `define` and `block` made. */
  defined: Map<string, ListItem[]>;
}

/** Blocks and parentheses deeper than this are refused: the parser and the evaluator call themselves. */
const depthMax = 200;

/** Reads a Go text/template. Throws a TemplateError in Go's words. */
export function parseTemplate(name: string, text: string, hasFunction: (name: string) => boolean): ParsedTemplate {
  return new Parser(name, text, hasFunction).run();
}

const operandStarts = new Set<TokenKind>([
  'bool', 'char', 'dot', 'field', 'identifier', 'number', 'nil', 'rawString', 'string', 'variable', 'leftParen',
]);

/** What ended a list: `else` leaves a pending `if` or `with` in `chained`. */
type ListEnd = { word: 'end' } | { word: 'else'; chained: string | undefined };

class Parser {
  private readonly tokens: Token[];
  private next = 0;
  private variables: string[] = ['$'];
  private depth = 0;
  private rangeDepth = 0;
  private readonly defined = new Map<string, ListItem[]>();

  constructor(
    private readonly name: string,
    private readonly text: string,
    private readonly hasFunction: (name: string) => boolean
  ) {
    this.tokens = lexTemplate(text);
  }

  run(): ParsedTemplate {
    const root: ListItem[] = [];
    while (this.peek().kind !== 'end') {
      if (this.isAction('define')) {
        this.define();
        continue;
      }
      const item = this.item();
      if ('word' in item) {
        throw this.error(`unexpected {{${item.word}}}`);
      }
      root.push(item);
    }
    return { name: this.name, text: this.text, root, defined: this.defined };
  }

  private isAction(word: string): boolean {
    const at = this.tokens[this.next + 1]?.kind === 'space' ? this.next + 2 : this.next + 1;
    return this.peek().kind === 'left' && this.tokens[at]?.kind === 'keyword' && this.tokens[at].text === word;
  }

  private define(): void {
    const context = 'define clause';
    this.next++;
    this.takeNonSpace();
    const name = this.templateName(context);
    this.expect('right', context);
    this.body(name, context);
  }

  /** What a name stands for, up to `end`; it sees no variables from outside. */
  private body(name: string, context: string): void {
    const outer = this.variables;
    this.variables = ['$'];
    const { list, end } = this.list();
    this.variables = outer;
    if (end.word !== 'end') {
      throw this.error(`unexpected {{${end.word}}} in ${context}`);
    }
    this.defined.set(name, list);
  }

  /** Items up to `end` or `else`. */
  private list(): { list: ListItem[]; end: ListEnd } {
    if (++this.depth > depthMax) {
      throw this.error(`more than ${depthMax} blocks inside each other`);
    }
    const list: ListItem[] = [];
    while (this.peek().kind !== 'end') {
      const item = this.item();
      if ('word' in item) {
        this.depth--;
        return { list, end: item };
      }
      list.push(item);
    }
    throw this.error('unexpected EOF');
  }

  private item(): ListItem | ListEnd {
    const token = this.take();
    if (token.kind === 'text') {
      return { kind: 'text', text: token.text, at: token.at };
    }
    const first = this.peekNonSpace();
    if (first.kind !== 'keyword') {
      return { kind: 'action', at: first.at, pipe: this.pipe('command', ['right']) };
    }
    this.takeNonSpace();
    switch (first.text) {
      case 'if':
      case 'with':
      case 'range':
        return this.control(first.text, first.at);
      case 'end':
        this.expect('right', 'end');
        return { word: 'end' };
      case 'else': {
        const chained = this.peekNonSpace();
        if (chained.kind === 'keyword' && (chained.text === 'if' || chained.text === 'with')) {
          return { word: 'else', chained: chained.text };
        }
        this.expect('right', 'else');
        return { word: 'else', chained: undefined };
      }
      case 'break':
      case 'continue':
        if (this.peekNonSpace().kind !== 'right') {
          throw this.unexpected(this.peekNonSpace(), `{{${first.text}}}`);
        }
        this.takeNonSpace();
        if (this.rangeDepth === 0) {
          throw this.error(`{{${first.text}}} outside {{range}}`);
        }
        return { kind: first.text, at: first.at };
      case 'template':
        return this.templateCall();
      case 'block':
        return this.block(first.at);
      default:
        throw this.unexpected(first, 'command');
    }
  }

  private control(kind: 'if' | 'with' | 'range', at: number): ListItem {
    const outer = this.variables.length;
    const pipe = this.pipe(kind, ['right']);
    this.rangeDepth += kind === 'range' ? 1 : 0;
    const { list, end } = this.list();
    this.rangeDepth -= kind === 'range' ? 1 : 0;
    let otherwise: ListItem[] | undefined;
    if (end.word === 'else') {
      if (end.chained !== undefined && end.chained === kind) {
        const token = this.takeNonSpace();
        this.depth++;
        otherwise = [this.control(kind, token.at)];
        this.depth--;
      } else if (end.chained !== undefined) {
        throw this.unexpected(this.peekNonSpace(), 'else');
      } else {
        const rest = this.list();
        if (rest.end.word !== 'end') {
          throw this.error(`expected end; found {{${rest.end.word}}}`);
        }
        otherwise = rest.list;
      }
    }
    this.variables.length = outer;
    return { kind, pipe, list, otherwise, at };
  }

  private templateCall(): ListItem {
    const context = 'template clause';
    const { at } = this.peekNonSpace();
    const name = this.templateName(context);
    if (this.peekNonSpace().kind === 'right') {
      this.takeNonSpace();
      return { kind: 'template', name, pipe: undefined, at };
    }
    return { kind: 'template', name, pipe: this.pipe(context, ['right']), at };
  }

  private block(at: number): ListItem {
    const context = 'block clause';
    const name = this.templateName(context);
    const pipe = this.pipe(context, ['right']);
    this.body(name, context);
    return { kind: 'template', name, pipe, at };
  }

  private templateName(context: string): string {
    const token = this.takeNonSpace();
    if (token.kind !== 'string' && token.kind !== 'rawString') {
      throw this.unexpected(token, context);
    }
    return this.unquote(token);
  }

  private pipe(context: string, ends: TokenKind[]): Pipe {
    const pipe: Pipe = { kind: 'pipe', variables: [], assigns: false, commands: [], at: this.peekNonSpace().at };
    this.declarations(pipe, context);
    for (;;) {
      const token = this.peekNonSpace();
      if (ends.includes(token.kind)) {
        this.takeNonSpace();
        this.checkPipe(pipe, context);
        return pipe;
      }
      if (!operandStarts.has(token.kind)) {
        throw this.unexpected(token, context);
      }
      pipe.commands.push(this.command(ends));
    }
  }

  private declarations(pipe: Pipe, context: string): void {
    for (;;) {
      const token = this.peekNonSpace();
      if (token.kind !== 'variable') {
        return;
      }
      const mark = this.next;
      this.takeNonSpace();
      const sign = this.peekNonSpace();
      if (sign.kind === 'declare' || sign.kind === 'assign') {
        this.takeNonSpace();
        pipe.assigns = sign.kind === 'assign';
        pipe.variables.push(token.text);
        this.variables.push(token.text);
        return;
      }
      if (sign.kind !== 'comma') {
        this.next = mark;
        return;
      }
      this.takeNonSpace();
      pipe.variables.push(token.text);
      this.variables.push(token.text);
      if (context !== 'range' || pipe.variables.length > 1) {
        throw this.error(`too many declarations in ${context}`);
      }
      if (this.peekNonSpace().kind !== 'variable') {
        throw this.error('range can only initialize variables');
      }
    }
  }

  private checkPipe(pipe: Pipe, context: string): void {
    if (pipe.commands.length === 0) {
      throw this.error(`missing value for ${context}`);
    }
    pipe.commands.slice(1).forEach((command, i) => {
      if (['bool', 'dot', 'nil', 'number', 'string'].includes(command.operands[0].kind)) {
        throw this.error(`non executable command in pipeline stage ${i + 2}`);
      }
    });
  }

  private command(ends: TokenKind[]): Command {
    const command: Command = { kind: 'command', operands: [], at: this.peekNonSpace().at };
    for (;;) {
      this.peekNonSpace();
      const operand = this.operand();
      if (operand) {
        command.operands.push(operand);
      }
      const token = this.peek();
      if (token.kind === 'space') {
        this.next++;
        continue;
      }
      if (ends.includes(token.kind)) {
        break;
      }
      this.next++;
      if (token.kind === 'pipe') {
        break;
      }
      throw this.error(`unexpected ${tokenText(token)} in operand`);
    }
    if (command.operands.length === 0) {
      throw this.error('empty command');
    }
    return command;
  }

  private operand(): Operand | undefined {
    const operand = this.term();
    if (!operand || this.peek().kind !== 'field') {
      return operand;
    }
    const path: string[] = [];
    const at = this.peek().at;
    while (this.peek().kind === 'field') {
      path.push(this.take().text.slice(1));
    }
    switch (operand.kind) {
      case 'field':
        return { ...operand, path: [...operand.path, ...path], at };
      case 'variable':
        return { ...operand, path: [...operand.path, ...path], at };
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        throw this.error(`unexpected . after term ${JSON.stringify(nodeText(operand))}`);
      default:
        return { kind: 'chain', operand, path, at };
    }
  }

  private term(): Operand | undefined {
    const token = this.peekNonSpace();
    if (!operandStarts.has(token.kind)) {
      return undefined;
    }
    this.takeNonSpace();
    const { at, text } = token;
    switch (token.kind) {
      case 'identifier':
        if (!this.hasFunction(text)) {
          throw this.error(`function ${JSON.stringify(text)} not defined`);
        }
        return { kind: 'identifier', name: text, at };
      case 'dot':
      case 'nil':
        return { kind: token.kind, at };
      case 'variable':
        if (!this.variables.includes(text)) {
          throw this.error(`undefined variable ${JSON.stringify(text)}`);
        }
        return { kind: 'variable', name: text, path: [], at };
      case 'field':
        return { kind: 'field', path: [text.slice(1)], at };
      case 'bool':
        return { kind: 'bool', value: text === 'true', at };
      case 'char':
        return this.character(token);
      case 'number':
        return this.number(token);
      case 'leftParen': {
        if (++this.depth > depthMax) {
          throw this.error(`more than ${depthMax} parentheses inside each other`);
        }
        const pipe = this.pipe('parenthesized pipeline', ['rightParen']);
        this.depth--;
        return pipe;
      }
      default:
        return { kind: 'string', text, value: this.unquote(token), at };
    }
  }

  private number({ text, at }: Token): Operand {
    const plain = text.replaceAll('_', '');
    const sign = plain.startsWith('-') ? -1n : 1n;
    const digits = plain.replace(/^[+-]/, '');
    let int: bigint | undefined;
    if (/^(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|[0-9]+)$/.test(digits)) {
      const octal = /^0[0-7]+$/.test(digits);
      if (/^0[0-9]+$/.test(digits) && !octal) {
        throw this.error(`illegal number syntax: ${JSON.stringify(text)}`);
      }
      int = sign * BigInt(octal ? `0o${digits.slice(1)}` : digits);
      if (int < -(2n ** 63n) || int >= 2n ** 63n) {
        throw this.error(`integer overflow: ${JSON.stringify(text)}`);
      }
      return { kind: 'number', text, int, float: Number(int), at };
    }
    const hex = /^0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)$/.exec(digits);
    const float = hex ? parseInt(hex[1] + hex[2] || '0', 16) * 2 ** (Number(hex[3]) - 4 * hex[2].length) : Number(digits);
    if (!Number.isFinite(float)) {
      throw this.error(`illegal number syntax: ${JSON.stringify(text)}`);
    }
    const signed = Number(sign) * float;
    int = Number.isSafeInteger(signed) ? BigInt(signed) : undefined;
    return { kind: 'number', text, int, float: signed, at };
  }

  private character({ text, at }: Token): Operand {
    const value = unquoteGo(text);
    if (value === undefined || [...value].length !== 1) {
      throw this.error(`malformed character constant: ${text}`);
    }
    const point = value.codePointAt(0)!;
    return { kind: 'number', text, int: BigInt(point), float: point, at };
  }

  private unquote(token: Token): string {
    const value = unquoteGo(token.text);
    if (value === undefined) {
      throw this.error('invalid syntax');
    }
    return value;
  }

  private peek(): Token {
    const token = this.tokens[this.next];
    if (token.kind === 'error') {
      throw this.error(token.text);
    }
    return token;
  }

  private take(): Token {
    const token = this.peek();
    this.next++;
    return token;
  }

  /** Moves behind blanks and answers what stands there. */
  private peekNonSpace(): Token {
    while (this.tokens[this.next].kind === 'space') {
      this.next++;
    }
    return this.peek();
  }

  private takeNonSpace(): Token {
    const token = this.peekNonSpace();
    this.next++;
    return token;
  }

  private expect(kind: TokenKind, context: string): void {
    const token = this.takeNonSpace();
    if (token.kind !== kind) {
      throw this.unexpected(token, context);
    }
  }

  private unexpected(token: Token, context: string): TemplateError {
    return this.error(`unexpected ${tokenText(token)} in ${context}`);
  }

  private error(message: string): TemplateError {
    const { line } = this.tokens[Math.min(this.next, this.tokens.length - 1)];
    return new TemplateError(`template: ${this.name}:${line}: ${message}`);
  }
}

/** A token as Go prints it in messages. */
function tokenText(token: Token): string {
  if (token.kind === 'end') {
    return 'EOF';
  }
  if (token.kind === 'keyword' || token.kind === 'dot') {
    return `<${token.text}>`;
  }
  const characters = [...token.text];
  return characters.length > 10 ? `${JSON.stringify(characters.slice(0, 10).join(''))}...` : JSON.stringify(token.text);
}
