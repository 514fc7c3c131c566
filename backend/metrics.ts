import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/** What `/metrics` shows, under Loki's names where Loki has one, so that existing dashboards and alerts work (mixin, meta-monitoring). */
export class Metrics {
  readonly registry = new Registry();

  readonly requests = new Histogram({
    name: 'loki_request_duration_seconds',
    help: 'Time (in seconds) spent serving HTTP requests.',
    labelNames: ['method', 'route', 'status_code', 'ws'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100],
    registers: [this.registry],
  });
  private readonly bytesReceived = this.counter('loki_distributor_bytes_received_total', 'The total number of uncompressed bytes received per tenant. Includes structured metadata bytes.', ['tenant']);
  private readonly metadataBytesReceived = this.counter('loki_distributor_structured_metadata_bytes_received_total', 'The total number of uncompressed bytes received per tenant for entries structured metadata.', ['tenant']);
  private readonly linesReceived = this.counter('loki_distributor_lines_received_total', 'The total number of lines received per tenant.', ['tenant']);
  private readonly discardedSamples = this.counter('loki_discarded_samples_total', 'The total number of samples that were discarded.', ['reason', 'tenant']);
  private readonly discardedBytes = this.counter('loki_discarded_bytes_total', 'The total number of bytes that were discarded.', ['reason', 'tenant']);
  readonly queryLatency = new Histogram({
    name: 'loki_logql_querystats_latency_seconds',
    help: 'Distribution of latency for LogQL queries.',
    labelNames: ['status_code', 'type', 'range'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers: [this.registry],
  });
  readonly queryBytesPerSecond = new Histogram({
    name: 'loki_logql_querystats_bytes_processed_per_seconds',
    help: 'Distribution of bytes processed per second for LogQL queries.',
    labelNames: ['status_code', 'type', 'range'],
    buckets: [50e6, 100e6, 200e6, 400e6, 600e6, 800e6, 1e9, 2e9, 5e9, 10e9],
    registers: [this.registry],
  });
  readonly tails = new Gauge({ name: 'loki_querier_tail_active', help: 'Number of active tailers.', registers: [this.registry] });

  /** Tenants and reasons come from requests: beyond this many tenants the rest is counted together. */
  private readonly tenantsMax = 1_000;
  private readonly tenants = new Set<string>();

  constructor(version: string) {
    collectDefaultMetrics({ register: this.registry });
    const build = new Gauge({ name: 'loki_build_info', help: 'A metric with a constant 1 value labeled by version.', labelNames: ['version', 'revision', 'branch', 'goversion'], registers: [this.registry] });
    build.set({ version, revision: '', branch: '', goversion: process.version }, 1);
    const own = new Gauge({ name: 'binocle_build_info', help: 'A metric with a constant 1 value labeled by version.', labelNames: ['version', 'nodeversion'], registers: [this.registry] });
    own.set({ version, nodeversion: process.version }, 1);
  }

  received(tenant: string, lines: number, bytes: number, metadataBytes: number): void {
    const label = { tenant: this.tenantLabel(tenant) };
    this.linesReceived.inc(label, lines);
    this.bytesReceived.inc(label, bytes + metadataBytes);
    this.metadataBytesReceived.inc(label, metadataBytes);
  }

  discarded(tenant: string, reason: string, lines: number, bytes: number): void {
    const labels = { tenant: this.tenantLabel(tenant), reason };
    this.discardedSamples.inc(labels, lines);
    this.discardedBytes.inc(labels, bytes);
  }

  /** A number that is read when somebody looks. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void {
    const gauge = new Gauge({
      name,
      help,
      registers: [this.registry],
      async collect() {
        gauge.set(await read());
      },
    });
  }

  private tenantLabel(tenant: string): string {
    if (this.tenants.size < this.tenantsMax) {
      this.tenants.add(tenant);
    }
    return this.tenants.has(tenant) ? tenant : 'other';
  }

  private counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }
}
