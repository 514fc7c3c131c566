import { css } from '@emotion/css';
import { CoreApp, type GrafanaTheme2, type QueryEditorProps, type QueryHint, type TimeRange } from '@grafana/data';
import { getTemplateSrv } from '@grafana/runtime';
import { Button, InlineSwitch, RadioButtonGroup, useStyles2 } from '@grafana/ui';
import React, { useEffect, useId, useMemo, useState } from 'react';
import { t } from '../i18n';
import { kindOf } from '../query/kind';
import { migrate, type EditorMode, type Query } from '../query/model';
import { maxLinesOf, type Settings } from '../settings';
import { Builder } from './builder/Builder';
import { CodeField } from './CodeField';
import { completeAt } from './complete';
import { rememberedMode, rememberMode } from './editorMode';
import { FixButton } from './FixButton';
import { GrownPatterns } from './GrownPatterns';
import type { EditorDataSource, LabelSource } from './LabelSource';
import { MovedMetrics } from './MovedMetrics';
import { QueryOptions } from './QueryOptions';
import { QuerySize } from './QuerySize';
import { SearchBox } from './SearchBox';
import { Starters } from './Starters';

type Props = QueryEditorProps<EditorDataSource, Query, Settings> & {
  /** Whether to offer what is found around the lines: metrics that moved, patterns that grew. */
  findings?: boolean;
};

const modes = (): Array<{ value: EditorMode; label: string; description: string }> => [
  { value: 'simple', label: t('editor.search', 'Search'), description: t('editor.searchHelp', 'Words, without a query language') },
  { value: 'builder', label: t('editor.builder', 'Builder'), description: t('editor.builderHelp', 'Put the query together by choosing') },
  { value: 'code', label: t('editor.code', 'Code'), description: t('editor.codeHelp', 'Write LogQL') },
];

/** Three ways to write one query; the text is the truth, so changing between them loses nothing. */
export default function QueryEditor({ query: given, onChange, onRunQuery, datasource, range, app, data, history, findings = true }: Props) {
  const styles = useStyles2(getStyles);
  const query = migrate(given);
  const mode = query.editorMode ?? (query.expr === '' ? rememberedMode() : 'code');
  const [explain, setExplain] = useState(false);
  const explainId = useId();
  const source = useSource(datasource, range);
  const levelLabel = useLevelLabel(source);
  // With the values of dashboard variables: only then is it known which streams will be read.
  const filled = datasource.interpolateVariablesInQueries?.([query], {})[0].expr ?? query.expr;
  // With the way it is written: a query that says none would be read as code as soon as it has a text.
  const set = (part: Partial<Query>) => onChange({ ...query, editorMode: mode, ...part });
  const run = (expr: string) => {
    set({ expr });
    onRunQuery();
  };
  const complete = (text: string, offset: number) =>
    completeAt(text, offset, {
      source,
      variables: () => getTemplateSrv().getVariables().map(({ name }) => name),
      history: () => [...new Set((history ?? []).map((item) => item.query.expr).filter((expr) => expr && expr !== text))],
    });
  return (
    <div className={styles.editor} data-testid="data-testid binocle query editor">
      <div className={styles.bar}>
        <Starters expr={query.expr} source={source} onPick={run} />
        {mode === 'builder' && <InlineSwitch label={t('editor.explain', 'Explain')} showLabel transparent id={explainId} aria-label={t('editor.explainName', 'Explain the query')} value={explain} onChange={(event) => setExplain(event.currentTarget.checked)} />}
        <span className={styles.grow} />
        {app !== CoreApp.Explore && (
          <Button variant="secondary" size="sm" icon="sync" onClick={() => onRunQuery()}>
            {t('editor.run', 'Run query')}
          </Button>
        )}
        <RadioButtonGroup
          size="sm"
          options={modes()}
          value={mode}
          aria-label={t('editor.mode', 'Way to write the query')}
          onChange={(editorMode) => {
            rememberMode(editorMode);
            set({ editorMode });
          }}
        />
      </div>
      {mode === 'code' && <CodeField value={query.expr} label={t('editor.logql', 'LogQL query')} complete={complete} onChange={(expr) => expr !== query.expr && set({ expr })} onRun={run} />}
      {mode === 'builder' && <Builder expr={query.expr} source={source} explain={explain} onChange={(expr) => set({ expr })} />}
      {mode === 'simple' && <SearchBox expr={query.expr} source={source} levelLabel={levelLabel} onChange={(expr) => set({ expr })} onRun={run} />}
      <div className={styles.foot}>
        <Hints hints={datasource.getQueryHints?.(query, data?.series ?? []) ?? []} onFix={(hint) => hint.fix?.action && run(datasource.modifyQuery?.(query, hint.fix.action).expr ?? query.expr)} />
        <span className={styles.grow} />
        <QuerySize expr={filled} source={source} onFix={filled === query.expr ? run : undefined} />
      </div>
      <QueryOptions query={query} isMetric={kindOf(query.expr) === 'metric'} maxLines={maxLinesOf(datasource.settings)} hasMetrics={Boolean(datasource.settings.prometheusUid)} onChange={onChange} />
      {range && findings && (
        <div className={styles.findings}>
          {datasource.settings.prometheusUid && <MovedMetrics datasource={datasource} expr={query.expr} range={range} newTab={app !== CoreApp.Explore} />}
          <GrownPatterns datasource={datasource} expr={query.expr} range={range} onRun={run} />
        </div>
      )}
    </div>
  );
}

function Hints({ hints, onFix }: { hints: QueryHint[]; onFix(hint: QueryHint): void }) {
  const styles = useStyles2(getStyles);
  return (
    <>
      {hints.map((hint) => (
        <span key={hint.type} className={styles.hint}>
          {hint.label}{' '}
          <FixButton onClick={() => onFix(hint)}>{hint.fix?.label}</FixButton>
        </span>
      ))}
    </>
  );
}

/** Labels in a range. Grafana makes a new range object with every run; the same minute is the same range. */
function useSource(datasource: EditorDataSource, range: TimeRange | undefined): LabelSource {
  const minute = (ms: number | undefined) => (ms === undefined ? undefined : Math.floor(ms / 60_000));
  const from = minute(range?.from.valueOf());
  const to = minute(range?.to.valueOf());
  // eslint-disable-next-line react-hooks/exhaustive-deps -- see above
  return useMemo(() => datasource.labelSource(range), [datasource, from, to]);
}

/** Where the server keeps levels: Binocle finds its own, a Loki has its guess. */
function useLevelLabel(source: LabelSource): string {
  const [label, setLabel] = useState('__level__');
  useEffect(() => {
    let left = false;
    source.flavour().then((flavour) => !left && setLabel(flavour === 'binocle' ? '__level__' : 'detected_level'));
    return () => {
      left = true;
    };
  }, [source]);
  return label;
}

const getStyles = (theme: GrafanaTheme2) => ({
  editor: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(1) }),
  // As high with the switch of the builder as without: nothing moves when the way to write changes.
  bar: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: theme.spacing(1), minHeight: theme.spacing(4) }),
  grow: css({ flex: 1 }),
  // What stands here comes a moment after the query: its room is kept.
  foot: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(0, 2), minHeight: '1.5em', color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  findings: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: theme.spacing(1, 2) }),
  hint: css({ whiteSpace: 'nowrap' }),
});
