import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { DataSourcePicker } from '@grafana/runtime';
import { Button, Field, IconButton, InlineField, InlineFieldRow, InlineSwitch, Input, Select, TextArea, useStyles2 } from '@grafana/ui';
import React, { useState } from 'react';
import { useRemoval } from '../editor/useRemoval';
import { t } from '../i18n';
import { extractor } from '../frames/derived';
import type { DerivedField } from '../settings';
import { Section } from './Section';

interface Props {
  fields: DerivedField[];
  onChange(fields: DerivedField[]): void;
}

const kinds = (): Array<{ value: 'regex' | 'label'; label: string; description: string }> => [
  { value: 'regex', label: t('derived.line', 'Line'), description: t('derived.lineHelp', 'A regular expression finds the value in the line') },
  { value: 'label', label: t('derived.label', 'Label'), description: t('derived.labelHelp', 'A regular expression finds the name of a label') },
];

/** Fields found in lines, with links; and a place to try them on a line. */
export function DerivedFieldsSettings({ fields, onChange }: Props) {
  const styles = useStyles2(getStyles);
  const [sample, setSample] = useState('');
  const { add, remove } = useRemoval((index) => onChange(fields.filter((_, at) => at !== index)));
  const set = (index: number, part: Partial<DerivedField>) => onChange(fields.map((field, at) => (at === index ? { ...field, ...part } : field)));
  return (
    <Section
      id="derived"
      title={t('derived.title', 'Derived fields')}
      help={t('derived.help', 'A value found in a line becomes a field of it, and can be a link: to another page, or to a query of another data source such as a trace.')}
    >
      {fields.map((field, index) => (
        <DerivedFieldRow key={index} index={index} field={field} onChange={(part) => set(index, part)} onRemove={() => remove(index)} />
      ))}
      <Button ref={add} variant="secondary" icon="plus" onClick={() => onChange([...fields, { name: '', matcherRegex: '', matcherType: 'regex' }])}>
        {t('derived.add', 'Add derived field')}
      </Button>
      {fields.length > 0 && (
        <Field label={t('derived.try', 'Try it')} description={t('derived.tryHelp', 'Paste a line to see what the fields find in it')} className={styles.test}>
          <>
            <TextArea id="binocle-derived-sample" aria-label={t('derived.tryName', 'Line to try derived fields on')} rows={2} placeholder={'level=error trace_id=4bf92f3577b34da6 msg="payment failed"'} value={sample} onChange={(event) => setSample(event.currentTarget.value)} />
            {sample && (
              <table className={styles.table} aria-label={t('derived.found', 'Fields found')}>
                <tbody>
                  {fields.map((field, index) => (
                    <tr key={index}>
                      <td>{field.name || t('derived.noName', '(no name)')}</td>
                      <td>{resultText(field, sample)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
          </>
        </Field>
      )}
    </Section>
  );
}

/** What a field finds in a line, in words. */
function resultText(field: DerivedField, line: string): React.ReactNode {
  if (field.matcherType === 'label') {
    return t('derived.looksAtLabels', 'looks at labels, not at the line');
  }
  const extract = extractor(field);
  if (!extract) {
    return t('config.regexBroken', 'The regular expression has a mistake');
  }
  const value = extract(line, {});
  if (value === null) {
    return t('derived.nothing', 'finds nothing');
  }
  return (
    <>
      <code>{value}</code> {field.url && <span>{field.url.replace(/\$\{__value\.raw\}/g, value)}</span>}
    </>
  );
}

function DerivedFieldRow({ index, field, onChange, onRemove }: { index: number; field: DerivedField; onChange(part: Partial<DerivedField>): void; onRemove(): void }) {
  const styles = useStyles2(getStyles);
  const broken = field.matcherRegex !== '' && extractor(field) === undefined;
  const id = (name: string) => `binocle-derived-${index}-${name}`;
  const remove = t('derived.remove', 'Remove derived field {{name}}', { name: field.name || index + 1 });
  const target = field.datasourceUid ? t('derived.query', 'Query') : t('derived.url', 'URL');
  return (
    <div className={styles.field} role="group" aria-label={t('derived.name', 'Derived field {{name}}', { name: field.name || index + 1 })}>
      <InlineFieldRow>
        <InlineField label={t('derived.fieldName', 'Name')} labelWidth={12}>
          <Input id={id('name')} aria-label={t('derived.fieldName', 'Name')} width={20} placeholder="trace" value={field.name} onChange={(event) => onChange({ name: event.currentTarget.value })} />
        </InlineField>
        <InlineField label={t('derived.foundIn', 'Found in')}>
          <Select inputId={id('type')} aria-label={t('derived.foundIn', 'Found in')} width={12} options={kinds()} value={field.matcherType ?? 'regex'} onChange={({ value }) => onChange({ matcherType: value })} />
        </InlineField>
        <InlineField label={t('config.regex', 'Regex')} invalid={broken} error={t('config.regexBroken', 'The regular expression has a mistake')} grow>
          <Input id={id('regex')} aria-label={t('config.regex', 'Regex')} placeholder="trace_id=(\w+)" value={field.matcherRegex} onChange={(event) => onChange({ matcherRegex: event.currentTarget.value })} />
        </InlineField>
        <IconButton name="trash-alt" aria-label={remove} tooltip={remove} onClick={onRemove} className={styles.remove} />
      </InlineFieldRow>
      <InlineFieldRow>
        <InlineField label={target} labelWidth={12} tooltip={t('derived.valueHelp', '{{example}} stands for the value', { example: '${__value.raw}' })} grow>
          <Input id={id('url')} aria-label={target} placeholder={field.datasourceUid ? '${__value.raw}' : 'https://example.com/${__value.raw}'} value={field.url ?? ''} onChange={(event) => onChange({ url: event.currentTarget.value })} />
        </InlineField>
        <InlineField label={t('derived.linkText', 'Link text')}>
          <Input id={id('label')} aria-label={t('derived.linkText', 'Link text')} width={18} value={field.urlDisplayLabel ?? ''} onChange={(event) => onChange({ urlDisplayLabel: event.currentTarget.value || undefined })} />
        </InlineField>
      </InlineFieldRow>
      <InlineFieldRow>
        <InlineField label={t('derived.internal', 'Internal')} labelWidth={12} tooltip={t('derived.internalHelp', 'The link opens a query of a data source in a split pane')}>
          <InlineSwitch id={id('internal')} aria-label={t('derived.internalName', 'Internal link')} value={field.datasourceUid !== undefined} onChange={(event) => onChange({ datasourceUid: event.currentTarget.checked ? '' : undefined })} />
        </InlineField>
        {field.datasourceUid !== undefined && (
          <InlineField label={t('derived.dataSource', 'Data source')}>
            <DataSourcePicker inputId={id('datasource')} tracing noDefault placeholder={t('derived.choose', 'Choose')} current={field.datasourceUid || null} onChange={({ uid }) => onChange({ datasourceUid: uid })} />
          </InlineField>
        )}
      </InlineFieldRow>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  field: css({ padding: theme.spacing(1, 0), borderTop: `1px solid ${theme.colors.border.weak}` }),
  remove: css({ alignSelf: 'flex-start', margin: theme.spacing(1, 0, 0, 1) }),
  test: css({ marginTop: theme.spacing(2) }),
  table: css({ marginTop: theme.spacing(1), td: { padding: theme.spacing(0.25, 2, 0.25, 0) } }),
});
