import type { DataFrame, DataQueryRequest, DataQueryResponse } from '@grafana/data';
import { merge, tap, type Observable } from 'rxjs';
import { addDerivedFields } from '../frames/derived';
import { noteLabelTypes } from '../frames/labelTypes';
import { logFrame } from '../frames/logs';
import { addAdHocFilters } from '../query/adhoc';
import { isRunnable, lineLimit, migrate, type Query } from '../query/model';
import { prepare, type Prepared } from '../query/prepare';
import type { Environment } from './environment';
import { run } from './run';
import { tail } from './tail';
import { searchWords } from '../query/highlight';
import { labelNames } from './adhoc';
import { companions } from './companions';
import { metricLinks } from './labelMap';
import { nsRangeOf } from '../query/range';

/** A request of Grafana: lines as they come when it is live, answers otherwise. */
export function runRequest(request: DataQueryRequest<Query>, environment: Environment): Observable<DataQueryResponse> {
  const targets = request.targets.map(migrate).filter(isRunnable);
  const live = targets.map((query) => prepared(query, request, environment, undefined)).filter((query) => query.kind === 'log' && (request.liveStreaming || query.queryType === 'stream'));
  if (targets.length > 0 && live.length === targets.length) {
    return merge(...live.map((query) => follow(query, request, environment))).pipe(noting(environment));
  }
  const answers = run(request, targets, {
    api: environment.api,
    datasourceName: environment.name,
    maxLines: environment.maxLines,
    derivedFields: environment.settings.derivedFields ?? [],
    findLevel: environment.findLevel,
    levelRules: environment.settings.levelRules ?? [],
    legacyFrames: environment.legacyFrames,
    findDataSource: (uid) => environment.findDataSource(uid),
    companions: (query, asked) => companions(query, asked, environment),
    metricLinks: environment.settings.prometheusUid ? (asked) => metricLinks(environment, nsRangeOf(asked.range)) : undefined,
    prepare: async (query) => {
      const filters = environment.adHocFilters(request.filters, request.scopes);
      return prepared(query, request, environment, filters.length > 0 ? await labelNames(environment.api, request.range) : undefined);
    },
  });
  return answers.pipe(noting(environment));
}

function noting({ seenTypes }: Environment) {
  return tap(({ data }: DataQueryResponse) => (data as DataFrame[]).forEach((frame) => noteLabelTypes(frame, seenTypes)));
}

function prepared(query: Query, request: DataQueryRequest<Query>, environment: Environment, streamLabels: ReadonlySet<string> | undefined): Prepared {
  const filters = environment.adHocFilters(request.filters, request.scopes);
  return prepare(query, {
    rangeMs: request.range.to.valueOf() - request.range.from.valueOf(),
    intervalMs: request.intervalMs,
    scopedVars: request.scopedVars,
    replace: environment.replace,
    addFilters: (expr) => addAdHocFilters(expr, filters, streamLabels),
  });
}

/** How far back a live view starts. */
const liveBackMs = 5 * 60_000;

function follow(query: Prepared, request: DataQueryRequest<Query>, environment: Environment): Observable<DataQueryResponse> {
  const { api, findLevel, legacyFrames, settings } = environment;
  const words = searchWords(query.expr);
  const limit = lineLimit(query, environment.maxLines);
  return tail({
    refId: query.refId,
    expr: query.expr,
    limit,
    startNs: `${Math.max(request.range.from.valueOf(), Date.now() - liveBackMs)}000000`,
    api,
    toFrame: (rows) =>
      addDerivedFields(logFrame(rows, { refId: query.refId, expr: query.expr, direction: 'backward', limit, findLevel, legacy: legacyFrames, searchWords: words }), settings.derivedFields ?? [], (uid) =>
        environment.findDataSource(uid)
      ),
  });
}
