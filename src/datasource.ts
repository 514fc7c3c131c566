import {
  DataSourceApi,
  type AbstractQuery,
  type AdHocVariableFilter,
  type DataFrame,
  type DataQueryRequest,
  type DataQueryResponse,
  type DataSourceGetTagKeysOptions,
  type DataSourceGetTagValuesOptions,
  type DataSourceInstanceSettings,
  type LegacyMetricFindQueryOptions,
  type LogRowContextOptions,
  type LogRowModel,
  type MetricFindValue,
  type QueryFixAction,
  type QueryFilterOptions,
  type ScopedVars,
  type SupplementaryQueryOptions,
  type SupplementaryQueryType,
  type TimeRange,
  type ToggleFilterAction,
} from '@grafana/data';
import { HttpLogApi, type LogApi } from './api';
import { ServerLabelSource, type LabelSource } from './editor/LabelSource';
import { nsRangeOf } from './query/range';
import { contextUi } from './editor/contextUi';
import { rememberedMode } from './editor/editorMode';
import { tagKeys, tagValues } from './features/adhoc';
import { annotationSupport } from './features/annotations';
import { contextQuery, logContext } from './features/context';
import { Environment } from './features/environment';
import { exportQueries, importQueries } from './features/exchange';
import { grewIn, movedIn } from './features/findings';
import type { GrownAnswer, GrownRequest } from './features/grown';
import type { MovedAnswer, MovedRequest } from './features/moved';
import { checkHealth } from './features/health';
import { queryHints } from './features/hints';
import { runRequest } from './features/request';
import { supplementaryData, supplementaryRequest } from './features/supplementary';
import { findValues, LogVariableSupport } from './features/variables';
import { labelGroup } from './frames/labelTypes';
import { applyAction, hasFilter, supportedActions, toggleFilter } from './query/actions';
import { defaultQuery, isRunnable, type Query } from './query/model';
import type { VariableQuery } from './query/variable';
import { supplementaryQuery, supplementaryTypes } from './query/supplementary';
import type { Settings } from './settings';

/** The shell: Grafana's methods, each handed on to the function that does it. */
export class LogDataSource extends DataSourceApi<Query, Settings> {
  readonly api: LogApi;
  readonly environment: Environment;
  readonly settings: Settings;
  annotations = annotationSupport;
  /** For Grafana 12 and newer: the context window may offer how far to look. */
  readonly supportsAdjustableWindow = true;
  variables: LogVariableSupport;

  constructor(settings: DataSourceInstanceSettings<Settings>) {
    super(settings);
    this.api = new HttpLogApi(settings);
    this.environment = new Environment(this.api, settings);
    this.settings = this.environment.settings;
    this.variables = new LogVariableSupport(this.api, this.environment.replace);
  }

  query(request: DataQueryRequest<Query>) {
    return runRequest(request, this.environment);
  }

  testDatasource() {
    return checkHealth(this.api, nsRangeOf(undefined, Date.now(), 24));
  }

  getDefaultQuery(): Partial<Query> {
    return defaultQuery(rememberedMode());
  }

  filterQuery(query: Query): boolean {
    return isRunnable(query);
  }

  getQueryDisplayText(query: Query): string {
    return query.expr ?? '';
  }

  interpolateVariablesInQueries(queries: Query[], scopedVars: ScopedVars, filters?: AdHocVariableFilter[]): Query[] {
    return queries.map((query) => this.environment.interpolated(query, scopedVars, filters));
  }

  // Explore: volume, sample, context, filters, hints.

  getSupportedSupplementaryQueryTypes(): SupplementaryQueryType[] {
    return Object.values(supplementaryTypes) as string[] as SupplementaryQueryType[];
  }

  getSupplementaryQuery(options: SupplementaryQueryOptions, query: Query): Query | undefined {
    return supplementaryQuery(options, query);
  }

  getSupplementaryRequest(type: SupplementaryQueryType, request: DataQueryRequest<Query>, options?: SupplementaryQueryOptions) {
    return supplementaryRequest(type, request, options);
  }

  getDataProvider(type: SupplementaryQueryType, request: DataQueryRequest<Query>) {
    return supplementaryData(type, request, (asked) => this.query(asked));
  }

  getLogRowContext(row: LogRowModel, options?: LogRowContextOptions, query?: Query): Promise<DataQueryResponse> {
    return logContext(row, options, query, this.environment.contextDeps());
  }

  getLogRowContextQuery(row: LogRowModel, options?: LogRowContextOptions, query?: Query): Promise<Query | null> {
    return Promise.resolve(contextQuery(row, options, query, this.environment.contextDeps(), this.getRef()));
  }

  getLogRowContextUi(row: LogRowModel, run?: () => void) {
    return contextUi(row, this.environment, run);
  }

  showContextToggle(): boolean {
    return true;
  }

  modifyQuery(query: Query, action: QueryFixAction): Query {
    return applyAction(query, action, this.environment.seenTypes);
  }

  getSupportedQueryModifications(): string[] {
    return supportedActions;
  }

  toggleQueryFilter(query: Query, filter: ToggleFilterAction): Query {
    return toggleFilter(query, filter, this.environment.seenTypes);
  }

  queryHasFilter(query: Query, filter: QueryFilterOptions): boolean {
    return hasFilter(query, filter);
  }

  getQueryHints(query: Query, frames: DataFrame[]) {
    return queryHints(query, frames);
  }

  getLabelDisplayTypeFromFrame(label: string, frame: DataFrame | undefined, row: number | null): string | null {
    return labelGroup(label, frame, row);
  }

  // Dashboards: variables and ad hoc filters.

  metricFindQuery(query: VariableQuery | string, options?: LegacyMetricFindQueryOptions): Promise<MetricFindValue[]> {
    return findValues(query, nsRangeOf(options?.range), this.api, this.environment.replace, options?.scopedVars);
  }

  getTagKeys(options?: DataSourceGetTagKeysOptions<Query>): Promise<MetricFindValue[]> {
    return tagKeys(this.api, this.environment.filled, options);
  }

  getTagValues(options: DataSourceGetTagValuesOptions<Query>): Promise<MetricFindValue[]> {
    return tagValues(this.api, this.environment.filled, options);
  }

  // Changing between data sources keeps what was selected, through the label map.

  importFromAbstractQueries(queries: AbstractQuery[]): Promise<Query[]> {
    return importQueries(queries, this.environment);
  }

  exportToAbstractQueries(queries: Query[]): Promise<AbstractQuery[]> {
    return exportQueries(queries, this.environment);
  }

  /** For the editor: metrics of the same machines, by how they moved with the lines. */
  whichMoved(request: MovedRequest): Promise<MovedAnswer> {
    return movedIn(request, this.environment);
  }

  /** For the editor: patterns of lines that became more. */
  whichGrew(request: GrownRequest): Promise<GrownAnswer> {
    return grewIn(request, this.environment);
  }

  /** For editors: the server's labels in a range. */
  labelSource(range?: TimeRange): LabelSource {
    return new ServerLabelSource(this.api, () => nsRangeOf(range));
  }
}
