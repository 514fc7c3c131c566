import { DataSourcePlugin } from '@grafana/data';
import { lazy } from 'react';
import { LogDataSource } from './datasource';
import type { EditorDataSource } from './editor/LabelSource';
import { withLoading } from './editor/withLoading';
import type { Query } from './query/model';
import type { Settings } from './settings';

/** Editors live in chunks of their own: a dashboard that only shows panels loads none of them. */
export const plugin = new DataSourcePlugin<EditorDataSource, Query, Settings>(LogDataSource)
  .setConfigEditor(withLoading(lazy(() => import('./config/ConfigEditor'))))
  .setQueryEditor(withLoading(lazy(() => import('./editor/QueryEditor'))))
  .setQueryEditorHelp(withLoading(lazy(() => import('./editor/CheatSheet'))));
