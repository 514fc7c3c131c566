import type { DataQuery } from '@grafana/schema';
import { checkedMaxLines } from '../settings';

export type QueryType = 'range' | 'instant' | 'stream';
export type EditorMode = 'simple' | 'builder' | 'code';
export type Direction = 'backward' | 'forward';
export type SupportingQueryType = 'logsVolume' | 'logsSample' | 'dataSample';

/** A query as dashboards and addresses keep it. The keys are those of Grafana's Loki source, so both convert by changing the type. */
export interface Query extends DataQuery {
  expr: string;
  queryType?: QueryType;
  legendFormat?: string;
  maxLines?: number;
  /** Old: a divisor of the step's fineness. Kept working, not offered any more. */
  resolution?: number;
  /** A duration such as `30s` or a variable; empty: chosen from the panel's width. */
  step?: string;
  direction?: Direction;
  editorMode?: EditorMode;
  supportingQueryType?: SupportingQueryType;
  /** Length of the parts a long range is cut into, such as `1d`; `0` switches cutting off. */
  splitDuration?: string;
  /** Also show the matched metrics above the lines of this query. */
  withMetrics?: boolean;
}

/** Fields of queries written by older versions of Grafana's Loki source. */
interface OldQuery extends Query {
  instant?: boolean;
  range?: boolean;
  query?: string;
}

/** Brings a query of any age into today's form. Answers the same object when nothing has to change. */
export function migrate(query: Query): Query {
  const old: OldQuery = query;
  const stale = old.instant !== undefined || old.range !== undefined || (old.expr === undefined && old.query !== undefined);
  if (!stale && old.expr !== undefined) {
    return query;
  }
  const { instant, range, query: text, ...rest } = old;
  const queryType = rest.queryType ?? (instant === true && range !== true ? 'instant' : 'range');
  return { ...rest, expr: rest.expr ?? text ?? '', queryType };
}

/** What a new query starts with. */
export function defaultQuery(editorMode: EditorMode): Partial<Query> {
  return { expr: '', queryType: 'range', editorMode };
}

/** True when there is something to send. */
export function isRunnable(query: Query): boolean {
  return !query.hide && (migrate(query).expr ?? '').trim() !== '';
}

/** Lines to ask for. */
export function lineLimit(query: Query, fallback: number): number {
  return checkedMaxLines(query.maxLines, fallback);
}
