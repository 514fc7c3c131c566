import { functionInfo, type RangeFunction, type Stage, type UnwrapConversion, type VectorFunction } from '../../logql';
import { parsed } from '../../query/kind';
import { stageDocs } from '../stageDocs';
import type { Operation } from './state';

/** An entry of the menu of operations. */
export interface OperationChoice {
  label: string;
  make(): Operation;
}

export interface OperationGroup {
  label: string;
  choices: OperationChoice[];
}

const span = { start: 0, end: 0 };

/** A pipeline stage from its text; undefined when it has mistakes. */
export function readStage(text: string): Stage | undefined {
  const found = parsed(`{a="b"} ${text}`);
  return found?.kind === 'log' && found.stages.length === 1 ? found.stages[0] : undefined;
}

function stage(label: string, text: string): OperationChoice {
  return { label, make: () => ({ kind: 'stage', stage: readStage(text)! }) };
}

function range(fn: RangeFunction): OperationChoice {
  const info = functionInfo.get(fn)!;
  const unwrap = info.unwrap === 'required' ? { label: 'duration', filters: [], span } : undefined;
  return { label: fn, make: () => ({ kind: 'range', fn, range: '$__auto', unwrap, parameter: info.parameter ? 0.95 : undefined }) };
}

function vector(fn: VectorFunction): OperationChoice {
  return { label: fn, make: () => ({ kind: 'vector', fn, parameter: functionInfo.get(fn)!.parameter ? 10 : undefined }) };
}

function binary(op: string): OperationChoice {
  return { label: op, make: () => ({ kind: 'binary', op, other: '1', otherFirst: false, bool: false }) };
}

const rangeNames = [...functionInfo.values()].filter((info) => info.kind === 'range').map((info) => info.name as RangeFunction);
const vectorNames = [...functionInfo.values()].filter((info) => info.kind === 'vector').map((info) => info.name as VectorFunction);

/** Everything that can be added, as the menu shows it. */
export const operationGroups: OperationGroup[] = [
  {
    label: 'Line filters',
    choices: [
      stage('Line contains', '|= ""'),
      stage('Line does not contain', '!= ""'),
      stage('Line contains, upper or lower case', '|~ "(?i)"'),
      stage('Line matches regular expression', '|~ ""'),
      stage('Line does not match regular expression', '!~ ""'),
      stage('Line has an IP address of', '|= ip("10.0.0.0/8")'),
    ],
  },
  {
    label: 'Formats',
    choices: [
      stage('JSON', '| json'),
      stage('Logfmt', '| logfmt'),
      stage('Pattern', '| pattern "<_> <field> <_>"'),
      stage('Regular expression', '| regexp "(?P<field>\\\\w+)"'),
      stage('Unpack', '| unpack'),
      stage('Line format', '| line_format "{{.message}}"'),
      stage('Label format', '| label_format new=old'),
      stage('Keep labels', '| keep level'),
      stage('Drop labels', '| drop filename'),
      stage('Remove colour codes', '| decolorize'),
    ],
  },
  {
    label: 'Label filters',
    choices: [stage('Field is', '| level="error"'), stage('Field is at least', '| status >= 500'), stage('Field took longer than', '| duration > 1s'), stage('No parse errors', '| __error__=""')],
  },
  { label: 'Range functions', choices: rangeNames.map(range) },
  { label: 'Aggregations', choices: vectorNames.map(vector) },
  { label: 'Calculations', choices: ['+', '-', '*', '/', '%', '^', '==', '!=', '>', '<', '>=', '<='].map(binary) },
];

/** Ways to make a number of a field's text. */
export const conversions: Array<{ value: UnwrapConversion | 'none'; label: string }> = [
  { value: 'none', label: 'number' },
  { value: 'duration', label: 'duration()' },
  { value: 'bytes', label: 'bytes()' },
];

/** What an operation is called and what it does. */
export function describe(operation: Operation): { title: string; doc: string } {
  switch (operation.kind) {
    case 'stage':
      return describeStage(operation.stage);
    case 'range':
    case 'vector':
      return { title: operation.fn, doc: functionInfo.get(operation.fn)?.doc ?? '' };
    case 'labelReplace':
      return { title: 'label_replace', doc: functionInfo.get('label_replace')?.doc ?? '' };
    case 'binary':
      return { title: `Calculate ${operation.op}`, doc: `Takes both sides of \`${operation.op}\`, point by point.` };
  }
}

const words: Partial<Record<Stage['kind'], string>> = { lineFormat: 'line_format', labelFormat: 'label_format' };

function describeStage(its: Stage): { title: string; doc: string } {
  if (its.kind === 'lineFilter') {
    const titles = { '|=': 'Line contains', '!=': 'Line does not contain', '|~': 'Line matches', '!~': 'Line does not match', '|>': 'Line has the pattern', '!>': 'Line does not have the pattern' };
    return { title: titles[its.op], doc: `Keeps only lines for which it is so: ${its.operands.map((one) => `"${one.value}"`).join(' or ')}.` };
  }
  if (its.kind === 'labelFilter') {
    return { title: 'Field filter', doc: 'Keeps only lines whose field is so.' };
  }
  const word = words[its.kind] ?? its.kind;
  return { title: word, doc: stageDocs.get(word) ?? '' };
}
