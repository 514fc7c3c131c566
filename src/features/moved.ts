import type { TimeRange } from '@grafana/data';
import { lastValueFrom } from 'rxjs';
import { rankSeries, selectorText, type LabelPair, type Ranked, type RankSeries } from '../correlate';
import type { LogApi } from '../api';
import { carriedMatchers } from '../query/carry';
import { nsRangeOf } from '../query/range';
import { numberOf } from '../frames/metrics';
import { logQueriesOf } from '../logql';
import { parsed } from '../query/kind';
import type { LabelSet, WirePoint } from '../wire';
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

/** Which metric of the same machines moved with the rate of some lines? Asks for series in bounded portions and ranks them. */
export async function whichMoved(request: MovedRequest, api: LogApi, source: PrometheusSource, map: readonly LabelPair[]): Promise<MovedAnswer> {
  const expr = parsed(request.expr);
  const [log] = expr ? logQueriesOf(expr) : [];
  if (!log) {
    throw new Error('There is no log query to compare metrics with');
  }
  const matchers = await carriedMatchers(request.expr, map, (selector) => api.series([selector], nsRangeOf(request.range)));
  if (matchers.length === 0) {
    throw new Error('No label of this query is known to Prometheus. Choose streams by a label such as hostname, or edit the label map in the data source.');
  }
  const rangeMs = request.range.to.valueOf() - request.range.from.valueOf();
  const stepMs = Math.max(stepMsMin, Math.ceil(rangeMs / points / 1000) * 1000);
  const startMs = Math.ceil(request.range.from.valueOf() / stepMs) * stepMs;
  const count = Math.floor((request.range.to.valueOf() - startMs) / stepMs) + 1;
  const endMs = startMs + (count - 1) * stepMs;
  const grid: Grid = { startMs, stepMs, count };
  const text = request.expr.slice(log.span.start, log.span.end);
  const filter = request.errorsOnly ? ' | __level__=~"error|critical"' : '';
  const rate = await lastValueFrom(
    api.queryRange({ expr: `sum(count_over_time(${text}${filter} [${stepMs}ms]))`, startNs: `${startMs}000000`, endNs: `${endMs}000000`, stepMs, source: 'correlate' })
  );
  // No lines in a step is a count of nothing, not an unknown.
  const target = onGrid(rate.data.resultType === 'matrix' ? (rate.data.result[0]?.values ?? []) : [], grid).map((value) => value ?? 0);
  const names = (await metricsFor(source, matchers, nsRangeOf(request.range))).slice(0, namesMax);
  const series: RankSeries[] = [];
  for (let at = 0; at < names.length; at += namesPerQuery) {
    request.signal.throwIfAborted();
    request.onProgress(at, names.length);
    const part = names.slice(at, at + namesPerQuery).map(({ name, kind }) => (kind === 'histogram' ? `${name}_count` : name));
    const query = selectorText([{ name: '__name__', op: '=~', value: part.join('|') }, ...matchers]);
    const answer = await source.getResource<{ data: { result: Array<{ metric: LabelSet; values: WirePoint[] }> } }>('api/v1/query_range', { query, start: startMs / 1000, end: endMs / 1000, step: stepMs / 1000 });
    const kinds = new Map(names.map(({ name, kind }) => [name, kind]));
    for (const { metric, values } of answer.data.result) {
      const kind = kinds.get(metric.__name__);
      series.push({ metric, type: kind === 'counter' ? 'counter' : kind === 'gauge' ? 'gauge' : 'unknown', values: onGrid(values, grid) });
    }
  }
  const ranking = rankSeries({ stepMs, start: startMs, values: target }, series, { limit: shownMax });
  const values = new Map(series.map((one) => [one.metric, one.values as Array<number | null>]));
  return { moved: ranking.ranked.map((one) => ({ ...one, values: values.get(one.metric as LabelSet) ?? [] })), target, compared: series.length, notes: ranking.notes };
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
