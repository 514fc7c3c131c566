import { FieldCache, type DataQueryResponse, type DataSourceRef, type LogRowContextOptions, type LogRowModel, type ScopedVars } from '@grafana/data';
import { lastValueFrom } from 'rxjs';
import type { LogApi } from '../api';
import { logFrame, rowsOf, withStats } from '../frames/logs';
import type { FindLevel } from '../frames/levels';
import { logQueriesOf, printStage, type LogExpr, type Stage } from '../logql';
import { parsed } from '../query/kind';
import type { Query } from '../query/model';
import { selectorText, type DraftMatcher } from '../query/selector';

/** How wide the context is: the stream itself, or everything that shares its file or its machine. */
export type ContextScope = 'stream' | 'file' | 'host';
const contextScopes: readonly ContextScope[] = ['stream', 'file', 'host'];

/** What the lines of a context share with the row: what the scope says, or labels chosen one by one. */
export interface ContextChoice {
  scope: ContextScope;
  labels?: readonly string[];
}

/** Labels that name a file and a machine, most telling first. */
export const fileLabels = ['filename', 'file', 'log_file'];
export const hostLabels = ['hostname', 'host', 'instance', 'node', 'nodename', 'pod', 'container'];

/** Lines are looked for this far from the row, as Grafana's own Loki source does. */
const windowMs = 2 * 3_600_000;
const limitDefault = 10;

export interface ContextDeps extends ContextChoice {
  api: LogApi;
  findLevel: FindLevel;
  legacyFrames: boolean;
  /** A query with the values of template variables in it. */
  fill(expr: string, scopedVars?: ScopedVars): string;
}

/** Labels of the row's stream: not those that were parsed or sent beside the line, which differ from line to line. */
export function streamLabels(row: LogRowModel): Record<string, string> {
  const types = new FieldCache(row.dataFrame).getFieldByName('labelTypes')?.values[row.rowIndex] as Record<string, string> | undefined;
  const labels = row.labels ?? {};
  return types ? Object.fromEntries(Object.entries(labels).filter(([name]) => types[name] === 'I')) : labels;
}

/** The label of the row that a scope wider than its stream goes by; undefined where it has none. */
export function widthLabel(row: LogRowModel, scope: ContextScope): string | undefined {
  const labels = streamLabels(row);
  const names = { stream: [], file: fileLabels, host: hostLabels }[scope];
  return names.find((name) => labels[name]);
}

/** Labels of the row's stream that the lines of its context share, in the order of the row. */
export function contextLabels(row: LogRowModel, { scope, labels = [] }: ContextChoice): string[] {
  const own = Object.keys(streamLabels(row));
  const chosen = own.filter((name) => labels.includes(name));
  const wide = widthLabel(row, scope);
  return chosen.length > 0 ? chosen : wide ? [wide] : own;
}

/** The scope that has the labels of a choice, its own first; undefined where none has just these. */
export function scopeOf(row: LogRowModel, choice: ContextChoice): ContextScope | undefined {
  const shared = contextLabels(row, choice).join();
  const fits = (scope: ContextScope) => scope === 'stream' || widthLabel(row, scope) !== undefined;
  return [choice.scope, ...contextScopes].find((scope) => fits(scope) && contextLabels(row, { scope }).join() === shared);
}

/**
 * The query of the context of a row: its stream, or what shares its file, its machine or the chosen labels; without the filters of the query
 * it was found by. A wider scope that the row has no label for is its stream. `expr` is that query, without variables.
 */
export function contextExpr(row: LogRowModel, choice: ContextChoice, expr = ''): string {
  const found = parsed(expr);
  const log = found && logQueriesOf(found)[0];
  const stages = log ? lookOf(log.stages).map((stage) => ` ${printStage(stage)}`) : [];
  return `${selectorText(contextMatchers(row, choice, log))}${stages.join('')}`;
}

function contextMatchers(row: LogRowModel, choice: ContextChoice, log: LogExpr | undefined): DraftMatcher[] {
  const labels = streamLabels(row);
  const own = contextLabels(row, choice).map((name): DraftMatcher => ({ name, op: '=', value: labels[name] }));
  // Labels that no scope has were chosen out of this one.
  const scope = scopeOf(row, choice) ?? choice.scope;
  // `drop`, `keep` and `label_format` take labels of the stream away from the row: what the query says of them is still true.
  const lost = widthLabel(row, scope) ? [] : (log?.selector.matchers ?? []).filter(({ name }) => labels[name] === undefined);
  return [...own, ...lost];
}

/** Stages that give a line its fields and its look. */
const lookKinds: ReadonlySet<Stage['kind']> = new Set<Stage['kind']>(['json', 'logfmt', 'regexp', 'pattern', 'unpack', 'lineFormat', 'labelFormat', 'decolorize']);
/** Stages that write the line anew. */
const rewritingKinds: ReadonlySet<Stage['kind']> = new Set<Stage['kind']>(['unpack', 'lineFormat', 'decolorize']);

/** Where a query writes its lines anew, their neighbours are written the same way; else lines are shown as they are stored. */
function lookOf(stages: Stage[]): Stage[] {
  return stages.some(({ kind }) => rewritingKinds.has(kind)) ? stages.filter(({ kind }) => lookKinds.has(kind)) : [];
}

/** The lines next to a row in one direction, without the filters of the query; newest first, as Grafana joins them on both sides of the row. */
export async function logContext(row: LogRowModel, options: LogRowContextOptions | undefined, query: Query | undefined, deps: ContextDeps): Promise<DataQueryResponse> {
  const forward = options?.direction === 'FORWARD';
  const ownNs = row.timeEpochNs;
  const spread = BigInt(options?.timeWindowMs ?? windowMs) * BigInt(1_000_000);
  const limit = options?.limit ?? limitDefault;
  const own = BigInt(ownNs);
  const direction = forward ? 'forward' : 'backward';
  const expr = contextExpr(row, deps, query && deps.fill(query.expr, options?.scopedVars));
  // The end is not inside a range. Equal times: forward asks from the row's own time (the row itself is dropped by its id), backward up to it.
  const range = forward ? { startNs: ownNs, endNs: String(own + spread) } : { startNs: String(own - spread), endNs: String(own) };
  const response = await lastValueFrom(deps.api.queryRange({ expr, ...range, limit: limit + 1, direction }));
  const refId = `log-context-${direction}-${query?.refId ?? 'A'}`;
  const rows = response.data.resultType === 'streams' ? rowsOf(response.data, direction) : [];
  const others = forward ? rows.filter((other) => !(other.ns === ownNs && other.line === row.raw)) : rows;
  const near = others.slice(0, limit);
  // Turned round, not sorted anew: lines of the same moment are in the order they came in.
  const nearest = forward ? near.reverse() : near;
  const frame = logFrame(nearest, { refId, expr, direction, findLevel: deps.findLevel, legacy: deps.legacyFrames });
  return { data: [withStats(frame, [response])] };
}

/** The context as a query of its own, for opening it in a split pane. */
export function contextQuery(row: LogRowModel, options: LogRowContextOptions | undefined, query: Query | undefined, { fill, ...choice }: Pick<ContextDeps, 'scope' | 'labels' | 'fill'>, datasource: DataSourceRef): Query {
  const expr = contextExpr(row, choice, query && fill(query.expr, options?.scopedVars));
  return { ...query, datasource: query?.datasource ?? datasource, refId: query?.refId ?? 'A', expr, queryType: 'range' };
}
