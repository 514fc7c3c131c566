import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, Button, useStyles2, type IconName } from '@grafana/ui';
import React, { useRef } from 'react';
import { t } from '../i18n';
import type { Asked } from './useAnswer';

interface Props<T> {
  /** Words of the button, which is also how the whole is called. */
  name: string;
  icon: IconName;
  disabled: boolean;
  state: Asked<T>;
  /** What is being done. */
  running: string;
  /** Heading of what went wrong. */
  failed: string;
  /** Name of the button that takes the answer away. */
  close: string;
  /** Settings beside the button. */
  children?: React.ReactNode;
  onStart(): void;
  onStop(): void;
  result(answer: T): React.ReactNode;
}

/** A button that looks for something, how far it is, and what it found: the button in the row of its parent, the rest below that row. */
export function Finding<T>({ name, icon, disabled, state, running, failed, close, children, onStart, onStop, result }: Props<T>) {
  const styles = useStyles2(getStyles);
  const button = useRef<HTMLButtonElement>(null);
  const isRunning = state.kind === 'running';
  const stop = () => {
    onStop();
    // The focus was on what is gone now.
    button.current?.focus();
  };
  return (
    <>
      <div className={styles.bar}>
        <Button ref={button} size="sm" variant="secondary" icon={icon} disabled={disabled} aria-disabled={disabled || isRunning} onClick={() => !isRunning && onStart()}>
          {name}
        </Button>
        {children}
        <span role="status" className={styles.muted}>
          {isRunning && running}
        </span>
        {isRunning && (
          <Button size="sm" variant="secondary" fill="text" onClick={stop}>
            {t('finding.stop', 'Stop')}
          </Button>
        )}
      </div>
      {state.kind === 'failed' && (
        <div className={styles.below}>
          <Alert severity="info" title={failed} onRemove={stop}>
            {state.message}
          </Alert>
        </div>
      )}
      {state.kind === 'done' && (
        <section className={styles.below} aria-label={name}>
          <Button size="sm" variant="secondary" fill="text" icon="times" className={styles.close} aria-label={close} tooltip={close} onClick={stop} />
          {result(state.answer)}
        </section>
      )}
    </>
  );
}

/** A short bar: how much an entry of a list says, from 0 to 1. */
export function Score({ value, faint, title }: { value: number; faint: boolean; title: string }) {
  const styles = useStyles2(getStyles);
  return (
    <span className={styles.score} role="img" aria-label={title} title={title}>
      <span className={styles.filled} style={{ width: `${Math.round(value * 100)}%`, opacity: faint ? 0.4 : 1 }} />
    </span>
  );
}

/** What a finding says above its list. Notes are clauses, as servers write them. */
export function FindingHeading({ text, notes }: { text: string; notes: readonly string[] }) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.heading}>
      {text} {notes.map((note) => `${note.slice(0, 1).toUpperCase()}${note.slice(1)}.`).join(' ')}
    </div>
  );
}

export const getFindingStyles = (theme: GrafanaTheme2) => ({
  muted: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  list: css({ marginTop: theme.spacing(1) }),
  row: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: theme.spacing(1.5), padding: theme.spacing(0.5, 0), borderTop: `1px solid ${theme.colors.border.weak}` }),
  // In a narrow pane it goes below the bar, whole, instead of being cut off; Grafana keeps code in one line unless told otherwise.
  text: css({ flex: '1 1 220px', minWidth: 0, paddingRight: theme.spacing(0.5), overflowWrap: 'anywhere', fontSize: theme.typography.bodySmall.fontSize, '& code': { whiteSpace: 'pre-wrap', boxDecorationBreak: 'clone' } }),
});

const getStyles = (theme: GrafanaTheme2) => ({
  ...getFindingStyles(theme),
  bar: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(1) }),
  below: css({ order: 1, flex: '1 0 100%', minWidth: 0, position: 'relative' }),
  // Beside the button that closes it.
  heading: css({ paddingRight: theme.spacing(4), color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  close: css({ position: 'absolute', top: -4, right: 0 }),
  score: css({ flex: '0 0 48px', height: 6, borderRadius: 3, background: theme.colors.background.secondary, overflow: 'hidden' }),
  filled: css({ display: 'block', height: '100%', background: theme.colors.primary.main }),
});
