import { css } from '@emotion/css';
import type { DataSourcePluginOptionsEditorProps } from '@grafana/data';
import { DataSourceHttpSettings, Field, Input, SecureSocksProxySettings } from '@grafana/ui';
import { config } from '@grafana/runtime';
import React from 'react';
import { t } from '../i18n';
import { maxLinesDefault, type Settings } from '../settings';
import { CorrelationSettings } from './CorrelationSettings';
import { DerivedFieldsSettings } from './DerivedFieldsSettings';
import { LevelRulesSettings } from './LevelRulesSettings';
import { Section } from './Section';

/** Grafana's switches of authentication stand in two columns that are wider than a telephone; there they stand in one. */
const narrowSettings = css({ '@media (max-width: 600px)': { '& div': { gridTemplateColumns: '1fr', flexWrap: 'wrap' } } });

type Props = DataSourcePluginOptionsEditorProps<Settings>;

/** Settings of a data source; everything here can be provisioned under the same names. */
export default function ConfigEditor({ options, onOptionsChange }: Props) {
  const { jsonData } = options;
  const set = (part: Partial<Settings>) => onOptionsChange({ ...options, jsonData: { ...jsonData, ...part } });
  const proxyAllowed = (config as { secureSocksDSProxyEnabled?: boolean }).secureSocksDSProxyEnabled;
  return (
    <div data-testid="data-testid binocle config editor">
      <div className={narrowSettings}>
        <DataSourceHttpSettings defaultUrl="http://localhost:3100" dataSourceConfig={options} onChange={onOptionsChange} showAccessOptions={false} />
      </div>
      {proxyAllowed && <SecureSocksProxySettings options={options} onOptionsChange={onOptionsChange} />}
      <Section id="limits" title={t('config.limits', 'Limits')}>
        <Field label={t('options.limit', 'Line limit')} description={t('config.limitHelp', 'Most lines a query brings when it does not say otherwise')}>
          <Input id="binocle-max-lines" aria-label={t('options.limit', 'Line limit')} type="number" min={1} width={16} placeholder={String(maxLinesDefault)} defaultValue={jsonData.maxLines ?? ''} onBlur={(event) => set({ maxLines: event.currentTarget.value || undefined })} />
        </Field>
      </Section>
      <CorrelationSettings options={options} onChange={set} />
      <DerivedFieldsSettings fields={jsonData.derivedFields ?? []} onChange={(derivedFields) => set({ derivedFields })} />
      <LevelRulesSettings rules={jsonData.levelRules ?? []} onChange={(levelRules) => set({ levelRules })} />
    </div>
  );
}
