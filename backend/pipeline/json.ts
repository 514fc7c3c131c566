import type { JsonStage } from '../../src/logql/ast';
import { JsonFields } from '../text/json';
import type { BuildContext, Step } from './step';

export const jsonParserError = 'JSONParserErr';

/** `json` and `json a="x.y[0]"`. */
export function buildJson(_stage: JsonStage, { labels }: BuildContext): Step {
  const fields = new JsonFields({ number: (name) => labels.wantedNumber(name), wantsPrefix: labels.prefixTest() });
  return (line) => {
    if (labels.complete) {
      return true;
    }
    labels.markFound();
    const error = fields.parse(line.source, line.start, line.end, labels, () => labels.undoFound());
    if (error !== undefined) {
      labels.setParserError(jsonParserError, error);
    }
    return true;
  };
}
