import { css } from '@emotion/css';
import {
  CoreApp,
  LoadingState,
  type AdHocVariableFilter,
  type AnnotationEvent,
  type AnnotationQuery,
  type DataFrame,
  type DataQueryResponse,
  type DataSourceApi,
  type GrafanaTheme2,
  type MetricFindValue,
  type TimeRange,
} from '@grafana/data';
import type { DataQuery } from '@grafana/schema';
import { Alert, Button, InlineField, InlineFieldRow, MultiSelect, Select, useStyles2 } from '@grafana/ui';
import React, { useCallback, useEffect, useState } from 'react';
import { lastValueFrom, type Observable } from 'rxjs';
import { Graph } from './Graph';
import { listen, requestOf } from './request';
import { setVariable } from './variables';

type Editor = React.ComponentType<Record<string, unknown>>;

/** What dashboards ask of a data source beyond queries. */
export type DashboardSource = Omit<DataSourceApi, 'variables' | 'annotations' | 'getTagKeys' | 'getTagValues'> & {
  variables: { editor: Editor; getDefaultQuery(): object; query(request: object): Observable<{ data: MetricFindValue[] }> };
  annotations: { QueryEditor: Editor; prepareQuery(annotation: AnnotationQuery): DataQuery | undefined; processEvents(annotation: AnnotationQuery, frames: DataFrame[]): Observable<AnnotationEvent[]> };
  getTagKeys(options: object): Promise<MetricFindValue[]>;
  getTagValues(options: object): Promise<MetricFindValue[]>;
};

const optionsOf = (found: MetricFindValue[]) => found.map(({ text }) => ({ label: text, value: text }));
/** Markers listed by their texts; the graph shows all. */
const markersMax = 5;
const noAnswer: DataQueryResponse = { data: [], state: LoadingState.NotStarted };

/** One panel with what surrounds it on a dashboard: a variable `$host`, an ad hoc filter, an annotation. */
export function Dashboard({ source, query, range, onChange }: { source: DashboardSource; query: DataQuery; range: TimeRange; onChange(query: DataQuery): void }) {
  const styles = useStyles2(getStyles);
  const [filters, setFilters] = useState<AdHocVariableFilter[]>([]);
  const [runs, setRuns] = useState(0);
  const [response, setResponse] = useState(noAnswer);
  const [events, setEvents] = useState<AnnotationEvent[]>([]);
  const run = () => setRuns((before) => before + 1);
  useEffect(() => {
    const asked = listen(source.query(requestOf(query, { name: 'panel', range, app: CoreApp.Dashboard, filters })), setResponse);
    return () => asked.unsubscribe();
    // The query is run on demand.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [source, range, filters, runs]);
  const graphs = (response.data as DataFrame[]).filter((frame) => frame.meta?.preferredVisualisationType !== 'logs');
  const PanelEditor = source.components?.QueryEditor as Editor | undefined;
  return (
    <main className={styles.page}>
      <Variable source={source} range={range} onRun={run} />
      <AdHocFilter source={source} range={range} query={query} onChange={setFilters} />
      <section className={styles.card} aria-label="Panel">
        {response.error && <Alert severity="error" title={response.error.message ?? 'The query failed'} />}
        {graphs.length > 0 && <Graph frames={graphs} range={range} height={220} label="Panel graph" marks={events.map(({ time = 0 }) => time)} onZoom={() => undefined} />}
        {PanelEditor && <PanelEditor datasource={source} query={query} range={range} app={CoreApp.PanelEditor} onChange={onChange} onRunQuery={run} history={[]} />}
      </section>
      <Annotations source={source} range={range} events={events} onEvents={setEvents} />
    </main>
  );
}

function Variable({ source, range, onRun }: { source: DashboardSource; range: TimeRange; onRun(): void }) {
  const styles = useStyles2(getStyles);
  const [query, setQuery] = useState<object>(() => source.variables.getDefaultQuery());
  const [found, setFound] = useState<MetricFindValue[]>([]);
  const [chosen, setChosen] = useState<string[]>([]);
  const VariableEditor = source.variables.editor;
  useEffect(() => {
    const asked = source.variables.query({ ...requestOf({ refId: 'V' }, { name: 'variable', range }), targets: [query] }).subscribe(({ data }) => setFound(data));
    return () => asked.unsubscribe();
  }, [source, query, range]);
  const choose = (values: string[]) => {
    setChosen(values);
    setVariable('host', values);
    onRun();
  };
  return (
    <section className={styles.card} aria-label="Variable">
      <div className={styles.title}>Variable $host</div>
      <VariableEditor datasource={source} query={query as DataQuery} range={range} onChange={setQuery} onRunQuery={() => undefined} />
      <InlineField label="Value" labelWidth={16}>
        <MultiSelect aria-label="Value of $host" width={50} options={optionsOf(found)} value={chosen} onChange={(options) => choose(options.map(({ value = '' }) => value))} />
      </InlineField>
    </section>
  );
}

function AdHocFilter({ source, range, query, onChange }: { source: DashboardSource; range: TimeRange; query: DataQuery; onChange(filters: AdHocVariableFilter[]): void }) {
  const styles = useStyles2(getStyles);
  const [filter, setFilter] = useState<AdHocVariableFilter>({ key: '', operator: '=', value: '' });
  const [keys, setKeys] = useState<MetricFindValue[]>([]);
  const [values, setValues] = useState<MetricFindValue[]>([]);
  const change = (next: AdHocVariableFilter) => {
    setFilter(next);
    onChange(next.key && next.value ? [next] : []);
  };
  const options = { timeRange: range, filters: [], queries: [query] };
  const operators = ['=', '!=', '=~', '!~', '<', '>'];
  return (
    <section className={styles.card} aria-label="Ad hoc filter">
      <InlineFieldRow>
        <InlineField label="Filter" labelWidth={16}>
          <Select aria-label="Key" width={24} options={optionsOf(keys)} value={filter.key || null} onOpenMenu={() => source.getTagKeys(options).then(setKeys)} onChange={({ value = '' }) => change({ ...filter, key: value, value: '' })} />
        </InlineField>
        <Select aria-label="Operator" width={8} options={operators.map((value) => ({ label: value, value }))} value={filter.operator} onChange={({ value = '=' }) => change({ ...filter, operator: value })} />
        <Select
          aria-label="Filter value"
          width={30}
          allowCustomValue
          options={optionsOf(values)}
          value={filter.value || null}
          onOpenMenu={() => source.getTagValues({ ...options, key: filter.key }).then(setValues)}
          onChange={({ value = '' }) => change({ ...filter, value })}
        />
      </InlineFieldRow>
    </section>
  );
}

function Annotations({ source, range, events, onEvents }: { source: DashboardSource; range: TimeRange; events: AnnotationEvent[]; onEvents(events: AnnotationEvent[]): void }) {
  const styles = useStyles2(getStyles);
  const [annotation, setAnnotation] = useState<AnnotationQuery>({ name: 'Errors', enable: true, iconColor: 'red' });
  const AnnotationEditor = source.annotations.QueryEditor;
  const mark = useCallback(async () => {
    const query = source.annotations.prepareQuery(annotation);
    if (query) {
      const { data } = await lastValueFrom(source.query(requestOf(query, { name: 'annotation', range, app: CoreApp.Dashboard })) as Observable<DataQueryResponse>);
      onEvents(await lastValueFrom(source.annotations.processEvents(annotation, data as DataFrame[])));
    }
  }, [source, annotation, range, onEvents]);
  return (
    <section className={styles.card} aria-label="Annotation">
      <div className={styles.title}>Annotation</div>
      <AnnotationEditor
        datasource={source}
        query={(annotation.target ?? { refId: 'Anno', expr: '' }) as DataQuery}
        range={range}
        annotation={annotation}
        onAnnotationChange={setAnnotation}
        onChange={(target: DataQuery) => setAnnotation((before) => ({ ...before, target }))}
        onRunQuery={() => undefined}
      />
      <Button variant="secondary" onClick={mark}>
        Show markers
      </Button>
      <div role="list" aria-label="Markers">
        {events.slice(0, markersMax).map((event, index) => (
          <div key={index} role="listitem" className={styles.event}>
            <b>{event.title}</b> {event.text} <i>{event.tags?.join(', ')}</i>
          </div>
        ))}
      </div>
    </section>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({ flex: 1, overflow: 'auto', padding: 16 }),
  card: css({ background: theme.colors.background.primary, border: `1px solid ${theme.colors.border.weak}`, borderRadius: 4, padding: 12, marginBottom: 12 }),
  title: css({ fontWeight: 500, marginBottom: 6 }),
  event: css({ fontSize: theme.typography.bodySmall.fontSize, padding: '2px 0', overflowWrap: 'anywhere' }),
});
