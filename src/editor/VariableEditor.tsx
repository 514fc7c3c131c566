import { css } from '@emotion/css';
import type { GrafanaTheme2, QueryEditorProps, SelectableValue } from '@grafana/data';
import { InlineField, InlineFieldRow, Input, Select, useStyles2 } from '@grafana/ui';
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
  const styles = useStyles2(getStyles);
  const current = migrateVariable(query);
  const [label, setLabel] = useState(current.label ?? '');
  const [stream, setStream] = useState(current.stream ?? '');
  const [names, setNames] = useState<string[]>([]);
  const source = datasource as unknown as WithLabels;
  useEffect(() => {
    let left = false;
    const know = (found: string[]) => !left && setNames(found);
    // Without names the field still takes typed text.
    source.labelSource(range).labels().then(know, () => know([]));
    return () => {
      left = true;
    };
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
      <InlineField className={styles.selector} grow label={t('variable.selector', 'Stream selector')} labelWidth={20} tooltip={t('variable.selectorHelp', 'Optional. Only streams that match count; other variables may be used.')}>
        <Input id="binocle-variable-stream" aria-label={t('variable.selector', 'Stream selector')} placeholder={'{job="nginxlogs"}'} value={stream} onChange={(event) => setStream(event.currentTarget.value)} onBlur={() => change({ stream })} />
      </InlineField>
    </InlineFieldRow>
  );
}

// As wide as there is room, up to this.
const getStyles = (theme: GrafanaTheme2) => ({ selector: css({ maxWidth: `min(${theme.spacing(62)}, 100%)`, '& > div': { minWidth: 0, flexShrink: 1 } }) });
