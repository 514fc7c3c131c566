import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { CustomMetrics } from './customMetrics';

export const dropReasons = ['ingester_error', 'line_too_long', 'rate_limited', 'stream_limited'] as const;
export type DropReason = (typeof dropReasons)[number];

/** The agent's numbers under Promtail's names (clients/pkg/promtail/client/metrics.go, targets/file/metrics.go); one set per agent. */
export class AgentMetrics {
  private readonly registry = new Registry();
  /** Those of the `metrics` stage. */
  readonly custom = new CustomMetrics();
  private readonly lazy = new Map<string, Counter>();

  readonly encodedBytes = this.counter('promtail_encoded_bytes_total', 'Number of bytes encoded and ready to send.', ['host']);
  readonly sentBytes = this.counter('promtail_sent_bytes_total', 'Number of bytes sent.', ['host']);
  readonly sentEntries = this.counter('promtail_sent_entries_total', 'Number of log entries sent to the ingester.', ['host']);
  readonly droppedBytes = this.counter('promtail_dropped_bytes_total', 'Number of bytes dropped because failed to be sent to the ingester after all retries.', ['host', 'reason', 'tenant']);
  readonly droppedEntries = this.counter('promtail_dropped_entries_total', 'Number of log entries dropped because failed to be sent to the ingester after all retries.', ['host', 'reason', 'tenant']);
  readonly mutatedEntries = this.counter('promtail_mutated_entries_total', 'The total number of log entries that have been mutated.', ['host', 'reason', 'tenant']);
  readonly mutatedBytes = this.counter('promtail_mutated_bytes_total', 'The total number of bytes that have been mutated.', ['host', 'reason', 'tenant']);
  readonly batchRetries = this.counter('promtail_batch_retries_total', 'Number of times batches has had to be retried.', ['host', 'tenant']);
  readonly requestDuration = new Histogram({
    name: 'promtail_request_duration_seconds', help: 'Duration of send requests.', labelNames: ['host', 'status_code'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10], registers: [this.registry],
  });
  readonly queuedBytes = this.gauge('promtail_queued_bytes', 'Bytes of batches that wait on disk.', ['host']);

  readonly readBytes = this.gauge('promtail_read_bytes_total', 'Number of bytes read.', ['path']);
  readonly fileBytes = this.gauge('promtail_file_bytes_total', 'Number of bytes total.', ['path']);
  readonly readLines = this.counter('promtail_read_lines_total', 'Number of lines read.', ['path']);
  readonly filesActive = this.gauge('promtail_files_active_total', 'Number of active files.', []);
  readonly targetsActive = this.gauge('promtail_targets_active_total', 'Number of active total.', []);
  readonly targetsFailed = this.counter('promtail_targets_failed_total', 'Number of failed targets.', ['reason']);
  readonly encodingFailures = this.counter('promtail_encoding_failures_total', 'Number of encoding failures.', ['path']);

  readonly journalLines = this.counter('promtail_journal_target_lines_total', 'Total number of successful journal lines read', []);
  readonly journalErrors = this.counter('promtail_journal_target_parsing_errors_total', 'Total number of parsing errors while reading journal messages', ['error']);
  readonly syslogEntries = this.counter('promtail_syslog_target_entries_total', 'Total number of successful entries sent to the syslog target', []);
  readonly syslogErrors = this.counter('promtail_syslog_target_parsing_errors_total', 'Total number of parsing errors while receiving syslog messages', []);
  readonly syslogEmpty = this.counter('promtail_syslog_empty_messages_total', 'Total number of empty messages receiving from syslog', []);
  readonly dockerEntries = this.counter('promtail_docker_target_entries_total', 'Total number of successful entries sent to the Docker target', []);
  readonly dockerErrors = this.counter('promtail_docker_target_parsing_errors_total', 'Total number of parsing errors while receiving Docker messages', []);

  /** Promtail shows its counters of dropped lines only when something was dropped. */
  droppedLine(reason: string): void {
    this.lazyCounter('logentry_dropped_lines_total', ['reason']).inc({ reason });
  }

  droppedLineByLabel(label: string, value: string): void {
    this.lazyCounter('logentry_dropped_lines_by_label_total', ['label_name', 'label_value']).inc({ label_name: label, label_value: value });
  }

  async text(): Promise<string> {
    return (await this.registry.metrics()) + this.custom.text();
  }

  private lazyCounter(name: string, labelNames: string[]): Counter {
    let counter = this.lazy.get(name);
    if (!counter) {
      counter = this.counter(name, 'A count of all log lines dropped as a result of a pipeline stage', labelNames);
      this.lazy.set(name, counter);
    }
    return counter;
  }

  private counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  private gauge(name: string, help: string, labelNames: string[]): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }
}
