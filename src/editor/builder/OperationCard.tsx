import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { IconButton, MultiSelect, RadioButtonGroup, Select, Tooltip, useStyles2 } from '@grafana/ui';
import React, { useState } from 'react';
import { t } from '../../i18n';
import { functionInfo, printStage, type Stage, type UnwrapConversion } from '../../logql';
import { CommitInput } from '../CommitInput';
import { conversions, describe, readStage } from './operations';
import type { Labels, Operation } from './state';

interface Props {
  operation: Operation;
  /** Names known to exist in the lines, for grouping and unwrapping. */
  names: string[];
  onChange(operation: Operation): void;
  onRemove(): void;
  /** Whether there is a place to move to, before and after. */
  movable: { earlier: boolean; later: boolean };
  onMove(by: -1 | 1): void;
}

/** Where a card's buttons are found again after the cards have changed places. */
export type CardButton = 'earlier' | 'later' | 'remove';

/** One step of the query with its settings. */
export function OperationCard({ operation, names, movable, onChange, onRemove, onMove }: Props) {
  const styles = useStyles2(getStyles);
  const { title, doc } = describe(operation);
  return (
    <div className={styles.card} role="group" aria-label={t('operation.name', 'Operation {{title}}', { title })}>
      <div className={styles.head}>
        <Tooltip content={doc}>
          <span className={styles.title} tabIndex={0}>
            {title}
          </span>
        </Tooltip>
        <span className={styles.grow} />
        <MoveButton direction="earlier" movable={movable.earlier} label={t('operation.earlier', 'Move {{title}} earlier', { title })} onClick={() => onMove(-1)} />
        <MoveButton direction="later" movable={movable.later} label={t('operation.later', 'Move {{title}} later', { title })} onClick={() => onMove(1)} />
        <IconButton name="times" size="sm" data-card-button="remove" aria-label={t('operation.remove', 'Remove {{title}}', { title })} onClick={onRemove} />
      </div>
      <div className={styles.body}>
        <Parameters operation={operation} names={names} onChange={onChange} />
      </div>
    </div>
  );
}

/** Keeps the focus where there is no place left to move to, as a disabled button would not. */
function MoveButton({ direction, movable, label, onClick }: { direction: 'earlier' | 'later'; movable: boolean; label: string; onClick(): void }) {
  const styles = useStyles2(getStyles);
  return (
    <IconButton
      name={direction === 'earlier' ? 'angle-left' : 'angle-right'}
      size="sm"
      data-card-button={direction}
      aria-label={label}
      aria-disabled={!movable}
      className={movable ? undefined : styles.still}
      onClick={() => movable && onClick()}
    />
  );
}

type ParameterProps = Pick<Props, 'operation' | 'names' | 'onChange'>;

function Parameters({ operation, names, onChange }: ParameterProps) {
  switch (operation.kind) {
    case 'stage':
      return <StageParameters stage={operation.stage} onChange={(stage) => onChange({ ...operation, stage })} />;
    case 'range':
      return <RangeParameters operation={operation} names={names} onChange={onChange} />;
    case 'vector':
      return (
        <>
          {operation.parameter !== undefined && <NumberField label={functionInfo.get(operation.fn)?.parameter ?? ''} value={operation.parameter} onChange={(parameter) => onChange({ ...operation, parameter })} />}
          <GroupingField value={operation.grouping} names={names} onChange={(grouping) => onChange({ ...operation, grouping })} />
        </>
      );
    case 'binary':
      return <TextField label={t('operation.other', 'Number or query')} value={operation.other} onCommit={(other) => onChange({ ...operation, other })} />;
    case 'labelReplace':
      return (
        <>
          <TextField label={t('operation.target', 'Target label')} value={operation.dst} onCommit={(dst) => onChange({ ...operation, dst })} />
          <TextField label={t('operation.replacement', 'Replacement')} value={operation.replacement} onCommit={(replacement) => onChange({ ...operation, replacement })} />
          <TextField label={t('operation.source', 'Source label')} value={operation.src} onCommit={(src) => onChange({ ...operation, src })} />
          <TextField label={t('operation.pattern', 'Pattern')} value={operation.regex} onCommit={(regex) => onChange({ ...operation, regex })} />
        </>
      );
  }
}

/** Stages with one text get a field for it, all others their own words to edit. */
function StageParameters({ stage, onChange }: { stage: Stage; onChange(stage: Stage): void }) {
  /** The stage whose new words could not be read. */
  const [refused, setRefused] = useState<Stage>();
  if (stage.kind === 'lineFilter' && stage.operands.length === 1 && stage.operands[0].kind === 'text') {
    const { value } = stage.operands[0];
    const folded = stage.op.endsWith('~') && value.startsWith('(?i)');
    const text = folded ? value.slice(4) : value;
    const commit = (next: string) => onChange({ ...stage, operands: [{ ...stage.operands[0], value: folded ? `(?i)${next}` : next }] });
    return <TextField label={folded ? t('operation.anyCase', 'Text, upper or lower case') : t('operation.text', 'Text')} value={text} onCommit={commit} />;
  }
  if (stage.kind === 'pattern' || stage.kind === 'regexp') {
    return <TextField label={stage.kind === 'pattern' ? t('operation.pattern', 'Pattern') : t('operation.regex', 'Regular expression')} value={stage.pattern} onCommit={(pattern) => onChange({ ...stage, pattern })} />;
  }
  if (stage.kind === 'lineFormat') {
    return <TextField label={t('operation.template', 'Template')} value={stage.template} onCommit={(template) => onChange({ ...stage, template })} />;
  }
  if (stage.kind === 'unpack' || stage.kind === 'decolorize') {
    return null;
  }
  const commit = (text: string) => {
    const next = readStage(text.trim().startsWith('|') || text.trim().startsWith('!') ? text : `| ${text}`);
    setRefused(next ? undefined : stage);
    if (next) {
      onChange(next);
    }
  };
  const label = stage.kind === 'labelFilter' ? t('operation.condition', 'Condition') : t('operation.asCode', 'As code');
  return <TextField label={label} value={printStage(stage).replace(/^\| /, '')} onCommit={commit} invalid={refused === stage} />;
}

function RangeParameters({ operation, names, onChange }: Omit<ParameterProps, 'operation'> & { operation: Extract<Operation, { kind: 'range' }> }) {
  const info = functionInfo.get(operation.fn);
  const { unwrap } = operation;
  const durations = ['$__auto', '$__interval', '$__range', '1m', '5m', '10m', '1h', '24h'].map((value) => ({ value, label: value }));
  const own = { value: operation.range, label: operation.range };
  return (
    <>
      {operation.parameter !== undefined && <NumberField label={info?.parameter ?? ''} value={operation.parameter} onChange={(parameter) => onChange({ ...operation, parameter })} />}
      <Labelled text={t('operation.range', 'Range')}>
        <Select aria-label={t('operation.range', 'Range')} width={16} allowCustomValue options={durations} value={own} onChange={({ value = '$__auto' }) => onChange({ ...operation, range: value })} />
      </Labelled>
      {unwrap && (
        <Labelled text={t('operation.valueOf', 'Value of')}>
          <Select
            aria-label={t('operation.unwrap', 'Field to unwrap')}
            width={18}
            allowCustomValue
            options={names.map((value) => ({ value, label: value }))}
            value={{ value: unwrap.label, label: unwrap.label }}
            onChange={({ value = '' }) => onChange({ ...operation, unwrap: { ...unwrap, label: value } })}
          />
          <Select<UnwrapConversion | 'none'>
            aria-label={t('operation.conversion', 'Conversion')}
            width={14}
            options={conversions()}
            value={unwrap.conversion ?? 'none'}
            onChange={({ value }) => onChange({ ...operation, unwrap: { ...unwrap, conversion: value === 'none' ? undefined : value } })}
          />
        </Labelled>
      )}
      {info?.grouping === 'allowed' && <GroupingField value={operation.grouping} names={names} onChange={(grouping) => onChange({ ...operation, grouping })} />}
    </>
  );
}

function GroupingField({ value, names, onChange }: { value?: Labels; names: string[]; onChange(value?: Labels): void }) {
  const labels = value?.labels ?? [];
  const change = (without: boolean, next: string[]) => onChange(next.length > 0 || without ? { without, labels: next } : undefined);
  return (
    <Labelled text={t('operation.labels', 'Labels')}>
      <RadioButtonGroup
        size="sm"
        aria-label={t('operation.byWithout', 'By or without')}
        options={[{ value: 'by', label: 'by' }, { value: 'without', label: 'without' }]}
        value={value?.without ? 'without' : 'by'}
        onChange={(next) => change(next === 'without', labels)}
      />
      <MultiSelect
        aria-label={t('operation.grouping', 'Grouping labels')}
        width={26}
        allowCustomValue
        placeholder={t('operation.together', 'all together')}
        options={[...new Set([...names, ...labels])].map((name) => ({ value: name, label: name }))}
        value={labels}
        onChange={(next) => change(value?.without ?? false, next.map((one) => one.value ?? ''))}
      />
    </Labelled>
  );
}

function TextField({ label, value, invalid, onCommit }: { label: string; value: string; invalid?: boolean; onCommit(value: string): void }) {
  return (
    <Labelled text={label}>
      <CommitInput label={label} minWidth={16} value={value} invalid={invalid} onCommit={onCommit} />
    </Labelled>
  );
}

function NumberField({ label, value, onChange }: { label: string; value: number; onChange(value: number): void }) {
  return (
    <Labelled text={label}>
      <CommitInput label={label} type="number" minWidth={12} value={String(value)} onCommit={(text) => text !== '' && Number.isFinite(Number(text)) && onChange(Number(text))} />
    </Labelled>
  );
}

function Labelled({ text, children }: { text: string; children: React.ReactNode }) {
  const styles = useStyles2(getStyles);
  return (
    <div className={styles.field}>
      <span className={styles.label}>{text}</span>
      {children}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  card: css({ background: theme.colors.background.secondary, border: `1px solid ${theme.colors.border.medium}`, borderRadius: 4, minWidth: 180 }),
  head: css({ display: 'flex', alignItems: 'center', gap: 4, padding: theme.spacing(0.5, 1), borderBottom: `1px solid ${theme.colors.border.weak}` }),
  title: css({ fontSize: theme.typography.bodySmall.fontSize, fontWeight: theme.typography.fontWeightMedium }),
  grow: css({ flex: 1 }),
  still: css({ opacity: 0.35, cursor: 'not-allowed' }),
  body: css({ padding: theme.spacing(1), display: 'flex', flexDirection: 'column', gap: theme.spacing(0.5), '&:empty': { display: 'none' } }),
  field: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(0.5) }),
  label: css({ fontSize: 11, color: theme.colors.text.secondary, minWidth: 48 }),
});
