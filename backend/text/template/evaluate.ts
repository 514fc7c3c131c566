import { GoTime } from '../goTime';
import { CallError, TemplateError } from './errors';
import type { CallContext, FunctionTable, ParameterType, TemplateFunction } from './functions';
import { nodeText, type Command, type ListItem, type Operand, type Pipe } from './nodes';
import type { ParsedTemplate } from './parser';
import { timeMethods, type TimeMethod } from './timeMethods';
import { GoInt, GoMap, int, isTrue, sortedKeys, sprint, typeName, wholeNumber, type Value } from './values';

/** Characters one run may write, and nodes it may visit: a template is a user's, and loops multiply. */
export const outputLengthMax = 1_000_000;
export const nodesVisitedMax = 200_000;
/** Templates calling each other; Go's own limit is far above what a stack here carries. */
const callDepthMax = 100;

type AnyNode = Operand | Command | Pipe | ListItem;
type Flow = 'go on' | 'break' | 'continue';

/** Marks that a command gets no value from the command before it. */
const nothing = Symbol('nothing');
type Final = Value | typeof nothing;

/** What stands behind a field or method: its operands, and what comes through the pipe. */
interface Given {
  operands: Operand[];
  dot: Value;
  final: Final;
}

/** What stands for a key that a map does not have: the zero of its elements, or nothing at all (Go's missingkey=zero and =default). */
export type MissingKeys = 'zero' | 'absent';

/** Runs a template over `dot`. Throws a TemplateError in Go's words. */
export function evaluateTemplate(template: ParsedTemplate, functions: FunctionTable, dot: Value, context: CallContext, missingKeys: MissingKeys): string {
  return new Evaluator(template, functions, context, missingKeys).run(dot);
}

class Evaluator {
  private out = '';
  private visited = 0;
  private depth = 0;
  private variables: Array<{ name: string; value: Value }> = [];
  /** The node that was looked at last: where Go says that a mistake is, even when it is found later. */
  private current: AnyNode | undefined;

  constructor(
    private readonly template: ParsedTemplate,
    private readonly functions: FunctionTable,
    private readonly context: CallContext,
    private readonly missingKeys: MissingKeys
  ) {}

  run(dot: Value): string {
    this.variables = [{ name: '$', value: dot }];
    this.list(this.template.root, dot);
    return this.out;
  }

  private list(items: ListItem[], dot: Value): Flow {
    for (const item of items) {
      const flow = this.item(item, dot);
      if (flow !== 'go on') {
        return flow;
      }
    }
    return 'go on';
  }

  private item(item: ListItem, dot: Value): Flow {
    this.visit(item);
    switch (item.kind) {
      case 'text':
        this.write(item.text, item);
        return 'go on';
      case 'action': {
        const value = this.pipe(item.pipe, dot);
        if (item.pipe.variables.length === 0) {
          this.write(value === undefined ? '<no value>' : sprint([value]), item);
        }
        return 'go on';
      }
      case 'if':
      case 'with': {
        const mark = this.variables.length;
        const value = this.pipe(item.pipe, dot);
        const flow = isTrue(value) ? this.list(item.list, item.kind === 'with' ? value : dot) : this.list(item.otherwise ?? [], dot);
        this.variables.length = mark;
        return flow;
      }
      case 'range':
        return this.range(item, dot);
      case 'template':
        this.callTemplate(item, dot);
        return 'go on';
      default:
        return item.kind;
    }
  }

  private range(item: Extract<ListItem, { kind: 'range' | 'if' | 'with' }>, dot: Value): Flow {
    const mark = this.variables.length;
    const value = this.pipe(item.pipe, dot);
    const pairs = this.rangePairs(item.pipe, value);
    let count = 0;
    for (const [index, element] of pairs) {
      count++;
      const loopMark = this.variables.length;
      this.setLoopVariables(item.pipe, index, element);
      const flow = this.list(item.list, element);
      this.variables.length = loopMark;
      if (flow === 'break') {
        break;
      }
    }
    this.variables.length = mark;
    return count === 0 && item.otherwise ? this.list(item.otherwise, dot) : 'go on';
  }

  private setLoopVariables(pipe: Pipe, index: Value, element: Value): void {
    const values = pipe.variables.length === 2 ? [index, element] : [element];
    pipe.variables.forEach((name, i) => {
      if (pipe.assigns) {
        this.assign(name, values[i], pipe);
      } else {
        this.variables[this.variables.length - pipe.variables.length + i] = { name, value: values[i] };
      }
    });
  }

  private *rangePairs(pipe: Pipe, value: Value): Iterable<[Value, Value]> {
    const whole = wholeNumber(value);
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) {
        yield [int(i), value[i]];
      }
    } else if (value instanceof GoMap) {
      for (const key of sortedKeys(value)) {
        yield [key, value.values.get(key)];
      }
    } else if (whole !== undefined) {
      if (pipe.variables.length > 1) {
        throw this.mistake(pipe, `can't use ${whole} to iterate over more than one variable`);
      }
      for (let i = 0n; i < whole; i++) {
        yield [new GoInt(i), value instanceof GoInt ? new GoInt(i) : i];
      }
    } else if (value !== undefined) {
      throw this.mistake(pipe, `range can't iterate over ${sprint([value])}`);
    }
  }

  private callTemplate(item: Extract<ListItem, { kind: 'template' }>, dot: Value): void {
    const list = this.template.defined.get(item.name);
    if (!list) {
      throw this.error(item, `template ${JSON.stringify(item.name)} not defined`);
    }
    if (++this.depth > callDepthMax) {
      throw this.error(item, `exceeded maximum template depth (${callDepthMax})`);
    }
    const value = item.pipe ? this.pipe(item.pipe, dot) : undefined;
    const outer = this.variables;
    this.variables = [{ name: '$', value }];
    this.list(list, value);
    this.variables = outer;
    this.depth--;
  }

  private pipe(pipe: Pipe, dot: Value): Value {
    let value: Final = nothing;
    this.current = pipe;
    for (const command of pipe.commands) {
      value = this.command(command, dot, value);
    }
    const result = value === nothing ? undefined : value;
    for (const name of pipe.variables) {
      if (pipe.assigns) {
        this.assign(name, result, pipe);
      } else {
        this.variables.push({ name, value: result });
      }
    }
    return result;
  }

  private assign(name: string, value: Value, node: AnyNode): void {
    for (let i = this.variables.length - 1; i >= 0; i--) {
      if (this.variables[i].name === name) {
        this.variables[i] = { name, value };
        return;
      }
    }
    throw this.error(node, `undefined variable: ${name}`);
  }

  private command(command: Command, dot: Value, final: Final): Value {
    const [first, ...rest] = command.operands;
    this.visit(first);
    const given: Given | undefined = rest.length > 0 || final !== nothing ? { operands: rest, dot, final } : undefined;
    switch (first.kind) {
      case 'identifier':
        return this.call(first, command, rest, dot, final);
      case 'field':
        return this.path(first, dot, first.path, given);
      case 'chain':
        return this.path(first, this.chainStart(first, dot), first.path, given);
      case 'variable':
        if (first.path.length > 0) {
          return this.path(first, this.variable(first), first.path, given);
        }
    }
    if (given) {
      throw this.error(first, `can't give argument to non-function ${nodeText(first)}`);
    }
    if (first.kind === 'nil') {
      throw this.error(first, 'nil is not a command');
    }
    return this.operand(first, dot);
  }

  /** The value of an operand that takes no arguments. */
  private operand(node: Operand, dot: Value): Value {
    this.visit(node);
    switch (node.kind) {
      case 'dot':
        return dot;
      case 'nil':
        return undefined;
      case 'bool':
      case 'string':
        return node.value;
      case 'number':
        return this.number(node);
      case 'field':
        return this.path(node, dot, node.path);
      case 'variable':
        return this.path(node, this.variable(node), node.path);
      case 'chain':
        return this.path(node, this.chainStart(node, dot), node.path);
      case 'pipe':
        return this.pipe(node, dot);
      case 'identifier':
        return this.call(node, node, [], dot, nothing);
    }
  }

  /** A constant without a wanted type: a float when it is written like one. */
  private number(node: Extract<Operand, { kind: 'number' }>): Value {
    const hex = /^[+-]?0[xX]/.test(node.text);
    const writtenAsFloat = node.text[0] !== "'" && (hex ? /[pP]/.test(node.text) : /[.eE]/.test(node.text));
    return writtenAsFloat || node.int === undefined ? node.float : new GoInt(node.int);
  }

  private chainStart(node: Extract<Operand, { kind: 'chain' }>, dot: Value): Value {
    if (node.operand.kind === 'nil') {
      throw this.error(node, `indirection through explicit nil in ${nodeText(node)}`);
    }
    return this.operand(node.operand, dot);
  }

  private variable(node: Extract<Operand, { kind: 'variable' }>): Value {
    for (let i = this.variables.length - 1; i >= 0; i--) {
      if (this.variables[i].name === node.name) {
        return this.variables[i].value;
      }
    }
    throw this.error(node, `undefined variable: ${node.name}`);
  }

  /** Fields and methods one after the other; the last one gets the arguments. */
  private path(node: Operand, start: Value, path: string[], given?: Given): Value {
    let value = start;
    // Go passes over the fields of what is not there; those of a nil in a map are a mistake.
    let isAbsent = start === undefined;
    path.forEach((name, i) => {
      if (isAbsent) {
        return;
      }
      if (value === undefined) {
        throw this.mistake(node, `nil pointer evaluating interface {}.${name}`);
      }
      const own = i === path.length - 1 ? given : undefined;
      const method = value instanceof GoTime ? timeMethods.get(name) : undefined;
      if (method) {
        value = method.call(value as GoTime, ...this.methodArguments(node, name, method, own));
        return;
      }
      if (!(value instanceof GoMap)) {
        throw this.mistake(node, `can't evaluate field ${name} in type ${typeName(value)}`);
      }
      if (own) {
        throw this.mistake(node, `${name} is not a method but has arguments`);
      }
      isAbsent = this.missingKeys === 'absent' && !value.values.has(name);
      value = value.values.get(name) ?? (value.element === 'string' ? '' : undefined);
    });
    return value;
  }

  private methodArguments(node: Operand, name: string, { parameters }: TimeMethod, given?: Given): Value[] {
    const { operands = [], dot, final = nothing } = given ?? {};
    const count = operands.length + (final === nothing ? 0 : 1);
    if (count !== parameters.length) {
      throw this.mistake(node, `wrong number of args for ${name}: want ${parameters.length} got ${count}`);
    }
    const values = operands.map((operand, i) => this.argument(operand, parameters[i], dot));
    return final === nothing ? values : [...values, this.checked(node, final, parameters[count - 1])];
  }

  private call(node: Extract<Operand, { kind: 'identifier' }>, whole: Operand | Command, operands: Operand[], dot: Value, final: Final): Value {
    const { name } = node;
    this.current = node;
    if (name === 'and' || name === 'or') {
      return this.andOr(node, operands, dot, final);
    }
    const fn = this.functions.get(name);
    if (!fn) {
      throw this.error(node, `${JSON.stringify(name)} is not a defined function`);
    }
    const count = operands.length + (final === nothing ? 0 : 1);
    this.checkCount(node, fn, count, operands.length);
    const values = operands.map((operand, i) => this.argument(operand, fn.parameters[i] ?? fn.variadic!, dot));
    if (final !== nothing) {
      values.push(this.checked(node, final, fn.parameters[count - 1] ?? fn.variadic!));
    }
    try {
      return fn.call(values, this.context);
    } catch (error) {
      if (error instanceof CallError) {
        throw this.error(whole, `error calling ${name}: ${error.message}`);
      }
      throw error;
    }
  }

  private checkCount(node: Extract<Operand, { kind: 'identifier' }>, fn: TemplateFunction, count: number, written: number): void {
    const wanted = fn.parameters.length;
    if (fn.variadic ? count < wanted : count !== wanted) {
      throw this.error(
        node,
        fn.variadic ? `wrong number of args for ${node.name}: want at least ${wanted} got ${written}` : `wrong number of args for ${node.name}: want ${wanted} got ${count}`
      );
    }
  }

  /** `and` answers the first false argument, `or` the first true one; what follows is not evaluated. */
  private andOr(node: Extract<Operand, { kind: 'identifier' }>, operands: Operand[], dot: Value, final: Final): Value {
    if (operands.length === 0 && final === nothing) {
      throw this.error(node, `wrong number of args for ${node.name}: want at least 1 got 0`);
    }
    const stopsAt = node.name === 'or';
    let value: Value;
    for (const operand of operands) {
      value = this.argument(operand, 'any', dot);
      if (isTrue(value) === stopsAt) {
        return value;
      }
    }
    return final === nothing ? value : final;
  }

  private argument(node: Operand, type: ParameterType, dot: Value): Value {
    this.current = node;
    switch (node.kind) {
      case 'nil':
        if (type !== 'any') {
          throw this.error(node, `cannot assign nil to ${type}`);
        }
        return undefined;
      case 'bool':
      case 'string':
      case 'number':
        return type === 'any' ? this.operand(node, dot) : this.constant(node, type);
      default:
        return this.checked(node, this.operand(node, dot), type);
    }
  }

  /** A constant where a type is wanted: `3` may be a float there. */
  private constant(node: Extract<Operand, { kind: 'bool' | 'string' | 'number' }>, type: ParameterType): Value {
    switch (type) {
      case 'string':
        if (node.kind === 'string') {
          return node.value;
        }
        break;
      case 'bool':
        if (node.kind === 'bool') {
          return node.value;
        }
        break;
      case 'int':
        if (node.kind === 'number' && node.int !== undefined) {
          return new GoInt(node.int);
        }
        throw this.error(node, `expected integer; found ${nodeText(node)}`);
      case 'float64':
        if (node.kind === 'number') {
          return node.float;
        }
        throw this.error(node, `expected float; found ${nodeText(node)}`);
      default:
        throw this.error(node, `can't handle ${nodeText(node)} for arg of type ${type}`);
    }
    throw this.error(node, `expected ${type}; found ${nodeText(node)}`);
  }

  private checked(node: AnyNode, value: Value, type: ParameterType): Value {
    if (type === 'any') {
      return value;
    }
    if (value === undefined) {
      throw this.mistake(node, `invalid value; expected ${type}`);
    }
    if (typeName(value) !== type) {
      throw this.mistake(node, `wrong type for value; expected ${type}; got ${typeName(value)}`);
    }
    return value;
  }

  private visit(node: AnyNode): void {
    this.current = node;
    if (++this.visited > nodesVisitedMax) {
      throw this.error(node, `the template runs too long: more than ${nodesVisitedMax} steps for one line`);
    }
  }

  private write(text: string, node: AnyNode): void {
    this.out += text;
    if (this.out.length > outputLengthMax) {
      throw this.error(node, `the template writes too much: more than ${outputLengthMax} characters for one line`);
    }
  }

  /** An error at the node that was looked at last. */
  private mistake(node: AnyNode, message: string): TemplateError {
    return this.error(this.current ?? node, message);
  }

  private error(node: AnyNode, message: string): TemplateError {
    const { name, text } = this.template;
    const before = text.slice(0, node.at);
    const lineStart = before.lastIndexOf('\n') + 1;
    const line = before.split('\n').length;
    const column = Buffer.byteLength(before.slice(lineStart), 'utf8');
    return new TemplateError(`template: ${name}:${line}:${column}: executing ${JSON.stringify(name)} at <${itemText(node)}>: ${message}`);
  }
}

function itemText(node: AnyNode): string {
  switch (node.kind) {
    case 'action':
      return `{{${nodeText(node.pipe)}}}`;
    case 'text':
      return node.text;
    case 'template':
      return `{{template ${JSON.stringify(node.name)}${node.pipe ? ` ${nodeText(node.pipe)}` : ''}}}`;
    case 'if':
    case 'with':
    case 'range':
      return `{{${node.kind} ${nodeText(node.pipe)}}}`;
    case 'break':
    case 'continue':
      return `{{${node.kind}}}`;
    default:
      return nodeText(node);
  }
}

