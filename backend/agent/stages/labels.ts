import { hasRawBytes } from '../bytes';
import { ConfigError, type YamlValue } from '../config/yaml';
import { isLabelName } from '../labelSet';
import { textList, textMap } from './decode';
import type { StageReader } from './pipeline';
import { valueText } from './values';

/** A map of names to sources, an empty source meaning the same name; names are checked. */
export function readMapping(yaml: YamlValue): Array<readonly [string, string]> {
  return [...textMap(yaml)].map(([name, source]) => {
    if (!isLabelName(name)) {
      throw new ConfigError(`invalid label name: ${name}`);
    }
    return [name, source || name] as const;
  });
}

/** `labels`: extracted values become labels; what is not valid UTF-8 is left out. */
export const labelsStage: StageReader = (yaml) => {
  const mapping = readMapping(yaml);
  return () => ({
    run(entry, next) {
      for (const [name, source] of mapping) {
        const value = valueText(entry.extracted.get(source));
        if (value !== undefined && !hasRawBytes(value)) {
          entry.labels = entry.labels.with(name, value);
        }
      }
      next(entry);
    },
  });
};

/** `static_labels`: fixed labels; empty ones are left out. */
export const staticLabelsStage: StageReader = (yaml) => {
  const pairs = [...textMap(yaml)].map(([name, value]) => {
    if (!isLabelName(name)) {
      throw new ConfigError(`invalid label name: ${name}`);
    }
    return [name, value ?? ''] as const;
  });
  return () => ({
    run(entry, next) {
      for (const [name, value] of pairs) {
        if (value !== '') {
          entry.labels = entry.labels.with(name, value);
        }
      }
      next(entry);
    },
  });
};

/** `labeldrop`: takes labels off. */
export const labelDropStage: StageReader = (yaml) => {
  const names = textList(yaml);
  if (names.length === 0) {
    throw new ConfigError('labeldrop stage config cannot be empty');
  }
  return () => ({
    run(entry, next) {
      for (const name of names) {
        entry.labels = entry.labels.without(name);
      }
      next(entry);
    },
  });
};

/** `labelallow`: takes all other labels off. */
export const labelAllowStage: StageReader = (yaml) => {
  const names = new Set(textList(yaml));
  if (names.size === 0) {
    throw new ConfigError('labelallow stage config cannot be empty');
  }
  return () => ({
    run(entry, next) {
      entry.labels = entry.labels.only(names);
      next(entry);
    },
  });
};
