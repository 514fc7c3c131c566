import { z } from 'zod';
import type { LabelSet, MetricInfo } from '../../src/correlate';
import { NoAnswer, type JsonClient } from './jsonClient';

/** The few questions that are put to a Prometheus-compatible API. Shapes of answers: prometheus.io/docs/prometheus/latest/querying/api. */

export interface TimeWindow {
  startMs: number;
  endMs: number;
}

/** Values at `startMs + i * stepMs`; null where there is none. */
export interface RangeSeries {
  metric: Record<string, string>;
  values: Array<number | null>;
}

const labels = z.record(z.string(), z.string());
const seriesAnswer = z.object({ data: z.array(labels).nullish().transform((data) => data ?? []) });
const namesAnswer = z.object({ data: z.array(z.string()).nullish().transform((data) => data ?? []) });
const metadataAnswer = z.object({ data: z.record(z.string(), z.array(z.object({ type: z.string().optional(), help: z.string().optional(), unit: z.string().optional() }))) });
const vectorAnswer = z.object({ data: z.object({ resultType: z.literal('vector'), result: z.array(z.object({ metric: labels, value: z.tuple([z.number(), z.string()]) })) }) });
const matrixAnswer = z.object({ data: z.object({ resultType: z.literal('matrix'), result: z.array(z.object({ metric: labels, values: z.array(z.tuple([z.number(), z.string()])) })) }) });

const seconds = (ms: number): string => String(ms / 1000);

/** Throws NoAnswer when the answer has not the shape it should have. */
function read<T>(shape: z.ZodType<T>, answer: unknown, path: string): T {
  const checked = shape.safeParse(answer);
  if (!checked.success) {
    throw new NoAnswer(`${path} answers something else than a Prometheus does: ${checked.error.issues[0].message}`);
  }
  return checked.data;
}

export class Prometheus {
  constructor(private readonly client: JsonClient) {}

  async series(match: string, { startMs, endMs }: TimeWindow, limit: number, signal: AbortSignal): Promise<LabelSet[]> {
    const answer = await this.client.get('/api/v1/series', [['match[]', match], ['start', seconds(startMs)], ['end', seconds(endMs)], ['limit', String(limit)]], signal);
    return read(seriesAnswer, answer, '/api/v1/series').data;
  }

  async metricNames({ startMs, endMs }: TimeWindow, signal: AbortSignal): Promise<string[]> {
    const path = '/api/v1/label/__name__/values';
    return read(namesAnswer, await this.client.get(path, [['start', seconds(startMs)], ['end', seconds(endMs)]], signal), path).data;
  }

  /** Type and help by metric name; empty where the API does not have it. */
  async metadata(signal: AbortSignal): Promise<Map<string, MetricInfo>> {
    const parsed = metadataAnswer.safeParse(await this.client.get('/api/v1/metadata', [], signal));
    const found = parsed.success ? Object.entries(parsed.data.data) : [];
    return new Map(found.map(([name, [first]]) => [name, { name, ...first }]));
  }

  async instant(query: string, timeMs: number, signal: AbortSignal): Promise<Array<{ metric: Record<string, string>; value: number }>> {
    const path = '/api/v1/query';
    const answer = read(vectorAnswer, await this.client.get(path, [['query', query], ['time', seconds(timeMs)]], signal), path);
    return answer.data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  }

  async range(query: string, { startMs, endMs, stepMs }: TimeWindow & { stepMs: number }, signal: AbortSignal): Promise<RangeSeries[]> {
    const path = '/api/v1/query_range';
    const answer = read(matrixAnswer, await this.client.get(path, [['query', query], ['start', seconds(startMs)], ['end', seconds(endMs)], ['step', seconds(stepMs)]], signal), path);
    const steps = Math.floor((endMs - startMs) / stepMs) + 1;
    return answer.data.result.map(({ metric, values }) => {
      const column = new Array<number | null>(steps).fill(null);
      for (const [time, text] of values) {
        const at = Math.round((time * 1000 - startMs) / stepMs);
        const value = Number(text);
        if (at >= 0 && at < steps && Number.isFinite(value)) {
          column[at] = value;
        }
      }
      return { metric, values: column };
    });
  }
}
