import { DataSourcePlugin } from '@grafana/data';
import { LogDataSource } from './datasource';
import type { EditorDataSource } from './editor/LabelSource';
import { ConfigEditor, QueryEditor, QueryEditorHelp } from './editor/lazy';
import type { Query } from './query/model';
import type { Settings } from './settings';

export const plugin = new DataSourcePlugin<EditorDataSource, Query, Settings>(LogDataSource)
  .setConfigEditor(ConfigEditor)
  .setQueryEditor(QueryEditor)
  .setQueryEditorHelp(QueryEditorHelp);
