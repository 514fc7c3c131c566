import type { AnnotationQuery } from '@grafana/data';
import type { Query } from './model';

/** What an annotation keeps beside its query; the keys are those of Grafana's Loki source. */
export interface LogAnnotation extends AnnotationQuery<Query> {
  expr?: string;
  maxLines?: number;
  instant?: boolean;
  titleFormat?: string;
  textFormat?: string;
  /** Comma separated names of labels whose values become tags; empty: all of them. */
  tagKeys?: string;
}
