import { ConfigError } from '../config/yaml';
import { StageConfig } from './decode';
import type { StageReader } from './pipeline';

/** `sampling`: keeps a random share of the entries. */
export const samplingStage: StageReader = (yaml) => {
  const config = new StageConfig(yaml, true);
  const rate = config.number('rate') ?? 0;
  const reason = config.text('drop_counter_reason') || 'sampling_stage';
  if (rate < 0 || rate > 1) {
    throw new ConfigError(`sampling stage failed to parse rate,Sampling Rate must be between 0.0 and 1.0, received ${rate.toFixed(6)}`);
  }
  return (context) => ({
    run(entry, next) {
      if (Math.random() < rate) {
        next(entry);
      } else {
        context.drop(entry, reason);
      }
    },
  });
};
