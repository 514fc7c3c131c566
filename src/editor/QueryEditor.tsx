import type { QueryEditorProps } from '@grafana/data';
import React from 'react';
import { migrate, type Query } from '../query/model';
import type { Settings } from '../settings';
import type { EditorDataSource } from './LabelSource';
import { CodeField } from './CodeField';

export default function QueryEditor({ query: given, onChange, onRunQuery }: QueryEditorProps<EditorDataSource, Query, Settings>) {
  const query = migrate(given);
  return (
    <CodeField
      value={query.expr}
      label="Query"
      complete={async (_, offset) => ({ items: [], start: offset, end: offset })}
      onChange={(expr) => onChange({ ...query, expr })}
      onRun={(expr) => {
        onChange({ ...query, expr });
        onRunQuery();
      }}
    />
  );
}
