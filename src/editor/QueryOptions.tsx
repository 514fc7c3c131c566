import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { AutoSizeInput, Icon, InlineField, InlineSwitch, RadioButtonGroup, useStyles2 } from '@grafana/ui';
import React, { useState } from 'react';
import type { Direction, Query, QueryType } from '../query/model';

interface Props {
  query: Query;
  isMetric: boolean;
  maxLines: number;
  hasMetrics: boolean;
  onChange(query: Query): void;
}

const types: Array<{ value: QueryType; label: string; description: string }> = [
  { value: 'range', label: 'Range', description: 'Over the whole time range' },
  { value: 'instant', label: 'Instant', description: 'Only at its end' },
];
const directions: Array<{ value: Direction; label: string }> = [
  { value: 'backward', label: 'Newest first' },
  { value: 'forward', label: 'Oldest first' },
];

/** Settings of one query, folded to one line that says what they are. */
export function QueryOptions({ query, isMetric, maxLines, hasMetrics, onChange }: Props) {
  const styles = useStyles2(getStyles);
  const [open, setOpen] = useState(false);
  const set = (part: Partial<Query>) => onChange({ ...query, ...part });
  return (
    <div className={styles.options}>
      <button type="button" className={styles.toggle} aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name={open ? 'angle-down' : 'angle-right'} /> Options
        {!open && <span className={styles.summary}>{summary(query, isMetric, maxLines).join('   ')}</span>}
      </button>
      {open && (
        <div className={styles.fields}>
          {isMetric ? (
            <>
              <InlineField label="Legend" tooltip="Name of a series; {{label}} stands for a label. Empty: all labels.">
                <AutoSizeInput id={`binocle-legend-${query.refId}`} aria-label="Legend" minWidth={18} placeholder="{{hostname}}" defaultValue={query.legendFormat ?? ''} onCommitChange={(event) => set({ legendFormat: event.currentTarget.value || undefined })} />
              </InlineField>
              <InlineField label="Type">
                <RadioButtonGroup<QueryType> options={types} value={query.queryType === 'instant' ? 'instant' : 'range'} onChange={(queryType) => set({ queryType })} />
              </InlineField>
              <InlineField label="Step" tooltip="Distance of points, such as 30s or $__interval. Empty: as fine as the panel can show.">
                <AutoSizeInput id={`binocle-step-${query.refId}`} aria-label="Step" minWidth={8} placeholder="auto" defaultValue={query.step ?? ''} onCommitChange={(event) => set({ step: event.currentTarget.value || undefined })} />
              </InlineField>
            </>
          ) : (
            <>
              <InlineField label="Line limit" tooltip="Most lines to show">
                <AutoSizeInput
                  id={`binocle-limit-${query.refId}`}
                  aria-label="Line limit"
                  type="number"
                  min={1}
                  minWidth={8}
                  placeholder={String(maxLines)}
                  defaultValue={query.maxLines ?? ''}
                  onCommitChange={(event) => set({ maxLines: Number(event.currentTarget.value) || undefined })}
                />
              </InlineField>
              <InlineField label="Direction" tooltip="Which lines are kept when there are more than the limit">
                <RadioButtonGroup<Direction> options={directions} value={query.direction ?? 'backward'} onChange={(direction) => set({ direction })} />
              </InlineField>
            </>
          )}
          <InlineField label="Split" tooltip="Long ranges are asked for in parts of this length; 0 asks for all at once">
            <AutoSizeInput id={`binocle-split-${query.refId}`} aria-label="Split duration" minWidth={6} placeholder="1d" defaultValue={query.splitDuration ?? ''} onCommitChange={(event) => set({ splitDuration: event.currentTarget.value || undefined })} />
          </InlineField>
          {hasMetrics && !isMetric && (
            <InlineField label="Metrics beside" tooltip="Also show the load of the machines these lines come from, from Prometheus">
              <InlineSwitch id={`binocle-metrics-${query.refId}`} aria-label="Show matched metrics above the lines" value={query.withMetrics ?? false} onChange={(event) => set({ withMetrics: event.currentTarget.checked || undefined })} />
            </InlineField>
          )}
        </div>
      )}
    </div>
  );
}

function summary({ legendFormat, queryType, step, maxLines: own, direction, splitDuration, withMetrics }: Query, isMetric: boolean, maxLines: number): string[] {
  const parts = isMetric
    ? [`Type: ${queryType === 'instant' ? 'Instant' : 'Range'}`, legendFormat && `Legend: ${legendFormat}`, step && `Step: ${step}`]
    : [`Line limit: ${own ?? maxLines}`, direction === 'forward' && 'Oldest first', withMetrics && 'Metrics beside'];
  return [...parts, splitDuration && `Split: ${splitDuration}`].filter((part): part is string => Boolean(part));
}

const getStyles = (theme: GrafanaTheme2) => ({
  options: css({ marginTop: theme.spacing(0.5) }),
  toggle: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(0.5), border: 'none', background: 'none', padding: theme.spacing(0.5, 0), color: theme.colors.text.primary, fontSize: theme.typography.bodySmall.fontSize }),
  summary: css({ color: theme.colors.text.secondary, marginLeft: theme.spacing(1), whiteSpace: 'pre' }),
  fields: css({ display: 'flex', flexWrap: 'wrap', gap: theme.spacing(0, 1), padding: theme.spacing(0.5, 0) }),
});
