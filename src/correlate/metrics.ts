/** Which metrics to offer beside a log line, in what order, and how each is to be asked for. */
import { selectorText, type LabelMatcher } from './apply';

export type MetricKind = 'counter' | 'gauge' | 'histogram' | 'summary' | 'unknown';

/** What Prometheus knows about a metric (`/api/v1/metadata`); only the name is certain. */
export interface MetricInfo {
  name: string;
  type?: string;
  help?: string;
  unit?: string;
}

export type MetricGroup = 'load' | 'cpu' | 'memory' | 'disk' | 'network' | 'requests' | 'errors' | 'other';

export interface OfferedMetric {
  name: string;
  help: string;
  kind: MetricKind;
  group: MetricGroup;
}

/** Useful ones first: what people look at when a machine misbehaves. */
const groups: ReadonlyArray<readonly [MetricGroup, RegExp]> = [
  ['load', /(?:^|_)load(?:1|5|15|_average.*)?$|_pressure_|procs_(?:running|blocked)/],
  ['errors', /error|fail|drop|retrans|oom|reject|timeout|panic|restarts|5xx/],
  ['cpu', /cpu|context_switches|throttl/],
  ['memory', /memory|mem_|_rss|heap|swap|working_set/],
  ['disk', /disk|filesystem|_fs_|volume|iops|io_time|wal/],
  ['requests', /request|http|connection|queries|quer(?:y|ies)_|_calls|latency|duration|commands/],
  ['network', /network|netstat|bytes_(?:received|sent)|receive|transmit|sockets/],
];

/** Order in the menu. */
const groupOrder: readonly MetricGroup[] = ['load', 'cpu', 'memory', 'disk', 'network', 'requests', 'errors', 'other'];

/** The ones that answer most questions, before their siblings. */
const favourites: readonly string[] = [
  'node_load1', 'node_cpu_seconds_total', 'node_memory_MemAvailable_bytes', 'node_disk_io_time_seconds_total', 'node_filesystem_avail_bytes',
  'node_network_receive_bytes_total', 'node_network_transmit_bytes_total', 'windows_cpu_time_total', 'windows_memory_available_bytes',
  'container_cpu_usage_seconds_total', 'container_memory_working_set_bytes', 'container_network_receive_bytes_total',
  'nginx_http_requests_total', 'nginx_connections_active', 'http_requests_total', 'http_request_duration_seconds',
];

/** Numbers about the numbers: never worth a place in the menu. */
const bookkeeping = /^(?:ALERTS|ALERTS_FOR_STATE|scrape_.*|.*_build_info|.*_scrape_collector_.*|promhttp_.*|go_.*|process_(?:start_time|max_fds|virtual_memory_max).*|.*_info|.*_created|node_(?:time|boot_time)_.*|.*_exporter_.*)$/;

/** The kind from the metadata, or from the name's ending where that is missing (as OpenMetrics and custom have it). */
export function kindOf({ name, type }: MetricInfo): MetricKind {
  if (type === 'counter' || type === 'gauge' || type === 'histogram' || type === 'summary') {
    return /_bucket$/.test(name) ? 'histogram' : type === 'histogram' && /_(?:count|sum)$/.test(name) ? 'counter' : type;
  }
  if (/_bucket$/.test(name)) {
    return 'histogram';
  }
  return /_(?:total|count|sum)$/.test(name) ? 'counter' : 'unknown';
}

export function groupOf(name: string): MetricGroup {
  return groups.find(([, pattern]) => pattern.test(name.toLowerCase()))?.[0] ?? 'other';
}

/** The metrics worth offering, useful ones first; a histogram's parts are one offer. */
export function offerMetrics(metrics: readonly MetricInfo[]): OfferedMetric[] {
  const offers = new Map<string, OfferedMetric>();
  const buckets = new Set(metrics.filter(({ name }) => name.endsWith('_bucket')).map(({ name }) => name.slice(0, -'_bucket'.length)));
  for (const metric of metrics) {
    const base = metric.name.replace(/_(?:bucket|count|sum)$/, '');
    const name = buckets.has(base) ? base : metric.name;
    if (!bookkeeping.test(name) && !offers.has(name)) {
      const kind = buckets.has(base) ? 'histogram' : kindOf(metric);
      offers.set(name, { name, help: metric.help ?? '', kind, group: groupOf(name) });
    }
  }
  const favourite = (name: string) => (favourites.includes(name) ? favourites.indexOf(name) : favourites.length);
  return [...offers.values()].sort((a, b) =>
    groupOrder.indexOf(a.group) - groupOrder.indexOf(b.group) || favourite(a.name) - favourite(b.name) || (a.name < b.name ? -1 : 1));
}

/** How a metric opens: a counter as its rate, a histogram as its 95th percentile, everything else as it is. */
export function metricQuery(metric: Pick<OfferedMetric, 'name' | 'kind'>, matchers: readonly LabelMatcher[], rateInterval = '$__rate_interval'): string {
  const selector = matchers.length > 0 ? selectorText(matchers) : '';
  switch (metric.kind) {
    case 'counter':
      return `rate(${metric.name}${selector}[${rateInterval}])`;
    case 'histogram':
      return `histogram_quantile(0.95, sum by (le) (rate(${metric.name.replace(/_bucket$/, '')}_bucket${selector}[${rateInterval}])))`;
    default:
      return `${metric.name}${selector}`;
  }
}
