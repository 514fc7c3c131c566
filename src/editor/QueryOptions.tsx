import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Icon, InlineField, InlineSwitch, RadioButtonGroup, useStyles2 } from '@grafana/ui';
import React, { useId, useState } from 'react';
import { t } from '../i18n';
import type { Direction, Query, QueryType } from '../query/model';
import { CommitInput } from './CommitInput';

interface Props {
  query: Query;
  isMetric: boolean;
  maxLines: number;
  hasMetrics: boolean;
  onChange(query: Query): void;
}

const types = (): Array<{ value: QueryType; label: string; description: string }> => [
  { value: 'range', label: t('options.range', 'Range'), description: t('options.rangeHelp', 'Over the whole time range') },
  { value: 'instant', label: t('options.instant', 'Instant'), description: t('options.instantHelp', 'Only at its end') },
];
const directions = (): Array<{ value: Direction; label: string }> => [
  { value: 'backward', label: t('options.newestFirst', 'Newest first') },
  { value: 'forward', label: t('options.oldestFirst', 'Oldest first') },
];

/** Settings of one query, folded to one line that says what they are. */
export function QueryOptions({ query, isMetric, maxLines, hasMetrics, onChange }: Props) {
  const styles = useStyles2(getStyles);
  const [open, setOpen] = useState(false);
  // Two panes may have queries of the same name.
  const id = useId();
  const set = (part: Partial<Query>) => onChange({ ...query, ...part });
  return (
    <div className={styles.options}>
      <button type="button" className={styles.toggle} aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name={open ? 'angle-down' : 'angle-right'} /> {t('options.title', 'Options')}
        {!open && (
          <span className={styles.summary}>
            {summary(query, isMetric, maxLines).map((part) => (
              <span key={part}>{part}</span>
            ))}
          </span>
        )}
      </button>
      {open && (
        <div className={styles.fields}>
          {isMetric ? (
            <>
              <InlineField label={t('options.legend', 'Legend')} tooltip={t('options.legendHelp', 'Name of a series; {{example}} stands for a label. Empty: all labels.', { example: '{{label}}' })}>
                <CommitInput id={`${id}-legend`} label={t('options.legend', 'Legend')} minWidth={18} placeholder="{{hostname}}" value={query.legendFormat ?? ''} onCommit={(text) => set({ legendFormat: text || undefined })} />
              </InlineField>
              <InlineField label={t('options.type', 'Type')}>
                <RadioButtonGroup<QueryType> options={types()} aria-label={t('options.type', 'Type')} value={query.queryType === 'instant' ? 'instant' : 'range'} onChange={(queryType) => set({ queryType })} />
              </InlineField>
              <InlineField label={t('options.step', 'Step')} tooltip={t('options.stepHelp', 'Distance of points, such as 30s or $__interval. Empty: as fine as the panel can show.')}>
                <CommitInput id={`${id}-step`} label={t('options.step', 'Step')} minWidth={8} placeholder={t('options.stepAuto', 'auto')} value={query.step ?? ''} onCommit={(text) => set({ step: text || undefined })} />
              </InlineField>
            </>
          ) : (
            <>
              <InlineField label={t('options.limit', 'Line limit')} tooltip={t('options.limitHelp', 'Most lines to show')}>
                <CommitInput id={`${id}-limit`} label={t('options.limit', 'Line limit')} type="number" min={1} minWidth={8} placeholder={String(maxLines)} value={String(query.maxLines ?? '')} onCommit={(text) => set({ maxLines: Number(text) || undefined })} />
              </InlineField>
              <InlineField label={t('options.direction', 'Direction')} tooltip={t('options.directionHelp', 'Which lines are kept when there are more than the limit')}>
                <RadioButtonGroup<Direction> options={directions()} aria-label={t('options.direction', 'Direction')} value={query.direction ?? 'backward'} onChange={(direction) => set({ direction })} />
              </InlineField>
            </>
          )}
          <InlineField label={t('options.split', 'Split')} tooltip={t('options.splitHelp', 'Long ranges are asked for in parts of this length; 0 asks for all at once')}>
            <CommitInput id={`${id}-split`} label={t('options.splitName', 'Split duration')} minWidth={6} placeholder="1d" value={query.splitDuration ?? ''} onCommit={(text) => set({ splitDuration: text || undefined })} />
          </InlineField>
          {hasMetrics && !isMetric && (
            <InlineField label={t('options.metrics', 'Metrics beside')} tooltip={t('options.metricsHelp', 'Also show the load of the machines these lines come from, from Prometheus')}>
              <InlineSwitch id={`${id}-metrics`} aria-label={t('options.metricsName', 'Show matched metrics above the lines')} value={query.withMetrics ?? false} onChange={(event) => set({ withMetrics: event.currentTarget.checked || undefined })} />
            </InlineField>
          )}
        </div>
      )}
    </div>
  );
}

function summary({ legendFormat, queryType, step, maxLines: own, direction, splitDuration, withMetrics }: Query, isMetric: boolean, maxLines: number): string[] {
  const parts = isMetric
    ? [named(t('options.type', 'Type'), queryType === 'instant' ? t('options.instant', 'Instant') : t('options.range', 'Range')), legendFormat && named(t('options.legend', 'Legend'), legendFormat), step && named(t('options.step', 'Step'), step)]
    : [named(t('options.limit', 'Line limit'), String(own ?? maxLines)), direction === 'forward' && t('options.oldestFirst', 'Oldest first'), withMetrics && t('options.metrics', 'Metrics beside')];
  return [...parts, splitDuration && named(t('options.split', 'Split'), splitDuration)].filter((part): part is string => Boolean(part));
}

function named(name: string, value: string): string {
  return t('options.named', '{{name}}: {{value}}', { name, value });
}

const getStyles = (theme: GrafanaTheme2) => ({
  options: css({ marginTop: theme.spacing(0.5) }),
  toggle: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(0.5), border: 'none', background: 'none', padding: theme.spacing(0.5, 0), color: theme.colors.text.primary, fontSize: theme.typography.bodySmall.fontSize }),
  summary: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(0, 1.5), color: theme.colors.text.secondary, marginLeft: theme.spacing(1), textAlign: 'left', overflowWrap: 'anywhere' }),
  fields: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(0, 1), padding: theme.spacing(0.5, 0) }),
});
