import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { useStyles2 } from '@grafana/ui';
import React from 'react';
import { tokenize } from '../logql';
import { scopeOf } from './language';

interface Props {
  text: string;
  /** What a screen reader calls it. */
  label?: string;
}

/** A query to read, in the colours of the code editor. */
export function QueryText({ text, label }: Props) {
  const styles = useStyles2(getStyles);
  return (
    <code className={styles.text} aria-label={label}>
      {pieces(text).map(({ piece, scope }, index) => (
        <span key={index} className={styles.scopes[scope]}>
          {piece}
        </span>
      ))}
    </code>
  );
}

/** The text cut by tokens; together the pieces are the text. */
function pieces(text: string): Array<{ piece: string; scope: string }> {
  const found: Array<{ piece: string; scope: string }> = [];
  let last = 0;
  for (const token of tokenize(text, { variables: true })) {
    if (token.start > last) {
      found.push({ piece: text.slice(last, token.start), scope: '' });
    }
    if (token.end > token.start) {
      found.push({ piece: text.slice(token.start, token.end), scope: scopeOf(token, text) });
    }
    last = Math.max(last, token.end);
  }
  return [...found, { piece: text.slice(last), scope: '' }];
}

const getStyles = (theme: GrafanaTheme2) => {
  const color = (value: string) => css({ color: value });
  const scopes: Record<string, string | undefined> = {
    string: color(theme.colors.warning.text),
    number: color(theme.colors.success.text),
    type: color(theme.colors.primary.text),
    keyword: color(theme.colors.primary.text),
    annotation: color(theme.colors.error.text),
    comment: color(theme.colors.text.secondary),
  };
  return {
    text: css({ display: 'block', margin: 0, padding: theme.spacing(0.75, 1), whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', color: theme.colors.text.primary }),
    scopes,
  };
};
