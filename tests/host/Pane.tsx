import { css } from '@emotion/css';
import { CoreApp, getDefaultTimeRange, LoadingState, SupplementaryQueryType, type DataFrame, type DataQueryRequest, type DataQueryResponse, type DataSourceApi, type DataSourceInstanceSettings, type GrafanaTheme2, type HistoryItem, type LogRowModel, type PanelData, type QueryFixAction, type TimeRange } from '@grafana/data';
import type { DataQuery } from '@grafana/schema';
import { Alert, Button, IconButton, Select, ToolbarButton, useStyles2 } from '@grafana/ui';
import React, { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { Observable, Subscription } from 'rxjs';
import { ContextView } from './ContextView';
import { Graph } from './Graph';
import { recentQueries, rememberQuery } from './history';
import type { InternalLink } from './LogDetails';
import { LogsCard } from './LogsCard';
import { PromEditor } from './PromEditor';
import { listen, requestOf } from './request';
import { TableView } from './TableView';
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
  /** An address that shows this pane with one line marked. */
  addressOf(line: string): string;
  onClose?(): void;
}

/** The methods Explore calls beyond those of every data source. */
type LogsSource = DataSourceApi & {
  getDataProvider?(type: SupplementaryQueryType, request: DataQueryRequest<DataQuery>): Observable<DataQueryResponse> | undefined;
  toggleQueryFilter?(query: DataQuery, filter: { type: 'FILTER_FOR' | 'FILTER_OUT'; options: Record<string, string>; frame?: DataFrame }): DataQuery;
  getSupportedQueryModifications?(): string[];
  queryHasFilter?(query: DataQuery, filter: Record<string, string>): boolean;
  exportToAbstractQueries?(queries: DataQuery[]): Promise<DataQuery[]>;
  importFromAbstractQueries?(queries: DataQuery[]): Promise<DataQuery[]>;
  getLogRowContext?(row: LogRowModel, options: object, query: DataQuery): Promise<DataQueryResponse>;
};

/** What is on screen stays until there is something else. */
const shown = (show: (frames: DataFrame[]) => void) => (answer: DataQueryResponse) => (answer.data.length > 0 || answer.state !== LoadingState.Loading) && show(answer.data as DataFrame[]);

const emptyResponse: DataQueryResponse = { data: [], state: LoadingState.NotStarted };

export function Pane({ state, name, sources, settings, range, runs, onChange, onZoom, onSplit, addressOf, onClose }: Props) {
  const styles = useStyles2(getStyles);
  const source = (sources.get(state.uid) ?? [...sources.values()][0]) as LogsSource;
  const [response, setResponse] = useState<DataQueryResponse>(emptyResponse);
  const [volume, setVolume] = useState<DataFrame[]>([]);
  const [sample, setSample] = useState<DataFrame[]>([]);
  const [history, setHistory] = useState<HistoryItem[]>(recentQueries);
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
      const request = requestOf(queryRef.current, { name, range, live: isLive });
      if (source.filterQuery && !source.filterQuery(queryRef.current)) {
        setResponse(emptyResponse);
        setVolume([]);
        setSample([]);
        return;
      }
      setResponse((before) => ({ ...before, state: LoadingState.Loading }));
      subscriptions.current.push(listen(source.query(request), setResponse));
      const behind = (type: SupplementaryQueryType) => (isLive ? undefined : source.getDataProvider?.(type, { ...request, requestId: `${request.requestId}_${type}` }));
      const [counts, lines] = [behind(SupplementaryQueryType.LogsVolume), behind(SupplementaryQueryType.LogsSample)];
      if (counts) {
        subscriptions.current.push(listen(counts, shown(setVolume)));
      } else {
        setVolume([]);
      }
      if (lines) {
        subscriptions.current.push(listen(lines, shown(setSample)));
      } else {
        setSample([]);
      }
      setHistory(rememberQuery(queryRef.current));
    },
    [name, range, source, stop]
  );
  const cancel = () => {
    stop();
    setResponse((before) => ({ ...before, state: LoadingState.Done }));
  };
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
  const Help = source.components?.QueryEditorHelp;
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

  const apply = (action: QueryFixAction) => changeAndRun(source.modifyQuery?.(state.query, action) ?? state.query);
  const actions = (frame: DataFrame) => ({
    datasource: source,
    onFilter: (type: 'ADD_FILTER' | 'ADD_FILTER_OUT', key: string, value: string) => {
      const filter = { type: type === 'ADD_FILTER' ? ('FILTER_FOR' as const) : ('FILTER_OUT' as const), options: { key, value }, frame };
      changeAndRun(source.toggleQueryFilter?.(state.query, filter) ?? state.query);
    },
    isActive: (key: string, value: string) => source.queryHasFilter?.(state.query, { key, value }) ?? false,
    onText: source.getSupportedQueryModifications?.().includes('ADD_STRING_FILTER') ? (type: string, value: string) => apply({ type, options: { value }, frame }) : undefined,
    onContext: (row: number) => setContext({ frame, row }),
    onOpen: (link: InternalLink) => onSplit({ uid: link.datasourceUid, query: { ...link.query, refId: 'A' } }),
    addressOf,
  });

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
        {'getDataProvider' in source && (
          // In narrow windows Grafana shows the icon alone, and its name goes with the text.
          <ToolbarButton icon={live ? 'pause' : 'play'} variant={live ? 'active' : 'canvas'} aria-label={live ? 'Stop live' : 'Live'} onClick={() => setLive(!live)}>
            {live ? 'Stop live' : 'Live'}
          </ToolbarButton>
        )}
        <span className={styles.grow} />
        {loading ? (
          <Button size="md" icon="fa fa-spinner" variant="destructive" onClick={cancel}>
            Cancel
          </Button>
        ) : (
          <Button size="md" icon="sync" onClick={() => ask(live)}>
            Run query
          </Button>
        )}
        {onClose && <IconButton name="times" size="lg" aria-label={`Close ${name} pane`} onClick={onClose} />}
      </div>
      <div className={styles.editor}>
        <Editor datasource={source} query={state.query} range={range} app={CoreApp.Explore} data={data} onChange={change} onRunQuery={() => ask(live)} history={history} />
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
        <LogsCard key={frame.refId} frame={frame} title="Logs" live={live} older={(rest) => source.query(requestOf(state.query, { name: `${name}-older`, range: rest }))} range={range} {...actions(frame)} marked={state.line} />
      ))}
      {sample
        .filter((frame) => frame.length > 0)
        .map((frame) => (
          <LogsCard key={frame.refId} frame={frame} title="Logs sample" range={range} {...actions(frame)} />
        ))}
      {response.state === LoadingState.Done && frames.length === 0 && Boolean(state.query.expr) && <div className={styles.empty}>No data in this range</div>}
      {response.state === LoadingState.NotStarted && Help && <Help datasource={source} query={state.query} onClickExample={changeAndRun} />}
      {context && <ContextView {...context} source={source} query={state.query} onClose={() => setContext(undefined)} />}
    </section>
  );
}

/** What Grafana's Prometheus source makes of exported matchers. */
function promQuery(query: DataQuery): Record<string, unknown> {
  const signs: Record<string, string> = { Equal: '=', NotEqual: '!=', EqualRegEx: '=~', NotEqualRegEx: '!~' };
  const { labelMatchers = [] } = query as DataQuery & { labelMatchers?: Array<{ name: string; operator: string; value: string }> };
  const metric = labelMatchers.find((one) => one.name === '__name__' && one.operator === 'Equal')?.value ?? '';
  const matchers = labelMatchers.filter((one) => one.name !== '__name__').map((one) => `${one.name}${signs[one.operator]}"${one.value}"`);
  return { expr: metric || matchers.length > 0 ? `${metric}{${matchers.join(', ')}}` : '' };
}

const getStyles = (theme: GrafanaTheme2) => ({
  pane: css({ flex: '1 1 0', minWidth: 0, minHeight: 0, overflow: 'auto', padding: '0 16px 24px' }),
  bar: css({ display: 'flex', alignItems: 'center', gap: 8, padding: '8px 0', position: 'sticky', top: 0, zIndex: 5, background: theme.colors.background.canvas }),
  grow: css({ flex: 1 }),
  editor: css({ background: theme.colors.background.primary, border: `1px solid ${theme.colors.border.weak}`, borderRadius: 4, padding: 12, marginBottom: 12 }),
  card: css({ background: theme.colors.background.primary, border: `1px solid ${theme.colors.border.weak}`, borderRadius: 4, padding: '8px 12px 12px', marginBottom: 12 }),
  title: css({ fontWeight: 500, marginBottom: 6 }),
  muted: css({ color: theme.colors.text.secondary, fontWeight: 400, marginLeft: 8 }),
  empty: css({ color: theme.colors.text.secondary, textAlign: 'center', padding: '64px 0' }),
});
