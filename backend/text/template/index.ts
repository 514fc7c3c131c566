import { evaluateTemplate, type MissingKeys, outputLengthMax } from './evaluate';
import type { FunctionTable, TemplateFunction } from './functions';
import { builtins } from './functions/builtins';
import { encodingFunctions } from './functions/encodings';
import { entryFunctions } from './functions/entry';
import { numberFunctions } from './functions/numbers';
import { stringFunctions } from './functions/strings';
import { timeFunctions } from './functions/times';
import { fieldNames, usesWholeDot } from './nodes';
import { parseTemplate } from './parser';
import { GoMap, type Value } from './values';

export { TemplateError } from './errors';
export { CallError } from './errors';
export { templateRegex } from './functions/strings';
export { ofStrings, type FunctionTable, type TemplateFunction } from './functions';
export { GoMap, GoInt, type Value } from './values';

/** Functions of every template. */
const sharedFunctions = [...builtins, ...stringFunctions, ...encodingFunctions, ...numberFunctions, ...timeFunctions];

/** The functions of `line_format` and `label_format` (Loki, pkg/logql/log/fmt.go). */
export const queryFunctions: FunctionTable = new Map([...sharedFunctions, ...entryFunctions]);

/** The same with others added or replaced, and without what needs a log entry: for the agent's templates. */
export function functionsWith(more: ReadonlyArray<readonly [string, TemplateFunction]>): FunctionTable {
  return new Map([...sharedFunctions, ...more]);
}

/** A Go text/template, ready to run. */
export interface Template {
  /** Names of the fields it looks at; undefined when it may look at any. */
  readonly fields: readonly string[] | undefined;
  /** The only field it prints, when it is nothing but `{{.field}}`. */
  readonly onlyField: string | undefined;
  /** Runs it over texts by name (a missing one is empty). Throws a TemplateError. */
  execute(values: ReadonlyMap<string, string>, entry?: EntryAccess): string;
  /** Runs it over any values, outside of a query: a missing key is absent. */
  executeOn(dot: Value): string;
}

/** The entry that `__line__` and `__timestamp__` speak of; asked only when they are used. */
export interface EntryAccess {
  line: () => string;
  tsNs: () => bigint;
}

const noEntry: EntryAccess = { line: () => '', tsNs: () => 0n };

/** Reads a template. `name` appears in messages. Throws a TemplateError. */
export function compileTemplate(name: string, text: string, functions: FunctionTable = queryFunctions): Template {
  const parsed = parseTemplate(name, text, (fn) => functions.has(fn) || fn === 'and' || fn === 'or');
  const lists = [parsed.root, ...parsed.defined.values()];
  const [first] = parsed.root;
  const operand = parsed.root.length === 1 && first.kind === 'action' && first.pipe.commands.length === 1 ? first.pipe.commands[0].operands : [];
  const onlyField = operand.length === 1 && operand[0].kind === 'field' && operand[0].path.length === 1 ? operand[0].path[0] : undefined;
  const run = (dot: Value, { line, tsNs }: EntryAccess, missingKeys: MissingKeys): string =>
    evaluateTemplate(parsed, functions, dot, { line, tsNs, lengthMax: outputLengthMax }, missingKeys);
  return {
    fields: lists.some(usesWholeDot) ? undefined : lists.flatMap(fieldNames),
    onlyField,
    execute: (values, entry = noEntry) => run(new GoMap(values, 'string'), entry, 'zero'),
    executeOn: (dot) => run(dot, noEntry, 'absent'),
  };
}
