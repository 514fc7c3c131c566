import type { TimeRange } from '@grafana/data';
import { matchersOf, rankSeries, selectorText, type LabelMatcher, type LabelPair, type OfferedMetric, type Ranked, type RankSeries } from '../correlate';
import type { LogApi } from '../api';
import { t } from '../i18n';
import { carriedMatchers } from '../query/carry';
import { nsRangeOf } from '../query/range';
import { numberOf } from '../frames/metrics';
import { logQueriesOf } from '../logql';
import { parsed } from '../query/kind';
import type { LabelSet, WirePoint } from '../wire';
import { throwIfAborted, untilAborted } from './abort';
import { metricsFor, type PrometheusSource } from './prometheus';

/** Points the log rate and every series are compared on. */
const points = 240;
const stepMsMin = 5000;
/** Metrics asked for in one query, and in all. */
const namesPerQuery = 25;
const namesMax = 200;
const shownMax = 12;

export interface Moved extends Ranked {
  /** The samples, for a small drawing. */
  values: Array<number | null>;
  /** PromQL that shows it. */
  query: string;
}

export interface MovedAnswer {
  moved: Moved[];
  target: Array<number | null>;
  compared: number;
  notes: string[];
}

export interface MovedRequest {
  expr: string;
  range: TimeRange;
  /** Only lines of level error and worse. */
  errorsOnly: boolean;
  signal: AbortSignal;
  onProgress(done: number, of: number): void;
}

/** What ranks metrics: the log server, and the Prometheus of Grafana, by its uid there. */
export interface MovedDeps {
  api: LogApi;
  source: PrometheusSource;
  prometheusUid: string;
  map: readonly LabelPair[];
}

/**
 * Which metric of the same machines moved with the rate of some lines? A Binocle that knows this Prometheus ranks more series, with the time
 * before to compare; else they are fetched through Grafana in bounded portions and ranked here.
 */
export async function whichMoved(request: MovedRequest, deps: MovedDeps): Promise<MovedAnswer> {
  return (await rankedByServer(request, deps)) ?? rankedHere(request, deps);
}

/** Undefined: this server cannot, or was not told of that Prometheus. */
async function rankedByServer({ expr, range, errorsOnly, signal }: MovedRequest, { api, map, prometheusUid }: MovedDeps): Promise<MovedAnswer | undefined> {
  if (map.length === 0 || (await api.flavour()) !== 'binocle') {
    return undefined;
  }
  const pairs = map.map(({ log, metric, rule, pattern, replacement, side, ignoreCase }) => ({ log, metric, rule, pattern, replacement, side, ignoreCase }));
  try {
    const answer = await untilAborted(api.rankMetrics({ expr, ...nsRangeOf(range), prometheus: prometheusUid, map: pairs, errorsOnly, limit: shownMax }), signal);
    return {
      moved: answer.ranked.map((one) => ({ ...one, values: one.values.slice(answer.insideFrom) })),
      target: answer.target.values.slice(answer.insideFrom),
      compared: answer.compared,
      notes: answer.notes,
    };
  } catch (error) {
    if (signal.aborted) {
      throw error;
    }
    return undefined; // Whatever stopped the server, the way through Grafana works or says what is wrong.
  }
}

async function rankedHere(request: MovedRequest, { api, source, map }: MovedDeps): Promise<MovedAnswer> {
  const expr = parsed(request.expr);
  const [log] = expr ? logQueriesOf(expr) : [];
  if (!log) {
    throw new Error(t('moved.noLogQuery', 'There is no log query to compare metrics with.'));
  }
  const matchers = await carriedMatchers(request.expr, map, (selector) => api.series([selector], nsRangeOf(request.range)));
  if (matchers.length === 0) {
    throw new Error(t('moved.unknownLabels', 'No label of this query is known to Prometheus. Choose streams by a label such as hostname, or edit the label map in the data source.'));
  }
  const grid = gridOf(request.range);
  const text = request.expr.slice(log.span.start, log.span.end);
  const target = await linesOnGrid(text, request, grid, api);
  const names = (await metricsFor(source, matchers, nsRangeOf(request.range))).slice(0, namesMax);
  const series: RankSeries[] = [];
  for (let at = 0; at < names.length; at += namesPerQuery) {
    throwIfAborted(request.signal);
    request.onProgress(at, names.length);
    series.push(...(await seriesOnGrid(names.slice(at, at + namesPerQuery), matchers, grid, source)));
  }
  const ranking = rankSeries({ stepMs: grid.stepMs, start: grid.startMs, values: target }, series, { limit: shownMax });
  const values = new Map(series.map((one) => [one.metric, one.values as Array<number | null>]));
  const moved = ranking.ranked.map((one) => ({ ...one, values: values.get(one.metric) ?? [], query: queryOf(one) }));
  return { moved, target, compared: series.length, notes: ranking.notes };
}

function gridOf({ from, to }: TimeRange): Grid {
  const stepMs = Math.max(stepMsMin, Math.ceil((to.valueOf() - from.valueOf()) / points / 1000) * 1000);
  const startMs = Math.ceil(from.valueOf() / stepMs) * stepMs;
  return { startMs, stepMs, count: Math.floor((to.valueOf() - startMs) / stepMs) + 1 };
}

const endMsOf = ({ startMs, stepMs, count }: Grid): number => startMs + (count - 1) * stepMs;

/** Lines in each step. No lines in a step is a count of nothing, not an unknown. */
async function linesOnGrid(log: string, { errorsOnly, signal }: MovedRequest, grid: Grid, api: LogApi): Promise<number[]> {
  const levelLabel = (await api.flavour()) === 'binocle' ? '__level__' : 'detected_level';
  const filter = errorsOnly ? ` | ${levelLabel}=~"error|critical|fatal"` : '';
  const { startMs, stepMs } = grid;
  const rate = await untilAborted(
    api.queryRange({ expr: `sum(count_over_time(${log}${filter} [${stepMs}ms]))`, startNs: `${startMs}000000`, endNs: `${endMsOf(grid)}000000`, stepMs, source: 'correlate' }),
    signal
  );
  return onGrid(rate.data.resultType === 'matrix' ? (rate.data.result[0]?.values ?? []) : [], grid).map((value) => value ?? 0);
}

async function seriesOnGrid(metrics: OfferedMetric[], matchers: LabelMatcher[], grid: Grid, source: PrometheusSource): Promise<RankSeries[]> {
  const kinds = new Map(metrics.map(({ name, kind }) => [kind === 'histogram' ? `${name}_count` : name, kind === 'histogram' ? 'counter' : kind]));
  const query = selectorText([{ name: '__name__', op: '=~', value: [...kinds.keys()].join('|') }, ...matchers]);
  const answer = await source.getResource<{ data: { result: Array<{ metric: LabelSet; values: WirePoint[] }> } }>('api/v1/query_range', { query, start: grid.startMs / 1000, end: endMsOf(grid) / 1000, step: grid.stepMs / 1000 });
  return answer.data.result.map(({ metric, values }) => {
    const kind = kinds.get(metric.__name__);
    return { metric, type: kind === 'counter' || kind === 'gauge' ? kind : 'unknown', values: onGrid(values, grid) };
  });
}

/** The PromQL that shows a series as it was compared. */
function queryOf({ metric, asRate }: Ranked): string {
  const selector = `${metric.__name__ ?? ''}${selectorText(matchersOf(metric))}`;
  return asRate ? `rate(${selector}[$__rate_interval])` : selector;
}

interface Grid {
  startMs: number;
  stepMs: number;
  count: number;
}

/** Samples put on equal steps; null where there is none. */
export function onGrid(samples: WirePoint[], { startMs, stepMs, count }: Grid): Array<number | null> {
  const values: Array<number | null> = new Array(count).fill(null);
  for (const [seconds, text] of samples) {
    const index = Math.round((seconds * 1000 - startMs) / stepMs);
    const value = numberOf(text);
    if (index >= 0 && index < count && Number.isFinite(value)) {
      values[index] = value;
    }
  }
  return values;
}
