import { css } from '@emotion/css';
import type { GrafanaTheme2, TimeRange } from '@grafana/data';
import { Button, useStyles2 } from '@grafana/ui';
import React from 'react';
import type { GrownAnswer, GrownPattern } from '../features/grown';
import { grafanaLevel, levelColors } from '../frames/levels';
import { numberText, plural, t } from '../i18n';
import { addLabelFilter, addLineFilter } from '../logql';
import { Finding, FindingHeading, getFindingStyles, Score } from './Finding';
import type { EditorDataSource } from './LabelSource';
import { useAnswer } from './useAnswer';

interface Props {
  datasource: EditorDataSource;
  expr: string;
  range: TimeRange;
  /** Runs another query in place of this one. */
  onRun(expr: string): void;
}

/** A button that looks for lines of a kind that became more, and what it found. */
export function GrownPatterns({ datasource, expr, range, onRun }: Props) {
  const { state, start, stop } = useAnswer((signal) => datasource.whichGrew({ expr, range, signal }));
  return (
    <div data-testid="data-testid binocle grown patterns" style={{ display: 'contents' }}>
      <Finding
        name={t('grown.button', 'Which patterns grew?')}
        icon="chart-line"
        disabled={!expr.trim()}
        state={state}
        running={t('grown.running', 'Comparing the lines with as long a time before')}
        failed={t('grown.failed', 'Patterns could not be compared')}
        close={t('grown.close', 'Close the patterns')}
        onStart={start}
        onStop={stop}
        result={(answer) => <Result answer={answer} expr={expr} onRun={onRun} />}
      />
    </div>
  );
}

/** A score of this many standard deviations fills the bar. */
const scoreFull = 20;

function Result({ answer, expr, onRun }: { answer: GrownAnswer } & Pick<Props, 'expr' | 'onRun'>) {
  const styles = useStyles2(getStyles);
  const { patterns, selector, notes } = answer;
  const heading =
    patterns.length === 0
      ? t('grown.none', 'No pattern in the lines of {{selector}} became more frequent than in as long a time before.', { selector })
      : t('grown.heading', 'Lines of {{selector}} that became more frequent than in as long a time before.', { selector });
  return (
    <>
      <FindingHeading text={heading} notes={notes} />
      <div className={styles.list} role="list" aria-label={t('grown.list', 'Patterns that grew')}>
        {patterns.map((one) => (
          <div key={`${one.level} ${one.pattern}`} role="listitem" className={styles.row}>
            <Score value={Math.min(1, one.score / scoreFull)} faint={false} title={t('grown.score', '{{score}} standard deviations', { score: one.score.toFixed(1) })} />
            <span className={styles.text}>
              <Pattern text={one.pattern} />
              <Level name={one.level} /> <span className={styles.muted}>{reason(one)}</span>
            </span>
            <Button size="sm" variant="secondary" icon="search-plus" aria-label={t('grown.filterForThis', 'Only these: {{pattern}}', { pattern: one.pattern })} onClick={() => onRun(withPattern(expr, one))}>
              {t('grown.filterFor', 'Only these')}
            </Button>
          </div>
        ))}
      </div>
    </>
  );
}

/** The query for the lines of a pattern alone: those of its level, because the same words occur at several. */
export function withPattern(expr: string, { pattern, level }: Pick<GrownPattern, 'pattern' | 'level'>): string {
  const lines = addLineFilter(expr, '|>', pattern);
  return level ? addLabelFilter(lines, { name: '__level__', op: '=', value: level }) : lines;
}

function reason({ inside, before }: GrownPattern): string {
  const lines = plural('grown.lines', inside, { one: '{{count}} line', other: '{{count}} lines' });
  return before === 0 ? t('grown.new', '{{lines}}, none before', { lines }) : t('grown.more', '{{lines}}, {{before}} before', { lines, before: numberText(before) });
}

function Level({ name }: { name: string | undefined }) {
  const level = grafanaLevel(name) ?? 'unknown';
  return (
    <span style={{ whiteSpace: 'nowrap' }}>
      <span aria-hidden="true" style={{ color: levelColors[level] }}>
        ●
      </span>{' '}
      {level}
    </span>
  );
}

/** The text of a pattern; what differs from line to line is faint. */
function Pattern({ text }: { text: string }) {
  const styles = useStyles2(getStyles);
  const parts = text.split(/(<_>)/);
  return <code className={styles.pattern}>{parts.map((part, index) => (part === '<_>' ? <span key={index} className={styles.wild}>{part}</span> : part))}</code>;
}

const getStyles = (theme: GrafanaTheme2) => ({
  ...getFindingStyles(theme),
  pattern: css({ whiteSpace: 'pre-wrap', display: '-webkit-box', WebkitLineClamp: 3, WebkitBoxOrient: 'vertical', overflow: 'hidden', width: 'fit-content' }),
  wild: css({ color: theme.colors.text.secondary }),
});
