import { t } from '../../i18n';
import { functionInfo, printLabelFilter, type LineFilterOp, type RangeFunction, type Stage, type UnwrapConversion, type VectorFunction } from '../../logql';
import { parsed } from '../../query/kind';
import { functionDoc, stageDoc } from '../docs';
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
export const operationGroups = (): OperationGroup[] => [
  {
    label: t('operations.lineFilters', 'Line filters'),
    choices: [
      stage(t('operations.contains', 'Line contains'), '|= ""'),
      stage(t('operations.containsNot', 'Line does not contain'), '!= ""'),
      stage(t('operations.containsAnyCase', 'Line contains, upper or lower case'), '|~ "(?i)"'),
      stage(t('operations.matches', 'Line matches regular expression'), '|~ ""'),
      stage(t('operations.matchesNot', 'Line does not match regular expression'), '!~ ""'),
      stage(t('operations.ip', 'Line has an IP address of'), '|= ip("10.0.0.0/8")'),
    ],
  },
  {
    label: t('operations.formats', 'Formats'),
    choices: [
      stage(t('operations.json', 'JSON'), '| json'),
      stage(t('operations.logfmt', 'Logfmt'), '| logfmt'),
      stage(t('operations.pattern', 'Pattern'), '| pattern "<_> <field> <_>"'),
      stage(t('operations.regexp', 'Regular expression'), '| regexp "(?P<field>\\\\w+)"'),
      stage(t('operations.unpack', 'Unpack'), '| unpack'),
      stage(t('operations.lineFormat', 'Line format'), '| line_format "{{.message}}"'),
      stage(t('operations.labelFormat', 'Label format'), '| label_format new=old'),
      stage(t('operations.keep', 'Keep labels'), '| keep level'),
      stage(t('operations.drop', 'Drop labels'), '| drop filename'),
      stage(t('operations.decolorize', 'Remove colour codes'), '| decolorize'),
    ],
  },
  {
    label: t('operations.labelFilters', 'Label filters'),
    choices: [stage(t('operations.fieldIs', 'Field is'), '| level="error"'), stage(t('operations.fieldAtLeast', 'Field is at least'), '| status >= 500'), stage(t('operations.fieldTook', 'Field took longer than'), '| duration > 1s'), stage(t('operations.noErrors', 'No parse errors'), '| __error__=""')],
  },
  { label: t('operations.rangeFunctions', 'Range functions'), choices: rangeNames.map(range) },
  { label: t('operations.aggregations', 'Aggregations'), choices: vectorNames.map(vector) },
  { label: t('operations.calculations', 'Calculations'), choices: ['+', '-', '*', '/', '%', '^', '==', '!=', '>', '<', '>=', '<='].map(binary) },
];

/** Ways to make a number of a field's text. */
export const conversions = (): Array<{ value: UnwrapConversion | 'none'; label: string }> => [
  { value: 'none', label: t('operations.number', 'number') },
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
      return { title: operation.fn, doc: functionDoc(operation.fn) };
    case 'labelReplace':
      return { title: 'label_replace', doc: functionDoc('label_replace') };
    case 'binary':
      return { title: t('operations.calculate', 'Calculate {{op}}', { op: operation.op }), doc: t('operations.calculateHelp', 'Takes both sides of `{{op}}`, point by point.', { op: operation.op }) };
  }
}

const words: Partial<Record<Stage['kind'], string>> = { lineFormat: 'line_format', labelFormat: 'label_format' };

function describeStage(its: Stage): { title: string; doc: string } {
  if (its.kind === 'lineFilter') {
    const texts = its.operands.map((one) => `\`${one.kind === 'ip' ? `ip(${one.value})` : one.value}\``).join(' / ');
    return { title: lineFilterTitle(its.op), doc: lineFilterDoc(its.op, texts) };
  }
  if (its.kind === 'labelFilter') {
    return { title: t('operations.fieldFilter', 'Field filter'), doc: t('operations.fieldFilterHelp', 'Keeps lines for which `{{condition}}` is true.', { condition: printLabelFilter(its.filter) }) };
  }
  const word = words[its.kind] ?? its.kind;
  return { title: word, doc: stageDoc(word) ?? '' };
}

function lineFilterDoc(op: LineFilterOp, texts: string): string {
  switch (op) {
    case '|=':
      return t('operations.containsDoc', 'Keeps lines that contain {{texts}}.', { texts });
    case '!=':
      return t('operations.containsNotDoc', 'Keeps lines that do not contain {{texts}}.', { texts });
    case '|~':
      return t('operations.matchesDoc', 'Keeps lines that match the regular expression {{texts}}.', { texts });
    case '!~':
      return t('operations.matchesNotDoc', 'Keeps lines that do not match the regular expression {{texts}}.', { texts });
    case '|>':
      return t('operations.hasPatternDoc', 'Keeps lines that have the pattern {{texts}}.', { texts });
    case '!>':
      return t('operations.hasNotPatternDoc', 'Keeps lines that do not have the pattern {{texts}}.', { texts });
  }
}

function lineFilterTitle(op: LineFilterOp): string {
  switch (op) {
    case '|=':
      return t('operations.contains', 'Line contains');
    case '!=':
      return t('operations.containsNot', 'Line does not contain');
    case '|~':
      return t('operations.lineMatches', 'Line matches');
    case '!~':
      return t('operations.lineMatchesNot', 'Line does not match');
    case '|>':
      return t('operations.hasPattern', 'Line has the pattern');
    case '!>':
      return t('operations.hasNotPattern', 'Line does not have the pattern');
  }
}
