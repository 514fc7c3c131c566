import { FieldType, type DataFrame, type DataLink } from '@grafana/data';
import { matchersOf, metricQuery, selectorText, toMetricMatchers, type LabelMatcher, type LabelPair, type OfferedMetric } from '../correlate';

/** How many links a line gets: one for each of the things one looks at first. */
const linksMax = 5;

/** What is needed to lead from a line to graphs: where, which metrics, and how labels are carried over. */
export interface MetricLinks {
  uid: string;
  name: string;
  map: readonly LabelPair[];
  metrics: OfferedMetric[];
}

/** Matchers for Prometheus from the labels of a stream; undefined when none of them is known there. */
function carriedSelector(labels: Record<string, string>, map: readonly LabelPair[]): string | undefined {
  const { matchers } = toMetricMatchers(matchersOf(labels), map);
  return matchers.length > 0 ? selectorText(matchers) : undefined;
}

/** The first metric of each kind of trouble: load, CPU, memory, disk, network, requests. */
export function leadingMetrics(metrics: OfferedMetric[]): OfferedMetric[] {
  const groups = new Set<string>();
  return metrics.filter(({ group }) => group !== 'other' && !groups.has(group) && groups.add(group)).slice(0, linksMax);
}

/** PromQL for a metric with the place of its selector left open as `${__value.raw}`, for data links. */
function linkExpr(metric: OfferedMetric): string {
  const mark: LabelMatcher = { name: 'x', op: '=', value: 'x' };
  return metricQuery(metric, [mark]).replace(selectorText([mark]), '${__value.raw}');
}

/**
 * Adds a field to a logs frame that leads each line to the metrics of its machine. Its value is the selector its labels become on the
 * metric side; the links put that selector into queries, so one set of links serves all lines.
 */
export function addMetricLinks(frame: DataFrame, links: MetricLinks | undefined): DataFrame {
  const labels = frame.fields.find((field) => field.name === 'labels')?.values as Array<Record<string, string>> | undefined;
  if (!links || links.metrics.length === 0 || !labels) {
    return frame;
  }
  const selectors = new Map<string, string | undefined>();
  const relevant = new Set(links.map.map((pair) => pair.log));
  const values = labels.map((all) => {
    const own = Object.fromEntries(Object.entries(all).filter(([name]) => relevant.has(name)));
    const key = JSON.stringify(own);
    if (!selectors.has(key)) {
      selectors.set(key, carriedSelector(own, links.map));
    }
    return selectors.get(key) ?? null;
  });
  if (values.every((value) => value === null)) {
    return frame;
  }
  const config = {
    links: links.metrics.map(
      (metric): DataLink => ({
        title: metric.name,
        url: '',
        internal: { datasourceUid: links.uid, datasourceName: links.name, query: { refId: 'A', expr: linkExpr(metric), range: true } },
      })
    ),
  };
  return { ...frame, fields: [...frame.fields, { name: 'metrics', type: FieldType.string, config, values }] };
}
