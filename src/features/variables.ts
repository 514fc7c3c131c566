import { CustomVariableSupport, type DataQueryRequest, type DataQueryResponse, type MetricFindValue, type ScopedVars } from '@grafana/data';
import { from, map, type Observable } from 'rxjs';
import type { LogApi, NsRange } from '../api';
import { VariableEditor } from '../editor/lazy';
import { nsRangeOf } from '../query/range';
import { migrateVariable, VariableKind, type VariableQuery } from '../query/variable';
import { interpolate, type ReplaceVariables } from '../query/interpolate';
import type { Query } from '../query/model';
import type { Settings } from '../settings';

/** The values of a variable. */
export async function findValues(asked: VariableQuery | string, range: NsRange, api: LogApi, replace: ReplaceVariables, scopedVars: ScopedVars = {}): Promise<MetricFindValue[]> {
  const query = migrateVariable(asked);
  const stream = query.stream && interpolate(query.stream, replace, scopedVars);
  switch (query.type) {
    case VariableKind.LabelNames:
      return texts(await api.labels(range, stream));
    case VariableKind.LabelValues:
      return query.label ? texts(await api.labelValues(replace(query.label, scopedVars), range, stream)) : [];
    case VariableKind.Series:
      // A Loki refuses `{}`; without a selector it answers all streams.
      return texts((await api.series(stream ? [stream] : [], range)).map(seriesText));
  }
}

function texts(values: string[]): MetricFindValue[] {
  return values.map((text) => ({ text }));
}

function seriesText(labels: Record<string, string>): string {
  return `{${Object.keys(labels).sort().map((name) => `${name}=${JSON.stringify(labels[name])}`).join(', ')}}`;
}

/** Template variables of dashboards, with their editor. */
// Grafana's class wants the data source's type, which must not be imported here (it imports this).
export class LogVariableSupport extends CustomVariableSupport<any, VariableQuery, Query, Settings> {
  editor = VariableEditor;

  constructor(
    private readonly api: LogApi,
    private readonly replace: ReplaceVariables
  ) {
    super();
  }

  /** What a new variable asks for: without it Grafana would ask for nothing until something is chosen. */
  getDefaultQuery(): Partial<Query> {
    // Grafana's type names the query of panels here, its code hands it to the editor of variables.
    return migrateVariable(undefined) as Partial<VariableQuery> as Partial<Query>;
  }

  query = (request: DataQueryRequest<VariableQuery>): Observable<DataQueryResponse> =>
    from(findValues(request.targets[0], nsRangeOf(request.range), this.api, this.replace, request.scopedVars)).pipe(map((data) => ({ data })));
}
