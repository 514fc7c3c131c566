/**
 * What Loki makes of the pattern of a label filter. Patterns it can write as plain texts it compares as texts, and where such a
 * text has `.*` or an alternative beside it, it only asks whether the label contains the text: `| level=~"err.*"` finds `xerr`
 * (Loki 3.4, pkg/logql/log/filter.go). The other patterns cover the whole value, as everywhere else.
 * Line filters go the same way, which only shows where an alternative takes anything.
 */
import { charSet, printSet } from './regexClass';
import { parseRegex, type RegexNode } from './regexParser';

/** A value passes when one of the tests does. */
export type TextTest =
  | { kind: 'anything' | 'something' }
  /** `ignoreCase`: `text` is in lower case. */
  | { kind: 'equals' | 'contains'; text: string; ignoreCase: boolean };

/** The tests Loki does instead of running the pattern; undefined when it runs it (or can't read it). */
export function looseTests(pattern: string): TextTest[] | undefined {
  const parsed = parseRegex(pattern);
  const tests = parsed.ok ? simplify(shapeOf(parsed.node)) : undefined;
  return tests?.map((test) => (test.kind === 'contains' && test.text === '' ? { kind: 'anything' } : test));
}

/** A pattern as Go's parser leaves it, as far as the tests depend on it. `other` can't be written as texts. */
type Shape =
  | { kind: 'empty' | 'any*' | 'any+' | 'other' }
  /** A class of characters, or one character in an alternative: Go joins neighbours to one class. */
  | { kind: 'class' }
  | { kind: 'text'; text: string; fold: boolean }
  | { kind: 'capture'; shape: Shape }
  | { kind: 'concat' | 'alternate'; shapes: Shape[] };

const other: Shape = { kind: 'other' };
const dot = printSet(charSet([10, 10], true));

function shapeOf(node: RegexNode): Shape {
  switch (node.kind) {
    case 'empty':
      return { kind: 'empty' };
    case 'set':
      return node.char === undefined ? { kind: 'class' } : { kind: 'text', text: String.fromCodePoint(node.char), fold: node.fold ?? false };
    case 'group': {
      const shape = shapeOf(node.node);
      return node.index === undefined ? shape : { kind: 'capture', shape };
    }
    case 'concat':
      return concatShape(node.nodes);
    case 'alternate':
      return alternateShape(node.nodes.map(shapeOf).flatMap((shape) => (shape.kind === 'alternate' ? shape.shapes : [shape])));
    case 'repeat':
      return repeatShape(node);
    default:
      return other;
  }
}

function repeatShape({ node, min, max }: RegexNode & { kind: 'repeat' }): Shape {
  if (max === 0) {
    return { kind: 'empty' };
  }
  if (min === 1 && max === 1) {
    return shapeOf(node);
  }
  if (max !== Infinity || min > 1 || node.kind !== 'set' || printSet(node.set) !== dot) {
    return other;
  }
  return { kind: min === 0 ? 'any*' : 'any+' };
}

/** Neighbouring characters become one text; a group without capture loses its parentheses. */
function concatShape(nodes: RegexNode[]): Shape {
  const shapes: Shape[] = [];
  for (const shape of nodes.map(shapeOf)) {
    const last = shapes.at(-1);
    if (shape.kind === 'text' && last?.kind === 'text' && sameCase(last, shape)) {
      shapes[shapes.length - 1] = { kind: 'text', text: last.text + shape.text, fold: last.fold || shape.fold };
    } else if (shape.kind === 'concat') {
      shapes.push(...shape.shapes);
    } else {
      shapes.push(shape);
    }
  }
  return shapes.length === 1 ? shapes[0] : { kind: 'concat', shapes };
}

type Text = Shape & { kind: 'text' };

const caseless = (text: string) => text.toLowerCase() === text.toUpperCase();

/** Whether case counts in both or in none; digits and signs go with either. */
const sameCase = (a: Text, b: Text) => a.fold === b.fold || caseless(a.text) || caseless(b.text);

/** Go takes out what neighbouring alternatives begin with, and joins single characters to a class. */
function alternateShape(shapes: Shape[]): Shape {
  const factored: Shape[] = [];
  for (let at = 0; at < shapes.length; ) {
    let prefix = leadingText(shapes[at]);
    let end = at + 1;
    for (; prefix && end < shapes.length; end++) {
      const next = leadingText(shapes[end]);
      const shared: Text | undefined = next && next.fold === prefix.fold ? { ...prefix, text: sharedStart(prefix.text, next.text, prefix.fold) } : undefined;
      if (!shared || shared.text === '') {
        break;
      }
      prefix = shared;
    }
    if (prefix && end > at + 1) {
      const { text } = prefix;
      factored.push(joined(prefix, alternateShape(shapes.slice(at, end).map((shape) => withoutStart(shape, text.length)))));
    } else {
      factored.push(shapes[at]);
    }
    at = end;
  }
  return withClasses(factored);
}

const joined = (prefix: Shape, rest: Shape): Shape => ({ kind: 'concat', shapes: [prefix, ...(rest.kind === 'concat' ? rest.shapes : [rest])] });

function leadingText(shape: Shape): Text | undefined {
  const first = shape.kind === 'concat' ? shape.shapes[0] : shape;
  return first.kind === 'text' ? first : undefined;
}

function sharedStart(a: string, b: string, fold: boolean): string {
  const [left, right] = fold ? [a.toLowerCase(), b.toLowerCase()] : [a, b];
  let length = 0;
  for (const char of left) {
    if (!right.startsWith(char, length)) {
      break;
    }
    length += char.length;
  }
  return a.slice(0, length);
}

function withoutStart(shape: Shape, length: number): Shape {
  const [first, ...rest] = shape.kind === 'concat' ? shape.shapes : [shape];
  const text = first.kind === 'text' ? first.text.slice(length) : '';
  const left: Shape[] = text === '' ? rest : [{ ...(first as Text), text }, ...rest];
  return left.length === 0 ? { kind: 'empty' } : left.length === 1 ? left[0] : { kind: 'concat', shapes: left };
}

function withClasses(shapes: Shape[]): Shape {
  const isClass = (shape: Shape | undefined) => shape?.kind === 'class' || (shape?.kind === 'text' && [...shape.text].length === 1);
  const merged = shapes.flatMap((shape, i): Shape[] => {
    if (isClass(shape) && isClass(shapes[i - 1])) {
      return [];
    }
    if (isClass(shape) && isClass(shapes[i + 1])) {
      return [{ kind: 'class' }];
    }
    return shape.kind === 'empty' && shapes[i - 1]?.kind === 'empty' ? [] : [shape];
  });
  return merged.length === 1 ? merged[0] : { kind: 'alternate', shapes: merged };
}

const uncaptured = (shape: Shape): Shape => (shape.kind === 'capture' ? shape.shape : shape);

const contains = (text: string, ignoreCase: boolean): TextTest => ({ kind: 'contains', text: ignoreCase ? text.toLowerCase() : text, ignoreCase });

function simplify(shape: Shape): TextTest[] | undefined {
  switch (shape.kind) {
    case 'empty':
    case 'any*':
      return [{ kind: 'anything' }];
    case 'any+':
      return [{ kind: 'something' }];
    case 'text':
      return [{ ...contains(shape.text, shape.fold), kind: 'equals' } as TextTest];
    case 'capture':
      return simplify(shape.shape);
    case 'concat':
      return simplifyConcat(shape.shapes, undefined);
    case 'alternate':
      return someOf(allOf(shape.shapes.map((leg) => simplify(uncaptured(leg)))));
    default:
      return undefined;
  }
}

/** Loki forgets an alternative that takes anything, unless there is no other: `a|` asks for `a`, and so does `a|.*`. */
function someOf(tests: TextTest[] | undefined): TextTest[] | undefined {
  const asking = tests?.filter(({ kind }) => kind !== 'anything');
  return asking && asking.length > 0 ? asking : tests?.slice(0, 1);
}

const allOf = (legs: Array<TextTest[] | undefined>): TextTest[] | undefined => (legs.every((leg) => leg !== undefined) ? legs.flat() : undefined);

/** Up to three parts: one text, `.*` around it, an alternative behind it. The rest of a value may be anything. */
function simplifyConcat(shapes: Shape[], start: Text | undefined): TextTest[] | undefined {
  const parts = shapes.map(uncaptured).filter((shape) => shape.kind !== 'empty');
  if (parts.length > 3) {
    return undefined;
  }
  let text: Text | undefined = start && { ...start, fold: false };
  let seen = false;
  let tests: TextTest[] | undefined;
  for (const part of parts) {
    if (part.kind === 'text' && !seen) {
      seen = true;
      text = { ...part, text: (text?.text ?? '') + part.text };
    } else if (part.kind === 'alternate' && text) {
      const found = simplifyEndings(part.shapes, text);
      if (!found) {
        return undefined;
      }
      tests = [...(tests ?? []), ...found];
    } else if (part.kind !== 'any*') {
      return undefined;
    }
  }
  return tests ?? (text && [contains(text.text, text.fold)]);
}

function simplifyEndings(endings: Shape[], start: Text): TextTest[] | undefined {
  return allOf(
    endings.map((ending) => {
      switch (ending.kind) {
        case 'empty':
        case 'any*':
          return [contains(start.text, start.fold)];
        case 'text':
          return ending.fold && !start.fold ? undefined : [contains(start.text + ending.text, start.fold)];
        case 'concat':
          return simplifyConcat(ending.shapes, start);
        default:
          return undefined;
      }
    })
  );
}
