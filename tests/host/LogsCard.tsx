import { css } from '@emotion/css';
import { dateTimeFormat, LoadingState, type DataFrame, type DataQueryResponse, type GrafanaTheme2, type TimeRange } from '@grafana/data';
import { Badge, Button, useStyles2 } from '@grafana/ui';
import React, { useEffect, useRef, useState } from 'react';
import type { Observable, Subscription } from 'rxjs';
import { exportLines, type ExportFormat } from './exportLines';
import type { LineActions } from './LogDetails';
import { LogLines } from './LogLines';
import { hasMore, restOf, withPage } from './paging';
import { listen } from './request';
import { QueryStatistics } from './Statistics';

interface Props extends LineActions {
  frame: DataFrame;
  title: string;
  range: TimeRange;
  live?: boolean;
  marked?: string;
  onText?(type: string, text: string): void;
  /** Asks for the lines of a range; without it there are no further pages. */
  older?(range: TimeRange): Promise<DataQueryResponse> | Observable<DataQueryResponse>;
}

const formats: ExportFormat[] = ['txt', 'json', 'csv'];

/** The lines of one answer with what can be done with all of them: save, look at the work, ask for the next page. */
export function LogsCard({ frame: first, title, range, live = false, older, ...rest }: Props) {
  const styles = useStyles2(getStyles);
  const [paged, setPaged] = useState<{ first: DataFrame; all: DataFrame }>();
  const [counting, setCounting] = useState(false);
  const asked = useRef<Subscription | undefined>(undefined);
  useEffect(() => () => asked.current?.unsubscribe(), []);
  // Pages belong to the answer they were asked for.
  const frame = paged?.first === first ? paged.all : first;
  const nextPage = (ask: NonNullable<Props['older']>) => {
    asked.current?.unsubscribe();
    asked.current = listen(ask(restOf(frame, range)), ({ data, state }) => state === LoadingState.Done && data[0] && setPaged({ first, all: withPage(frame, data[0]) }));
  };
  const times = frame.fields[0]?.values ?? [];
  return (
    <div className={styles.card}>
      <div className={styles.title}>
        {title} <span className={styles.muted}>{frame.length.toLocaleString('en')} lines</span> {live && <Badge text="Live" color="red" icon="circle" />}
        <span className={styles.grow} />
        {!live && (
          <Button size="sm" variant="secondary" fill="text" icon="info-circle" aria-pressed={counting} onClick={() => setCounting(!counting)}>
            Statistics
          </Button>
        )}
        {formats.map((format) => (
          <Button key={format} size="sm" variant="secondary" fill="text" icon={format === 'txt' ? 'download-alt' : undefined} aria-label={`Download as ${format}`} onClick={() => exportLines(frame, format)}>
            {format}
          </Button>
        ))}
      </div>
      {counting && <QueryStatistics frame={frame} />}
      {frame.length === 0 && !live && <div className={styles.muted}>No lines in this range</div>}
      <LogLines frame={frame} {...rest} />
      {older && !live && hasMore(frame) && (
        <div className={styles.more}>
          <Button size="sm" variant="secondary" icon="angle-down" onClick={() => nextPage(older)}>
            {times[0] < times[times.length - 1] ? 'Newer lines' : 'Older lines'}
          </Button>
          <span className={styles.muted}>The limit was reached at {dateTimeFormat(times[times.length - 1])}</span>
        </div>
      )}
    </div>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  card: css({ background: theme.colors.background.primary, border: `1px solid ${theme.colors.border.weak}`, borderRadius: 4, padding: '8px 12px 12px', marginBottom: 12 }),
  title: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', fontWeight: 500, marginBottom: 6 }),
  grow: css({ flex: 1 }),
  muted: css({ color: theme.colors.text.secondary, fontWeight: 400, margin: '0 8px' }),
  more: css({ display: 'flex', alignItems: 'center', padding: '10px 0 0' }),
});
