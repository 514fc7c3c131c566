import { ConfigError, type YamlValue } from '../config/yaml';
import type { Entry } from '../entry';
import { StageConfig } from './decode';
import { type NamedPlan, Pipeline, type StageReader } from './pipeline';
import { parseSelector } from './selector';

/** `match`: entries that the selector takes go through stages of their own, or are dropped. */
export const matchStage =
  (planStages: (list: YamlValue, path: string) => NamedPlan[]): StageReader =>
  (yaml, path = 'match') => {
    const config = new StageConfig(yaml, false);
    const { action, reason } = checked(config);
    const list = config.raw('stages');
    const plans = action === 'keep' ? planStages(list, `${path}.stages`) : [];
    const selector = parseSelector(config.text('selector')!);
    return (context, next) => {
      const inner = new Pipeline(plans, context);
      const close = () => inner.close();
      const flush = () => inner.flush();
      // What inner stages hand on later (timers) goes on behind this stage.
      inner.sendTo(next);
      return {
        close, flush,
        run(entry: Entry) {
          if (!selector(entry)) {
            return next(entry);
          }
          if (action === 'drop') {
            return context.drop(entry, reason);
          }
          inner.process(entry, next);
          context.throttle(inner.throttledMs);
        },
      };
    };
  };

function checked(config: StageConfig): { action: 'keep' | 'drop'; reason: string } {
  if (config.text('pipeline_name') === '') {
    throw new ConfigError('match stage pipeline name can be omitted but cannot be an empty string');
  }
  if (!config.text('selector')) {
    throw new ConfigError('selector statement required for match stage');
  }
  const action = config.text('action') || 'keep';
  if (action !== 'keep' && action !== 'drop') {
    throw new ConfigError("match stage action should be 'keep' or 'drop'");
  }
  const stages = config.raw('stages');
  const count = Array.isArray(stages) ? stages.length : 0;
  if (action === 'keep' && count === 0) {
    throw new ConfigError("match stage requires at least one additional stage to be defined in '- stages'");
  }
  if (action === 'drop' && count > 0) {
    throw new ConfigError('match stage configured to drop entries cannot contains stages');
  }
  return { action, reason: config.text('drop_counter_reason') || 'match_stage' };
}
