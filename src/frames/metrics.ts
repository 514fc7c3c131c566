import { DataFrameType, FieldType, type DataFrame, type Labels } from '@grafana/data';
import type { MatrixData, QueryResponse, ScalarData, VectorData, WirePoint } from '../wire';
import { statsOf } from './stats';

export interface MetricFrameOptions {
  refId: string;
  expr: string;
  /** `{{label}}` templates; empty: the labels themselves. */
  legend?: string;
  stepMs?: number;
}

type MetricData = MatrixData | VectorData | ScalarData;

/** A metric answer as frames: one per series of a range, one table for an instant, as Grafana's own Loki source makes them and its dashboards expect. */
export function metricFrames(response: QueryResponse & { data: MetricData }, options: MetricFrameOptions): DataFrame[] {
  const { data } = response;
  const frames =
    data.resultType === 'matrix'
      ? data.result.map((series) => seriesFrame(series.metric, series.values, options))
      : instantFrames(data, options);
  if (frames.length > 0) {
    frames[0].meta = { ...frames[0].meta, stats: statsOf(response), notices: response.warnings?.map((text) => ({ severity: 'warning', text })) };
  }
  return frames;
}

function instantFrames(data: VectorData | ScalarData, options: MetricFrameOptions): DataFrame[] {
  const samples = data.resultType === 'scalar' ? [{ metric: {}, value: data.result }] : data.result;
  return samples.length > 0 ? [tableFrame(samples, options)] : [];
}

function seriesFrame(labels: Labels, points: WirePoint[], options: MetricFrameOptions): DataFrame {
  const name = legendOf(labels, options.legend, options.expr);
  return {
    refId: options.refId,
    name,
    length: points.length,
    fields: [
      { name: 'Time', type: FieldType.time, config: options.stepMs ? { interval: options.stepMs } : {}, values: points.map(([seconds]) => Math.round(seconds * 1000)) },
      { name: 'Value', type: FieldType.number, config: { displayNameFromDS: name }, labels, values: points.map(([, text]) => numberOf(text)) },
    ],
    meta: {
      type: DataFrameType.TimeSeriesMulti,
      typeVersion: [0, 1],
      executedQueryString: executed(options),
      preferredVisualisationType: 'graph',
      custom: { resultType: 'matrix' },
    },
  };
}

function tableFrame(samples: Array<{ metric: Labels; value: WirePoint }>, options: MetricFrameOptions): DataFrame {
  const names = [...new Set(samples.flatMap((sample) => Object.keys(sample.metric)))].sort();
  return {
    refId: options.refId,
    length: samples.length,
    fields: [
      { name: 'Time', type: FieldType.time, config: {}, values: samples.map((sample) => Math.round(sample.value[0] * 1000)) },
      ...names.map((name) => ({ name, type: FieldType.string, config: { filterable: true }, values: samples.map((sample) => sample.metric[name] ?? '') })),
      { name: `Value #${options.refId}`, type: FieldType.number, config: {}, values: samples.map((sample) => numberOf(sample.value[1])) },
    ],
    meta: { preferredVisualisationType: 'table', executedQueryString: executed(options), custom: { resultType: 'vector' } },
  };
}

function executed({ expr, stepMs }: MetricFrameOptions): string {
  return `Expr: ${expr}${stepMs ? `\nStep: ${stepMs / 1000}s` : ''}`;
}

/** Go's number texts: `+Inf` and `-Inf` are not JavaScript's. */
export function numberOf(text: string): number {
  return text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text);
}

/** `GET {{status}}` with labels filled in; without a legend the labels as text, and without labels the query. */
export function legendOf(labels: Labels, legend: string | undefined, expr: string): string {
  if (legend && legend !== '__auto') {
    return legend.replace(/\{\{\s*([^{}]+?)\s*\}\}/g, (_, name: string) => labels[name] ?? '');
  }
  const names = Object.keys(labels).sort();
  if (names.length === 1 && legend === '__auto') {
    return labels[names[0]];
  }
  return names.length === 0 ? expr : `{${names.map((name) => `${name}=${JSON.stringify(labels[name])}`).join(', ')}}`;
}

/** Two parts of one range answer as one: series with equal labels are joined, `older` before `newer`. */
export function joinMatrix(older: MatrixData, newer: MatrixData): MatrixData {
  const joined = new Map<string, MatrixData['result'][number]>();
  for (const { metric, values } of [...older.result, ...newer.result]) {
    const key = JSON.stringify(Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1)));
    const before = joined.get(key);
    joined.set(key, { metric, values: before ? [...before.values, ...values] : values });
  }
  return { ...newer, result: [...joined.values()] };
}
