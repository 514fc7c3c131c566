import type { JsonStage, LabelExtraction } from '../../src/logql/ast';
import { jsonEscapedValue, plainValue, rawValue } from '../text/fields';
import { JsonFields } from '../text/json';
import { JsonPaths, parseJsonPath } from '../text/jsonPath';
import { isPlain } from '../text/jsonScan';
import type { BuildContext, Step } from './step';

export const jsonParserError = 'JSONParserErr';

/** `json` and `json a="x.y[0]"`. */
export function buildJson(stage: JsonStage, context: BuildContext): Step {
  return stage.expressions.length > 0 ? buildPaths(stage.expressions, context) : buildFields(context);
}

function buildFields({ labels }: BuildContext): Step {
  const fields = new JsonFields({ number: (name) => labels.wantedNumber(name), wantsPrefix: labels.prefixTest() });
  const undo = () => labels.undoFound();
  return (line) => {
    if (labels.complete) {
      return true;
    }
    labels.markFound();
    const error = fields.parse(line.source, line.start, line.end, labels, undo);
    if (error !== undefined) {
      labels.setParserError(jsonParserError, error);
    }
    return true;
  };
}

/** What JSON may start with; anything else is an error without details, as in Loki. */
const jsonStarts = new Set(['"', '{', '['].map((start) => start.charCodeAt(0)));

function buildPaths(expressions: LabelExtraction[], { labels }: BuildContext): Step {
  const paths = new JsonPaths(expressions.map((expression) => parseJsonPath(expression.path)));
  const numbers = expressions.map((expression) => labels.names.number(expression.name));
  return (line) => {
    const { source, start, end } = line;
    if (start === end || labels.complete) {
      return true;
    }
    if (!jsonStarts.has(source.bytes[start])) {
      labels.setParserError(jsonParserError, undefined);
      return true;
    }
    const error = paths.parse(source.bytes, start, end, (path, from, to, kind) => {
      const number = labels.parsedNumber(numbers[path]);
      if (kind === 'null') {
        labels.set(number, '');
      } else {
        labels.setBytes(number, source, from, to, kind === 'object' ? rawValue : isPlain(source.bytes, from, to) ? plainValue : jsonEscapedValue);
      }
    });
    if (error !== undefined) {
      labels.setParserError(jsonParserError, error);
    }
    for (const number of numbers) {
      if (!labels.has(number)) {
        labels.set(number, '');
      }
    }
    return true;
  };
}
