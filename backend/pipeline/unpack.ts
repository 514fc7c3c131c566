import type { UnpackStage } from '../../src/logql/ast';
import { unwanted } from '../text/fields';
import { unpackJson } from '../text/jsonPacked';
import { sanitizeLabelName } from '../text/labelName';
import { jsonParserError } from './json';
import type { BuildContext, Step } from './step';

/** `unpack`: undoes Promtail's `pack`. Labels are set only when the packed line is there. */
export function buildUnpack(_stage: UnpackStage, { labels }: BuildContext): Step {
  return (line) => {
    if (line.start === line.end || labels.complete) {
      return true;
    }
    const { packed, error } = unpackJson(line.source, line.start, line.end);
    if (error !== undefined) {
      labels.setParserError(jsonParserError, error);
    }
    if (packed) {
      labels.markFound();
      for (const [name, value] of packed.labels) {
        const label = sanitizeLabelName(name);
        const number = label === '' ? unwanted : labels.wantedNumber(label);
        if (number !== unwanted) {
          labels.foundText(number, value);
        }
      }
      line.text = packed.entry;
    }
    return true;
  };
}
