import { AbstractLabelOperator, DataFrameType, DataSourceApi, FieldType, LoadingState, type AbstractQuery, type DataFrame, type DataQueryRequest, type DataQueryResponse, type DataSourceInstanceSettings } from '@grafana/data';
import { getBackendSrv } from '@grafana/runtime';
import type { DataQuery } from '@grafana/schema';
import { forkJoin, map, of, type Observable } from 'rxjs';

export interface PromQuery extends DataQuery {
  expr: string;
  legendFormat?: string;
  range?: boolean;
}

interface Matrix {
  data: { result: Array<{ metric: Record<string, string>; values: Array<[number, string]> }> };
}

/** Just enough of a Prometheus data source for graphs and for looking labels up. */
export class HostPrometheus extends DataSourceApi<PromQuery> {
  constructor(private readonly settings: DataSourceInstanceSettings) {
    super(settings);
  }

  query(request: DataQueryRequest<PromQuery>): Observable<DataQueryResponse> {
    const targets = request.targets.filter((target) => target.expr?.trim() && !target.hide);
    if (targets.length === 0) {
      return of({ data: [], state: LoadingState.Done });
    }
    const stepS = Math.max(15, Math.ceil(request.intervalMs / 1000));
    const endS = Math.floor(request.range.to.valueOf() / 1000 / stepS) * stepS;
    const startS = Math.floor(request.range.from.valueOf() / 1000 / stepS) * stepS;
    return forkJoin(
      targets.map((target) =>
        getBackendSrv()
          .fetch<Matrix>({
            url: `${this.settings.url}/api/v1/query_range`,
            params: { query: target.expr.replace(/\$__rate_interval/g, `${Math.max(60, stepS * 4)}s`).replace(/\$__interval/g, `${stepS}s`), start: startS, end: endS, step: stepS },
            showErrorAlert: false,
          })
          .pipe(map((answer) => answer.data.data.result.map((series) => frameOf(series.metric, series.values, target, stepS))))
      )
    ).pipe(map((frames) => ({ data: frames.flat(), state: LoadingState.Done })));
  }

  /** The path of Grafana's own Prometheus source: `api/v1/...`. */
  getResource<T>(path: string, params?: Record<string, unknown>): Promise<T> {
    return getBackendSrv().get<T>(`${this.settings.url}/${path}`, params as Record<string, string>);
  }

  /** The matchers of the first selector, as Grafana's own source exports them. */
  async exportToAbstractQueries(queries: PromQuery[]): Promise<AbstractQuery[]> {
    const names: Record<string, AbstractLabelOperator> = { '=': AbstractLabelOperator.Equal, '!=': AbstractLabelOperator.NotEqual, '=~': AbstractLabelOperator.EqualRegEx, '!~': AbstractLabelOperator.NotEqualRegEx };
    return queries.map(({ refId, expr }) => {
      const inside = /\{([^}]*)\}/.exec(expr)?.[1] ?? '';
      const labelMatchers = [...inside.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"/g)].map(([, name, sign, value]) => ({ name, operator: names[sign], value }));
      return { refId, labelMatchers };
    });
  }

  async testDatasource() {
    await this.getResource('api/v1/status/buildinfo');
    return { status: 'success', message: 'Connected' };
  }

  getDefaultQuery(): Partial<PromQuery> {
    return { expr: '' };
  }
}

function frameOf(metric: Record<string, string>, values: Array<[number, string]>, { refId, expr, legendFormat }: PromQuery, stepS: number): DataFrame {
  const { __name__: name = '', ...labels } = metric;
  const labelText = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
  const legend = legendFormat ? legendFormat.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, key: string) => metric[key] ?? '') : `${name}${labelText.length > 0 ? `{${labelText.join(', ')}}` : ''}` || expr;
  return {
    refId,
    name: legend,
    length: values.length,
    meta: { type: DataFrameType.TimeSeriesMulti, preferredVisualisationType: 'graph', executedQueryString: `Expr: ${expr}` },
    fields: [
      { name: 'Time', type: FieldType.time, config: { interval: stepS * 1000 }, values: values.map(([seconds]) => seconds * 1000) },
      { name: 'Value', type: FieldType.number, config: { displayNameFromDS: legend }, labels: metric, values: values.map(([, text]) => Number(text)) },
    ],
  };
}
