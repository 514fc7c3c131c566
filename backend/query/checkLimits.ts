import type { Expr, LogExpr, MetricExpr, RangeAggregation, Selector } from '../../src/logql/ast';
import { formatGoDuration, formatPrometheusDuration } from '../../src/logql/units';
import { badRequest } from '../model/errors';
import { nowNs, nsPerMs } from '../model/time';
import type { TimeRange } from '../store/store';
import type { QueryLimits } from './budget';
import type { QueryRequest } from './request';

/**
 * Refuses what the limits of a tenant don't allow, in Loki's words (pkg/querier/queryrange/limits.go, pkg/validation/limits.go), and
 * answers the time range that may be read: `lookbackNsMax` moves an older start without an error.
 */
export function checkLimits(expr: Expr, request: QueryRequest, limits: QueryLimits): TimeRange {
  if (limits.blocked(request.query)) {
    throw badRequest('query blocked by policy');
  }
  const ranges = expr.kind === 'log' ? [] : rangesOf(expr);
  const logs: LogExpr[] = expr.kind === 'log' ? [expr] : ranges.map((range) => range.log);
  logs.forEach((log) => checkSelector(log.selector, limits));
  ranges.forEach((range) => checkRange(range, limits));
  if (request.kind === 'instant') {
    if (expr.kind === 'log') {
      throw badRequest('log queries are not supported as an instant query type, please change your query to a range query type');
    }
    return { startNs: request.timeNs, endNs: request.timeNs };
  }
  if (request.stepNs <= 0n) {
    throw badRequest('zero or negative query resolution step widths are not accepted. Try a positive integer');
  }
  if (expr.kind === 'log' && limits.entriesMax > 0 && request.limit > limits.entriesMax) {
    throw badRequest(
      `max entries limit per query exceeded, limit > max_entries_limit_per_query (${request.limit} > ${limits.entriesMax})`
    );
  }
  return checkWindow(request, limits);
}

function checkWindow({ startNs, endNs }: TimeRange, limits: QueryLimits): TimeRange {
  const lengthNs = Number(endNs / nsPerMs - startNs / nsPerMs) * 1e6;
  if (limits.lengthNsMax > 0 && lengthNs > limits.lengthNsMax) {
    throw badRequest(
      `the query time range exceeds the limit (query length: ${formatGoDuration(lengthNs)}, limit: ${formatPrometheusDuration(limits.lengthNsMax)})`
    );
  }
  const oldestNs = limits.lookbackNsMax > 0 ? nowNs() - BigInt(limits.lookbackNsMax) : undefined;
  const from = oldestNs !== undefined && oldestNs > startNs ? oldestNs : startNs;
  return { startNs: from > endNs ? endNs : from, endNs };
}

function checkRange({ range }: RangeAggregation, { rangeNsMax }: QueryLimits): void {
  if (rangeNsMax > 0 && range.ns > rangeNsMax) {
    throw badRequest(`[interval] value exceeds limit: [${formatPrometheusDuration(range.ns)}] > [${formatPrometheusDuration(rangeNsMax)}]`);
  }
}

function checkSelector({ matchers }: Selector, limits: QueryLimits): void {
  const names = matchers.map((matcher) => matcher.name);
  const missing = limits.requiredLabels.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw badRequest(
      `stream selector is missing required matchers [${missing.join(', ')}], labels present in the query were [${names.join(', ')}]`
    );
  }
  if (matchers.length < limits.minimumLabels) {
    throw badRequest(
      `stream selector has less label matchers than required: (present: [${names.join(', ')}], number_present: ${matchers.length}, required_number_label_matchers: ${limits.minimumLabels})`
    );
  }
  if (limits.matchersMax > 0 && matchers.length > limits.matchersMax) {
    throw badRequest(`max streams matchers per query exceeded, matchers-count > limit (${matchers.length} > ${limits.matchersMax})`);
  }
}

/** The range aggregations of an expression, from left to right. */
function rangesOf(expr: MetricExpr): RangeAggregation[] {
  switch (expr.kind) {
    case 'range':
      return [expr];
    case 'vector':
    case 'labelReplace':
      return rangesOf(expr.expr);
    case 'binary':
      return [...rangesOf(expr.left), ...rangesOf(expr.right)];
    case 'vectorLiteral':
    case 'number':
      return [];
  }
}
