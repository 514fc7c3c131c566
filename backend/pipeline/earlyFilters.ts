import type { LabelFilter, Stage } from '../../src/logql/ast';
import { labelTest } from './labelFilter';
import type { BuildContext, Step } from './step';

/** Parsers that try the filters behind them on what they find. With expressions they don't. */
function triesFilters(stage: Stage): boolean {
  switch (stage.kind) {
    case 'json':
    case 'logfmt':
      return stage.expressions.length === 0;
    case 'regexp':
    case 'pattern':
    case 'unpack':
      return true;
    default:
      return false;
  }
}

type SingleFilter = Exclude<LabelFilter, { kind: 'and' | 'or' }>;

/**
 * Adds to a parser the conditions of later stages on what it finds: an entry that fails one is dropped at once. That saves
 * the stages in between, and it is what Loki does even when one of them renames or drops the label
 * (pkg/logql/log/parser_hints.go). We leave out labels that a template writes in between: there Loki would compare the old value.
 */
export function withEarlyFilters(parser: Step, stages: readonly Stage[], position: number, context: BuildContext): Step {
  const filters = triesFilters(stages[position]) ? laterFilters(stages.slice(position + 1)) : [];
  if (filters.length === 0) {
    return parser;
  }
  const tests = filters.map((filter) => ({ number: context.labels.names.number(filter.name), matches: labelTest(filter, context) }));
  return (line, labels) => {
    if (!parser(line, labels)) {
      return false;
    }
    for (const { number, matches } of tests) {
      if (labels.wasFound(number) && !matches(labels)) {
        return false;
      }
    }
    return true;
  };
}

function laterFilters(stages: readonly Stage[]): SingleFilter[] {
  const written = new Set<string>();
  const filters: SingleFilter[] = [];
  for (const stage of stages) {
    if (stage.kind === 'labelFormat') {
      for (const target of stage.targets) {
        written.add(target.name);
      }
    } else if (stage.kind === 'labelFilter' && stage.filter.kind !== 'and' && stage.filter.kind !== 'or' && !written.has(stage.filter.name)) {
      filters.push(stage.filter);
    }
  }
  return filters;
}
