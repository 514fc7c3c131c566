import { css } from '@emotion/css';
import type { GrafanaTheme2, TimeRange } from '@grafana/data';
import { config } from '@grafana/runtime';
import { InlineSwitch, LinkButton, useStyles2 } from '@grafana/ui';
import React, { useId, useState } from 'react';
import { agreement, agreementSize, durationText, seriesName } from '../correlate';
import type { Moved, MovedAnswer } from '../features/moved';
import { plural, t } from '../i18n';
import { Finding, FindingHeading, getFindingStyles, Score } from './Finding';
import type { EditorDataSource } from './LabelSource';
import { useAnswer } from './useAnswer';

interface Props {
  datasource: EditorDataSource;
  expr: string;
  range: TimeRange;
  /** Links leave the page that is being edited: open them beside it. */
  newTab: boolean;
}

/** A button that looks for the metric behind the lines, and what it found. */
export function MovedMetrics({ datasource, expr, range, newTab }: Props) {
  const [errorsOnly, setErrorsOnly] = useState(false);
  const errorsId = useId();
  const { state, start, stop } = useAnswer((signal, onProgress) => datasource.whichMoved({ expr, range, errorsOnly, signal, onProgress }));
  const progress = state.kind === 'running' && state.of > 0 ? t('moved.progress', 'Comparing metrics, {{done}} of {{of}}', { done: state.done, of: state.of }) : t('moved.running', 'Looking for metrics of the same machines');
  return (
    <div data-testid="data-testid binocle moved metrics" style={{ display: 'contents' }}>
      <Finding
        name={t('moved.button', 'Which metric moved?')}
        icon="graph-bar"
        disabled={!expr.trim()}
        state={state}
        running={progress}
        failed={t('moved.failed', 'Metrics could not be compared')}
        close={t('moved.close', 'Close the comparison')}
        onStart={start}
        onStop={stop}
        result={(answer) => <Result answer={answer} errorsOnly={errorsOnly} datasource={datasource} expr={expr} range={range} newTab={newTab} />}
      >
        <InlineSwitch
          label={t('moved.errorsOnly', 'Errors only')}
          showLabel
          transparent
          id={errorsId}
          aria-label={t('moved.errorsOnlyName', 'Compare with errors only')}
          value={errorsOnly}
          onChange={(event) => setErrorsOnly(event.currentTarget.checked)}
        />
      </Finding>
    </div>
  );
}

function Result({ answer, errorsOnly, datasource, expr, range, newTab }: { answer: MovedAnswer; errorsOnly: boolean } & Props) {
  const styles = useStyles2(getStyles);
  const heading =
    answer.moved.length === 0
      ? plural('moved.none', answer.compared, { one: 'The one series there is did not move with the lines.', other: 'None of {{count}} series moved with the lines.' })
      : plural('moved.heading', answer.compared, { one: 'The one series there is.', other: 'Best of {{count}} series, by how they moved with the lines.' });
  return (
    <>
      <FindingHeading text={heading} notes={answer.notes} />
      <div className={styles.list} role="list" aria-label={t('moved.list', 'Metrics that moved')}>
        {answer.moved.map((one) => (
          <div key={seriesName(one.metric)} role="listitem" className={styles.row}>
            <Score value={one.score} faint={!one.significant} title={t('moved.score', 'Score {{score}}', { score: one.score.toFixed(2) })} />
            <Sparkline values={one.values} />
            <span className={styles.text}>
              <code>{seriesName(one.metric)}</code>
              <br />
              <span className={styles.muted}>{reason(one, errorsOnly)}</span>
            </span>
            <LinkButton size="sm" variant="secondary" icon="columns" target={newTab ? '_blank' : undefined} aria-label={t('moved.openThis', 'Open in split: {{series}}', { series: seriesName(one.metric) })} href={splitUrl(datasource, expr, one, range)}>
              {t('moved.open', 'Open in split')}
            </LinkButton>
          </div>
        ))}
      </div>
    </>
  );
}

/** "its rate rose 40 s before the errors, strong agreement (0.71 of 1), may be chance, and 3 more series like it"; the name of the series stands above it. */
function reason({ asRate, rho, lagMs, significant, family }: Moved, errorsOnly: boolean): string {
  const lines = errorsOnly ? t('moved.theErrors', 'the errors') : t('moved.theLines', 'the log rate');
  const values = { lines, lag: durationText(lagMs) };
  const moved = rho < 0 ? fell(lagMs, values) : rose(lagMs, values);
  return [
    asRate ? t('moved.itsRate', 'its rate {{moved}}', { moved }) : moved,
    agreed(rho),
    significant ? '' : t('moved.chance', 'may be chance'),
    family.length === 0 ? '' : plural('moved.family', family.length, { one: 'and {{count}} more series like it', other: 'and {{count}} more series like it' }),
  ]
    .filter((part) => part !== '')
    .join(', ');
}

function agreed(rho: number): string {
  const values = { size: agreementSize(rho) };
  switch (agreement(rho)) {
    case 'very strong':
      return t('moved.agreeVeryStrongly', 'very strong agreement ({{size}} of 1)', values);
    case 'strong':
      return t('moved.agreeStrongly', 'strong agreement ({{size}} of 1)', values);
    case 'moderate':
      return t('moved.agreeModerately', 'moderate agreement ({{size}} of 1)', values);
    case 'weak':
      return t('moved.agreeWeakly', 'weak agreement ({{size}} of 1)', values);
  }
}

function rose(lagMs: number, values: Record<string, string>): string {
  if (lagMs === 0) {
    return t('moved.roseWith', 'rose together with {{lines}}', values);
  }
  return lagMs < 0 ? t('moved.roseBefore', 'rose {{lag}} before {{lines}}', values) : t('moved.roseAfter', 'rose {{lag}} after {{lines}}', values);
}

function fell(lagMs: number, values: Record<string, string>): string {
  if (lagMs === 0) {
    return t('moved.fellWith', 'fell when {{lines}} rose', values);
  }
  return lagMs < 0 ? t('moved.fellBefore', 'fell {{lag}} before {{lines}} rose', values) : t('moved.fellAfter', 'fell {{lag}} after {{lines}} rose', values);
}

/** Explore with the lines on the left and the metric on the right, as an address that Grafana 10.1 and newer read. */
export function splitUrl(datasource: EditorDataSource, expr: string, { query }: Moved, range: TimeRange): string {
  const raw = { from: String(range.from.valueOf()), to: String(range.to.valueOf()) };
  const pane = (uid: string | undefined, its: Record<string, unknown>) => ({ datasource: uid, queries: [{ refId: 'A', datasource: { uid }, ...its }], range: raw });
  const panes = { left: pane(datasource.uid, { expr, queryType: 'range' }), right: pane(datasource.settings.prometheusUid, { expr: query, range: true }) };
  return `${config.appSubUrl ?? ''}/explore?schemaVersion=1&panes=${encodeURIComponent(JSON.stringify(panes))}`;
}

const sparkWidth = 120;
const sparkHeight = 24;

function Sparkline({ values }: { values: Array<number | null> }) {
  const styles = useStyles2(getStyles);
  const known = values.filter((value): value is number => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const at = (value: number, index: number) => `${((index / Math.max(1, values.length - 1)) * sparkWidth).toFixed(1)},${(sparkHeight - 2 - ((value - low) / (high - low || 1)) * (sparkHeight - 4)).toFixed(1)}`;
  const line = values.flatMap((value, index) => (value === null ? [] : [at(value, index)])).join(' ');
  return (
    <svg width={sparkWidth} height={sparkHeight} className={styles.spark} aria-hidden="true">
      <polyline points={line} fill="none" stroke="currentColor" strokeWidth={1.3} />
    </svg>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  ...getFindingStyles(theme),
  spark: css({ flex: `0 0 ${sparkWidth}px`, color: theme.visualization.getColorByName('blue') }),
});
