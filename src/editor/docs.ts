import { t } from '../i18n';
import { functionInfo } from '../logql';

/** What the words after a pipe do, in English. */
export const stageTexts: ReadonlyMap<string, string> = new Map([
  ['json', 'Reads the line as JSON; every leaf becomes a field, nested names joined by `_`. With arguments only those: `json status="response.code"`.'],
  ['logfmt', 'Reads `key=value` pairs of the line as fields. `--strict` stops at the first broken pair, `--keep-empty` keeps keys without a value.'],
  ['pattern', 'Takes fields from a line by its shape: `pattern "<ip> - - <_> \\"<method> <path> <_>\\" <status>"`. `<_>` skips.'],
  ['regexp', 'Takes fields from a line by the named groups of a regular expression: `regexp "(?P<method>\\\\w+)"`.'],
  ['unpack', "Undoes Promtail's `pack`: fields of the JSON object become labels, `_entry` becomes the line."],
  ['line_format', 'Writes the line anew from a template: `line_format "{{.status}} {{.path}}"`.'],
  ['label_format', 'Renames a label (`new=old`) or writes one from a template (`new="{{.a}}-{{.b}}"`).'],
  ['drop', 'Takes labels away: `drop path, level="debug"`.'],
  ['keep', 'Takes all other labels away: `keep status, method`.'],
  ['decolorize', 'Removes colour codes of terminals from the line.'],
  ['unwrap', 'Takes the number of a field as the value of the line; `duration()` and `bytes()` convert it.'],
  ['distinct', 'Keeps the first line for every combination of values of these labels.'],
  ['by', 'Keeps only these labels; series that agree in them are put together.'],
  ['without', 'Drops these labels; series that agree in the rest are put together.'],
  ['offset', 'Looks that far back: `rate({app="a"}[5m] offset 1d)`.'],
  ['bool', 'The comparison answers 0 or 1 instead of leaving series out.'],
]);

/** What a word after a pipe does, for hover texts and completion; undefined for another word. */
export function stageDoc(word: string): string | undefined {
  const english = stageTexts.get(word);
  return english === undefined ? undefined : t(`stage.${word}`, english);
}

/** What a function does; empty for another name. */
export function functionDoc(name: string): string {
  const english = functionInfo.get(name)?.doc;
  return english === undefined ? '' : t(`function.${name}`, english);
}
