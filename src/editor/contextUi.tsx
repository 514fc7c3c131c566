import { css } from '@emotion/css';
import type { GrafanaTheme2, LogRowModel } from '@grafana/data';
import { InlineField, RadioButtonGroup, useStyles2 } from '@grafana/ui';
import React, { useEffect, useState } from 'react';
import { contextLabels, scopeOf, streamLabels, widthLabel, type ContextChoice, type ContextScope } from '../features/context';
import { t } from '../i18n';
import { printMatcher } from '../logql';
import { ToggleChip } from './ToggleChip';

interface ContextHolder {
  context: ContextChoice;
  setContext(choice: ContextChoice): void;
}

interface Props {
  row: LogRowModel;
  holder: ContextHolder;
  /** Asks for the lines anew. */
  run?(): void;
}

/** Above the lines of a context: how wide to look, and which labels the lines share. */
export function contextUi(row: LogRowModel, holder: ContextHolder, run?: () => void): React.ReactNode {
  return <ContextPicker row={row} holder={holder} run={run} />;
}

function ContextPicker({ row, holder, run }: Props) {
  const styles = useStyles2(getStyles);
  const [choice, setChoice] = useState(holder.context);
  // Single labels hold for the window that is open.
  useEffect(() => () => holder.setContext({ scope: holder.context.scope }), [holder]);
  const change = (next: ContextChoice) => {
    holder.setContext(next);
    setChoice(next);
    run?.();
  };
  const shared = contextLabels(row, choice);
  return (
    <>
      <InlineField className={styles.scope} label={t('context.show', 'Show lines of')} tooltip={t('context.showHelp', 'Wider than the stream, for example to see what else the machine said at that moment')}>
        <RadioButtonGroup<ContextScope> aria-label={t('context.width', 'Width of the context')} options={scopeOptions(row)} value={scopeOf(row, choice)} onChange={(scope) => change({ scope })} />
      </InlineField>
      <SharedLabels labels={streamLabels(row)} shared={shared} onChange={(labels) => change({ scope: choice.scope, labels })} />
    </>
  );
}

/** Scopes to choose from: only those the row has labels for. */
function scopeOptions(row: LogRowModel): Array<{ value: ContextScope; label: string; description: string }> {
  const labels = streamLabels(row);
  const wider: Array<[ContextScope, string]> = [['file', t('context.file', 'Same file')], ['host', t('context.host', 'Same host')]];
  return [
    { value: 'stream', label: t('context.stream', 'Same stream'), description: t('context.streamHelp', 'Lines with exactly these labels') },
    ...wider.flatMap(([value, label]) => {
      const name = widthLabel(row, value);
      return name === undefined ? [] : [{ value, label, description: t('context.linesWith', 'Lines with {{label}}', { label: matcherText(name, labels) }) }];
    }),
  ];
}

/** There is one window at a time. */
const headingId = 'binocle-context-labels';

/** The labels of the stream, each to be left out or taken in; one has to stay. */
function SharedLabels({ labels, shared, onChange }: { labels: Record<string, string>; shared: string[]; onChange(labels: string[]): void }) {
  const styles = useStyles2(getStyles);
  const all = Object.keys(labels);
  if (all.length < 2) {
    return null;
  }
  return (
    <div className={styles.labels} role="group" aria-labelledby={headingId}>
      <span id={headingId}>{t('context.labels', 'Shared labels')}</span>
      {all.map((name) => {
        const pressed = shared.includes(name);
        const last = pressed && shared.length === 1;
        const help = last ? t('context.lastLabel', 'One label has to stay') : pressed ? t('context.leaveOut', 'Leave this label out') : t('context.takeIn', 'Only lines with this label');
        const others = all.filter((one) => (one === name ? !pressed : shared.includes(one)));
        return (
          <ToggleChip key={name} className={styles.label} pressed={pressed} title={help} aria-disabled={last} onClick={() => !last && onChange(others)}>
            {matcherText(name, labels)}
          </ToggleChip>
        );
      })}
    </div>
  );
}

function matcherText(name: string, labels: Record<string, string>): string {
  return printMatcher({ name, op: '=', value: labels[name] });
}

const getStyles = (theme: GrafanaTheme2) => ({
  // In a narrow window the buttons go below their label.
  scope: css({ flexWrap: 'wrap' }),
  labels: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: theme.spacing(0.75), margin: theme.spacing(1, 0), fontSize: theme.typography.bodySmall.fontSize }),
  // Left out: still there to be read, and not by its colour alone.
  label: css({ fontFamily: theme.typography.fontFamilyMonospace, '&[aria-pressed="false"]': { borderStyle: 'dashed', textDecoration: 'line-through' } }),
});
