import { css } from '@emotion/css';
import type { GrafanaTheme2, TimeRange } from '@grafana/data';
import { config } from '@grafana/runtime';
import { Alert, Button, InlineSwitch, LinkButton, useStyles2 } from '@grafana/ui';
import React, { useEffect, useRef, useState } from 'react';
import { selectorText, matchersOf, seriesName } from '../correlate';
import type { Moved, MovedAnswer } from '../features/moved';
import type { EditorDataSource } from './LabelSource';

interface Props {
  datasource: EditorDataSource;
  expr: string;
  range: TimeRange;
}

type State = { kind: 'idle' } | { kind: 'running'; done: number; of: number } | { kind: 'done'; answer: MovedAnswer } | { kind: 'failed'; message: string };

/** A button that looks for the metric behind the lines, and what it found. */
export function MovedMetrics({ datasource, expr, range }: Props) {
  const styles = useStyles2(getStyles);
  const [state, setState] = useState<State>({ kind: 'idle' });
  const [errorsOnly, setErrorsOnly] = useState(false);
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);
  const start = async () => {
    abort.current?.abort();
    const controller = new AbortController();
    abort.current = controller;
    setState({ kind: 'running', done: 0, of: 0 });
    try {
      const answer = await datasource.whichMoved({ expr, range, errorsOnly, signal: controller.signal, onProgress: (done, of) => !controller.signal.aborted && setState({ kind: 'running', done, of }) });
      if (!controller.signal.aborted) {
        setState({ kind: 'done', answer });
      }
    } catch (error) {
      if (!controller.signal.aborted) {
        setState({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
      }
    }
  };
  const stop = () => {
    abort.current?.abort();
    setState({ kind: 'idle' });
  };
  return (
    <div data-testid="data-testid binocle moved metrics">
      <div className={styles.bar}>
        <Button size="sm" variant="secondary" icon="graph-bar" disabled={!expr.trim() || state.kind === 'running'} onClick={start}>
          Which metric moved?
        </Button>
        <InlineSwitch label="Errors only" showLabel transparent id="binocle-moved-errors" aria-label="Compare with errors only" value={errorsOnly} onChange={(event) => setErrorsOnly(event.currentTarget.checked)} />
        {state.kind === 'running' && (
          <>
            <span className={styles.muted}>{state.of > 0 ? `Comparing metrics, ${state.done} of ${state.of}` : 'Looking for metrics of the same machines'}</span>
            <Button size="sm" variant="secondary" fill="text" onClick={stop}>
              Stop
            </Button>
          </>
        )}
        {state.kind === 'done' && (
          <Button size="sm" variant="secondary" fill="text" icon="times" aria-label="Close the comparison" onClick={stop}>
            Close
          </Button>
        )}
      </div>
      {state.kind === 'failed' && (
        <Alert severity="warning" title="Metrics could not be compared">
          {state.message}
        </Alert>
      )}
      {state.kind === 'done' && <Result answer={state.answer} datasource={datasource} expr={expr} range={range} />}
    </div>
  );
}

function Result({ answer, datasource, expr, range }: { answer: MovedAnswer } & Props) {
  const styles = useStyles2(getStyles);
  return (
    <div>
      <div className={styles.muted}>
        {answer.moved.length === 0 ? `None of ${answer.compared} series moved with the lines.` : `Best of ${answer.compared} series, by how they moved with the lines:`} {answer.notes.join(' ')}
      </div>
      <div className={styles.list} role="list" aria-label="Metrics that moved">
        {answer.moved.map((one) => (
          <div key={seriesName(one.metric)} role="listitem" className={styles.row}>
            <span className={styles.score} title={`Score ${one.score.toFixed(2)}`}>
              <span className={styles.bar2} style={{ width: `${Math.round(one.score * 100)}%`, opacity: one.significant ? 1 : 0.4 }} />
            </span>
            <Sparkline values={one.values} />
            <span className={styles.text}>
              <code>{seriesName(one.metric)}</code>
              <br />
              <span className={styles.muted}>{one.reason}</span>
            </span>
            <LinkButton size="sm" variant="secondary" icon="columns" href={splitUrl(datasource, expr, one, range)}>
              Open in split
            </LinkButton>
          </div>
        ))}
      </div>
    </div>
  );
}

/** Explore with the lines on the left and the metric on the right, as an address that Grafana 10.1 and newer read. */
export function splitUrl(datasource: EditorDataSource, expr: string, { metric, asRate }: Moved, range: TimeRange): string {
  const raw = { from: String(range.from.valueOf()), to: String(range.to.valueOf()) };
  const selector = `${metric.__name__ ?? ''}${selectorText(matchersOf(metric))}`;
  const prometheus = datasource.settings.prometheusUid;
  const pane = (uid: string | undefined, query: Record<string, unknown>) => ({ datasource: uid, queries: [{ refId: 'A', datasource: { uid }, ...query }], range: raw });
  const panes = { left: pane(datasource.uid, { expr, queryType: 'range' }), right: pane(prometheus, { expr: asRate ? `rate(${selector}[$__rate_interval])` : selector, range: true }) };
  return `${config.appSubUrl ?? ''}/explore?schemaVersion=1&panes=${encodeURIComponent(JSON.stringify(panes))}`;
}

const sparkWidth = 120;
const sparkHeight = 24;

function Sparkline({ values }: { values: Array<number | null> }) {
  const styles = useStyles2(getStyles);
  const known = values.filter((value): value is number => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const at = (value: number, index: number) => `${((index / Math.max(1, values.length - 1)) * sparkWidth).toFixed(1)},${(sparkHeight - 2 - ((value - low) / (high - low || 1)) * (sparkHeight - 4)).toFixed(1)}`;
  const line = values.flatMap((value, index) => (value === null ? [] : [at(value, index)])).join(' ');
  return (
    <svg width={sparkWidth} height={sparkHeight} className={styles.spark} aria-hidden="true">
      <polyline points={line} fill="none" stroke="currentColor" strokeWidth={1.3} />
    </svg>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  bar: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(1) }),
  muted: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  list: css({ marginTop: theme.spacing(1) }),
  row: css({ display: 'flex', alignItems: 'center', gap: theme.spacing(1.5), padding: theme.spacing(0.5, 0), borderTop: `1px solid ${theme.colors.border.weak}` }),
  score: css({ flex: '0 0 48px', height: 6, borderRadius: 3, background: theme.colors.background.secondary, overflow: 'hidden' }),
  bar2: css({ display: 'block', height: '100%', background: theme.colors.primary.main }),
  spark: css({ flex: `0 0 ${sparkWidth}px`, color: theme.visualization.getColorByName('blue') }),
  text: css({ flex: 1, minWidth: 0, overflowWrap: 'anywhere', fontSize: theme.typography.bodySmall.fontSize }),
});
