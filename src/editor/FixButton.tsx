import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React from 'react';

/** A word in a sentence that repairs the query when it is pressed. */
export function FixButton({ onClick, children }: { onClick(): void; children: React.ReactNode }) {
  const styles = useStyles2(getStyles);
  return (
    <button type="button" className={styles.fix} onClick={onClick}>
      {children}
    </button>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  fix: css({ border: 'none', background: 'none', padding: 0, font: 'inherit', color: theme.colors.text.link, '&:hover': { textDecoration: 'underline' } }),
});
