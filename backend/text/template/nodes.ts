/** A parsed template. `at` is the offset into the template's text, for messages. */
export type Node = ListItem | Operand | Command | Pipe;

export type ListItem =
  | { kind: 'text'; text: string; at: number }
  | { kind: 'action'; pipe: Pipe; at: number }
  | { kind: 'if' | 'with' | 'range'; pipe: Pipe; list: ListItem[]; otherwise: ListItem[] | undefined; at: number }
  | { kind: 'break' | 'continue'; at: number }
  | { kind: 'template'; name: string; pipe: Pipe | undefined; at: number };

/** `$x, $y := command | command`. */
export interface Pipe {
  kind: 'pipe';
  variables: string[];
  assigns: boolean;
  commands: Command[];
  at: number;
}

export interface Command {
  kind: 'command';
  operands: Operand[];
  at: number;
}

export type Operand =
  | { kind: 'dot' | 'nil'; at: number }
  | { kind: 'bool'; value: boolean; at: number }
  /** `int` and `float` are set when the text can be read so. */
  | { kind: 'number'; text: string; int: bigint | undefined; float: number | undefined; at: number }
  | { kind: 'string'; text: string; value: string; at: number }
  | { kind: 'identifier'; name: string; at: number }
  | { kind: 'field'; path: string[]; at: number }
  | { kind: 'variable'; name: string; path: string[]; at: number }
  | { kind: 'chain'; operand: Operand; path: string[]; at: number }
  | Pipe;

/** A node as Go prints it in messages. */
export function nodeText(node: Operand | Command | Pipe): string {
  switch (node.kind) {
    case 'pipe': {
      const head = node.variables.length > 0 ? `${node.variables.join(', ')} ${node.assigns ? '=' : ':='} ` : '';
      return head + node.commands.map(nodeText).join(' | ');
    }
    case 'command':
      return node.operands.map((operand) => (operand.kind === 'pipe' ? `(${nodeText(operand)})` : nodeText(operand))).join(' ');
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
    case 'bool':
      return String(node.value);
    case 'number':
    case 'string':
      return node.text;
    case 'identifier':
      return node.name;
    case 'field':
      return node.path.map((name) => `.${name}`).join('');
    case 'variable':
      return [node.name, ...node.path].join('.');
    case 'chain':
      return (node.operand.kind === 'pipe' ? `(${nodeText(node.operand)})` : nodeText(node.operand)) + node.path.map((name) => `.${name}`).join('');
  }
}

/** Names of the fields of dot that a template can look at, at any depth. */
export function fieldNames(list: readonly ListItem[]): string[] {
  return [...nodesIn(list)].flatMap((node) => (node.kind === 'chain' || node.kind === 'field' || node.kind === 'variable' ? node.path : []));
}

/** Whether the template may look at names that it does not spell out: it hands dot itself around. */
export function usesWholeDot(list: readonly ListItem[]): boolean {
  return [...nodesIn(list)].some((node) => node.kind === 'dot' || (node.kind === 'variable' && node.name === '$' && node.path.length === 0));
}

/** Every node of a template, parents before their children. */
function* nodesIn(nodes: readonly Node[]): Generator<Node> {
  for (const node of nodes) {
    yield node;
    yield* nodesIn(childrenOf(node));
  }
}

function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case 'action':
    case 'template':
      return node.pipe ? [node.pipe] : [];
    case 'if':
    case 'with':
    case 'range':
      return [node.pipe, ...node.list, ...(node.otherwise ?? [])];
    case 'pipe':
      return node.commands;
    case 'command':
      return node.operands;
    case 'chain':
      return [node.operand];
    default:
      return [];
  }
}
