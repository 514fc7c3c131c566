import { css } from '@emotion/css';
import type { GrafanaTheme2, SelectableValue } from '@grafana/data';
import { Button, IconButton, MultiSelect, Select, useStyles2 } from '@grafana/ui';
import React, { useState } from 'react';
import { t } from '../../i18n';
import { formatBytes } from '../../logql';
import type { LabelSource } from '../LabelSource';
import { useRemoval } from '../useRemoval';
import { alternatives, literalOf, patternOf, withOperator } from '../../query/alternatives';
import { narrowingSelector, type DraftMatcher } from '../../query/selector';

interface Props {
  matchers: DraftMatcher[];
  source: LabelSource;
  onChange(index: number, matcher: DraftMatcher): void;
  onAdd(): void;
  onRemove(index: number): void;
}

const operators = (): Array<SelectableValue<DraftMatcher['op']>> => [
  { value: '=', label: '=', description: t('filters.is', 'is') },
  { value: '!=', label: '!=', description: t('filters.isNot', 'is not') },
  { value: '=~', label: '=~', description: t('filters.matches', 'matches the regular expression') },
  { value: '!~', label: '!~', description: t('filters.matchesNot', 'does not match the regular expression') },
];

/** Labels of the streams to read, one row each; names and values are narrowed by the other rows. */
export function LabelFilters({ matchers, source, onChange, onAdd, onRemove }: Props) {
  const styles = useStyles2(getStyles);
  const { add, remove } = useRemoval(onRemove);
  return (
    <div className={styles.rows} role="group" aria-label={t('filters.name', 'Label filters')}>
      {matchers.map((matcher, index) => (
        <LabelFilter
          key={index}
          matcher={matcher}
          others={matchers.filter((_, at) => at !== index)}
          source={source}
          onChange={(changed) => onChange(index, changed)}
          onRemove={matchers.length > 1 ? () => remove(index) : undefined}
        />
      ))}
      <Button ref={add} variant="secondary" icon="plus" aria-label={t('filters.add', 'Add label filter')} onClick={onAdd} />
    </div>
  );
}

interface RowProps {
  matcher: DraftMatcher;
  others: DraftMatcher[];
  source: LabelSource;
  onChange(matcher: DraftMatcher): void;
  onRemove?(): void;
}

function LabelFilter({ matcher, others, source, onChange, onRemove }: RowProps) {
  const styles = useStyles2(getStyles);
  const [names, setNames] = useState<Array<SelectableValue<string>>>([]);
  const [values, setValues] = useState<Array<SelectableValue<string>>>([]);
  const [loading, setLoading] = useState<'names' | 'values'>();
  const selector = narrowingSelector(others);
  // Without an answer the fields still take typed text.
  const load = async (what: 'names' | 'values', ask: Promise<Array<SelectableValue<string>>>) => {
    setLoading(what);
    (what === 'names' ? setNames : setValues)(await ask.catch(() => []));
    setLoading(undefined);
  };
  const loadNames = () => load('names', source.labels(selector).then((found) => found.map((name) => ({ label: name, value: name }))));
  const loadValues = () =>
    load('values', source.weightedValues(matcher.name, selector).then((found) => found.map(({ name, weight }) => ({ label: name, value: name, description: weight === undefined ? undefined : formatBytes(weight) }))));
  const field = { 'aria-label': t('filters.value', 'Value'), placeholder: t('filters.value', 'Value'), allowCustomValue: true, isLoading: loading === 'values', onOpenMenu: loadValues };
  const own = (text: string) => (text ? { label: text, value: text } : null);
  return (
    <div className={styles.row} role="group" aria-label={t('filters.row', 'Label filter {{name}}', { name: matcher.name })}>
      <Select
        aria-label={t('filters.label', 'Label')}
        width={22}
        placeholder={t('filters.label', 'Label')}
        allowCustomValue
        isLoading={loading === 'names'}
        options={names}
        value={own(matcher.name)}
        onOpenMenu={loadNames}
        onChange={({ value = '' }) => onChange({ ...matcher, name: value, value: value === matcher.name ? matcher.value : '' })}
      />
      <Select aria-label={t('filters.operator', 'Operator')} width={8} options={operators()} value={matcher.op} onChange={({ value = '=' }) => onChange(withOperator(matcher, value))} />
      <div className={styles.value}>
        {matcher.op === '=~' || matcher.op === '!~' ? (
          <MultiSelect
            {...field}
            closeMenuOnSelect={false}
            options={values.map((option) => ({ ...option, value: patternOf(option.value ?? '') }))}
            value={alternatives(matcher.value).map((part) => ({ label: literalOf(part) ?? part, value: part }))}
            onChange={(chosen) => onChange({ ...matcher, value: chosen.map(({ value }) => value).join('|') })}
          />
        ) : (
          <Select {...field} options={values} value={own(matcher.value)} onChange={({ value = '' }) => onChange({ ...matcher, value })} />
        )}
      </div>
      {onRemove && <IconButton name="times" aria-label={t('filters.remove', 'Remove label filter {{name}}', { name: matcher.name })} onClick={onRemove} />}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  rows: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1), alignItems: 'center' }),
  // As wide as the pane lets it be, up to this.
  row: css({ flex: '0 1 516px', minWidth: 0, display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 2 }),
  value: css({ flex: '1 1 140px', minWidth: 0 }),
});
