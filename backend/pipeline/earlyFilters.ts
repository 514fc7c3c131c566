import type { LabelFilter, Stage } from '../../src/logql/ast';
import { labelTest, quickTest } from './labelFilter';
import type { LabelTest } from './labelsBuilder';
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
  const watched = stops(stages[position]) ? watchedBy(filters, context) : undefined;
  return (line, labels) => {
    labels.watched = watched;
    const passed = parser(line, labels);
    labels.watched = undefined;
    if (!passed || (watched && labels.rejected)) {
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

/** Loki's parsers give up a line at the first value that fails a condition (pkg/logql/log/parser.go), even if the key comes again. */
const stops = ({ kind }: Stage): boolean => kind === 'json' || kind === 'logfmt';

/** Conditions by label number, tried at the moment a label is found: the rest of the line need not be parsed. */
function watchedBy(filters: SingleFilter[], context: BuildContext): Array<LabelTest | undefined> {
  const watched: Array<LabelTest | undefined> = [];
  for (const filter of filters) {
    const number = context.labels.names.number(filter.name);
    const test = quickTest(filter, context);
    const before = watched[number];
    watched[number] = before && test ? (labels) => before(labels) && test(labels) : (before ?? test);
  }
  return watched;
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
