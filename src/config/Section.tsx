import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React from 'react';

interface Props {
  /** Part of the id of the heading, by which the region gets its name. */
  id: string;
  title: string;
  /** What the section is for, in a sentence or two. */
  help?: string;
  children: React.ReactNode;
}

/** A part of the settings under a heading of the size of Grafana's own. */
export function Section({ id, title, help, children }: Props) {
  const styles = useStyles2(getStyles);
  const headingId = `binocle-section-${id}`;
  return (
    <section className={styles.section} aria-labelledby={headingId}>
      <h3 id={headingId} className={styles.heading}>
        {title}
      </h3>
      {help && <p className={styles.help}>{help}</p>}
      {children}
    </section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  section: css({ marginTop: theme.spacing(4) }),
  heading: css({ fontSize: theme.typography.h4.fontSize, lineHeight: theme.typography.h4.lineHeight, marginBottom: theme.spacing(1) }),
  help: css({ color: theme.colors.text.secondary, maxWidth: theme.spacing(100) }),
});
