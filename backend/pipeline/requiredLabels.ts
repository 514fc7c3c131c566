import type { LabelFilter, Stage } from '../../src/logql/ast';
import { compileTemplate, TemplateError } from '../text/template/index';
import type { PipelineOptions } from './pipeline';

/**
 * The labels that a pipeline and what follows it look at, so that parsers may leave out the rest; undefined when everything
 * is looked at. A name with `_extracted` is wanted without it too: a parser meets it before it gets the suffix.
 */
export function requiredLabels(stages: readonly Stage[], { labelsNeeded, unwrap }: PipelineOptions): Set<string> | undefined {
  if (!labelsNeeded) {
    return undefined;
  }
  const names = new Set(labelsNeeded);
  for (const name of unwrap ? [unwrap.label, ...unwrap.filters.flatMap(filterLabels)] : []) {
    names.add(name);
  }
  for (const stage of stages) {
    const looked = readLabels(stage);
    if (!looked) {
      return undefined;
    }
    for (const name of looked) {
      names.add(name);
    }
  }
  for (const name of [...names]) {
    if (name.endsWith('_extracted')) {
      names.add(name.slice(0, -'_extracted'.length));
    }
  }
  return names;
}

/** Labels that a stage reads; undefined when it may read any. */
export function readLabels(stage: Stage): readonly string[] | undefined {
  switch (stage.kind) {
    case 'labelFilter':
      return filterLabels(stage.filter);
    case 'distinct':
      return stage.labels;
    case 'lineFormat':
      return templateLabels(stage.template);
    case 'labelFormat': {
      const fields = stage.targets.map((target) => (target.kind === 'rename' ? [target.from] : templateLabels(target.template)));
      return fields.some((names) => !names) ? undefined : fields.flatMap((names) => names ?? []);
    }
    default:
      return [];
  }
}

function templateLabels(text: string): readonly string[] | undefined {
  try {
    return compileTemplate('', text).fields;
  } catch (error) {
    if (error instanceof TemplateError) {
      return []; // the stage itself says what is wrong when it is built
    }
    throw error;
  }
}

/** Labels that a condition compares. */
export function filterLabels(filter: LabelFilter): string[] {
  return filter.kind === 'and' || filter.kind === 'or' ? [...filterLabels(filter.left), ...filterLabels(filter.right)] : [filter.name];
}
