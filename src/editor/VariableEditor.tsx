import type { QueryEditorProps, SelectableValue } from '@grafana/data';
import { InlineField, InlineFieldRow, Input, Select } from '@grafana/ui';
import React, { useEffect, useState } from 'react';
import { t } from '../i18n';
import { migrateVariable, VariableKind, type VariableQuery } from '../query/variable';
import type { LabelSource } from './LabelSource';

interface WithLabels {
  labelSource(range?: unknown): LabelSource;
}

const kinds = (): Array<SelectableValue<VariableKind>> => [
  { value: VariableKind.LabelNames, label: t('variable.names', 'Label names'), description: t('variable.namesHelp', 'The names of all labels') },
  { value: VariableKind.LabelValues, label: t('variable.values', 'Label values'), description: t('variable.valuesHelp', 'The values of one label') },
  { value: VariableKind.Series, label: t('variable.streams', 'Streams'), description: t('variable.streamsHelp', 'The label sets of streams') },
];

/** What a template variable asks for. */
// Grafana's own type for custom variable editors.
export default function VariableEditor({ query, onChange, datasource, range }: QueryEditorProps<any, any, any, VariableQuery>) {
  const current = migrateVariable(query);
  const [label, setLabel] = useState(current.label ?? '');
  const [stream, setStream] = useState(current.stream ?? '');
  const [names, setNames] = useState<string[]>([]);
  const source = datasource as unknown as WithLabels;
  useEffect(() => {
    // Without names the field still takes typed text.
    source.labelSource(range).labels().then(setNames, () => setNames([]));
  }, [source, range]);
  const change = (part: Partial<VariableQuery>) => onChange({ ...current, label, stream, ...part });
  const options = [...new Set([...names, ...(label ? [label] : [])])].map((name) => ({ value: name, label: name }));
  return (
    <InlineFieldRow data-testid="data-testid binocle variable editor">
      <InlineField label={t('variable.type', 'Query type')} labelWidth={16}>
        <Select aria-label={t('variable.type', 'Query type')} inputId="binocle-variable-type" width={24} options={kinds()} value={current.type} onChange={({ value }) => change({ type: value ?? VariableKind.LabelNames })} />
      </InlineField>
      {current.type === VariableKind.LabelValues && (
        <InlineField label={t('variable.label', 'Label')} labelWidth={16} required>
          <Select
            aria-label={t('variable.label', 'Label')}
            inputId="binocle-variable-label"
            width={24}
            allowCustomValue
            options={options}
            value={label}
            onChange={({ value = '' }) => {
              setLabel(value);
              change({ label: value });
            }}
          />
        </InlineField>
      )}
      <InlineField label={t('variable.selector', 'Stream selector')} labelWidth={20} tooltip={t('variable.selectorHelp', 'Optional. Only streams that match count; other variables may be used.')}>
        <Input id="binocle-variable-stream" aria-label={t('variable.selector', 'Stream selector')} width={40} placeholder={'{job="nginxlogs"}'} value={stream} onChange={(event) => setStream(event.currentTarget.value)} onBlur={() => change({ stream })} />
      </InlineField>
    </InlineFieldRow>
  );
}
