import type { LabelFilter, Stage } from '../../src/logql/ast';
import { compileTemplate } from '../text/template/index';
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
    const looked = stageLabels(stage);
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
function stageLabels(stage: Stage): readonly string[] | undefined {
  switch (stage.kind) {
    case 'labelFilter':
      return filterLabels(stage.filter);
    case 'distinct':
      return stage.labels;
    case 'lineFormat':
      return compileTemplate('line', stage.template).fields;
    case 'labelFormat': {
      const fields = stage.targets.map((target) => (target.kind === 'rename' ? [target.from] : compileTemplate('label', target.template).fields));
      return fields.some((names) => !names) ? undefined : fields.flatMap((names) => names ?? []);
    }
    default:
      return [];
  }
}

/** Labels that a condition compares. */
export function filterLabels(filter: LabelFilter): string[] {
  return filter.kind === 'and' || filter.kind === 'or' ? [...filterLabels(filter.left), ...filterLabels(filter.right)] : [filter.name];
}
