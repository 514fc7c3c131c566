import { quoteText } from './bytes';
import type { LabelSet } from './labelSet';

/** What a `metrics` stage shows: a number, or a histogram's buckets. Any set of labels may occur, which prom-client does not allow. */
export interface CustomMetric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** One per label set; sets that were idle for too long go after they were shown once more. */
  samples(nowMs: number): CustomSample[];
}

export interface CustomSample {
  /** The name's ending (`_bucket`, `_sum`, `_count`) or nothing. */
  suffix: string;
  labels: ReadonlyArray<readonly [string, string]>;
  value: number;
}

/** All metrics of `metrics` stages, in the text format of Prometheus. */
export class CustomMetrics {
  private readonly metrics: CustomMetric[] = [];

  add(metric: CustomMetric): void {
    this.metrics.push(metric);
  }

  remove(metric: CustomMetric): void {
    const i = this.metrics.indexOf(metric);
    if (i >= 0) {
      this.metrics.splice(i, 1);
    }
  }

  text(nowMs = Date.now()): string {
    const said = new Set<string>();
    let text = '';
    for (const metric of [...this.metrics].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))) {
      const samples = metric.samples(nowMs);
      if (samples.length > 0 && !said.has(metric.name)) {
        said.add(metric.name);
        text += `# HELP ${metric.name} ${metric.help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${metric.name} ${metric.type}\n`;
      }
      for (const sample of samples) {
        text += `${metric.name}${sample.suffix}${labelsPart(sample.labels)} ${numberText(sample.value)}\n`;
      }
    }
    return text;
  }
}

function labelsPart(labels: CustomSample['labels']): string {
  return labels.length === 0 ? '' : `{${labels.map(([name, value]) => `${name}=${quoteText(value)}`).join(',')}}`;
}

function numberText(value: number): string {
  return value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value);
}

/** Labels that a metric may carry: those with two underscores in front are the agent's own. */
export function metricLabels(labels: LabelSet): Array<readonly [string, string]> {
  return [...labels.labels].filter(([name]) => !name.startsWith('__'));
}
