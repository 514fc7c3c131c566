import type { IncomingMessage } from 'node:http';
import { parsePrometheusDuration } from '../../src/logql';
import { badRequest } from '../model/errors';
import { nsPerSecond, parseRfc3339Ns } from '../model/time';
import { readBody } from './body';

/** Parameters of the read endpoints: text to checked values, with Loki's defaults and words (pkg/loghttp/params.go, query.go). */

/** Queries may have 131,072 bytes; percent-encoding triples them at most, and a few other parameters go along. */
const formBytesMax = 512 * 1024;
const defaultLimit = 100;
const defaultSinceNs = 3_600n * nsPerSecond;
/** Most points of a series: (end - start) / step. */
const pointsMax = 11_000n;

export type Direction = 'forward' | 'backward';

/** The parameters of a request: those of a POST form before those of the URL, as Go's `r.Form` has them. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const query = (request.url ?? '').split('?').slice(1).join('?');
  const fromUrl = new URLSearchParams(query);
  const type = String(request.headers['content-type'] ?? '').split(';')[0].trim().toLowerCase();
  if (request.method === 'GET' || request.method === 'HEAD' || type !== 'application/x-www-form-urlencoded') {
    return fromUrl;
  }
  const body = await readBody(request, formBytesMax);
  return new URLSearchParams([...new URLSearchParams(body.toString('utf8')), ...fromUrl]);
}

/**
 * A time: a float is seconds, an integer of at most ten characters seconds, a longer one nanoseconds, anything else RFC 3339.
 * Undefined when it is none of these.
 */
export function parseTimeNs(text: string): bigint | undefined {
  if (text.includes('.') && /^[+-]?\d*\.?\d*(?:[eE][+-]?\d+)?$/.test(text) && /\d/.test(text)) {
    const value = Number(text);
    const whole = Math.trunc(value);
    // Loki rounds the fraction to milliseconds.
    return BigInt(whole) * nsPerSecond + BigInt(Math.round((value - whole) * 1_000)) * 1_000_000n;
  }
  if (/^[+-]?\d{1,19}$/.test(text)) {
    const value = BigInt(text.replace('+', ''));
    return text.length <= 10 ? value * nsPerSecond : value;
  }
  return parseRfc3339Ns(text);
}

function timeParam(form: URLSearchParams, name: string, otherwise: bigint): bigint {
  const text = form.get(name) ?? '';
  if (text === '') {
    return otherwise;
  }
  const ns = parseTimeNs(text);
  if (ns === undefined) {
    throw badRequest(`could not parse '${name}' parameter: strconv.ParseInt: parsing ${JSON.stringify(text.slice(0, 100))}: invalid syntax`);
  }
  return ns;
}

/** `time` of an instant query; its error has no name in front in Loki. */
export function instantParam(form: URLSearchParams, nowNs: bigint): bigint {
  const text = form.get('time') ?? '';
  const ns = text === '' ? nowNs : parseTimeNs(text);
  if (ns === undefined) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text.slice(0, 100))}: invalid syntax`);
  }
  return ns;
}

export interface Bounds {
  startNs: bigint;
  endNs: bigint;
}

/** `start`, `end` and `since`: the end is now, the start `since` (1h) before the end or now, whichever is earlier. */
export function boundsParams(form: URLSearchParams, nowNs: bigint): Bounds {
  const endNs = timeParam(form, 'end', nowNs);
  const since = form.get('since') ?? '';
  const sinceNs = since === '' ? defaultSinceNs : parsePromDurationNs(since);
  if (sinceNs === undefined) {
    throw badRequest(`could not parse 'since' parameter: not a valid duration string: ${JSON.stringify(since.slice(0, 100))}`);
  }
  const latest = endNs > nowNs ? nowNs : endNs;
  return { startNs: timeParam(form, 'start', latest - sinceNs), endNs };
}

/** The range of a query, which may not be empty or reversed. */
export function rangeParams(form: URLSearchParams, nowNs: bigint): Bounds {
  const bounds = boundsParams(form, nowNs);
  if (bounds.endNs < bounds.startNs) {
    throw badRequest('end timestamp must not be before or equal to start time');
  }
  return bounds;
}

export function intParam(form: URLSearchParams, name: string, otherwise: number): number {
  const text = form.get(name) ?? '';
  if (text === '') {
    return otherwise;
  }
  if (!/^[+-]?\d{1,15}$/.test(text)) {
    throw badRequest(`strconv.Atoi: parsing ${JSON.stringify(text.slice(0, 100))}: invalid syntax`);
  }
  return Number(text);
}

export function limitParam(form: URLSearchParams, name = 'limit', otherwise = defaultLimit): number {
  const limit = intParam(form, name, otherwise);
  if (limit <= 0) {
    throw badRequest('limit must be a positive value');
  }
  return limit;
}

export function directionParam(form: URLSearchParams): Direction {
  const text = form.get('direction') ?? '';
  const direction = text.toLowerCase();
  if (direction === '') {
    return 'backward';
  }
  if (direction !== 'forward' && direction !== 'backward') {
    throw badRequest(`invalid direction '${text.slice(0, 100)}'`);
  }
  return direction;
}

/** `step` in ns: a duration or seconds; by default a 250th of the range, at least a second. Checks Loki's cap on points. */
export function stepParam(form: URLSearchParams, { startNs, endNs }: Bounds): bigint {
  const stepNs = durationParam(form, 'step') ?? maxOf((endNs - startNs) / 250n / nsPerSecond, 1n) * nsPerSecond;
  if (stepNs <= 0n) {
    throw badRequest('zero or negative query resolution step widths are not accepted. Try a positive integer');
  }
  if ((endNs - startNs) / stepNs > pointsMax) {
    throw badRequest('exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter');
  }
  return stepNs;
}

/** `interval` in ns: the lines of a log query are at least so far apart, over all streams together. 0n: all. */
export function intervalParam(form: URLSearchParams): bigint {
  const intervalNs = durationParam(form, 'interval') ?? 0n;
  if (intervalNs < 0n) {
    throw badRequest('interval must be >= 0');
  }
  return intervalNs;
}

function durationParam(form: URLSearchParams, name: string): bigint | undefined {
  const text = form.get(name) ?? '';
  if (text === '') {
    return undefined;
  }
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) {
    const ns = Number(text) * 1e9;
    if (!(Math.abs(ns) <= 9.2e18)) {
      throw badRequest(`cannot parse ${JSON.stringify(text.slice(0, 100))} to a valid duration. It overflows int64`);
    }
    return BigInt(Math.trunc(ns));
  }
  const ns = parsePromDurationNs(text);
  if (ns === undefined) {
    throw badRequest(`cannot parse ${JSON.stringify(text.slice(0, 100))} to a valid duration`);
  }
  return ns;
}

/** Prometheus' durations in ns; a bare `0` too. Undefined when it is none. */
export function parsePromDurationNs(text: string): bigint | undefined {
  const parsed = parsePrometheusDuration(text);
  return parsed.ok ? BigInt(Math.round(parsed.value)) : text === '0' ? 0n : undefined;
}

const maxOf = (a: bigint, b: bigint): bigint => (a > b ? a : b);
