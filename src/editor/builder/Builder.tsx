import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, useStyles2 } from '@grafana/ui';
import React, { useEffect, useMemo, useState } from 'react';
import { t } from '../../i18n';
import type { LabelSource } from '../LabelSource';
import { LabelFilters } from './LabelFilters';
import { QueryText } from '../QueryText';
import { describe } from './operations';
import { Operations } from './Operations';
import { selectorText } from '../../query/selector';
import { readQuery, reduce, writeQuery, type BuilderAction, type BuilderState } from './state';

interface Props {
  expr: string;
  source: LabelSource;
  explain: boolean;
  onChange(expr: string): void;
}

/** The query as label filters and steps. What it holds is the text itself, read anew whenever that changes from outside. */
export function Builder({ expr, source, explain, onChange }: Props) {
  const styles = useStyles2(getStyles);
  const [draft, setDraft] = useState<{ text: string; state: BuilderState | undefined }>(() => ({ text: expr, state: readQuery(expr) }));
  // A half-filled row has no text yet: the draft stays until a text comes that it did not write itself.
  const current = draft.text === expr ? draft : { text: expr, state: readQuery(expr) };
  const names = useNames(current.state, source);
  if (!current.state) {
    return (
      <Alert severity="info" title={t('builder.more', 'This query is more than the builder can show')}>
        {t('builder.moreHelp', 'It has a mistake or no log lines at its heart. Nothing is lost: edit it as code.')}
      </Alert>
    );
  }
  const state = current.state;
  const act = (action: BuilderAction) => {
    const next = reduce(state, action);
    const text = next.matchers.some(({ name }) => name !== '') || next.operations.length > 0 ? writeQuery(next) : '';
    setDraft({ text, state: next });
    if (text !== expr) {
      onChange(text);
    }
  };
  return (
    <div className={styles.builder} data-testid="data-testid binocle builder">
      <LabelFilters
        matchers={state.matchers}
        source={source}
        onChange={(index, matcher) => act({ type: 'matcher', index, matcher })}
        onAdd={() => act({ type: 'addMatcher' })}
        onRemove={(index) => act({ type: 'removeMatcher', index })}
      />
      <Operations operations={state.operations} names={names} act={act} />
      {expr && <QueryText text={expr} label={t('builder.text', 'Query text')} />}
      {explain && <Explanation state={state} />}
    </div>
  );
}

function Explanation({ state }: { state: BuilderState }) {
  const styles = useStyles2(getStyles);
  return (
    <ol className={styles.explain} aria-label={t('builder.explanation', 'Explanation')}>
      <li>{withCode(t('builder.takes', 'Takes all lines of the streams `{{selector}}`.', { selector: selectorText(state.matchers) }))}</li>
      {state.operations.map((operation, index) => {
        const { title, doc } = describe(operation);
        return (
          <li key={index}>
            <strong>{title}</strong>: {withCode(doc)}
          </li>
        );
      })}
    </ol>
  );
}

/** Words in backticks as code. */
function withCode(text: string): React.ReactNode[] {
  return text.split('`').map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part));
}

/** Labels of the chosen streams and fields found in their lines. */
function useNames(state: BuilderState | undefined, source: LabelSource): string[] {
  const [names, setNames] = useState<string[]>([]);
  const selector = useMemo(() => (state?.matchers.some(({ name, value }) => name && value) ? selectorText(state.matchers) : undefined), [state]);
  useEffect(() => {
    let left = false;
    if (selector) {
      // Suggestions only: without an answer names can still be typed.
      Promise.all([source.labels(selector).catch(() => []), source.fields(selector).catch(() => [])]).then(([labels, fields]) => {
        if (!left) {
          setNames([...new Set([...labels, ...fields.map(({ name }) => name)])]);
        }
      });
    }
    return () => {
      left = true;
    };
  }, [selector, source]);
  return names;
}

const getStyles = (theme: GrafanaTheme2) => ({
  builder: css({ display: 'flex', flexDirection: 'column', gap: theme.spacing(1) }),
  explain: css({ margin: theme.spacing(0, 0, 0, 3), color: theme.colors.text.secondary, li: { marginBottom: 4 } }),
});
