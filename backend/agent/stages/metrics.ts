import { parseGoDuration } from '../../../src/logql';
import { byteLengthOfText } from '../bytes';
import { ConfigError, isMap, kindOf, type YamlValue } from '../config/yaml';
import { type CustomMetric, type CustomSample, metricLabels } from '../customMetrics';
import type { Entry } from '../entry';
import type { LabelSet } from '../labelSet';
import { StageConfig } from './decode';
import type { StageReader } from './pipeline';
import { valueNumber, valueText } from './values';

type Kind = 'counter' | 'gauge' | 'histogram';

interface MetricRule {
  name: string;
  kind: Kind;
  help: string;
  source: string;
  value: string | undefined;
  matchAll: boolean;
  countBytes: boolean;
  action: string;
  buckets: number[];
  idleMs: number;
}

/** Prometheus' default buckets. */
const bucketsDefault = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const idleDefaultMs = 300_000;

/** `metrics`: counters, gauges and histograms of what was extracted, one series for each label set. */
export const metricsStage: StageReader = (yaml) => {
  if (yaml !== null && !isMap(yaml)) {
    throw new ConfigError(`a map of metrics is expected, not ${kindOf(yaml)}`);
  }
  const rules = [...(yaml ?? [])].map(([name, config]) => {
    if (typeof name !== 'string') {
      throw new ConfigError(`the name of a metric must be text, not ${kindOf(name)}`);
    }
    return readRule(name, config);
  });
  return (context) => {
    const metrics = rules.map((rule) => new StageMetric(rule));
    metrics.forEach((metric) => context.metrics.custom.add(metric));
    return {
      run(entry, next) {
        metrics.forEach((metric) => metric.record(entry, context.nowMs()));
        next(entry);
      },
      close: () => metrics.forEach((metric) => context.metrics.custom.remove(metric)),
    };
  };
};

function readRule(name: string, yaml: YamlValue): MetricRule {
  const config = new StageConfig(yaml, false);
  const kind = (config.text('type') ?? '').toLowerCase() as Kind;
  if (!['counter', 'gauge', 'histogram'].includes(kind)) {
    throw new ConfigError(`invalid metric type '${kind}', metric type must be one of 'counter', 'gauge', or 'histogram'`);
  }
  const inner = new StageConfig(config.raw('config'), false);
  const rule: MetricRule = {
    name: `${config.text('prefix') || 'promtail_custom_'}${name}`,
    kind,
    help: config.text('description') ?? '',
    source: config.text('source') || name,
    value: inner.text('value'),
    matchAll: inner.bool('match_all') ?? false,
    countBytes: inner.bool('count_entry_bytes') ?? false,
    action: (inner.text('action') ?? '').toLowerCase(),
    buckets: readBuckets(inner.raw('buckets')),
    idleMs: readIdle(config.text('max_idle_duration')),
  };
  check(rule);
  return rule;
}

function readBuckets(yaml: YamlValue): number[] {
  const list = Array.isArray(yaml) ? yaml : yaml === null ? [] : [yaml];
  if (list.length === 0) {
    return bucketsDefault;
  }
  const config = (value: YamlValue) => new StageConfig(new Map([['bucket', value]]), false).number('bucket') ?? 0;
  return list.map(config).filter((bound) => bound !== Infinity);
}

function readIdle(text: string | undefined): number {
  if (!text) {
    return idleDefaultMs;
  }
  const duration = parseGoDuration(text);
  if (!duration.ok) {
    throw new ConfigError(`invalid max_idle_duration: ${duration.error}`);
  }
  if (duration.value < 1e9) {
    throw new ConfigError('max_idle_duration less than 1s not allowed');
  }
  return duration.value / 1e6;
}

function check({ kind, action, matchAll, countBytes, value }: MetricRule): void {
  if (kind === 'counter') {
    if (action === '') {
      throw new ConfigError('counter action must be defined as either `inc` or `add`');
    }
    if (action !== 'inc' && action !== 'add') {
      throw new ConfigError(`action ${action} is not valid, action must be either \`inc\` or \`add\``);
    }
    if (matchAll && value !== undefined) {
      throw new ConfigError('`match_all: true` cannot be combined with `value`, please remove `match_all` or `value`');
    }
    if (countBytes && !matchAll) {
      throw new ConfigError('`count_entry_bytes: true` can only be set with `match_all: true`');
    }
    if (countBytes && action !== 'add') {
      throw new ConfigError('`count_entry_bytes: true` can only be used with `action: add`');
    }
  }
  if (kind === 'gauge') {
    if (action === '') {
      throw new ConfigError('gauge action must be defined as `set`, `inc`, `dec`, `add`, or `sub`');
    }
    if (!['set', 'inc', 'dec', 'add', 'sub'].includes(action)) {
      throw new ConfigError(`action ${action} is not valid, action must be \`set\`, \`inc\`, \`dec\`, \`add\`, or \`sub\``);
    }
  }
}

interface Series {
  labels: LabelSet;
  value: number;
  counts: number[];
  count: number;
  changedMs: number;
}

class StageMetric implements CustomMetric {
  readonly name: string;
  readonly help: string;
  readonly type: Kind;
  private readonly series = new Map<string, Series>();

  constructor(private readonly rule: MetricRule) {
    this.name = rule.name;
    this.help = rule.help;
    this.type = rule.kind;
  }

  record(entry: Entry, nowMs: number): void {
    const { rule } = this;
    if (rule.kind === 'counter' && rule.matchAll) {
      // With `add` there is nothing to add but the bytes.
      if (rule.action === 'inc' || rule.countBytes) {
        this.at(entry, nowMs).value += rule.countBytes ? byteLengthOfText(entry.line) : 1;
      }
      return;
    }
    if (!entry.extracted.has(rule.source)) {
      return;
    }
    const value = entry.extracted.get(rule.source);
    if (rule.value !== undefined && valueText(value) !== rule.value) {
      return;
    }
    this.change(entry, value, nowMs);
  }

  samples(nowMs: number): CustomSample[] {
    const samples: CustomSample[] = [];
    for (const [key, series] of this.series) {
      samples.push(...(this.type === 'histogram' ? this.histogramSamples(series) : [{ suffix: '', labels: metricLabels(series.labels), value: series.value }]));
      // What was idle for too long is shown once more.
      if (nowMs - series.changedMs > this.rule.idleMs) {
        this.series.delete(key);
      }
    }
    return samples;
  }

  private change(entry: Entry, value: unknown, nowMs: number): void {
    const { kind, action, buckets } = this.rule;
    if (kind !== 'histogram' && (action === 'inc' || action === 'dec')) {
      this.at(entry, nowMs).value += action === 'inc' ? 1 : -1;
      return;
    }
    const number = valueNumber(value);
    if (number === undefined || (kind === 'counter' && number < 0)) {
      return;
    }
    const series = this.at(entry, nowMs);
    if (kind === 'histogram') {
      series.count++;
      buckets.forEach((bound, i) => (series.counts[i] += number <= bound ? 1 : 0));
    }
    series.value = action === 'set' ? number : series.value + (action === 'sub' ? -number : number);
  }

  private at(entry: Entry, nowMs: number): Series {
    const key = entry.labels.text;
    let series = this.series.get(key);
    if (!series) {
      series = { labels: entry.labels, value: 0, counts: this.rule.buckets.map(() => 0), count: 0, changedMs: nowMs };
      this.series.set(key, series);
    }
    series.changedMs = nowMs;
    return series;
  }

  private histogramSamples({ labels, value, counts, count }: Series): CustomSample[] {
    const own = metricLabels(labels);
    const bucket = (le: string, number: number): CustomSample => ({ suffix: '_bucket', labels: [...own, ['le', le]], value: number });
    return [
      ...this.rule.buckets.map((bound, i) => bucket(String(bound), counts[i])),
      bucket('+Inf', count),
      { suffix: '_sum', labels: own, value },
      { suffix: '_count', labels: own, value: count },
    ];
  }
}
