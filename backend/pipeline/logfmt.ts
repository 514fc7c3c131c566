import type { LogfmtStage } from '../../src/logql/ast';
import { LogfmtFields } from '../text/logfmt';
import type { BuildContext, Step } from './step';

export const logfmtParserError = 'LogfmtParserErr';

/** `logfmt`, `--strict`, `--keep-empty`, and `logfmt a="b"`. */
export function buildLogfmt(stage: LogfmtStage, { labels }: BuildContext): Step {
  const fields = new LogfmtFields((name) => labels.wantedNumber(name), stage.strict, stage.keepEmpty);
  return (line) => {
    if (labels.complete) {
      return true;
    }
    labels.markFound();
    const error = fields.parse(line.source, line.start, line.end, labels);
    if (error !== undefined) {
      labels.setParserError(logfmtParserError, error);
    }
    return true;
  };
}
