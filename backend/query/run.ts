import { parse, problemText, type ParseOptions } from '../../src/logql';
import type { Expr } from '../../src/logql/ast';
import { badRequest } from '../model/errors';
import type { QueryLimits } from './budget';
import { timeoutError } from './budget';
import { checkLimits } from './checkLimits';
import { evaluateRuns } from './evaluate/evaluate';
import { Execution } from './execution';
import type { FragmentRunner } from './fragment';
import { readLogs } from './evaluate/mergeLogs';
import type { PlanRequest } from './plan/plan';
import { makePlan } from './plan/planner';
import type { QueryRequest } from './request';
import type { QueryStats, Result } from './result';
import { assembleMetric } from './evaluate/assemble';

export interface QueryDeps {
  runner: FragmentRunner;
  limits: QueryLimits;
  /** Warnings are shown to the user: the answer may lack parts of the store that are away, if the operator allowed that. */
  partial?: boolean;
}

export interface QueryAnswer {
  result: Result;
  stats: QueryStats;
  /** Sentences for the user about an answer that is not whole. */
  warnings: string[];
}

/**
 * Answers one query: parse, check limits, plan, run fragments, evaluate. Rejects with a RequestError in Loki's words for what the
 * user did wrong, 499 when `signal` fires, 504 when the time is over.
 */
export async function runQuery(request: QueryRequest, { runner, limits, partial }: QueryDeps, signal: AbortSignal): Promise<QueryAnswer> {
  const started = performance.now();
  const expr = parseQuery(request.query);
  const window = checkLimits(expr, request, limits);
  const plan = makePlan(expr, planRequest(request, window, expr, runner.parallel));
  return withTimeout(limits.timeoutMs, signal, async (limited) => {
    const execution = new Execution(request.tenants, runner, limits, limited, partial);
    const warnings: string[] = [];
    const result: Result =
      plan.kind === 'log' ? await readLogs(plan, execution) : await assembleMetric(plan, request.kind, evaluateRuns(plan, execution), limits, warnings);
    const { lines, bytes, chunks, passed, fragments } = execution.read;
    const stats = {
      linesProcessed: lines, bytesProcessed: bytes, linesPassed: passed, chunks, fragments,
      entriesReturned: entriesOf(result), execSeconds: (performance.now() - started) / 1000, queueSeconds: 0,
    };
    return { result, stats, warnings: [...execution.warnings, ...warnings] };
  });
}

/** The expression of a query text. Throws RequestError 400 with Loki's `parse error at line .., col ..: ..`. */
export function parseQuery(text: string, options: ParseOptions = {}): Expr {
  const { expr, problems } = parse(text, options);
  if (!expr) {
    throw badRequest(problemText(problems[0]));
  }
  return expr;
}

/** Metric queries start and end at multiples of the step, as Loki's query splitter makes them. */
export function planRequest(request: QueryRequest, window: { startNs: bigint; endNs: bigint }, expr: Expr, parallel: number): PlanRequest {
  if (request.kind === 'instant') {
    return { startNs: request.timeNs, endNs: request.timeNs, stepNs: 0n, direction: 'backward', limit: 0, intervalNs: 0, parallel };
  }
  const { stepNs, direction, limit, intervalNs } = request;
  const { startNs, endNs } = expr.kind === 'log' ? window : { startNs: floorTo(window.startNs, stepNs), endNs: -floorTo(-window.endNs, stepNs) };
  return { startNs, endNs, stepNs, direction, limit, intervalNs, parallel };
}

function floorTo(timeNs: bigint, stepNs: bigint): bigint {
  const rest = timeNs % stepNs;
  return timeNs - rest - (rest < 0n ? stepNs : 0n);
}

/** Longest that a timer can wait; a longer one would go off at once. */
const timerMsMax = 2 ** 31 - 1;

/** Runs `work` with a signal that also fires when the time is over (0: never), and when `work` ends: what it left running has no reader any more. */
async function withTimeout<T>(timeoutMs: number, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  let late = false;
  const end = (): void => {
    late = true;
    stop.abort();
  };
  const timer = timeoutMs > 0 ? setTimeout(end, Math.min(timeoutMs, timerMsMax)) : undefined;
  try {
    return await work(AbortSignal.any([signal, stop.signal]));
  } catch (error) {
    throw late && !signal.aborted ? timeoutError(timeoutMs) : error;
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

function entriesOf(result: Result): number {
  switch (result.kind) {
    case 'streams':
      return result.streams.reduce((sum, stream) => sum + stream.entries.length, 0);
    case 'matrix':
      return result.series.reduce((sum, series) => sum + series.points.length, 0);
    case 'vector':
      return result.samples.length;
    case 'scalar':
      return 0;
  }
}
