import { badRequest, type RequestError } from '../../model/errors';
import { labelsText, noLabels, type Labels } from '../../model/labels';
import { tenantLabel } from '../../pipeline/labelNames';
import type { ResultLabels } from '../../pipeline/pipeline';
import type { FragmentBudget } from '../budget';
import type { SampleFragment, SampleSeries } from '../fragment';
import { chooseBy, dropSome, keepOnly, type LabelChoice } from '../grouping';
import type { Panes } from '../range/panes';
import type { RangeOp, RangeState } from '../range/rangeOps';

/** Label sets remembered for the quick look-up, some 300 bytes each; beyond it the memory of them starts over. Long ones are not. */
const rememberedMax = 10_000;
const rememberedTextMax = 4_096;

/** The series of one fragment: from the labels of an entry to the state that its sample goes into. */
export class SampleSeriesSet {
  private readonly byKey = new Map<string, { labels: Labels; state: RangeState }>();
  /** By the text of the labels of an entry, before they are grouped. */
  private readonly remembered = new Map<string, RangeState>();
  private lastLabels: ResultLabels | undefined;
  private lastState!: RangeState;
  private readonly choose: LabelChoice;
  private readonly fold: LabelChoice | undefined;

  constructor(
    private readonly fragment: SampleFragment,
    private readonly op: RangeOp,
    private readonly panes: Panes,
    private readonly budget: FragmentBudget
  ) {
    this.choose = fragment.expr.fn === 'absent_over_time' ? () => noLabels : groupSamples(fragment, sumNames(fragment, op));
    this.fold = fragment.foldBy && chooseBy(fragment.foldBy);
  }

  /** The state for entries with these labels. Throws Loki's pipeline error when they carry an error that was not filtered out. */
  state(labels: ResultLabels): RangeState {
    if (labels === this.lastLabels) {
      return this.lastState;
    }
    let state = this.remembered.get(labels.key);
    if (!state) {
      if (this.remembered.size >= rememberedMax) {
        this.remembered.clear();
      }
      state = this.stateOf(this.seriesLabels(labels));
      if (labels.key.length <= rememberedTextMax) {
        this.remembered.set(labels.key, state);
      }
    }
    this.lastLabels = labels;
    this.lastState = state;
    return state;
  }

  /** The state for series labels as they are (before folding). */
  private stateOf(labels: Labels): RangeState {
    const folded = this.fold ? this.fold(labels) : labels;
    const key = labelsText(folded);
    let series = this.byKey.get(key);
    if (!series) {
      this.budget.chargeSeries(this.fragment.steps, key.length);
      series = { labels: folded, state: this.op.state(this.panes, this.fragment.expr, this.budget) };
      this.byKey.set(key, series);
    }
    return series.state;
  }

  finish(): SampleSeries[] {
    return [...this.byKey.values()].map(({ labels, state }) => {
      const values = new Float64Array(this.fragment.steps);
      const present = new Uint8Array(this.fragment.steps);
      state.finish(values, present);
      return { labels, values, present };
    });
  }

  private seriesLabels(labels: ResultLabels): Labels {
    if (labels.error === undefined) {
      return this.choose(labels.all);
    }
    if (labels.all.get('__preserve_error__') !== 'true') {
      throw pipelineError(labels);
    }
    return labels.all; // Loki keeps every label of a sample with an error
  }
}

/** Several tenants stay apart in what a range aggregation groups by: each is one of its own (Loki, pkg/querier/multi_tenant_querier.go). */
const tenantNames = ({ tenants }: SampleFragment): readonly string[] => (tenants.length > 1 ? [tenantLabel] : []);

/** Labels that a sum names reach the samples; those of other aggregations come after the range (Loki, pkg/logql/syntax/ast.go, canInjectVectorGrouping). */
function sumNames({ foldBy }: SampleFragment, op: RangeOp): readonly string[] {
  return op.foldsInto === 'sum' && foldBy && !foldBy.without ? foldBy.labels : [];
}

/**
 * The labels a range aggregation keeps. Without a grouping, and with `without`, the unwrapped label goes unless it is among the `named`
 * (Loki, pkg/logql/syntax/extractor.go).
 */
function groupSamples(fragment: SampleFragment, named: readonly string[]): LabelChoice {
  const { grouping, unwrap } = fragment.expr;
  if (grouping && !grouping.without) {
    return keepOnly([...grouping.labels, ...tenantNames(fragment)]);
  }
  const dropped = [...(grouping?.labels ?? []), ...(unwrap && !named.includes(unwrap.label) ? [unwrap.label] : [])];
  return dropped.length > 0 ? dropSome(dropped) : (labels) => labels;
}

/** Which labels of a sample can matter for its series, for the pipeline to leave out the others; undefined: all. */
export function labelsKept(fragment: SampleFragment): ((name: string) => boolean) | undefined {
  const { expr, foldBy } = fragment;
  const { grouping, unwrap } = expr;
  if (expr.fn === 'absent_over_time') {
    return () => false;
  }
  if (grouping && !grouping.without) {
    const kept = [...grouping.labels, ...tenantNames(fragment)];
    return (name) => kept.includes(name);
  }
  if (foldBy && !foldBy.without) {
    return (name) => foldBy.labels.includes(name);
  }
  const dropped = [...(grouping?.labels ?? []), ...(foldBy?.labels ?? []), ...(unwrap ? [unwrap.label] : [])];
  return dropped.length > 0 ? (name) => !dropped.includes(name) : undefined;
}

/** Loki's text (pkg/logqlmodel/error.go), which says how to go on. */
export function pipelineError(labels: ResultLabels): RequestError {
  const type = labels.error;
  return badRequest(
    `pipeline error: '${type}' for series: '${labelsText(labels.all)}'.\n` +
      `Use a label filter to intentionally skip this error. (e.g | __error__!="${type}").\n` +
      'To skip all potential errors you can match empty errors.(e.g __error__="")\n' +
      'The label filter can also be specified after unwrap. (e.g | unwrap latency | __error__="" )\n'
  );
}
