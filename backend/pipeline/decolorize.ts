import type { DecolorizeStage } from '../../src/logql/ast';
import { decolorize } from '../text/decolorize';
import type { Step } from './step';

/** `decolorize`: strips ANSI sequences. */
export function buildDecolorize(_stage: DecolorizeStage): Step {
  return (line) => {
    const text = line.text;
    const plain = decolorize(text);
    if (plain !== text) {
      line.text = plain;
    }
    return true;
  };
}
