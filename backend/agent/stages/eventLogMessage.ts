import { ConfigError } from '../config/yaml';
import { isLabelName } from '../labelSet';
import { StageConfig } from './decode';
import type { StageReader } from './pipeline';
import { valueText } from './values';

/** `eventlogmessage`: the `key: value` lines of a Windows event's message become extracted values. */
export const eventLogMessageStage: StageReader = (yaml) => {
  const config = new StageConfig(yaml, false);
  const source = config.text('source') ?? 'message';
  const dropInvalid = config.bool('drop_invalid_labels') ?? false;
  const overwrite = config.bool('overwrite_existing') ?? false;
  if (!isLabelName(source)) {
    throw new ConfigError(`invalid label name: ${source}`);
  }
  return (context) => ({
    run(entry, next) {
      if (!entry.extracted.has(source)) {
        return next(entry);
      }
      const message = valueText(entry.extracted.get(source));
      if (message === undefined) {
        return context.drop(entry, undefined);
      }
      for (const line of message.split('\r\n')) {
        const colon = line.indexOf(':');
        const name = colon < 0 ? undefined : nameOf(line.slice(0, colon), dropInvalid);
        if (name !== undefined) {
          const taken = entry.extracted.has(name) && !overwrite;
          entry.extracted.set(taken ? `${name}_extracted` : name, line.slice(colon + 1).trim());
        }
      }
      next(entry);
    },
  });
};

function nameOf(key: string, dropInvalid: boolean): string | undefined {
  if (isLabelName(key)) {
    return key;
  }
  if (dropInvalid) {
    return undefined;
  }
  return key === '' ? '_' : key.replace(/^\d|[^A-Za-z0-9_]/gu, '_');
}
