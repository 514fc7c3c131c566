import type { AnnotationQuery, QueryEditorProps } from '@grafana/data';
import { Field, Input } from '@grafana/ui';
import React, { useState } from 'react';
import type { LogAnnotation } from '../query/annotation';
import type { Query } from '../query/model';
import QueryEditor from './QueryEditor';

// Grafana's own type for annotation editors.
type Props = QueryEditorProps<any, Query> & { annotation?: AnnotationQuery<Query>; onAnnotationChange?: (annotation: AnnotationQuery<Query>) => void };

const texts: Array<{ key: 'titleFormat' | 'textFormat' | 'tagKeys'; label: string; description: string; placeholder: string }> = [
  { key: 'titleFormat', label: 'Title', description: 'Heading of the marker; {{label}} stands for a label', placeholder: '{{hostname}}' },
  { key: 'textFormat', label: 'Text', description: 'Empty: the line itself', placeholder: '{{msg}}' },
  { key: 'tagKeys', label: 'Tags', description: 'Labels whose values become tags, separated by commas; empty: all', placeholder: 'job, level' },
];

/** The query of an annotation and how lines become markers. */
export default function AnnotationEditor(props: Props) {
  const annotation = props.annotation as LogAnnotation | undefined;
  const [query, setQuery] = useState<Query>({ ...props.query, expr: props.query?.expr ?? annotation?.expr ?? '', refId: props.query?.refId ?? 'Anno' });
  return (
    <>
      <QueryEditor
        {...props}
        query={query}
        onChange={(next: Query) => {
          setQuery(next);
          props.onChange(next);
        }}
      />
      {annotation &&
        texts.map(({ key, label, description, placeholder }) => (
          <Field key={key} label={label} description={description}>
            <Input id={`binocle-annotation-${key}`} aria-label={label} placeholder={placeholder} defaultValue={annotation[key] ?? ''} onBlur={(event) => props.onAnnotationChange?.({ ...annotation, [key]: event.currentTarget.value })} />
          </Field>
        ))}
    </>
  );
}
