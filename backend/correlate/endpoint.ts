import { matchersOf, rankSeries, selectorText, toLogMatchers, type LabelPair, type LabelSet } from '../../src/correlate';
import { logQueriesOf, parse, problemText } from '../../src/logql';
import type { CorrelateLogsResponse, CorrelateMapResponse, CorrelateRankResponse } from '../../src/wire';
import { badRequest } from '../model/errors';
import { compileAnchored } from '../text/re2';
import { fetchCandidates, selectorsFor } from './candidates';
import { discoverMap } from './discover';
import type { PatternCounts } from '../patterns/patterns';
import { grownPatterns, grownStreams } from './grown';
import type { Prometheus, RangeSeries, TimeWindow } from './prometheus';
import { readRequest, type CorrelateRequest, type GrownRequest, type RankRequest } from './request';

/** What the endpoint asks of the logs of the caller's tenant. Each rejects when `signal` fires. */
export interface LogSide {
  /** A LogQL metric query at the steps `startMs, startMs + stepMs, ... endMs`, all of them multiples of the step. */
  range(query: string, window: TimeWindow & { stepMs: number }, signal: AbortSignal): Promise<RangeSeries[]>;
  /** A LogQL metric query at one time. */
  instant(query: string, atMs: number, signal: AbortSignal): Promise<Array<{ metric: Record<string, string>; value: number }>>;
  /** Label sets of the streams of a selector; undefined: of all. */
  sets(selector: string | undefined, window: TimeWindow, signal: AbortSignal): Promise<LabelSet[]>;
  /** Patterns of the lines of a selector, counted in each of some windows. */
  patterns(selector: string, windows: readonly TimeWindow[], signal: AbortSignal): Promise<PatternCounts>;
}

export interface CorrelateDeps {
  logs: LogSide;
  /** A configured Prometheus by its uid, or the first one; undefined when there is none. Never made from what a request says. */
  prometheus(uid: string | undefined): Prometheus | undefined;
  nowMs(): number;
}

export type CorrelateAnswer = CorrelateMapResponse | CorrelateRankResponse | CorrelateLogsResponse;

/** Steps of a ranking: enough to see minutes in hours, few enough for any Prometheus. */
const stepsAimed = 240;
const stepsMax = 1_440;
const stepMsMin = 5_000;

/**
 * Answers `/binocle/api/v1/correlate`. The form holds `mode` (map, rank, logs) and what that mode needs. Throws RequestError for what the
 * caller did wrong; stops soon after `signal` fires.
 */
export async function correlate(form: URLSearchParams, deps: CorrelateDeps, signal: AbortSignal): Promise<CorrelateAnswer> {
  const request = readRequest(form, deps.nowMs());
  switch (request.mode) {
    case 'map': {
      const { pairs, notes } = await discoverMap(await deps.logs.sets(request.query, request.window, signal), prometheusOf(request, deps), request.window, signal);
      return { mode: 'map', pairs, notes };
    }
    case 'rank':
      return rank(request, deps, signal);
    case 'logs':
      return grown(request, deps, signal);
  }
}

function prometheusOf(request: CorrelateRequest, deps: CorrelateDeps): Prometheus {
  const found = deps.prometheus(request.prometheus);
  if (!found) {
    throw badRequest(request.prometheus === undefined
      ? 'no Prometheus is configured: name one under datasources in the configuration'
      : `there is no data source ${JSON.stringify(request.prometheus.slice(0, 100))} in the configuration`);
  }
  return found;
}

async function rank(request: RankRequest, deps: CorrelateDeps, signal: AbortSignal): Promise<CorrelateAnswer> {
  const prometheus = prometheusOf(request, deps);
  const notes: string[] = [];
  const { selector, target } = targetQuery(request);
  const grid = gridOf(request);
  const [rates, logSets] = await Promise.all([deps.logs.range(target(grid.stepMs), grid, signal), deps.logs.sets(selector, request.window, signal)]);
  if (logSets.length === 0) {
    throw badRequest('the query has no streams in this range');
  }
  const pairs = request.pairs ?? (await discovered(deps, prometheus, request.window, notes, signal));
  const selectors = selectorsFor(logSets, pairs, notes);
  if (selectors.length === 0) {
    throw badRequest('no label of these logs is known to Prometheus; choose streams by a label such as hostname, or give a map');
  }
  const candidates = await fetchCandidates(prometheus, selectors, grid, request.window.endMs, signal);
  // No lines in a step is a count of nothing, not an unknown.
  const steps = Math.floor((grid.endMs - grid.startMs) / grid.stepMs) + 1;
  const values = Array.from({ length: steps }, (_, i) => rates.reduce((sum, one) => sum + (one.values[i] ?? 0), 0));
  const targetName = request.errors ? 'the errors' : 'the log rate';
  const ranking = rankSeries({ stepMs: grid.stepMs, start: grid.startMs, values }, candidates.series, {
    limit: request.limit, targetName, ...(grid.insideFrom > 0 ? { insideFrom: grid.insideFrom } : {}),
  });
  const byMetric = new Map(candidates.series.map((one) => [one.metric, one]));
  return {
    mode: 'rank',
    target: { start: grid.startMs, stepMs: grid.stepMs, values, query: target(grid.stepMs) },
    insideFrom: grid.insideFrom,
    pairs,
    ranked: ranking.ranked.map((one) => {
      const series = byMetric.get(one.metric);
      return { ...one, values: [...(series?.values ?? [])] as Array<number | null>, query: series?.query ?? '' };
    }),
    compared: candidates.series.length,
    queries: candidates.queries,
    notes: [...notes, ...candidates.notes, ...ranking.notes],
  };
}

/** The selector of the first log query in a query, and whether that is all of it. */
function logOf(query: string): { selector: string; isLog: boolean } {
  const { expr, problems } = parse(query);
  if (!expr) {
    throw badRequest(problemText(problems[0]));
  }
  const [log] = logQueriesOf(expr);
  if (!log) {
    throw badRequest('there is no log query in it');
  }
  return { selector: query.slice(log.selector.span.start, log.selector.span.end), isLog: expr.kind === 'log' };
}

/** The rate to compare with, and the selector of its streams. */
function targetQuery(request: RankRequest): { selector: string; target: (stepMs: number) => string } {
  const { selector, isLog } = logOf(request.query);
  const level = request.errors ? ' | __level__=~"error|critical"' : '';
  return { selector, target: (stepMs) => (isLog ? `sum(count_over_time(${request.query.trim()}${level} [${stepMs}ms]))` : request.query) };
}

interface Grid extends TimeWindow {
  stepMs: number;
  insideFrom: number;
}

/** Equal steps over the range and, unless told otherwise, as long a time before it. */
function gridOf({ window, stepMs: asked, baseline }: RankRequest): Grid {
  const length = window.endMs - window.startMs;
  const wanted = asked ?? Math.max(stepMsMin, Math.ceil(length / stepsAimed / 5_000) * 5_000);
  const stepMs = Math.max(wanted, Math.ceil((baseline ? 2 * length : length) / stepsMax));
  const inside = Math.floor(window.startMs / stepMs) * stepMs;
  const endMs = Math.floor(window.endMs / stepMs) * stepMs;
  const startMs = baseline ? inside - Math.floor(length / stepMs) * stepMs : inside;
  return { startMs, endMs, stepMs, insideFrom: (inside - startMs) / stepMs };
}

async function discovered(deps: CorrelateDeps, prometheus: Prometheus, window: TimeWindow, notes: string[], signal: AbortSignal): Promise<LabelPair[]> {
  const { pairs, notes: said } = await discoverMap(await deps.logs.sets(undefined, window, signal), prometheus, window, signal);
  notes.push(...said, ...pairs.map((pair) => pair.sentence));
  return pairs;
}

async function grown(request: GrownRequest, deps: CorrelateDeps, signal: AbortSignal): Promise<CorrelateAnswer> {
  const notes: string[] = [];
  const { selector, pairs } = await streamsOf(request, deps, notes, signal);
  const { startMs, endMs } = request.window;
  const length = endMs - startMs;
  const lines = `count_over_time(${selector}[${length}ms])`;
  const [before, inside, patterns] = await Promise.all([
    deps.logs.instant(lines, startMs, signal),
    deps.logs.instant(lines, endMs, signal),
    deps.logs.patterns(selector, [{ startMs: startMs - length, endMs: startMs }, { startMs, endMs }], signal),
  ]);
  return {
    mode: 'logs', selector, pairs, notes,
    streams: grownStreams(before, inside).slice(0, request.limit),
    patterns: grownPatterns(inFull(patterns, [before, inside].map((all) => all.reduce((sum, { value }) => sum + value, 0)), notes)).slice(0, request.limit),
  };
}

/** The selector of the logs that are asked about, by a query or through the label map. */
async function streamsOf(request: GrownRequest, deps: CorrelateDeps, notes: string[], signal: AbortSignal): Promise<{ selector: string; pairs: LabelPair[] }> {
  if (request.query !== undefined) {
    return { selector: logOf(request.query).selector, pairs: [] };
  }
  const pairs = request.pairs ?? (await discovered(deps, prometheusOf(request, deps), request.window, notes, signal));
  const { matchers } = toLogMatchers(matchersOf(request.labels), pairs, { compile: compileAnchored });
  if (matchers.length === 0) {
    throw badRequest('no label of this series is known to the logs; give a map');
  }
  return { selector: selectorText(matchers), pairs };
}

/** Of too many lines only the newest were looked at: their shares stand for all. `totals`: lines there are in each window. */
function inFull({ patterns, lines }: PatternCounts, totals: number[], notes: string[]): PatternCounts['patterns'] {
  const factors = lines.map((seen, index) => (seen > 0 ? Math.max(1, totals[index] / seen) : 1));
  if (factors.every((factor) => factor === 1)) {
    return patterns;
  }
  notes.push(`the patterns are those of the newest ${Math.max(...lines)} lines of each time, their counts are estimates`);
  return patterns.map((one) => ({ ...one, counts: one.counts.map((count, index) => Math.round(count * factors[index])) }));
}
