import type { PatternStage } from '../../src/logql/ast';
import { rawValue, unwanted } from '../text/fields';
import { parseParserPattern } from '../text/pattern';
import type { BuildContext, Step } from './step';

/** `pattern "<ip> - <_> [<ts>]"`. */
export function buildPattern(stage: PatternStage, { labels }: BuildContext): Step {
  const pattern = parseParserPattern(stage.pattern);
  const numbers = pattern.names.map((name) => labels.wantedNumber(name));
  const starts: number[] = [];
  const ends: number[] = [];
  return (line) => {
    if (labels.complete) {
      return true;
    }
    labels.markFound();
    const count = pattern.match(line.source.bytes, line.start, line.end, starts, ends);
    for (let i = 0; i < count; i++) {
      if (numbers[i] !== unwanted) {
        labels.found(numbers[i], line.source, starts[i], ends[i], rawValue);
      }
    }
    return true;
  };
}
