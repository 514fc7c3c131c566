import { css, cx } from '@emotion/css';
import { dateTimeFormat, LogRowContextQueryDirection, type DataFrame, type DataQueryResponse, type DataSourceApi, type GrafanaTheme2, type LogRowModel } from '@grafana/data';
import type { DataQuery } from '@grafana/schema';
import { LoadingPlaceholder, Modal, useStyles2 } from '@grafana/ui';
import React, { useCallback, useEffect, useMemo, useState } from 'react';

interface Props {
  frame: DataFrame;
  row: number;
  source: DataSourceApi & {
    getLogRowContext?(row: LogRowModel, options: object, query: DataQuery): Promise<DataQueryResponse>;
    getLogRowContextUi?(row: LogRowModel, run: () => void, query: DataQuery): React.ReactNode;
  };
  query: DataQuery;
  onClose(): void;
}

interface Line {
  time: number;
  text: string;
  own: boolean;
}

/** Lines before and after one line, asked of the data source as Grafana's context window does. */
export function ContextView({ frame, row, source, query, onClose }: Props) {
  const styles = useStyles2(getStyles);
  const [lines, setLines] = useState<Line[]>();
  const model = useMemo(() => rowModel(frame, row), [frame, row]);
  const load = useCallback(async () => {
    const ask = async (direction: LogRowContextQueryDirection) => {
      const answer = await source.getLogRowContext?.(model, { direction, limit: 10 }, query);
      return linesOf((answer?.data[0] ?? frame) as DataFrame, model.rowId ?? '');
    };
    const [before, after] = await Promise.all([ask(LogRowContextQueryDirection.Backward), ask(LogRowContextQueryDirection.Forward)]);
    // As Grafana joins them: both answers in the order they came in, which must be newest first.
    setLines([...after, { time: model.timeEpochMs, text: model.entry, own: true }, ...before]);
  }, [model, query, source, frame]);
  useEffect(() => {
    // The state is set when the answer comes, not here.
    // eslint-disable-next-line react-hooks/set-state-in-effect
    load();
  }, [load]);
  return (
    <Modal isOpen title="Context of the line" onDismiss={onClose}>
      {source.getLogRowContextUi?.(model, load, query)}
      {!lines && <LoadingPlaceholder text="Loading context" />}
      <div className={styles.lines} role="group" tabIndex={0} aria-label="Context lines">
        {lines?.map((line, index) => (
          <div key={index} className={cx(styles.line, line.own && styles.own)}>
            <span className={cx(styles.time, line.own && styles.ownTime)}>{dateTimeFormat(line.time, { format: 'HH:mm:ss.SSS' })}</span>
            {line.text}
          </div>
        ))}
      </div>
    </Modal>
  );
}

function linesOf(frame: DataFrame, ownId: string): Line[] {
  const values = (name: string) => frame.fields.find((field) => field.name === name)?.values ?? [];
  const [times, bodies, ids] = [values('timestamp'), values('body'), values('id')];
  return bodies.map((text: string, index: number) => ({ time: times[index], text, own: ids[index] === ownId })).filter((line: Line) => !line.own);
}

function rowModel(frame: DataFrame, row: number): LogRowModel {
  const value = (name: string) => frame.fields.find((field) => field.name === name)?.values[row];
  return {
    dataFrame: frame, rowIndex: row, entryFieldIndex: 1, entry: value('body'), raw: value('body'), labels: value('labels'), logLevel: value('severity'), hasAnsi: false, hasUnescapedContent: false,
    timeEpochMs: value('timestamp'), timeEpochNs: value('tsNs'), timeFromNow: '', timeLocal: '', timeUtc: '', uid: value('id'), rowId: value('id'),
  };
}

const getStyles = (theme: GrafanaTheme2) => ({
  lines: css({ fontFamily: theme.typography.fontFamilyMonospace, fontSize: 12, maxHeight: '60vh', overflow: 'auto' }),
  line: css({ padding: '2px 8px', whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }),
  own: css({ background: theme.colors.emphasize(theme.colors.background.secondary, 0.06), borderLeft: `3px solid ${theme.colors.warning.main}` }),
  time: css({ color: theme.colors.text.secondary, marginRight: 12 }),
  ownTime: css({ color: theme.colors.text.primary }),
});
