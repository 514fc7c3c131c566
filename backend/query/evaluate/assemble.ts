import { RequestError } from '../../model/errors';
import { compareLabels, type Labels } from '../../model/labels';
import { nsPerMs } from '../../model/time';
import { tooLargeAnswer, type QueryLimits } from '../budget';
import { labelsKey } from '../grouping';
import type { MetricNode, MetricPlan, Steps } from '../plan/plan';
import type { MatrixResult, Result, VectorResult } from '../result';
import type { Row, Table } from './table';

/** Puts the values of the runs together into the answer of a metric query. */
export async function assembleMetric(
  plan: MetricPlan,
  kind: 'range' | 'instant',
  runs: AsyncIterable<{ steps: Steps; table: Table }>,
  limits: QueryLimits,
  warnings: string[]
): Promise<Result> {
  if (kind === 'range') {
    return matrix(runs, limits, warnings);
  }
  if (plan.root.kind === 'number') {
    return { kind: 'scalar', tsMs: scalarTimeMs(plan.steps.firstNs), value: plan.root.value };
  }
  for await (const { table } of runs) {
    return vector(table, Number(plan.steps.firstNs / nsPerMs), isSorted(plan.root), limits, warnings);
  }
  return { kind: 'vector', samples: [] };
}

/**
 * Loki multiplies the milliseconds of a scalar's time by 10^9 once too often, over the end of a 64-bit number (seen in Loki 3.4:
 * 1795176600 s becomes 5842424850173 s). Clients only look at the value; kept so that answers are equal.
 */
function scalarTimeMs(timeNs: bigint): number {
  const overflown = BigInt.asIntN(64, (timeNs / nsPerMs) * 1_000_000_000n);
  return Number(overflown / nsPerMs) * 1000;
}

type Points = MatrixResult['series'][number];

async function matrix(runs: AsyncIterable<{ steps: Steps; table: Table }>, limits: QueryLimits, warnings: string[]): Promise<MatrixResult> {
  const collected = new SeriesCollector(limits.pointsMax);
  for await (const { steps, table } of runs) {
    const timesMs = Array.from({ length: steps.count }, (_, step) => Number((steps.firstNs + BigInt(step) * steps.stepNs) / nsPerMs));
    table.rows.forEach((row) => collected.add(row, timesMs));
  }
  const weight = ({ points }: Points): number => points.reduce((sum, { value }) => sum + Math.abs(value || 0), 0);
  return { kind: 'matrix', series: topSeries(collected.series(), weight, limits, warnings).sort(byLabels) };
}

/** Joins the rows of all runs into series. */
class SeriesCollector {
  private readonly byKey = new Map<string, Points>();
  private points = 0;
  private ordered = true;

  constructor(private readonly pointsMax: number) {}

  add({ labels, values, present }: Row, timesMs: number[]): void {
    const key = labelsKey(labels);
    const series = this.byKey.get(key) ?? { labels, points: [] };
    this.byKey.set(key, series);
    // label_replace may make labels equal: Loki answers both points of a step.
    this.ordered &&= series.points.length === 0 || series.points[series.points.length - 1].tsMs < timesMs[0];
    for (let step = 0; step < timesMs.length; step++) {
      if (present[step] === 1) {
        series.points.push({ tsMs: timesMs[step], value: values[step] });
        this.points++;
      }
    }
    if (this.points > this.pointsMax) {
      throw new RequestError(
        400,
        `the answer has more than ${this.pointsMax} points: aggregate by fewer labels (sum by (..)), use topk, a larger step or a shorter time range`,
        undefined,
        tooLargeAnswer
      );
    }
  }

  series(): Points[] {
    const series = [...this.byKey.values()].filter(({ points }) => points.length > 0);
    if (!this.ordered) {
      series.forEach(({ points }) => points.sort((a, b) => a.tsMs - b.tsMs));
    }
    return series;
  }
}

function vector(table: Table, tsMs: number, sorted: boolean, limits: QueryLimits, warnings: string[]): VectorResult {
  const all = table.rows.filter((row) => row.present[0] === 1).map(({ labels, values }) => ({ labels, tsMs, value: values[0] }));
  const samples = topSeries(all, (sample) => Math.abs(sample.value || 0), limits, warnings);
  return { kind: 'vector', samples: sorted ? samples : samples.sort(byLabels) };
}

const byLabels = (a: { labels: Labels }, b: { labels: Labels }): number => compareLabels(a.labels, b.labels);

/** Loki refuses an answer of too many series; here the greatest are answered, of equal ones the first by labels, in their order, with a warning. */
function topSeries<T extends { labels: Labels }>(series: T[], weight: (one: T) => number, { seriesMax }: QueryLimits, warnings: string[]): T[] {
  if (seriesMax === 0 || series.length <= seriesMax) {
    return series;
  }
  warnings.push(
    `maximum of series (${seriesMax}) reached for a single query: the ${seriesMax} greatest of ${series.length} series are shown. ` +
      'Aggregate by fewer labels (sum by (..)), use topk, or raise max_query_series'
  );
  const weights = series.map((one) => ({ one, weight: weight(one) })).sort((a, b) => b.weight - a.weight || byLabels(a.one, b.one));
  const kept = new Set(weights.slice(0, seriesMax).map(({ one }) => one));
  return series.filter((one) => kept.has(one));
}

/** Whether an instant answer keeps its order: anything sorted inside makes it so, as in Loki (pkg/logql/engine.go, Sortable). */
function isSorted(node: MetricNode): boolean {
  switch (node.kind) {
    case 'vector':
      return node.fn === 'sort' || node.fn === 'sort_desc' || isSorted(node.input);
    case 'labelReplace':
      return isSorted(node.input);
    case 'binary':
      return isSorted(node.left) || isSorted(node.right);
    default:
      return false;
  }
}
