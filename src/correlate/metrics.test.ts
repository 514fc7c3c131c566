import { kindOf, metricQuery, offerMetrics } from './metrics';

test.each([
  [{ name: 'node_load1', type: 'gauge' }, 'gauge'],
  [{ name: 'node_cpu_seconds_total', type: 'counter' }, 'counter'],
  [{ name: 'node_cpu_seconds_total' }, 'counter'],
  [{ name: 'http_request_duration_seconds_bucket', type: 'histogram' }, 'histogram'],
  [{ name: 'http_request_duration_seconds_count', type: 'histogram' }, 'counter'],
  [{ name: 'go_gc_duration_seconds', type: 'summary' }, 'summary'],
  [{ name: 'something', type: 'unknown' }, 'unknown'],
])('%p is a %s', (info, kind) => {
  expect(kindOf(info)).toBe(kind);
});

test('useful ones first, bookkeeping left out, a histogram once', () => {
  const names = [
    'up', 'scrape_duration_seconds', 'node_time_seconds', 'node_network_receive_bytes_total', 'node_memory_MemFree_bytes', 'node_memory_MemAvailable_bytes', 'node_cpu_seconds_total', 'node_load15', 'node_load1',
    'node_uname_info', 'go_goroutines', 'http_request_duration_seconds_bucket', 'http_request_duration_seconds_sum', 'http_request_duration_seconds_count', 'node_disk_io_time_seconds_total', 'http_errors_total',
  ];
  const offered = offerMetrics(names.map((name) => ({ name })));
  expect(offered.map(({ name }) => name)).toEqual([
    'node_load1', 'node_load15', 'node_cpu_seconds_total', 'node_memory_MemAvailable_bytes', 'node_memory_MemFree_bytes', 'node_disk_io_time_seconds_total', 'node_network_receive_bytes_total',
    'http_request_duration_seconds', 'http_errors_total', 'up',
  ]);
  expect(offered.find(({ name }) => name.startsWith('http_request'))?.kind).toBe('histogram');
});

test('counters open as rates, gauges as they are, histograms as quantiles', () => {
  const web1 = [{ name: 'instance', op: '=~' as const, value: 'web1(:[0-9]+)?' }];
  expect(metricQuery({ name: 'node_load1', kind: 'gauge' }, web1)).toBe('node_load1{instance=~"web1(:[0-9]+)?"}');
  expect(metricQuery({ name: 'x_total', kind: 'counter' }, web1, '5m')).toBe('rate(x_total{instance=~"web1(:[0-9]+)?"}[5m])');
  expect(metricQuery({ name: 'd_seconds', kind: 'histogram' }, [], '5m')).toBe('histogram_quantile(0.95, sum by (le) (rate(d_seconds_bucket[5m])))');
});
