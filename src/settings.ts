import type { DataSourceJsonData } from '@grafana/data';
import type { LabelPair } from './correlate';

/** Lines a log query asks for when neither the query nor the data source says. Grafana's own Loki source uses the same. */
export const maxLinesDefault = 1000;
/** More lines than this make the browser crawl; the server's own limit is 5,000. */
export const maxLinesMax = 50_000;

/** A field found in each line (or label), optionally with a link. The keys are those of Grafana's Loki source. */
export interface DerivedField {
  name: string;
  /** Regular expression with one capture group; with `matcherType: 'label'` it matches label names. */
  matcherRegex: string;
  matcherType?: 'regex' | 'label';
  /** Address of an external link, or query text of an internal one; `${__value.raw}` is the value. */
  url?: string;
  urlDisplayLabel?: string;
  /** Set: the link is internal and opens this data source in a split pane. */
  datasourceUid?: string;
  targetBlank?: boolean;
}

/** Which level a line has: the first rule whose regex matches the line (or the label's value) wins over detection. */
export interface LevelRule {
  level: string;
  regex: string;
  label?: string;
}

/** How logs are joined with metrics. */
export interface Correlation {
  pairs?: LabelPair[];
}

/** `jsonData` of the data source; everything can be provisioned. */
export interface Settings extends DataSourceJsonData {
  maxLines?: string;
  timeout?: number;
  derivedFields?: DerivedField[];
  levelRules?: LevelRule[];
  prometheusUid?: string;
  correlation?: Correlation;
}

/** The line limit of a data source as a checked number. */
export function maxLinesOf(settings: Settings): number {
  return checkedMaxLines(Number(settings.maxLines), maxLinesDefault);
}

/** `value` when it is a usable line limit, else `fallback`. */
export function checkedMaxLines(value: number | undefined, fallback: number): number {
  return value !== undefined && Number.isFinite(value) && value >= 1 ? Math.min(Math.floor(value), maxLinesMax) : fallback;
}
