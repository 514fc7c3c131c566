import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React from 'react';

interface Props extends React.ButtonHTMLAttributes<HTMLButtonElement> {
  pressed: boolean;
}

/** A word that is chosen or not: one of several that stand side by side. */
export function ToggleChip({ pressed, className, ...rest }: Props) {
  const styles = useStyles2(getStyles);
  return <button type="button" {...rest} className={cx(styles.chip, className)} aria-pressed={pressed} />;
}

const getStyles = (theme: GrafanaTheme2) => ({
  chip: css({
    padding: theme.spacing(0.25, 1.25),
    borderRadius: 4,
    border: `1px solid ${theme.colors.border.medium}`,
    background: theme.colors.background.secondary,
    color: theme.colors.text.primary,
    fontSize: theme.typography.bodySmall.fontSize,
    textAlign: 'left',
    overflowWrap: 'anywhere',
    '&:hover': { borderColor: theme.colors.border.strong },
    // Blue text on blue would be too faint in the light theme; the second border says it without colours.
    '&[aria-pressed="true"]': { background: theme.colors.primary.transparent, borderColor: theme.colors.primary.border, boxShadow: `inset 0 0 0 1px ${theme.colors.primary.border}` },
    '&[aria-disabled="true"]': { cursor: 'not-allowed' },
  }),
});
