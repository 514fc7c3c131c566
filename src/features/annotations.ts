import type { AnnotationEvent, AnnotationSupport, DataFrame, Labels } from '@grafana/data';
import { of } from 'rxjs';
import { AnnotationEditor } from '../editor/lazy';
import type { LogAnnotation } from '../query/annotation';
import { migrate, type Query } from '../query/model';

/** Lines as markers on graphs. */
export const annotationSupport: AnnotationSupport<Query, LogAnnotation> = {
  QueryEditor: AnnotationEditor,
  prepareAnnotation: (json: LogAnnotation) => (json.target ? json : { ...json, target: annotationQuery(json) }),
  prepareQuery: (annotation) => annotationQuery(annotation),
  processEvents: (annotation, frames) => of(annotationEvents(annotation, frames)),
};

function annotationQuery(annotation: LogAnnotation): Query | undefined {
  const query = migrate({ ...annotation.target, expr: annotation.target?.expr ?? annotation.expr ?? '', refId: annotation.target?.refId ?? 'Anno' });
  // Points of a metric that stands beside the lines are no events.
  return query.expr.trim() === '' ? undefined : { ...query, maxLines: query.maxLines ?? annotation.maxLines, withMetrics: false };
}

/** Every line (or every point of a metric) as an event. */
export function annotationEvents(annotation: LogAnnotation, frames: DataFrame[]): AnnotationEvent[] {
  return frames.flatMap((frame) => {
    const time = frame.fields.find((field) => field.type === 'time')?.values ?? [];
    const lines = frame.fields.find((field) => field.name === 'body')?.values;
    const labels = frame.fields.find((field) => field.name === 'labels')?.values;
    const value = frame.fields.find((field) => field.type === 'number');
    return Array.from({ length: frame.length }, (_, row) => {
      const its: Labels = labels?.[row] ?? value?.labels ?? {};
      const text = lines ? String(lines[row]) : String(value?.values[row] ?? '');
      return {
        time: time[row],
        title: fill(annotation.titleFormat, its, ''),
        text: fill(annotation.textFormat, its, text),
        tags: tagsOf(its, annotation.tagKeys),
      };
    });
  });
}

function fill(format: string | undefined, labels: Labels, otherwise: string): string {
  return format ? format.replace(/\{\{\s*([^{}]+?)\s*\}\}/g, (_, name: string) => labels[name] ?? '') : otherwise;
}

function tagsOf(labels: Labels, keys: string | undefined): string[] {
  const names = keys ? keys.split(',').map((name) => name.trim()) : Object.keys(labels);
  return [...new Set(names.map((name) => labels[name]?.trim()).filter((tag) => tag))];
}
