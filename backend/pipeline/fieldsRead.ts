import type { Stage } from '../../src/logql/ast';
import type { NeededFields } from '../store/store';
import type { PipelineOptions } from './pipeline';
import { requiredLabels } from './requiredLabels';

/**
 * What the stages look at of lines, when that is only what one `json` or `logfmt` finds under known names: `| json | status="500"` of a series by
 * `method` looks at two fields. Undefined when they look at the line itself, or at fields of names that are not known before.
 */
export function fieldsRead(stages: readonly Stage[], options: PipelineOptions): NeededFields | undefined {
  const parsers = stages.filter((stage) => !looksAtNoLine(stage));
  const [parser] = parsers;
  if (parsers.length !== 1 || !findsFields(parser)) {
    return undefined;
  }
  const names = requiredLabels(stages, options);
  return names && { parser: parser.kind, names };
}

/** A strict parser tells of mistakes anywhere in the line, and paths are not names. */
function findsFields(stage: Stage): stage is Extract<Stage, { kind: 'json' | 'logfmt' }> {
  return (stage.kind === 'json' && stage.expressions.length === 0) || (stage.kind === 'logfmt' && stage.expressions.length === 0 && !stage.strict);
}

function looksAtNoLine(stage: Stage): boolean {
  switch (stage.kind) {
    case 'labelFilter':
    case 'drop':
    case 'keep':
    case 'distinct':
      return true;
    case 'labelFormat':
      return stage.targets.every((target) => target.kind === 'rename' || !target.template.includes('__line__'));
    default:
      return false;
  }
}
