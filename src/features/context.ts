import { FieldCache, type DataQueryResponse, type LogRowContextOptions, type LogRowModel } from '@grafana/data';
import { lastValueFrom } from 'rxjs';
import type { LogApi } from '../api';
import { logFrame, rowsOf, withStats } from '../frames/logs';
import type { FindLevel } from '../frames/levels';
import { escapeQuoted } from '../query/interpolate';
import type { Query } from '../query/model';

/** How wide the context is: the stream itself, or everything that shares its file or its machine. */
export type ContextScope = 'stream' | 'file' | 'host';

/** Labels that name a file and a machine, most telling first. */
export const fileLabels = ['filename', 'file', 'log_file'];
export const hostLabels = ['hostname', 'host', 'instance', 'node', 'nodename', 'pod', 'container'];

/** Lines are looked for this far from the row, as Grafana's own Loki source does. */
const windowMs = 2 * 3_600_000;
const limitDefault = 10;

export interface ContextDeps {
  api: LogApi;
  findLevel: FindLevel;
  legacyFrames: boolean;
  scope: ContextScope;
}

/** Labels of the row's stream: not those that were parsed or sent beside the line, which differ from line to line. */
export function streamLabels(row: LogRowModel): Record<string, string> {
  const types = new FieldCache(row.dataFrame).getFieldByName('labelTypes')?.values[row.rowIndex] as Record<string, string> | undefined;
  const labels = row.labels ?? {};
  return types ? Object.fromEntries(Object.entries(labels).filter(([name]) => types[name] === 'I')) : labels;
}

/** The selector of the context of a row. A wider scope that the row has no label for is its stream. */
export function contextExpr(row: LogRowModel, scope: ContextScope): string {
  const labels = streamLabels(row);
  const wide = scope === 'stream' ? undefined : (scope === 'file' ? fileLabels : hostLabels).find((name) => labels[name]);
  const chosen = wide ? [[wide, labels[wide]]] : Object.entries(labels);
  return `{${chosen.map(([name, value]) => `${name}="${escapeQuoted(value)}"`).join(', ')}}`;
}

/** The lines next to a row in one direction, without the filters of the query. */
export async function logContext(row: LogRowModel, options: LogRowContextOptions | undefined, query: Query | undefined, deps: ContextDeps): Promise<DataQueryResponse> {
  const forward = options?.direction === 'FORWARD';
  const ownNs = row.timeEpochNs;
  const spread = BigInt(options?.timeWindowMs ?? windowMs) * BigInt(1_000_000);
  const limit = options?.limit ?? limitDefault;
  const own = BigInt(ownNs);
  const direction = forward ? 'forward' : 'backward';
  const expr = contextExpr(row, deps.scope);
  // The end is not inside a range. Equal times: forward asks from the row's own time (the row itself is dropped by its id), backward up to it.
  const range = forward ? { startNs: ownNs, endNs: String(own + spread) } : { startNs: String(own - spread), endNs: String(own) };
  const response = await lastValueFrom(deps.api.queryRange({ expr, ...range, limit: limit + 1, direction }));
  const refId = `log-context-${direction}-${query?.refId ?? 'A'}`;
  const rows = response.data.resultType === 'streams' ? rowsOf(response.data, direction) : [];
  const others = forward ? rows.filter((other) => !(other.ns === ownNs && other.line === row.raw)) : rows;
  const frame = logFrame(others.slice(0, limit), { refId, expr, direction, findLevel: deps.findLevel, legacy: deps.legacyFrames });
  return { data: [withStats(frame, [response])] };
}

/** The context as a query of its own, for opening it in a split pane. */
export function contextQuery(row: LogRowModel, query: Query | undefined, scope: ContextScope): Query {
  return { ...query, refId: query?.refId ?? 'A', expr: contextExpr(row, scope), queryType: 'range' };
}
