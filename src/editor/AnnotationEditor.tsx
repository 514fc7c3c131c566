import { css } from '@emotion/css';
import type { AnnotationQuery, GrafanaTheme2, QueryEditorProps } from '@grafana/data';
import { Field, Input, useStyles2 } from '@grafana/ui';
import React, { useState } from 'react';
import { t } from '../i18n';
import type { LogAnnotation } from '../query/annotation';
import type { Query } from '../query/model';
import QueryEditor from './QueryEditor';

// Grafana's own type for annotation editors.
type Props = QueryEditorProps<any, Query> & { annotation?: AnnotationQuery<Query>; onAnnotationChange?: (annotation: AnnotationQuery<Query>) => void };

const texts = (): Array<{ key: 'titleFormat' | 'textFormat' | 'tagKeys'; label: string; description: string; example: string }> => [
  { key: 'titleFormat', label: t('annotation.title', 'Title'), description: t('annotation.titleHelp', 'Heading of the marker; {{example}} stands for a label', { example: '{{label}}' }), example: '{{hostname}}' },
  { key: 'textFormat', label: t('annotation.text', 'Text'), description: t('annotation.textHelp', 'Empty: the line itself'), example: '{{msg}}' },
  { key: 'tagKeys', label: t('annotation.tags', 'Tags'), description: t('annotation.tagsHelp', 'Labels whose values become tags, separated by commas; empty: all'), example: 'job, level' },
];

/** The query of an annotation and how lines become markers. */
export default function AnnotationEditor(props: Props) {
  const styles = useStyles2(getStyles);
  const annotation = props.annotation as LogAnnotation | undefined;
  const [query, setQuery] = useState<Query>({ ...props.query, expr: props.query?.expr ?? annotation?.expr ?? '', refId: props.query?.refId ?? 'Anno' });
  return (
    <>
      <QueryEditor
        {...props}
        query={query}
        findings={false}
        onChange={(next: Query) => {
          setQuery(next);
          props.onChange(next);
        }}
      />
      {annotation && (
        <div className={styles.texts}>
          {texts().map(({ key, label, description, example }) => (
            <Field key={key} label={label} description={description}>
              <Input id={`binocle-annotation-${key}`} aria-label={label} placeholder={example} defaultValue={annotation[key] ?? ''} onBlur={(event) => props.onAnnotationChange?.({ ...annotation, [key]: event.currentTarget.value })} />
            </Field>
          ))}
        </div>
      )}
    </>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({ texts: css({ marginTop: theme.spacing(2), maxWidth: theme.spacing(80) }) });
