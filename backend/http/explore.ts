import { Router, type Request, type Response } from 'express';
import type { DetectedFieldsResponse, DetectedFieldValuesResponse, DetectedLabelsResponse, PatternsResponse } from '../../src/wire';
import { detectFields, valuesOf, type DetectedField } from '../detect/fields';
import { RequestError, badRequest } from '../model/errors';
import type { QuestionOf } from '../query/question';
import type { Volumes } from '../volume/volume';
import { answerInTurn, ask } from './ask';
import { closing } from './closing';
import type { AppDeps } from './deps';
import { encodeStats, labelsJson, numberText } from './encode';
import { parseLogExpr, parseSelector } from './logql';
import { intParam, limitParam, rangeParams, readForm, stepParam, type Bounds } from './params';
import { queryLimits } from './queryLimits';
import { servingReads } from './reads';
import { sendPaced, sendRoomy, type Body } from './roomyAnswer';
import { sendJson } from './sendJson';
import { tenantOf } from './tenants';

/** What helps to find a query: volumes, fields, labels and patterns. */
export function exploreRoutes(deps: AppDeps): Router {
  const router = Router();
  const serve = servingReads(router, deps.settings);
  serve('/loki/api/v1/index/volume', (request, response, tenants) => volume(request, response, deps, tenants, 'instant'));
  serve('/loki/api/v1/index/volume_range', (request, response, tenants) => volume(request, response, deps, tenants, 'range'));
  serve('/loki/api/v1/index/shards', (request, response, tenants) => shards(request, response, deps, tenants));
  serve('/loki/api/v1/detected_labels', async (request, response, tenants) => {
    const form = await readForm(request, deps);
    const select = { ...rangeParams(form, deps.now()), matchers: parseSelector(form.get('query') ?? '') };
    await sendRoomy(request, response, deps, { kind: 'detectedLabels', tenants, ...select }, (detectedLabels) => {
      const answer: DetectedLabelsResponse = detectedLabels.length > 0 ? { detectedLabels } : {};
      return JSON.stringify(answer);
    });
  });
  serve('/loki/api/v1/detected_fields', (request, response, tenants) =>
    sampleFields(request, response, deps, tenants, 'some', (fields, limit): DetectedFieldsResponse =>
      fields.size > 0 ? { fields: [...fields].map(([label, field]) => fieldJson(label, field)), limit } : {}
    )
  );
  serve('/loki/api/v1/detected_field/:name/values', (request, response, tenants) =>
    sampleFields(request, response, deps, tenants, 'all', (fields, limit): DetectedFieldValuesResponse => {
      const field = fields.get(String(request.params.name));
      return field ? { values: valuesOf(field, limit), limit } : {};
    })
  );
  serve('/loki/api/v1/patterns', async (request, response) => {
    const tenants = [tenantOf(request, deps.settings)];
    const form = await readForm(request, deps);
    const range = rangeParams(form, deps.now());
    const matchers = parseSelector(form.get('query') ?? '');
    const stepNs = stepParam(form, range);
    await sendRoomy(request, response, deps, { kind: 'patterns', tenants, ...range, matchers, stepNs }, (data) => {
      const answer: PatternsResponse = { status: 'success', data };
      return JSON.stringify(answer);
    });
  });
  router.get('/loki/api/v1/drilldown-limits', (request, response) => {
    const limits = deps.limits(tenantOf(request, deps.settings));
    sendJson(response, {
      limits: {
        discover_log_levels: true,
        max_entries_limit_per_query: limits.query.entriesMax,
        max_query_series: limits.query.seriesMax,
        volume_enabled: limits.volumeEnabled,
        volume_max_series: limits.volumeSeriesMax,
        query_timeout: `${limits.query.timeoutMs / 1000}s`,
        retention_period: `${limits.retentionNs / 1_000_000_000n}s`,
      },
      pattern_ingester_enabled: true,
      version: 'binocle',
      maxDetectedFields: 1_000,
      maxDetectedValues: 1_000,
      maxLabelValues: 1_000,
      maxLinesPerQuery: limits.query.entriesMax,
    });
  });
  return router;
}

async function volume(request: Request, response: Response, deps: AppDeps, tenants: string[], kind: 'instant' | 'range'): Promise<void> {
  const form = await readForm(request, deps);
  const range = rangeParams(form, deps.now());
  const aggregateBy = form.get('aggregateBy') || 'series';
  if (aggregateBy !== 'series' && aggregateBy !== 'labels') {
    throw badRequest('invalid aggregation option');
  }
  const limits = tenants.map((tenant) => deps.limits(tenant));
  if (!limits.every(({ volumeEnabled }) => volumeEnabled)) {
    throw new RequestError(404, 'volume is disabled; limits_config.volume_enabled switches it on');
  }
  const asked: QuestionOf<'volume'> = {
    kind: 'volume',
    tenants,
    ...range,
    matchers: parseSelector(form.get('query') ?? ''),
    targetLabels: (form.get('targetLabels') ?? '').split(',').filter(Boolean),
    aggregateBy,
    limit: Math.min(volumeLimit(form), ...limits.map(({ volumeSeriesMax }) => volumeSeriesMax)),
    stepNs: kind === 'instant' ? undefined : stepParam(form, range),
  };
  const started = performance.now();
  await sendRoomy(request, response, deps, asked, (merged) => encodeVolumes(merged, (performance.now() - started) / 1000));
}

/** Two million points would be 50 MB of text, which is never there as a whole. */
function encodeVolumes({ timesNs, rows }: Volumes, execSeconds: number): Body {
  const times = timesNs.map((ns) => Number(ns / 1_000_000n) / 1000);
  // As in Loki, a range whose rows have one point each is answered as a vector too.
  const isVector = rows.every(({ bytes }) => bytes.reduce((points, value) => (value > 0 ? points + 1 : points), 0) <= 1);
  const stats = encodeStats({ ...noStats, execSeconds, entriesReturned: rows.length, fragments: 1 });
  const buffers = new Set(rows.map(({ bytes }) => bytes.buffer));
  return {
    bytes: [...buffers].reduce((sum, { byteLength }) => sum + byteLength, rows.length * rowBytes),
    *each() {
      yield `{"status":"success","data":{"resultType":"${isVector ? 'vector' : 'matrix'}","result":[`;
      for (const [i, { labels, bytes }] of rows.entries()) {
        yield `${i > 0 ? ',' : ''}{"metric":${labelsJson(labels)},${isVector ? '"value":' : '"values":['}`;
        yield* pointTexts(times, bytes);
        yield isVector ? '}' : ']}';
      }
      yield `],"stats":${JSON.stringify(stats)}}}`;
    },
  };
}

/** What a row of a volume takes beside its numbers. */
const rowBytes = 400;

/** Buckets that hold anything, as text. */
function* pointTexts(times: number[], bytes: Float64Array): Generator<string> {
  let comma = '';
  for (const [i, value] of bytes.entries()) {
    if (value > 0) {
      yield `${comma}[${times[i]},"${numberText(value)}"]`;
      comma = ',';
    }
  }
}

/** No line is looked at for volumes and shards. */
const noStats = { linesProcessed: 0, bytesProcessed: 0, linesPassed: 0, entriesReturned: 0, chunks: 0, fragments: 0, execSeconds: 0, queueSeconds: 0 };

/** Here, and only here, Loki takes a limit of 0 for the default. */
const volumeLimit = (form: URLSearchParams): number => (intParam(form, 'limit', 0) === 0 ? volumeLimitDefault : limitParam(form));
const volumeLimitDefault = 100;

/** Everything is one shard here. Written as text: the bound does not fit a JavaScript number. */
async function shards(request: Request, response: Response, deps: AppDeps, tenants: string[]): Promise<void> {
  const form = await readForm(request, deps);
  const select = { ...rangeParams(form, deps.now()), matchers: parseSelector(form.get('query') ?? '') };
  const stats = await answerInTurn(deps, { kind: 'stats', tenants, ...select }, closing(response));
  response.set('Content-Type', 'application/json; charset=UTF-8');
  response.end(`{"shards":[{"bounds":{"min":0,"max":18446744073709551615},"stats":${JSON.stringify(stats)}}],"statistics":${JSON.stringify(encodeStats(noStats))}}\n`);
}

/** Answers about fields of a sample: the newest `line_limit` lines of the query; `limit` of them, or all when one is looked for. Room for the sample is held until the answer is read. */
async function sampleFields(
  request: Request,
  response: Response,
  deps: AppDeps,
  tenants: string[],
  kept: 'some' | 'all',
  answerOf: (fields: Map<string, DetectedField>, limit: number) => DetectedFieldsResponse | DetectedFieldValuesResponse
): Promise<void> {
  const form = await readForm(request, deps);
  const bounds: Bounds = rangeParams(form, deps.now());
  const lineLimit = limitParam(form, 'line_limit', 100);
  const limit = limitParam(form, form.get('limit') ? 'limit' : 'field_limit', 1_000);
  stepParam(form, bounds);
  const text = form.get('query') ?? '';
  parseLogExpr(text, 'only log selector is supported');
  const asked = { kind: 'range' as const, tenants, query: text, ...bounds, limit: lineLimit, direction: 'backward' as const, stepNs: 1_000_000_000n, intervalNs: 0 };
  await ask(deps, asked, { limits: queryLimits(deps, tenants), signal: closing(response) }, ({ result }) => {
    const fields = result.kind === 'streams' ? detectFields(result.streams, kept === 'all' ? Infinity : limit) : new Map<string, DetectedField>();
    return sendPaced(request, response, JSON.stringify(answerOf(fields, limit)));
  });
}

function fieldJson(label: string, { type, values, parsers }: DetectedField): NonNullable<DetectedFieldsResponse['fields']>[0] {
  return { label, type, cardinality: values.size, parsers: parsers ? [...parsers].sort() : null };
}

