import { decolorize } from '../../text/decolorize';
import type { StageReader } from './pipeline';

/** `decolorize`: takes terminal colours out of the line. */
export const decolorizeStage: StageReader = () => () => ({
  run(entry, next) {
    entry.line = decolorize(entry.line);
    next(entry);
  },
});
