import type { LabelFilter, Stage } from '../../src/logql/ast';
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
    for (const name of stageLabels(stage)) {
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

function stageLabels(stage: Stage): string[] {
  switch (stage.kind) {
    case 'labelFilter':
      return filterLabels(stage.filter);
    case 'distinct':
      return stage.labels;
    default:
      return [];
  }
}

export function filterLabels(filter: LabelFilter): string[] {
  return filter.kind === 'and' || filter.kind === 'or' ? [...filterLabels(filter.left), ...filterLabels(filter.right)] : [filter.name];
}
