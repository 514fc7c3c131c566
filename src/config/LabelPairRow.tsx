import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { IconButton, InlineSwitch, Input, Select, useStyles2 } from '@grafana/ui';
import React from 'react';
import { formOf, type LabelPair, type Rule, type Side } from '../correlate';
import { t } from '../i18n';

interface Props {
  index: number;
  pair: LabelPair;
  onChange(part: Partial<LabelPair>): void;
  onRemove(): void;
}

const rules = (): Array<{ value: Rule; label: string; description: string }> => [
  { value: 'equal', label: t('pair.equal', 'equal'), description: t('pair.equalHelp', 'The values are the same') },
  { value: 'without-port', label: t('pair.withoutPort', 'without port'), description: t('pair.rewrites', '{{from}} is {{to}}', { from: 'web1:9100', to: 'web1' }) },
  { value: 'short-host', label: t('pair.shortHost', 'short host'), description: t('pair.rewrites', '{{from}} is {{to}}', { from: 'web1.example.com', to: 'web1' }) },
  { value: 'regex', label: t('pair.regex', 'regex'), description: t('pair.regexHelp', 'A pattern with a replacement') },
];

const sides = (): Array<{ value: Side; label: string; description: string }> => [
  { value: 'metric', label: t('pair.ofMetrics', 'of metrics'), description: t('pair.ofMetricsHelp', 'Values of metrics have more in them than those of logs') },
  { value: 'log', label: t('pair.ofLogs', 'of logs'), description: t('pair.ofLogsHelp', 'Values of logs have more in them than those of metrics') },
  { value: 'both', label: t('pair.ofBoth', 'of both'), description: t('pair.ofBothHelp', 'Both sides have something to take off') },
];

/** A label of logs and a label of metrics that mean the same, and how their values become equal. */
export function LabelPairRow({ index, pair, onChange, onRemove }: Props) {
  const styles = useStyles2(getStyles);
  const id = (name: string) => `binocle-pair-${index}-${name}`;
  const broken = pair.rule === 'regex' && !isUsable(pair);
  const remove = t('pair.remove', 'Remove label pair {{number}}', { number: index + 1 });
  return (
    <div className={styles.pair} role="group" aria-label={t('pair.name', 'Label pair {{number}}', { number: index + 1 })}>
      <Input id={id('log')} aria-label={t('pair.log', 'Label of logs')} width={20} placeholder="hostname" value={pair.log} onChange={(event) => onChange({ log: event.currentTarget.value })} />
      <span>{t('pair.is', 'is')}</span>
      <Input id={id('metric')} aria-label={t('pair.metric', 'Label of metrics')} width={20} placeholder="instance" value={pair.metric} onChange={(event) => onChange({ metric: event.currentTarget.value })} />
      <Select inputId={id('rule')} aria-label={t('pair.rule', 'Rule')} width={18} options={rules()} value={pair.rule} onChange={({ value = 'equal' }) => onChange({ rule: value })} />
      {pair.rule !== 'equal' && (
        <Select inputId={id('side')} aria-label={t('pair.side', 'Side that the rule rewrites')} width={16} options={sides()} value={pair.side ?? 'metric'} onChange={({ value }) => onChange({ side: value === 'metric' ? undefined : value })} />
      )}
      {pair.rule === 'regex' && (
        <span className={styles.together}>
          <Input id={id('pattern')} aria-label={t('pair.pattern', 'Pattern')} width={24} placeholder="(.*):\d+" invalid={broken} value={pair.pattern ?? ''} onChange={(event) => onChange({ pattern: event.currentTarget.value })} />
          <Input id={id('replacement')} aria-label={t('pair.replacement', 'Replacement')} width={12} placeholder="$1" value={pair.replacement ?? ''} onChange={(event) => onChange({ replacement: event.currentTarget.value })} />
        </span>
      )}
      <InlineSwitch
        id={id('case')}
        label={t('pair.ignoreCase', 'Any case')}
        showLabel
        transparent
        aria-label={t('pair.ignoreCaseName', 'Upper and lower case are the same')}
        value={pair.ignoreCase ?? false}
        onChange={(event) => onChange({ ignoreCase: event.currentTarget.checked || undefined })}
      />
      <IconButton name="trash-alt" aria-label={remove} tooltip={remove} onClick={onRemove} />
      {broken && (
        <span role="alert" className={styles.problem}>
          {t('config.regexBroken', 'The regular expression has a mistake')}
        </span>
      )}
    </div>
  );
}

function isUsable(pair: LabelPair): boolean {
  try {
    formOf(pair);
    return true;
  } catch {
    return false; // Said beside the field.
  }
}

const getStyles = (theme: GrafanaTheme2) => ({
  pair: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: theme.spacing(1), marginBottom: theme.spacing(1) }),
  together: css({ display: 'flex', gap: theme.spacing(1) }),
  problem: css({ color: theme.colors.error.text, fontSize: theme.typography.bodySmall.fontSize }),
});
