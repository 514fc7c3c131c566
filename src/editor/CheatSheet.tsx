import type { QueryEditorHelpProps } from '@grafana/data';
import React from 'react';
import type { Query } from '../query/model';
import { ExampleList } from './ExampleList';

/** Examples to click, shown by Explore while there is no query. */
export default function CheatSheet({ onClickExample, query }: QueryEditorHelpProps<Query>) {
  return <ExampleList onPick={(expr) => onClickExample({ ...query, refId: query?.refId ?? 'A', expr })} />;
}
