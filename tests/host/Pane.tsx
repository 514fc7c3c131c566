import { css } from '@emotion/css';
import { CoreApp, getDefaultTimeRange, LoadingState, SupplementaryQueryType, type DataFrame, type DataQueryRequest, type DataQueryResponse, type DataSourceApi, type DataSourceInstanceSettings, type GrafanaTheme2, type LogRowModel, type PanelData, type TimeRange } from '@grafana/data';
import type { DataQuery } from '@grafana/schema';
import { Alert, Badge, Button, IconButton, Input, Select, ToolbarButton, useStyles2 } from '@grafana/ui';
import React, { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { from, isObservable, type Observable, type Subscription } from 'rxjs';
import { ContextView } from './ContextView';
import { Graph } from './Graph';
import { LogLines, type InternalLink } from './LogLines';
import type { PaneState } from './urlState';

interface Props {
  state: PaneState;
  name: string;
  sources: Map<string, DataSourceApi>;
  settings: DataSourceInstanceSettings[];
  range: TimeRange;
  /** Grows when everything should be asked again. */
  runs: number;
  onChange(state: PaneState): void;
  onZoom(range: { from: number; to: number }): void;
  onSplit(pane: PaneState): void;
  onClose?(): void;
}

/** The methods Explore calls beyond those of every data source. */
type LogsSource = DataSourceApi & {
  getSupplementaryRequest?(type: SupplementaryQueryType, request: DataQueryRequest<DataQuery>): DataQueryRequest<DataQuery> | undefined;
  toggleQueryFilter?(query: DataQuery, filter: { type: 'FILTER_FOR' | 'FILTER_OUT'; options: Record<string, string>; frame?: DataFrame }): DataQuery;
  queryHasFilter?(query: DataQuery, filter: Record<string, string>): boolean;
  exportToAbstractQueries?(queries: DataQuery[]): Promise<DataQuery[]>;
  importFromAbstractQueries?(queries: DataQuery[]): Promise<DataQuery[]>;
  getLogRowContext?(row: LogRowModel, options: object, query: DataQuery): Promise<DataQueryResponse>;
};

const emptyResponse: DataQueryResponse = { data: [], state: LoadingState.NotStarted };

export function Pane({ state, name, sources, settings, range, runs, onChange, onZoom, onSplit, onClose }: Props) {
  const styles = useStyles2(getStyles);
  const source = (sources.get(state.uid) ?? [...sources.values()][0]) as LogsSource;
  const [response, setResponse] = useState<DataQueryResponse>(emptyResponse);
  const [volume, setVolume] = useState<DataFrame[]>([]);
  const [live, setLive] = useState(false);
  const [context, setContext] = useState<{ frame: DataFrame; row: number }>();
  const subscriptions = useRef<Subscription[]>([]);
  const queryRef = useRef(state.query);
  useLayoutEffect(() => {
    queryRef.current = state.query;
  });

  const stop = useCallback(() => {
    subscriptions.current.forEach((one) => one.unsubscribe());
    subscriptions.current = [];
  }, []);
  const ask = useCallback(
    (isLive: boolean) => {
      stop();
      const request = requestOf(name, queryRef.current, range, isLive);
      if (source.filterQuery && !source.filterQuery(queryRef.current)) {
        setResponse(emptyResponse);
        setVolume([]);
        return;
      }
      setResponse((before) => ({ ...before, state: LoadingState.Loading }));
      subscriptions.current.push(listen(source.query(request), setResponse));
      const supplementary = isLive ? undefined : source.getSupplementaryRequest?.(SupplementaryQueryType.LogsVolume, request);
      if (supplementary) {
        subscriptions.current.push(listen(source.query(bucketed(supplementary)), (answer) => setVolume(answer.data as DataFrame[])));
      } else {
        setVolume([]);
      }
    },
    [name, range, source, stop]
  );
  useEffect(() => {
    ask(live);
    return stop;
    // The query itself is only run on demand (runs, range, source, live).
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [runs, range, source, live]);

  const frames = response.data as DataFrame[];
  const logs = frames.filter((frame) => frame.meta?.preferredVisualisationType === 'logs');
  const graphs = frames.filter((frame) => frame.meta?.preferredVisualisationType === 'graph');
  const tables = frames.filter((frame) => frame.meta?.preferredVisualisationType === 'table');
  const loading = response.state === LoadingState.Loading;
  const Editor = source.components?.QueryEditor ?? PromEditor;
  const data = useMemo<PanelData>(() => ({ state: response.state ?? LoadingState.Done, series: frames, timeRange: range ?? getDefaultTimeRange(), request: undefined }), [response, range, frames]);
  const change = (query: DataQuery) => {
    queryRef.current = query as PaneState['query'];
    onChange({ ...state, query: query as PaneState['query'] });
  };
  const changeAndRun = (query: DataQuery) => {
    change(query);
    ask(live);
  };
  const switchSource = async (uid: string) => {
    const target = sources.get(uid) as LogsSource;
    const abstract = await source.exportToAbstractQueries?.([state.query]);
    const imported = abstract && (await target.importFromAbstractQueries?.(abstract));
    const fallback = { refId: 'A', ...(abstract ? promQuery(abstract[0]) : target.getDefaultQuery?.(CoreApp.Explore)) };
    onChange({ uid, query: { ...(imported?.[0] ?? fallback), refId: 'A' } });
  };

  return (
    <section className={styles.pane} aria-label={`${name} pane`}>
      <div className={styles.bar}>
        <Select
          aria-label="Data source"
          width={24}
          options={settings.map((one) => ({ label: one.name, value: one.uid, imgUrl: one.type === 'prometheus' ? undefined : 'plugin/img/logo.svg' }))}
          value={state.uid}
          onChange={({ value }) => value && switchSource(value)}
        />
        {'getSupplementaryRequest' in source && (
          <ToolbarButton icon={live ? 'pause' : 'play'} variant={live ? 'active' : 'canvas'} aria-label="Live" onClick={() => setLive(!live)}>
            {live ? 'Stop live' : 'Live'}
          </ToolbarButton>
        )}
        <span className={styles.grow} />
        <Button size="md" icon={loading ? 'fa fa-spinner' : 'sync'} onClick={() => ask(live)}>
          Run query
        </Button>
        {onClose && <IconButton name="times" size="lg" aria-label={`Close ${name} pane`} onClick={onClose} />}
      </div>
      <div className={styles.editor}>
        <Editor datasource={source} query={state.query} range={range} app={CoreApp.Explore} data={data} onChange={change} onRunQuery={() => ask(live)} history={[]} />
      </div>
      {response.error && (
        <Alert severity="error" title="The query failed">
          {response.error.message}
        </Alert>
      )}
      {volume.length > 0 && (
        <div className={styles.card}>
          <div className={styles.title}>Logs volume</div>
          <Graph frames={volume} range={range} height={150} own label="Logs volume" onZoom={onZoom} />
        </div>
      )}
      {graphs.length > 0 && (
        <div className={styles.card}>
          <div className={styles.title}>Graph</div>
          <Graph frames={graphs} range={range} height={300} label="Graph" onZoom={onZoom} />
        </div>
      )}
      {tables.map((frame) => (
        <div key={frame.refId} className={styles.card}>
          <div className={styles.title}>Table</div>
          <TableView frame={frame} />
        </div>
      ))}
      {logs.map((frame) => (
        <div key={frame.refId} className={styles.card}>
          <div className={styles.title}>
            Logs <span className={styles.muted}>{frame.length.toLocaleString('en')} lines</span> {live && <Badge text="Live" color="red" icon="circle" />}
          </div>
          <LogLines
            frame={frame}
            datasource={source}
            live={live}
            onFilter={(type, key, value, rowFrame) => {
              const filter = { type: type === 'ADD_FILTER' ? ('FILTER_FOR' as const) : ('FILTER_OUT' as const), options: { key, value }, frame: rowFrame };
              changeAndRun(source.toggleQueryFilter?.(state.query, filter) ?? state.query);
            }}
            isActive={(key, value) => source.queryHasFilter?.(state.query, { key, value }) ?? false}
            onContext={(row) => setContext({ frame, row })}
            onOpen={(link: InternalLink) => onSplit({ uid: link.datasourceUid, query: { ...link.query, refId: 'A' } })}
          />
        </div>
      ))}
      {response.state === LoadingState.Done && frames.length === 0 && <div className={styles.empty}>{state.query.expr ? 'No data in this range' : 'Type or pick a query to begin'}</div>}
      {context && <ContextView {...context} source={source} query={state.query} onClose={() => setContext(undefined)} />}
    </section>
  );
}

function requestOf(name: string, query: DataQuery, range: TimeRange, liveStreaming: boolean): DataQueryRequest<DataQuery> {
  const rangeMs = range.to.valueOf() - range.from.valueOf();
  const intervalMs = niceInterval(rangeMs / 600);
  const interval = `${intervalMs}ms`;
  return {
    requestId: `explore-${name}`, interval, intervalMs, maxDataPoints: 600, range, targets: [query], timezone: 'browser', app: CoreApp.Explore, startTime: Date.now(), liveStreaming,
    scopedVars: { __interval: { text: interval, value: interval }, __interval_ms: { text: String(intervalMs), value: intervalMs } },
  };
}

/** Wider buckets for a histogram, as Explore makes them. */
function bucketed(request: DataQueryRequest<DataQuery>): DataQueryRequest<DataQuery> {
  const intervalMs = niceInterval((request.range.to.valueOf() - request.range.from.valueOf()) / 90);
  const interval = `${intervalMs}ms`;
  return { ...request, interval, intervalMs, scopedVars: { __interval: { text: interval, value: interval }, __interval_ms: { text: String(intervalMs), value: intervalMs } } };
}

const niceSeconds = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];

function niceInterval(ms: number): number {
  return (niceSeconds.find((seconds) => seconds * 1000 >= ms) ?? 86400) * 1000;
}

function listen(answer: Promise<DataQueryResponse> | Observable<DataQueryResponse>, onNext: (response: DataQueryResponse) => void): Subscription {
  const stream = isObservable(answer) ? answer : from(answer);
  return stream.subscribe({ next: onNext, error: (error) => onNext({ data: [], state: LoadingState.Error, error: { message: error?.data?.message ?? error?.message ?? String(error) } }) });
}

/** What Grafana's Prometheus source makes of exported matchers. */
function promQuery(query: DataQuery): Record<string, unknown> {
  const signs: Record<string, string> = { Equal: '=', NotEqual: '!=', EqualRegEx: '=~', NotEqualRegEx: '!~' };
  const { labelMatchers = [] } = query as DataQuery & { labelMatchers?: Array<{ name: string; operator: string; value: string }> };
  const metric = labelMatchers.find((one) => one.name === '__name__' && one.operator === 'Equal')?.value ?? '';
  const matchers = labelMatchers.filter((one) => one.name !== '__name__').map((one) => `${one.name}${signs[one.operator]}"${one.value}"`);
  return { expr: metric || matchers.length > 0 ? `${metric}{${matchers.join(', ')}}` : '' };
}

function PromEditor({ query, onChange, onRunQuery }: { query: DataQuery & { expr?: string }; onChange(query: DataQuery): void; onRunQuery(): void }) {
  const set = (expr: string) => onChange({ ...query, expr } as DataQuery);
  return (
    <Input
      aria-label="PromQL query"
      prefix="PromQL"
      value={query.expr ?? ''}
      onChange={(event) => set(event.currentTarget.value)}
      onKeyDown={(event) => event.key === 'Enter' && onRunQuery()}
      onBlur={onRunQuery}
    />
  );
}

function TableView({ frame }: { frame: DataFrame }) {
  const styles = useStyles2(getStyles);
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          {frame.fields.map((field) => (
            <th key={field.name}>{field.name}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {Array.from({ length: Math.min(frame.length, 200) }, (_, row) => (
          <tr key={row}>
            {frame.fields.map((field) => (
              <td key={field.name}>{field.type === 'time' ? new Date(field.values[row]).toLocaleString() : String(field.values[row])}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  pane: css({ flex: '1 1 0', minWidth: 0, overflow: 'auto', padding: '0 16px 24px' }),
  bar: css({ display: 'flex', alignItems: 'center', gap: 8, padding: '8px 0', position: 'sticky', top: 0, zIndex: 5, background: theme.colors.background.canvas }),
  grow: css({ flex: 1 }),
  editor: css({ background: theme.colors.background.primary, border: `1px solid ${theme.colors.border.weak}`, borderRadius: 4, padding: 12, marginBottom: 12 }),
  card: css({ background: theme.colors.background.primary, border: `1px solid ${theme.colors.border.weak}`, borderRadius: 4, padding: '8px 12px 12px', marginBottom: 12 }),
  title: css({ fontWeight: 500, marginBottom: 6 }),
  muted: css({ color: theme.colors.text.secondary, fontWeight: 400, marginLeft: 8 }),
  empty: css({ color: theme.colors.text.secondary, textAlign: 'center', padding: '64px 0' }),
  table: css({ width: '100%', borderCollapse: 'collapse', fontSize: theme.typography.bodySmall.fontSize, 'th, td': { textAlign: 'left', padding: '4px 10px', borderBottom: `1px solid ${theme.colors.border.weak}` }, th: { color: theme.colors.text.link, fontWeight: 500 } }),
});
