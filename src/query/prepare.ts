import { interpolate, timeVariables, type ReplaceVariables } from './interpolate';
import { kindOf } from './kind';
import { migrate, type Query } from './model';
import { stepMs } from './step';
import type { ScopedVars } from '@grafana/data';

/** A query ready to be sent: no variables left, filters in, step chosen. */
export interface Prepared extends Query {
  kind: 'log' | 'metric';
  instant: boolean;
  stepMs: number;
}

export interface PrepareContext {
  rangeMs: number;
  intervalMs: number;
  scopedVars: ScopedVars;
  replace: ReplaceVariables;
  /** Puts ad hoc filters in; gets the query with its variables filled. */
  addFilters(expr: string): string;
}

export function prepare(original: Query, { rangeMs, intervalMs, scopedVars, replace, addFilters }: PrepareContext): Prepared {
  const query = migrate(original);
  const chosen = stepMs({ intervalMs, rangeMs, step: query.step && replace(query.step, scopedVars), resolution: query.resolution });
  const isInstant = query.queryType === 'instant';
  const times = timeVariables({ intervalMs: query.supportingQueryType ? chosen : intervalMs, rangeMs, autoMs: isInstant ? rangeMs : chosen });
  const expr = addFilters(interpolate(query.expr, replace, { ...scopedVars, ...times }));
  const kind = kindOf(expr);
  return {
    ...query,
    expr,
    kind,
    instant: isInstant && kind === 'metric',
    stepMs: chosen,
    legendFormat: query.legendFormat && replace(query.legendFormat, scopedVars),
    splitDuration: query.splitDuration && replace(query.splitDuration, scopedVars),
  };
}

/** The same query with variables filled in, for Explore and the query history; times stay variables. */
export function withVariables(query: Query, replace: ReplaceVariables, scopedVars: ScopedVars, addFilters: (expr: string) => string): Query {
  const times = ['__interval', '__interval_ms', '__auto', '__range', '__range_s', '__range_ms'];
  const kept: ScopedVars = Object.fromEntries(times.map((name) => [name, { text: `$${name}`, value: `$${name}` }]));
  return {
    ...query,
    expr: addFilters(interpolate(query.expr, replace, { ...scopedVars, ...kept })),
    legendFormat: query.legendFormat && replace(query.legendFormat, scopedVars),
    step: query.step && replace(query.step, { ...scopedVars, ...kept }),
  };
}
