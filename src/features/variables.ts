import { CustomVariableSupport, type DataQueryRequest, type DataQueryResponse, type MetricFindValue, type ScopedVars } from '@grafana/data';
import type { DataQuery } from '@grafana/schema';
import { from, map, type Observable } from 'rxjs';
import type { LogApi, NsRange } from '../api';
import { VariableEditor } from '../editor/VariableEditor';
import { nsRangeOf } from '../editor/LabelSource';
import { interpolate, type ReplaceVariables } from '../query/interpolate';
import type { Query } from '../query/model';
import type { Settings } from '../settings';

/** Numbers as Grafana's Loki source stores them. */
export enum VariableKind {
  LabelNames = 0,
  LabelValues = 1,
  Series = 2,
}

/** What a variable asks for. */
export interface VariableQuery extends DataQuery {
  type: VariableKind;
  label?: string;
  /** A selector that narrows names, values or series. */
  stream?: string;
}

/** Old variables are texts: `label_names()`, `label_values(label)`, `label_values({selector}, label)`. */
export function migrateVariable(query: VariableQuery | string | undefined): VariableQuery {
  const refId = 'BinocleVariable';
  if (typeof query === 'object' && query !== null) {
    return { ...query, refId: query.refId || refId };
  }
  const text = (query ?? '').trim();
  const values = /^label_values\(\s*(?:(.+?)\s*,\s*)?([\w$[\]{}]+)\s*\)$/s.exec(text);
  if (values) {
    return { refId, type: VariableKind.LabelValues, stream: values[1], label: values[2] };
  }
  if (text.startsWith('{')) {
    return { refId, type: VariableKind.Series, stream: text };
  }
  return { refId, type: VariableKind.LabelNames };
}

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
      return texts((await api.series([stream || '{}'], range)).map(seriesText));
  }
}

function texts(values: string[]): MetricFindValue[] {
  return values.map((text) => ({ text }));
}

function seriesText(labels: Record<string, string>): string {
  return `{${Object.keys(labels).sort().map((name) => `${name}=${JSON.stringify(labels[name])}`).join(', ')}}`;
}

/** Template variables of dashboards, with their editor. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- Grafana's class wants the data source's type, which must not be imported here (it imports this).
export class LogVariableSupport extends CustomVariableSupport<any, VariableQuery, Query, Settings> {
  editor = VariableEditor;

  constructor(
    private readonly api: LogApi,
    private readonly replace: ReplaceVariables
  ) {
    super();
  }

  query = (request: DataQueryRequest<VariableQuery>): Observable<DataQueryResponse> =>
    from(findValues(request.targets[0], nsRangeOf(request.range), this.api, this.replace, request.scopedVars)).pipe(map((data) => ({ data })));
}
