import type { AdHocVariableFilter, DataSourceInstanceSettings, Scope, ScopedVars } from '@grafana/data';
import { config, getDataSourceSrv, getTemplateSrv } from '@grafana/runtime';
import type { LogApi } from '../api';
import type { LinkTarget } from '../frames/derived';
import type { LabelType } from '../frames/logs';
import { levelFinder, type FindLevel } from '../frames/levels';
import { levelOfLine } from '../levels/levels';
import { addAdHocFilters, scopeFilters } from '../query/adhoc';
import { interpolate, type ReplaceVariables } from '../query/interpolate';
import type { Query } from '../query/model';
import { withVariables } from '../query/prepare';
import { maxLinesOf, type Settings } from '../settings';
import type { ContextChoice, ContextDeps } from './context';

/** Everything a feature needs of Grafana and of the settings of one data source. The features themselves never ask Grafana. */
export class Environment {
  readonly settings: Settings;
  readonly uid: string;
  readonly name: string;
  readonly maxLines: number;
  readonly findLevel: FindLevel;
  /** Grafana before 11 reads lines in an older form. */
  readonly legacyFrames: boolean;
  /** How wide the context of a line is; its scope is kept until the page is left, single labels until the window is closed. */
  context: ContextChoice = { scope: 'stream' };
  /** Where labels came from in the lines shown last. */
  readonly seenTypes = new Map<string, LabelType>();

  constructor(
    readonly api: LogApi,
    instance: DataSourceInstanceSettings<Settings>
  ) {
    this.settings = instance.jsonData ?? {};
    this.uid = instance.uid;
    this.name = instance.name;
    this.maxLines = maxLinesOf(this.settings);
    this.findLevel = levelFinder(this.settings.levelRules ?? [], levelOfLine);
    this.legacyFrames = Number((config.buildInfo?.version ?? '').split('.')[0]) < 11;
  }

  readonly replace: ReplaceVariables = (text, scopedVars, format) => getTemplateSrv().replace(text, scopedVars, format as string);

  /** Ad hoc filters of the dashboard: with the request in newer Grafana, from the template service before; and those of the chosen scopes. */
  adHocFilters(given: AdHocVariableFilter[] | undefined, scopes?: Scope[]): AdHocVariableFilter[] {
    const old = getTemplateSrv() as unknown as { getAdhocFilters?(name: string, withoutWarning: boolean): AdHocVariableFilter[] };
    // Newer Grafana still has the old way, and complains in the console to those who take it and do not say that they know.
    return [...scopeFilters(scopes), ...(given ?? old.getAdhocFilters?.(this.name, true) ?? [])];
  }

  /** A query of an editor with the values of dashboard variables in it. */
  readonly filled = (expr: string, scopedVars: ScopedVars = {}): string => interpolate(expr, this.replace, scopedVars);

  interpolated(query: Query, scopedVars: ScopedVars, filters?: AdHocVariableFilter[]): Query {
    // What a query names may be a variable of the dashboard (`${logs}`), which Explore does not know.
    const own = { type: 'binocle-logs-datasource', uid: this.uid };
    return { ...withVariables(query, this.replace, scopedVars, (expr) => addAdHocFilters(expr, this.adHocFilters(filters))), datasource: own };
  }

  setContext(choice: ContextChoice): void {
    this.context = choice;
  }

  findDataSource(uid: string): LinkTarget | undefined {
    const found = getDataSourceSrv().getInstanceSettings(uid);
    return found && { uid: found.uid, name: found.name, type: found.type };
  }

  contextDeps(): ContextDeps {
    return { api: this.api, findLevel: this.findLevel, legacyFrames: this.legacyFrames, ...this.context, fill: (expr, scopedVars) => this.filled(expr, scopedVars) };
  }
}
