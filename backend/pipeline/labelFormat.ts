import type { LabelFormatStage } from '../../src/logql/ast';
import { badRequest } from '../model/errors';
import { TemplateError } from '../text/template/index';
import { errorLabel } from './labelNames';
import { queryTemplate, templateFormatError } from './lineFormat';
import type { BuildContext, Step } from './step';

/** `label_format a=b, c="{{.d}}"`: in the order written; templates see the labels as they were when the first of them ran. */
export function buildLabelFormat(stage: LabelFormatStage, { labels }: BuildContext): Step {
  const seen = new Set<string>();
  for (const { name } of stage.targets) {
    if (name === errorLabel) {
      throw badRequest(`${name} cannot be formatted`);
    }
    if (seen.has(name)) {
      throw badRequest(`multiple label name '${name}' not allowed in a single format operation`);
    }
    seen.add(name);
  }
  const targets = stage.targets.map((target) => ({
    number: labels.names.number(target.name),
    from: target.kind === 'rename' ? labels.names.number(target.from) : undefined,
    template: target.kind === 'template' ? queryTemplate('label', target.template, `invalid template for label '${target.name}'`) : undefined,
  }));
  return (line) => {
    let values: ReadonlyMap<string, string> | undefined;
    for (const { number, from, template } of targets) {
      if (from !== undefined) {
        const value = labels.get(from);
        if (value !== undefined) {
          labels.set(number, value);
          labels.remove(from);
        }
      } else if (template) {
        try {
          values ??= labels.snapshot();
          labels.set(number, template.execute(values, { line: () => line.text, tsNs: () => line.tsNs }));
        } catch (error) {
          if (!(error instanceof TemplateError)) {
            throw error;
          }
          labels.setError(templateFormatError, error.message);
        }
      }
    }
    return true;
  };
}
