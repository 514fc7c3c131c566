import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, FilterInput, useStyles2 } from '@grafana/ui';
import React, { useState } from 'react';
import { t } from '../i18n';
import { readSearch, writeSearch, type Search } from '../query/search';
import { LabelFilters } from './builder/LabelFilters';
import type { LabelSource } from './LabelSource';

interface Props {
  expr: string;
  source: LabelSource;
  /** The label that holds levels: Binocle's own, or Loki's guess. */
  levelLabel: string;
  onChange(expr: string): void;
  onRun(expr: string): void;
}

/** Levels to choose from, by the names the server uses. */
const levels = ['critical', 'error', 'warn', 'info', 'debug', 'trace', 'unknown'];

/** Words instead of a query language. */
export function SearchBox({ expr, source, levelLabel, onChange, onRun }: Props) {
  const styles = useStyles2(getStyles);
  const [draft, setDraft] = useState<{ expr: string; search: Search | undefined }>(() => ({ expr, search: readSearch(expr) }));
  const current = draft.expr === expr ? draft : { expr, search: readSearch(expr) };
  if (!current.search) {
    return (
      <Alert severity="info" title={t('search.more', 'This query is more than a search')}>
        {t('search.moreHelp', 'Nothing is lost: edit it in the builder or as code.')}
      </Alert>
    );
  }
  const search = current.search;
  const change = (part: Partial<Search>) => {
    const next = { ...search, ...part };
    const text = writeSearch(next, levelLabel);
    setDraft({ expr: text, search: next });
    if (text !== expr) {
      onChange(text);
    }
    return text;
  };
  const toggle = (level: string) => onRun(change({ levels: search.levels.includes(level) ? search.levels.filter((one) => one !== level) : [...search.levels, level] }));
  return (
    <div className={styles.box} data-testid="data-testid binocle search">
      <LabelFilters
        matchers={search.matchers}
        source={source}
        onChange={(index, matcher) => change({ matchers: search.matchers.map((old, at) => (at === index ? matcher : old)) })}
        onAdd={() => setDraft({ expr, search: { ...search, matchers: [...search.matchers, { name: '', op: '=', value: '' }] } })}
        onRemove={(index) => change({ matchers: search.matchers.filter((_, at) => at !== index) })}
      />
      <div className={styles.words} onKeyDown={(event) => event.key === 'Enter' && onRun(writeSearch(search, levelLabel))}>
        <FilterInput aria-label={t('search.words', 'Search words')} placeholder={t('search.wordsExample', 'Words in the line, "an exact phrase", -without')} value={search.text} escapeRegex={false} onChange={(text) => change({ text })} />
      </div>
      <div className={styles.levels} role="group" aria-label={t('search.levels', 'Levels')}>
        {levels.map((level) => (
          <button key={level} type="button" className={styles.level} data-level={level} aria-pressed={search.levels.includes(level)} onClick={() => toggle(level)}>
            {level}
          </button>
        ))}
      </div>
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  box: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(1) }),
  words: css({ maxWidth: '100%', overflow: 'hidden', padding: 2 }),
  levels: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(0.5) }),
  level: css({
    padding: theme.spacing(0.25, 1.25), borderRadius: 12, border: `1px solid ${theme.colors.border.medium}`, background: 'transparent', color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize,
    '&:hover': { background: theme.colors.action.hover },
    '&[aria-pressed="true"]': { background: theme.colors.primary.transparent, color: theme.colors.primary.text, borderColor: theme.colors.primary.border },
  }),
});
