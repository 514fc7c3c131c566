import type { LineFormatStage } from '../../src/logql/ast';
import { badRequest } from '../model/errors';
import { compileTemplate, TemplateError, type Template } from '../text/template/index';
import type { BuildContext, Step } from './step';

export const templateFormatError = 'TemplateFormatErr';

/** Compiles a template of a query; its mistakes are the user's. */
export function queryTemplate(name: string, text: string, what: string): Template {
  try {
    return compileTemplate(name, text);
  } catch (error) {
    if (error instanceof TemplateError) {
      throw badRequest(`${what}: ${error.message}`);
    }
    throw error;
  }
}

/** `line_format "..."`: a template that fails leaves the line as it is. */
export function buildLineFormat(stage: LineFormatStage, { labels }: BuildContext): Step {
  const template = queryTemplate('line', stage.template, 'invalid line template');
  if (template.onlyField !== undefined) {
    const number = labels.names.number(template.onlyField);
    return (line) => {
      line.text = labels.get(number) ?? '';
      return true;
    };
  }
  return (line) => {
    try {
      line.text = template.execute(labels.snapshot(), { line: () => line.text, tsNs: () => line.tsNs });
    } catch (error) {
      if (!(error instanceof TemplateError)) {
        throw error;
      }
      labels.setError(templateFormatError, error.message);
    }
    return true;
  };
}
