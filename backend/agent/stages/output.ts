import { ConfigError } from '../config/yaml';
import { StageConfig } from './decode';
import type { StageReader } from './pipeline';
import { valueText } from './values';

/** `output`: an extracted value becomes the line. */
export const outputStage: StageReader = (yaml) => {
  const source = new StageConfig(yaml, false).text('source');
  if (!source) {
    throw new ConfigError('output source value is required if output is specified');
  }
  return () => ({
    run(entry, next) {
      const text = valueText(entry.extracted.get(source));
      if (text !== undefined) {
        entry.line = text;
      }
      next(entry);
    },
  });
};
