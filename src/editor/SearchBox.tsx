import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, FilterInput, IconButton, useStyles2 } from '@grafana/ui';
import React, { useEffect, useState } from 'react';
import { t } from '../i18n';
import { everyStream, readSearch, writeSearch, type Search } from '../query/search';
import { narrows } from '../query/selector';
import { LabelFilters } from './builder/LabelFilters';
import type { LabelSource } from './LabelSource';
import { ToggleChip } from './ToggleChip';

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
  const everywhere = useEverywhere(source);
  if (!current.search) {
    return (
      <Alert severity="info" title={t('search.none', 'This query is no search for lines')}>
        {t('search.moreHelp', 'Nothing is lost: edit it in the builder or as code.')}
      </Alert>
    );
  }
  const search = current.search;
  const target = { levelLabel, everywhere };
  const hasLabel = search.matchers.some(narrows);
  const change = (part: Partial<Search>) => {
    const next = { ...search, ...part };
    const text = writeSearch(next, target);
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
      <div className={styles.words} onKeyDown={(event) => event.key === 'Enter' && onRun(writeSearch(search, target))}>
        <FilterInput aria-label={t('search.words', 'Search words')} placeholder={hasLabel || !everywhere ? t('search.wordsExample', 'Words in the line, "an exact phrase", -without') : t('search.anyWordsExample', 'Words in any line, "an exact phrase", -without')} value={search.text} escapeRegex={false} onChange={(text) => change({ text })} />
      </div>
      {!hasLabel && !everywhere && <span className={styles.note}>{t('search.needsLabel', 'Choose a label and a value first: this server has no label that all its streams share.')}</span>}
      {search.more.length > 0 && (
        <div className={styles.levels} role="group" aria-label={t('search.also', 'Also')}>
          <span className={styles.note}>{t('search.also', 'Also')}</span>
          {search.more.map((stage, index) => (
            <span key={index} className={styles.stage}>
              <span>{stage}</span>
              <IconButton name="times" size="sm" aria-label={t('search.remove', 'Remove {{stage}}', { stage })} onClick={() => onRun(change({ more: search.more.filter((_, at) => at !== index) }))} />
            </span>
          ))}
        </div>
      )}
      <div className={styles.levels} role="group" aria-label={t('search.levels', 'Levels')}>
        {levels.map((level) => (
          <ToggleChip key={level} className={styles.level} pressed={search.levels.includes(level)} onClick={() => toggle(level)}>
            {level}
          </ToggleChip>
        ))}
      </div>
    </div>
  );
}

/** Whether words can be looked for in all streams. So it is taken to be until a server with logs turns out to have no label for it. */
function useEverywhere(source: LabelSource): boolean {
  const [everywhere, setEverywhere] = useState(true);
  useEffect(() => {
    let left = false;
    source.labels().then(
      (names) => !left && setEverywhere(names.length === 0 || names.includes(everyStream.name)),
      () => undefined // The query itself will say what is wrong with the server.
    );
    return () => {
      left = true;
    };
  }, [source]);
  return everywhere;
}

const getStyles = (theme: GrafanaTheme2) => ({
  box: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(1) }),
  words: css({ width: 'calc(100% + 4px)', overflow: 'hidden', padding: 2, margin: -2 }),
  levels: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: theme.spacing(0.5) }),
  note: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  stage: css({
    display: 'inline-flex', alignItems: 'center', gap: theme.spacing(0.5), padding: theme.spacing(0.25, 1), borderRadius: 4, background: theme.colors.background.secondary, border: `1px solid ${theme.colors.border.weak}`,
    fontFamily: theme.typography.fontFamilyMonospace, fontSize: theme.typography.bodySmall.fontSize, overflowWrap: 'anywhere',
  }),
  level: css({ borderRadius: 12 }),
});
