import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React from 'react';
import { exampleFor, exampleGroups } from './examples';
import { QueryText } from './QueryText';

interface Props {
  /** Of the groups: one below the heading they stand under. */
  heading?: 'h2' | 'h3';
  /** The query that is there already; examples read its streams. */
  current?: string;
  onPick(expr: string): void;
}

/** Examples to click. */
export function ExampleList({ heading: Heading = 'h2', current = '', onPick }: Props) {
  const styles = useStyles2(getStyles);
  return (
    <>
      {exampleGroups().map(({ title: group, examples }) => (
        <section key={group} aria-label={group}>
          <Heading className={styles.group}>{group}</Heading>
          <div className={styles.grid}>
            {examples.map(({ title, text, expr }) => (
              <button key={expr} type="button" className={styles.card} onClick={() => onPick(exampleFor(expr, current))}>
                <span className={styles.title}>{title}</span>
                <span className={styles.text}>{text}</span>
                <span className={styles.code}>
                  <QueryText text={exampleFor(expr, current)} />
                </span>
              </button>
            ))}
          </div>
        </section>
      ))}
    </>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  group: css({ ...theme.typography.h6, margin: theme.spacing(2, 0, 1) }),
  grid: css({ display: 'grid', gridTemplateColumns: 'repeat(auto-fill, minmax(min(320px, 100%), 1fr))', gap: theme.spacing(1.5) }),
  card: css({
    display: 'flex', flexDirection: 'column', gap: theme.spacing(0.5), textAlign: 'left', padding: theme.spacing(1.5), color: theme.colors.text.primary,
    background: theme.colors.background.secondary, border: `1px solid ${theme.colors.border.weak}`, borderRadius: 4, '&:hover': { borderColor: theme.colors.border.strong },
  }),
  title: css({ fontWeight: theme.typography.fontWeightMedium }),
  text: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  code: css({ marginTop: 'auto', paddingTop: theme.spacing(0.5) }),
});
