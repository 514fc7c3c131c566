import { stringify } from 'yaml';
import type { LabelPair, ProposedPair } from '../../src/correlate';

/** What Grafana reads at its start: data sources with the label map, and correlations that lead from any graph into the logs. */

export interface ProvisionOptions {
  lokiUrl: string;
  prometheusUrl: string;
  binocleUid: string;
  prometheusUid: string;
}

/** A correlation as Grafana's API takes it. `type` stands in both places because Grafana moved it (11.3). */
export interface Correlation {
  targetUID: string;
  label: string;
  description: string;
  type: 'query';
  config: {
    type: 'query';
    field: string;
    target: { expr: string; queryType: 'range' };
    transformations?: Array<{ type: 'regex'; expression: string; field: string; mapValue: string }>;
  };
}

/** A pair as it is stored: what the rule needs, without its evidence. */
export function storedPair({ log, metric, rule, pattern, replacement, side, ignoreCase }: LabelPair): LabelPair {
  return {
    log, metric, rule,
    ...(pattern === undefined ? {} : { pattern }),
    ...(replacement === undefined ? {} : { replacement }),
    ...(side === undefined ? {} : { side }),
    ...(ignoreCase ? { ignoreCase } : {}),
  };
}

/** The YAML of `provisioning/datasources`; the evidence of each pair is a comment above it. */
export function provisioningYaml(pairs: readonly ProposedPair[], options: ProvisionOptions, notes: readonly string[], withCorrelations: boolean): string {
  const comments = [...pairs.map((pair) => `${pair.score.toFixed(2)}  ${pair.sentence}`), ...notes.map((note) => `note: ${note}`)];
  const correlations = withCorrelations && pairs.length > 0 ? { correlations: metricCorrelations(pairs, options) } : {};
  const document = {
    apiVersion: 1,
    datasources: [
      { name: 'Prometheus', type: 'prometheus', uid: options.prometheusUid, access: 'proxy', url: options.prometheusUrl, ...correlations },
      {
        name: 'Binocle', type: 'binocle-logs-datasource', uid: options.binocleUid, access: 'proxy', url: options.lokiUrl,
        jsonData: { prometheusUid: options.prometheusUid, correlation: { pairs: pairs.map(storedPair) } },
      },
    ],
  };
  // A label's value must not end the comment it stands in.
  const head = comments.map((line) => `# ${line.replace(/[\u0000-\u001f\u0085\u2028\u2029]+/g, ' ')}\n`).join('');
  return head + stringify(escapeDollars(document), { lineWidth: 0 });
}

/** Grafana puts environment variables into provisioned texts; `$$` is its way to write a dollar. */
function escapeDollars(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.replaceAll('$', '$$$$');
  }
  if (Array.isArray(value)) {
    return value.map(escapeDollars);
  }
  return value !== null && typeof value === 'object' ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, escapeDollars(one)])) : value;
}

/**
 * From a series to its logs, for each metric label of the map: once on the points of a graph, where labels are variables of the field
 * called Value, and once on the label's own column of a table, where Grafana can rewrite the value itself.
 */
export function metricCorrelations(pairs: readonly LabelPair[], { binocleUid }: Pick<ProvisionOptions, 'binocleUid'>): Correlation[] {
  const best = new Map<string, LabelPair>();
  for (const pair of pairs) {
    if (!best.has(pair.metric)) {
      best.set(pair.metric, pair);
    }
  }
  return [...best.values()].flatMap((pair) => {
    const make = (field: string, expr: string, transformations?: Correlation['config']['transformations']): Correlation => ({
      targetUID: binocleUid,
      label: `Logs of this ${pair.log}`,
      description: `From ${pair.metric} to the logs with the same ${pair.log}`,
      type: 'query',
      config: { type: 'query', field, target: { expr, queryType: 'range' }, ...(transformations ? { transformations } : {}) },
    });
    const graph = graphQuery(pair);
    const column = columnQuery(pair);
    return [...(graph ? [make('Value', graph)] : []), ...(column ? [make(pair.metric, column.expr, column.transformations)] : [])];
  });
}

/** What the rule takes off a metric's value, as one pattern to delete; undefined when it cannot be said so. */
function toDelete(pair: LabelPair): string | undefined {
  if (pair.side === 'log' || pair.side === 'both') {
    return undefined;
  }
  return pair.rule === 'without-port' ? ':[0-9]+$' : pair.rule === 'short-host' ? '([.][a-zA-Z].*|:[0-9]+)$' : undefined;
}

/** A log query that holds a series' label as it is, so the rule is applied in the query. */
function graphQuery(pair: LabelPair): string | undefined {
  const value = `\${__field.labels.${pair.metric}}`;
  if (pair.rule === 'equal') {
    return pair.ignoreCase ? `{${pair.log}=~"(?i)\${__field.labels.${pair.metric}:regex}"}` : `{${pair.log}="${value}"}`;
  }
  const pattern = toDelete(pair);
  return pattern && `{${pair.log}=~".+"} | label_format same=\`{{ eq .${pair.log} (regexReplaceAll "${pattern}" "${value}" "") }}\` | same="true" | drop same`;
}

/** A log query for a table's cell, whose value Grafana has cut by a regex with one group. */
function columnQuery(pair: LabelPair): { expr: string; transformations?: Correlation['config']['transformations'] } | undefined {
  const cut = (expression: string) => ({
    expr: `{${pair.log}="\${key}"}`,
    transformations: [{ type: 'regex' as const, expression, field: pair.metric, mapValue: 'key' }],
  });
  switch (pair.rule) {
    case 'equal':
      return { expr: `{${pair.log}="\${__data.fields.${pair.metric}}"}` };
    case 'without-port':
      return toDelete(pair) ? cut('^\\[?(.+?)\\]?(?::[0-9]+)?$') : undefined;
    case 'short-host':
      return toDelete(pair) ? cut('^([0-9]+(?:[.][0-9]+){3}|[^.:]+)') : undefined;
    default:
      return pair.side === 'metric' && (pair.replacement ?? '$1') === '$1' ? cut(`^(?:${pair.pattern ?? '(.*)'})$`) : undefined;
  }
}
