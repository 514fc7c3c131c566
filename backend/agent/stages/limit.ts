import { ConfigError } from '../config/yaml';
import { TokenBucket } from '../rateGate';
import { StageConfig } from './decode';
import type { StageReader } from './pipeline';

/** Label values with a limit of their own, by default. */
const distinctLabelsDefault = 10_000;

/** `limit`: at most `rate` lines a second, for all or for each value of a label; what is above waits or is dropped. */
export const limitStage: StageReader = (yaml) => {
  const config = new StageConfig(yaml, true);
  const rate = config.number('rate') ?? 0;
  const burst = config.int('burst') ?? 0;
  const drop = config.bool('drop') ?? false;
  const label = config.text('by_label_name') || undefined;
  const distinctMax = config.int('max_distinct_labels') || distinctLabelsDefault;
  if (rate <= 0 || burst <= 0) {
    throw new ConfigError('limit stage failed to parse rate or burst');
  }
  if (label !== undefined && !drop) {
    throw new ConfigError('When ratelimiting by label, drop must be true');
  }
  return (context) => {
    const whole = new TokenBucket(rate, burst);
    const byValue = new Map<string, TokenBucket>();
    const bucketOf = (value: string) => {
      const bucket = byValue.get(value) ?? new TokenBucket(rate, burst);
      byValue.delete(value);
      byValue.set(value, bucket);
      if (byValue.size > distinctMax) {
        byValue.delete(byValue.keys().next().value!);
      }
      return bucket;
    };
    return {
      run(entry, next) {
        const value = label === undefined ? undefined : entry.labels.get(label);
        if (label !== undefined && value === undefined) {
          return next(entry);
        }
        const bucket = value === undefined ? whole : bucketOf(value);
        if (!drop) {
          // The line goes on; the source reads no further until its turn would have come.
          context.throttle(bucket.reserve());
          return next(entry);
        }
        if (bucket.allow()) {
          return next(entry);
        }
        context.drop(entry, 'ratelimit_drop_stage');
        if (label !== undefined && value !== undefined) {
          context.metrics.droppedLineByLabel(label, value);
        }
      },
    };
  };
};
