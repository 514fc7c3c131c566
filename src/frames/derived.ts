import { FieldType, type DataFrame, type DataLink, type Field } from '@grafana/data';
import type { DerivedField } from '../settings';

/** What is needed of another data source to link into it. */
export interface LinkTarget {
  uid: string;
  name: string;
  type: string;
}

/** Adds the configured fields to a logs frame: string columns whose links Grafana shows in the details of a line. */
export function addDerivedFields(frame: DataFrame, derived: DerivedField[], find: (uid: string) => LinkTarget | undefined): DataFrame {
  const lines = frame.fields.find((field) => field.name === 'body')?.values as string[] | undefined;
  const labels = frame.fields.find((field) => field.name === 'labels')?.values as Array<Record<string, string>> | undefined;
  if (!lines || !labels || derived.length === 0) {
    return frame;
  }
  const byName = new Map<string, Field>();
  for (const config of derived) {
    const extract = extractor(config);
    if (!config.name || !extract) {
      continue;
    }
    const values = lines.map((line, row) => extract(line, labels[row]));
    const link = linkOf(config, find);
    const existing = byName.get(config.name);
    if (existing) {
      existing.values = existing.values.map((value: string | null, row: number) => value ?? values[row]);
      existing.config.links?.push(...(link ? [link] : []));
    } else {
      byName.set(config.name, { name: config.name, type: FieldType.string, config: { links: link ? [link] : [] }, values });
    }
  }
  return { ...frame, fields: [...frame.fields, ...byName.values()] };
}

/** How a derived field reads a line; undefined when its regular expression is broken. */
export function extractor({ matcherRegex, matcherType }: DerivedField): ((line: string, labels: Record<string, string>) => string | null) | undefined {
  let regex: RegExp;
  try {
    regex = new RegExp(matcherRegex);
  } catch {
    return undefined; // The config editor shows what is wrong with it; a query must not fail because of it.
  }
  if (matcherType === 'label') {
    return (_, labels) => {
      const name = Object.keys(labels).find((key) => regex.test(key));
      return name === undefined ? null : labels[name];
    };
  }
  return (line) => {
    const found = regex.exec(line);
    return found ? (found[1] ?? found[0]) : null;
  };
}

function linkOf({ url, urlDisplayLabel, datasourceUid, targetBlank }: DerivedField, find: (uid: string) => LinkTarget | undefined): DataLink | undefined {
  if (datasourceUid) {
    const target = find(datasourceUid);
    return target && { title: urlDisplayLabel ?? '', url: '', internal: { datasourceUid, datasourceName: target.name, query: queryFor(target, url ?? '') } };
  }
  return url ? { title: urlDisplayLabel ?? '', url, targetBlank: targetBlank ?? true } : undefined;
}

/** A text as a query of the target's own type: each data source reads another key. */
export function queryFor(target: LinkTarget, text: string): { refId: string } & Record<string, unknown> {
  const refId = 'A';
  switch (target.type) {
    case 'prometheus':
      return { refId, expr: text, range: true };
    case 'loki':
    case 'binocle-logs-datasource':
      return { refId, expr: text, queryType: 'range' };
    case 'victoriametrics-logs-datasource':
      return { refId, expr: text };
    case 'grafana-x-ray-datasource':
      return { refId, query: text, queryType: 'getTrace' };
    case 'tempo':
      return { refId, query: text, queryType: 'traceql' };
    default:
      return { refId, query: text };
  }
}
