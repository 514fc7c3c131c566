import { z } from 'zod';
import type { LabelPair } from '../../src/correlate';
import { parseFlexibleMs } from './times';
import { badRequest } from '../model/errors';
import { compileAnchored } from '../text/re2';
import type { TimeWindow } from './prometheus';

/** What is asked of `/binocle/api/v1/correlate`, checked. */
export type CorrelateRequest = MapRequest | RankRequest | GrownRequest;

interface Common {
  window: TimeWindow;
  /** Which of the configured Prometheus sources; undefined: the only or first one. */
  prometheus?: string;
  /** The caller's label map; undefined: it is looked for. */
  pairs?: LabelPair[];
}

/** `mode=map`: which labels mean the same. `query` narrows the streams to a selector. */
export interface MapRequest extends Common {
  mode: 'map';
  query?: string;
}

/** `mode=rank`: which metric moved with the rate of this query. */
export interface RankRequest extends Common {
  mode: 'rank';
  query: string;
  stepMs?: number;
  /** Only lines of level error and worse. */
  errors: boolean;
  /** Also look at as long a time before the range. */
  baseline: boolean;
  limit: number;
}

/** `mode=logs`: which streams and patterns grew in the range, of a log query's streams or for a series with these labels. */
export interface GrownRequest extends Common {
  mode: 'logs';
  query?: string;
  labels: Record<string, string>;
  limit: number;
}

const limitDefault = 20;
const limitMax = 200;
/** Pairs of a caller's map; a real one has a handful. */
const pairsMax = 100;
const patternCharsMax = 500;
/** Sum of the numbers in the braces of a pattern (`[0-9a-f]{12}`): it grows by as much when it is made ready. */
const patternCountsMax = 500;
/** Characters of all values of a series' labels. */
const labelCharsMax = 16_384;
/** Ranges beyond this are compared at steps so coarse that nothing would be found. */
const rangeMsMax = 31 * 86_400_000;

const pairShape = z.object({
  log: z.string().min(1),
  metric: z.string().min(1),
  rule: z.enum(['equal', 'without-port', 'short-host', 'regex']),
  pattern: z.string().max(patternCharsMax).optional(),
  replacement: z.string().max(patternCharsMax).optional(),
  side: z.enum(['log', 'metric', 'both']).optional(),
  ignoreCase: z.boolean().optional(),
});

/** Reads the parameters of the request. Throws RequestError 400 with the parameter's name and what it should be. */
export function readRequest(form: URLSearchParams, nowMs: number): CorrelateRequest {
  const endMs = timeOf(form, 'end', nowMs, nowMs);
  const startMs = timeOf(form, 'start', nowMs, endMs - 3_600_000);
  if (!(startMs < endMs)) {
    throw badRequest('start must be before end');
  }
  if (endMs - startMs > rangeMsMax) {
    throw badRequest(`the range is longer than ${rangeMsMax / 86_400_000} days`);
  }
  const common: Common = { window: { startMs, endMs }, prometheus: form.get('prometheus') ?? undefined, pairs: pairsOf(form.get('map')) };
  const mode = form.get('mode') ?? 'rank';
  switch (mode) {
    case 'map':
      return { ...common, mode, query: form.get('query') ?? undefined };
    case 'rank':
      return { ...common, mode, query: needed(form, 'query'), stepMs: stepOf(form), errors: flag(form, 'errors', false), baseline: flag(form, 'baseline', true), limit: limitOf(form) };
    case 'logs':
      return form.has('query') ? { ...common, mode, query: needed(form, 'query'), labels: {}, limit: limitOf(form) } : { ...common, mode, labels: labelsOf(needed(form, 'labels')), limit: limitOf(form) };
    default:
      throw badRequest(`mode must be map, rank or logs, not ${JSON.stringify(mode.slice(0, 40))}`);
  }
}

function needed(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (value === null || value.trim() === '') {
    throw badRequest(`the parameter ${name} is missing`);
  }
  return value;
}

function timeOf(form: URLSearchParams, name: string, nowMs: number, otherwise: number): number {
  const text = form.get(name);
  if (text === null) {
    return otherwise;
  }
  const value = parseFlexibleMs(text, nowMs);
  if (value === undefined) {
    throw badRequest(`${name} must be a time in seconds, milliseconds or nanoseconds since 1970, or RFC 3339, not ${JSON.stringify(text.slice(0, 40))}`);
  }
  // Nanoseconds have no place in a double of milliseconds.
  return Math.round(value);
}

function stepOf(form: URLSearchParams): number | undefined {
  const text = form.get('step');
  if (text === null) {
    return undefined;
  }
  const found = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  const stepMs = found ? Number(found[1]) * { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[(found[2] ?? 's') as 'ms' | 's' | 'm' | 'h'] : 0;
  if (!(stepMs >= 1_000)) {
    throw badRequest(`step must be a duration of at least 1s, such as 15s, not ${JSON.stringify(text.slice(0, 40))}`);
  }
  return stepMs;
}

function flag(form: URLSearchParams, name: string, otherwise: boolean): boolean {
  const text = form.get(name);
  return text === null ? otherwise : text !== 'false' && text !== '0';
}

function limitOf(form: URLSearchParams): number {
  const value = Number(form.get('limit') ?? limitDefault);
  if (!Number.isInteger(value) || value < 1) {
    throw badRequest('limit must be a whole number above 0');
  }
  return Math.min(value, limitMax);
}

function jsonOf(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The position that the parser names says nothing to a caller who built the text.
    throw badRequest(`${name} is not JSON`);
  }
}

function labelsOf(text: string): Record<string, string> {
  const checked = z.record(z.string(), z.string()).safeParse(jsonOf('labels', text));
  if (!checked.success) {
    throw badRequest('labels must be a JSON object of label values, such as {"instance":"web1:9100"}');
  }
  if (Object.values(checked.data).reduce((sum, value) => sum + value.length, 0) > labelCharsMax) {
    throw badRequest(`the values of labels may have ${labelCharsMax} characters together`);
  }
  return checked.data;
}

function pairsOf(text: string | null): LabelPair[] | undefined {
  if (text === null || text === '') {
    return undefined;
  }
  const checked = z.array(pairShape).max(pairsMax).safeParse(jsonOf('map', text));
  if (!checked.success) {
    throw badRequest(`map must be a JSON array of pairs, such as [{"log":"hostname","metric":"instance","rule":"without-port"}]: ${checked.error.issues[0].message}`);
  }
  checked.data.forEach(checkPattern);
  return checked.data;
}

/** Patterns of a caller run in this process: in an engine that takes time linear in the value, so that only their own size has to be bounded. */
function checkPattern({ log, metric, rule, pattern }: LabelPair): void {
  if (rule !== 'regex' || pattern === undefined) {
    return;
  }
  const where = `the pattern of the pair ${log} and ${metric}`;
  const counts = [...pattern.matchAll(/\{([\d,]+)\}/g)].flatMap(([, numbers]) => numbers.split(',').map(Number));
  if (counts.reduce((sum, count) => sum + count, 0) > patternCountsMax) {
    throw badRequest(`${where} repeats too much: its counts may be ${patternCountsMax} together`);
  }
  try {
    compileAnchored(pattern);
  } catch (error) {
    throw badRequest(`${where} is none: ${(error as Error).message}`);
  }
}
