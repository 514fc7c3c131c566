import { ConfigError } from '../config/yaml';
import { type Entry, tenantLabel } from '../entry';
import { StageConfig } from './decode';
import type { StageReader } from './pipeline';
import { valueText } from './values';

/** `tenant`: sets the tenant from a label, an extracted value or a fixed text; an empty one changes nothing. */
export const tenantStage: StageReader = (yaml) => {
  const config = new StageConfig(yaml, false);
  const label = config.text('label') || undefined;
  const source = config.text('source') || undefined;
  const value = config.text('value') || undefined;
  const given = [label, source, value].filter((text) => text !== undefined).length;
  if (given === 0) {
    throw new ConfigError('label, source or value config are required');
  }
  if (given > 1) {
    throw new ConfigError('label, source and value are mutually exclusive: you should set source, value or label but not all');
  }
  const tenantOf = (entry: Entry) => (label !== undefined ? entry.labels.get(label) : source !== undefined ? valueText(entry.extracted.get(source)) : value);
  return () => ({
    run(entry, next) {
      const tenant = tenantOf(entry);
      if (tenant) {
        entry.labels = entry.labels.with(tenantLabel, tenant);
      }
      next(entry);
    },
  });
};
