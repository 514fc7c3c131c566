import type { DataSourcePluginOptionsEditorProps } from '@grafana/data';
import { DataSourceHttpSettings } from '@grafana/ui';
import React from 'react';
import type { Settings } from '../settings';

export default function ConfigEditor({ options, onOptionsChange }: DataSourcePluginOptionsEditorProps<Settings>) {
  return <DataSourceHttpSettings defaultUrl="http://localhost:3100" dataSourceConfig={options} onChange={onOptionsChange} />;
}
