import type { DataQueryRequest, DataQueryResponse, DataSourceApi } from '@grafana/data';
import { getDataSourceSrv } from '@grafana/runtime';
import { isObservable, lastValueFrom, type Observable } from 'rxjs';
import { findLabelMap, offerMetrics, selectorText, type LabelMatcher, type OfferedMetric, type ProposedPair } from '../correlate';
import type { LogApi, NsRange } from '../api';
import type { LabelSet } from '../wire';

/** A Prometheus data source of Grafana, with the rights of the user. */
export type PrometheusSource = DataSourceApi & { getResource<T>(path: string, params?: Record<string, unknown>): Promise<T> };

export async function prometheusSource(uid: string): Promise<PrometheusSource> {
  return (await getDataSourceSrv().get(uid)) as unknown as PrometheusSource;
}

/** Series that carry the labels of their target: one for each target, and the few that name machines and pods. */
const identitySeries = ['up', 'node_uname_info', 'kube_pod_info', 'container_start_time_seconds'];

interface Answer<T> {
  data: T;
}

function secondsOf({ startNs, endNs }: NsRange): { start: number; end: number } {
  return { start: Number(startNs.slice(0, -9)), end: Number(endNs.slice(0, -9)) };
}

/** Label sets of the metric side, enough to compare with those of the logs. */
async function metricLabelSets(source: PrometheusSource, range: NsRange): Promise<LabelSet[]> {
  const answers = await Promise.all(identitySeries.map((name) => source.getResource<Answer<LabelSet[]>>('api/v1/series', { 'match[]': name, ...secondsOf(range) })));
  return answers.flatMap(({ data }) => data ?? []);
}

/** Looks for labels that mean the same on both sides, best first, with the evidence. */
export async function discoverMap(api: LogApi, source: PrometheusSource, range: NsRange): Promise<ProposedPair[]> {
  const [logs, metrics] = await Promise.all([api.series([], range), metricLabelSets(source, range)]);
  return findLabelMap(logs, metrics);
}

/** Metrics whose series carry some matchers, useful ones first. */
export async function metricsFor(source: PrometheusSource, matchers: LabelMatcher[], range: NsRange): Promise<OfferedMetric[]> {
  const selector = selectorText(matchers);
  const [names, metadata] = await Promise.all([
    source.getResource<Answer<string[]>>('api/v1/label/__name__/values', { 'match[]': selector, ...secondsOf(range) }),
    // Help texts and types are a convenience.
    source.getResource<Answer<Record<string, Array<{ type?: string; help?: string }>>>>('api/v1/metadata').catch(() => ({ data: {} as Record<string, Array<{ type?: string; help?: string }>> })),
  ]);
  return offerMetrics((names.data ?? []).map((name) => ({ name, ...metadata.data?.[name]?.[0] })));
}

/** Runs queries of another data source for the range of a request. */
export async function ask(source: DataSourceApi, request: DataQueryRequest): Promise<DataQueryResponse> {
  const answer: Promise<DataQueryResponse> | Observable<DataQueryResponse> = source.query(request);
  return isObservable(answer) ? lastValueFrom(answer) : answer;
}
