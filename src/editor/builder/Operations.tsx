import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { ButtonCascader, useStyles2 } from '@grafana/ui';
import React, { useEffect, useRef, useState } from 'react';
import { t } from '../../i18n';
import { OperationCard, type CardButton } from './OperationCard';
import { describe, operationGroups } from './operations';
import { canMove, type BuilderAction, type Operation } from './state';

interface Props {
  operations: Operation[];
  /** Names known to exist in the lines, for grouping and unwrapping. */
  names: string[];
  act(action: BuilderAction): void;
}

/** Where the focus belongs after a change: a button of a card; beyond the last card, the menu. */
interface Target {
  index: number;
  button: CardButton;
}

/** The steps of a query in order, and the menu to add one. */
export function Operations({ operations, names, act }: Props) {
  const styles = useStyles2(getStyles);
  const [said, setSaid] = useState('');
  const { list, focusNext } = useFocus();
  const move = (index: number, by: -1 | 1) => {
    act({ type: 'moveOperation', index, by });
    focusNext({ index: index + by, button: by < 0 ? 'earlier' : 'later' });
    setSaid(t('operation.moved', '{{title}} is now step {{step}} of {{count}}', { title: describe(operations[index]).title, step: index + by + 1, count: operations.length }));
  };
  const remove = (index: number) => {
    act({ type: 'removeOperation', index });
    focusNext({ index: Math.min(index, operations.length - 2), button: 'remove' });
    setSaid(t('operation.removed', '{{title}} is removed', { title: describe(operations[index]).title }));
  };
  return (
    <div ref={list} className={styles.operations}>
      {operations.map((operation, index) => (
        <OperationCard
          key={index}
          operation={operation}
          names={names}
          movable={{ earlier: canMove(operations, index, -1), later: canMove(operations, index, 1) }}
          onChange={(changed) => act({ type: 'operation', index, operation: changed })}
          onRemove={() => remove(index)}
          onMove={(by) => move(index, by)}
        />
      ))}
      <ButtonCascader
        variant="secondary"
        icon="plus"
        options={operationGroups().map((group) => ({ label: group.label, value: group.label, children: group.choices.map(({ label }) => ({ label, value: label })) }))}
        onChange={([group, label]) => {
          const choice = operationGroups().find((one) => one.label === group)?.choices.find((one) => one.label === label);
          if (choice) {
            act({ type: 'addOperation', operation: choice.make() });
          }
        }}
      >
        {t('builder.operations', 'Operations')}
      </ButtonCascader>
      <span role="status" className={styles.said}>
        {said}
      </span>
    </div>
  );
}

/** Cards are known by their places, so the focus would stay at a place while its card moves on: it is set once the cards have changed. */
function useFocus() {
  const list = useRef<HTMLDivElement>(null);
  const next = useRef<Target | undefined>(undefined);
  useEffect(() => {
    const target = next.current;
    next.current = undefined;
    if (target) {
      const cards = list.current?.querySelectorAll(':scope > [role=group]');
      const button = cards?.[target.index]?.querySelector<HTMLElement>(`[data-card-button=${target.button}]`);
      (button ?? list.current?.querySelector<HTMLElement>(':scope > button'))?.focus();
    }
  });
  return { list, focusNext: (target: Target) => (next.current = target) };
}

const getStyles = (theme: GrafanaTheme2) => ({
  operations: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(1), alignItems: 'flex-start' }),
  // For screen readers: whoever sees the cards sees where they are.
  said: css({ position: 'absolute', width: 1, height: 1, overflow: 'hidden', clipPath: 'inset(50%)', whiteSpace: 'nowrap' }),
});
