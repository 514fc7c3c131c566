import { TemplateError } from '../../text/template';
import { ConfigError } from '../config/yaml';
import { StageConfig } from './decode';
import type { StageReader } from './pipeline';
import { compileStageTemplate, runTemplate, templateValues } from './templates';
import { valueText } from './values';

/** `template`: a Go template sets an extracted value; an empty result removes it, a failing template changes nothing. */
export const templateStage: StageReader = (yaml) => {
  const config = new StageConfig(yaml, false);
  const source = config.text('source');
  if (!source) {
    throw new ConfigError('template source value is required');
  }
  const template = compiled(config.text('template') ?? '');
  return () => ({
    run(entry, next) {
      const values = templateValues(entry);
      const value = valueText(entry.extracted.get(source));
      if (value !== undefined) {
        values.set('Value', value);
      }
      values.set('Entry', entry.line);
      const result = runTemplate(template, values);
      if (result === '') {
        entry.extracted.delete(source);
      } else if (result !== undefined) {
        entry.extracted.set(source, result);
      }
      next(entry);
    },
  });
};

function compiled(text: string) {
  try {
    return compileStageTemplate(text);
  } catch (error) {
    throw error instanceof TemplateError ? new ConfigError(error.message) : error;
  }
}
