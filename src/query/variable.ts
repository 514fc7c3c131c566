import type { DataQuery } from '@grafana/schema';

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
