import { compileTemplate, functionsWith, GoMap, type Template, TemplateError, type Value } from '../../text/template';
import type { Entry } from '../entry';
import { agentFunctions } from './templateFunctions';
import { valueText } from './values';

const functions = functionsWith(agentFunctions);

/** Compiles a template of a stage, with the agent's functions. Throws a TemplateError. */
export function compileStageTemplate(text: string): Template {
  return compileTemplate('pipeline_template', text, functions);
}

/** Extracted values as a template sees them: texts by name; null is missing. */
export function templateValues(entry: Entry): Map<string, Value> {
  const values = new Map<string, Value>();
  for (const [name, value] of entry.extracted) {
    const text = valueText(value);
    if (text !== undefined) {
      values.set(name, text);
    }
  }
  return values;
}

/** Runs a template; undefined when it fails for these values. */
export function runTemplate(template: Template, values: Map<string, Value>): string | undefined {
  try {
    return template.executeOn(new GoMap(values, 'any'));
  } catch (error) {
    if (error instanceof TemplateError) {
      return undefined;
    }
    throw error;
  }
}
