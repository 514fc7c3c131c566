import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, IconButton, InlineField, InlineFieldRow, Input, Select, useStyles2 } from '@grafana/ui';
import React from 'react';
import { t } from '../i18n';
import { levelOrder } from '../frames/levels';
import type { LevelRule } from '../settings';

interface Props {
  rules: LevelRule[];
  onChange(rules: LevelRule[]): void;
}

const levels = levelOrder.map((value) => ({ value, label: value }));

/** Rules for the colour of lines whose level is not found right. */
export function LevelRulesSettings({ rules, onChange }: Props) {
  const styles = useStyles2(getStyles);
  const set = (index: number, part: Partial<LevelRule>) => onChange(rules.map((rule, at) => (at === index ? { ...rule, ...part } : rule)));
  return (
    <section className={styles.section}>
      <h3>{t('levels.title', 'Levels')}</h3>
      <p className={styles.muted}>{t('levels.help', 'The level of a line is found by itself in access logs, syslog, JSON, logfmt and most programs. Where it is not, a rule decides the colour of the line; the first that matches wins.')}</p>
      {rules.map((rule, index) => (
        <InlineFieldRow key={index}>
          <InlineField label={t('config.regex', 'Regex')} invalid={!isRegex(rule.regex)} error={t('config.regexBroken', 'The regular expression has a mistake')} grow>
            <Input id={`binocle-level-${index}-regex`} aria-label={t('config.regex', 'Regex')} placeholder="^PANIC" value={rule.regex} onChange={(event) => set(index, { regex: event.currentTarget.value })} />
          </InlineField>
          <InlineField label={t('levels.inLabel', 'in label')} tooltip={t('levels.inLabelHelp', 'Empty: the regular expression looks at the line')}>
            <Input id={`binocle-level-${index}-label`} aria-label={t('levels.label', 'Label')} width={16} value={rule.label ?? ''} onChange={(event) => set(index, { label: event.currentTarget.value || undefined })} />
          </InlineField>
          <InlineField label={t('levels.is', 'is')}>
            <Select inputId={`binocle-level-${index}-level`} aria-label={t('levels.level', 'Level')} width={14} options={levels} value={rule.level} onChange={({ value = 'error' }) => set(index, { level: value })} />
          </InlineField>
          <IconButton name="trash-alt" aria-label={t('levels.remove', 'Remove level rule {{number}}', { number: index + 1 })} onClick={() => onChange(rules.filter((_, at) => at !== index))} />
        </InlineFieldRow>
      ))}
      <Button variant="secondary" icon="plus" onClick={() => onChange([...rules, { regex: '', level: 'error' }])}>
        {t('levels.add', 'Add level rule')}
      </Button>
    </section>
  );
}

function isRegex(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false; // Said under the field.
  }
}

const getStyles = (theme: GrafanaTheme2) => ({
  section: css({ marginTop: theme.spacing(4) }),
  muted: css({ color: theme.colors.text.secondary }),
});
