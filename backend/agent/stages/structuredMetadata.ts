import { hasRawBytes } from '../bytes';
import { readMapping } from './labels';
import type { StageReader } from './pipeline';
import { valueText } from './values';

/** `structured_metadata`: extracted values, or labels (which are then taken off), go with the line. A pair is sent once. */
export const structuredMetadataStage: StageReader = (yaml) => {
  const mapping = readMapping(yaml);
  return () => ({
    run(entry, next) {
      const pairs: Array<readonly [string, string]> = [];
      for (const [name, source] of mapping) {
        const value = valueText(entry.extracted.get(source));
        if (value !== undefined && !hasRawBytes(value)) {
          pairs.push([name, value]);
        }
        const label = entry.labels.get(source);
        if (label !== undefined && label !== value) {
          pairs.push([name, label]);
        }
      }
      for (const [, source] of mapping) {
        entry.labels = entry.labels.without(source);
      }
      if (pairs.length > 0) {
        entry.metadata = [...(entry.metadata ?? []), ...pairs];
      }
      next(entry);
    },
  });
};
