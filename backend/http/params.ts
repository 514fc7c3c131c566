import type { IncomingMessage } from 'node:http';
import { parsePrometheusDuration } from '../../src/logql';
import { badRequest } from '../model/errors';
import { nsPerMs, nsPerSecond, parseRfc3339Ns } from '../model/time';
import { parseGoFloat } from '../text/goNumber';
import { readBody, readBodyWithin } from './body';
import type { AppDeps } from './deps';

/** Parameters of the read endpoints: text to checked values, with Loki's defaults and words (pkg/loghttp/params.go, query.go). */

/** Queries may have 131,072 bytes; percent-encoding triples them at most, and a few other parameters go along. */
const formBytesMax = 512 * 1024;
/** Nearly all forms are smaller, and wait for no room: a connection that says nothing holds as much. */
const smallFormBytes = 16 * 1024;
const defaultLimit = 100;
const defaultSinceNs = 3_600n * nsPerSecond;
/** Seconds of more than ten digits are refused: neither a store nor an answer could hold their nanoseconds. */
const secondsEnd = 1e10;
/** Most points of a series: (end - start) / step. */
const pointsMax = 11_000n;

export type Direction = 'forward' | 'backward';

/** The parameters of a request: those of a POST form before those of the URL, as Go's `r.Form` has them. */
export async function readForm(request: IncomingMessage, { formBudget }: Pick<AppDeps, 'formBudget'>): Promise<URLSearchParams> {
  const query = (request.url ?? '').split('?').slice(1).join('?');
  const fromUrl = new URLSearchParams(query);
  const type = String(request.headers['content-type'] ?? '').split(';')[0].trim().toLowerCase();
  if (request.method === 'GET' || request.method === 'HEAD' || type !== 'application/x-www-form-urlencoded') {
    return fromUrl;
  }
  const small = Number(request.headers['content-length']) <= smallFormBytes;
  const { body, release } = small ? { body: await readBody(request, smallFormBytes), release: () => undefined } : await readBodyWithin(request, formBytesMax, formBudget);
  try {
    return new URLSearchParams([...new URLSearchParams(body.toString('utf8')), ...fromUrl]);
  } finally {
    release();
  }
}

/**
 * A time: a float is seconds, an integer of at most ten characters seconds, a longer one nanoseconds, anything else RFC 3339.
 * Undefined when it is none of these.
 */
export function parseTimeNs(text: string): bigint | undefined {
  const seconds = text.includes('.') ? parseGoFloat(text) : undefined;
  if (seconds && seconds.error === undefined && Math.abs(seconds.value) < secondsEnd) {
    const whole = Math.trunc(seconds.value);
    // Loki rounds the fraction to milliseconds.
    return BigInt(whole) * nsPerSecond + BigInt(Math.round((seconds.value - whole) * 1_000)) * 1_000_000n;
  }
  const whole = wholeNumber(text);
  if (whole !== undefined) {
    return text.length <= 10 ? whole * nsPerSecond : whole;
  }
  return parseRfc3339Ns(text);
}

/** A whole number of 64 bits. */
function wholeNumber(text: string): bigint | undefined {
  const value = /^[+-]?\d{1,40}$/.test(text) ? BigInt(text.replace('+', '')) : undefined;
  return value !== undefined && BigInt.asIntN(64, value) === value ? value : undefined;
}

/** Go's words for a text that is none. */
function notWhole(reader: 'Atoi' | 'ParseInt', text: string): string {
  return `strconv.${reader}: parsing ${JSON.stringify(text.slice(0, 100))}: ${/^[+-]?\d+$/.test(text) ? 'value out of range' : 'invalid syntax'}`;
}

function timeParam(form: URLSearchParams, name: string, otherwise: bigint): bigint {
  const text = form.get(name) ?? '';
  if (text === '') {
    return otherwise;
  }
  const ns = parseTimeNs(text);
  if (ns === undefined) {
    throw badRequest(`could not parse '${name}' parameter: ${notWhole('ParseInt', text)}`);
  }
  return ns;
}

/** `time` of an instant query; its error has no name in front in Loki. */
export function instantParam(form: URLSearchParams, nowNs: bigint): bigint {
  const text = form.get('time') ?? '';
  const ns = text === '' ? nowNs : parseTimeNs(text);
  if (ns === undefined) {
    throw badRequest(notWhole('ParseInt', text));
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
  const value = wholeNumber(text);
  if (value === undefined) {
    throw badRequest(notWhole('Atoi', text));
  }
  return Number(value);
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

/** `step` in ns, of whole milliseconds: a duration or seconds; by default a 250th of the range, at least a second. Checks Loki's cap on points. */
export function stepParam(form: URLSearchParams, { startNs, endNs }: Bounds): bigint {
  const stepNs = durationParam(form, 'step') ?? maxOf((endNs - startNs) / 250n / nsPerSecond, 1n) * nsPerSecond;
  if (stepNs <= 0n) {
    throw badRequest('zero or negative query resolution step widths are not accepted. Try a positive integer');
  }
  if ((endNs - startNs) / stepNs > pointsMax) {
    throw badRequest('exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter');
  }
  return maxOf(stepNs / nsPerMs, 1n) * nsPerMs;
}

/** `interval` in ns, of whole milliseconds: the lines of a log query are at least so far apart, over all streams together. 0n: all. */
export function intervalParam(form: URLSearchParams): bigint {
  const intervalNs = durationParam(form, 'interval') ?? 0n;
  if (intervalNs < 0n) {
    throw badRequest('interval must be >= 0');
  }
  return (intervalNs / nsPerMs) * nsPerMs;
}

function durationParam(form: URLSearchParams, name: string): bigint | undefined {
  const text = form.get(name) ?? '';
  if (text === '') {
    return undefined;
  }
  const seconds = parseGoFloat(text);
  if (seconds.error === undefined) {
    const ns = seconds.value * 1e9;
    if (Math.abs(ns) > 2 ** 63) {
      throw badRequest(`cannot parse ${JSON.stringify(text.slice(0, 100))} to a valid duration. It overflows int64`);
    }
    // NaN becomes the least number there is
    return Number.isNaN(ns) ? -(2n ** 63n) : BigInt(Math.trunc(ns));
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
