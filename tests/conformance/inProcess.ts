import { RequestError } from '../../backend/model/errors';
import { labelsObject } from '../../backend/model/labels';
import { defaultLimits } from '../../backend/query/budget';
import type { FragmentRunner } from '../../backend/query/fragment';
import type { QueryRequest } from '../../backend/query/request';
import type { Result } from '../../backend/query/result';
import { runQuery } from '../../backend/query/run';
import type { Answer } from './compare';

/** Answers `/query` and `/query_range` without HTTP; undefined for what only the HTTP layer can answer. */
export async function answerInProcess(url: string, runner: FragmentRunner): Promise<Answer | undefined> {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const request = queryRequest(pathname, searchParams);
  if (!request) {
    return undefined;
  }
  try {
    const { result } = await runQuery(request, { runner, limits: defaultLimits }, new AbortController().signal);
    return { status: 200, body: { status: 'success', data: encode(result) } };
  } catch (error) {
    if (error instanceof RequestError) {
      return { status: error.status, body: error.message };
    }
    throw error;
  }
}

/** Recorded parameters are written plainly; those that are not test how parameters are read, which is the HTTP layer's part. */
function queryRequest(pathname: string, params: URLSearchParams): QueryRequest | undefined {
  const query = params.get('query') ?? '';
  const times = ['start', 'end', 'time'].every((name) => /^(\d{18,19})?$/.test(params.get(name) ?? ''));
  const plain = times && /^\d*$/.test(params.get('limit') ?? '') && /^(forward|backward)?$/.test(params.get('direction') ?? '');
  if (!plain) {
    return undefined;
  }
  if (pathname.endsWith('/query')) {
    return { kind: 'instant', tenants: ['fake'], query, timeNs: BigInt(params.get('time') ?? 0) };
  }
  if (!pathname.endsWith('/query_range') || !/^(\d{1,4})?$/.test(params.get('step') ?? '') || params.get('step') === '0') {
    return undefined;
  }
  const [startNs, endNs] = [BigInt(params.get('start') ?? 0), BigInt(params.get('end') ?? 0)];
  if (endNs <= startNs) {
    return undefined;
  }
  const seconds = Number(params.get('step') ?? Math.max(1, Math.floor(Number(endNs - startNs) / 250e9)));
  return {
    kind: 'range', tenants: ['fake'], query, startNs, endNs,
    stepNs: BigInt(seconds) * 1_000_000_000n,
    limit: Number(params.get('limit') ?? 100),
    direction: params.get('direction') === 'forward' ? 'forward' : 'backward',
    intervalNs: 0,
  };
}

function encode(result: Result): unknown {
  switch (result.kind) {
    case 'streams':
      return {
        resultType: 'streams',
        result: result.streams.map(({ set, entries }) => ({
          stream: labelsObject(set.labels()),
          values: entries.map(({ tsNs, line }) => [String(tsNs), line]),
        })),
      };
    case 'matrix':
      return {
        resultType: 'matrix',
        result: result.series.map(({ labels, points }) => ({
          metric: labelsObject(labels),
          values: points.map(({ tsMs, value }) => [tsMs / 1000, numberText(value)]),
        })),
      };
    case 'vector':
      return {
        resultType: 'vector',
        result: result.samples.map(({ labels, tsMs, value }) => ({ metric: labelsObject(labels), value: [tsMs / 1000, numberText(value)] })),
      };
    case 'scalar':
      return { resultType: 'scalar', result: [result.tsMs / 1000, numberText(result.value)] };
  }
}

const numberText = (value: number): string => (Math.abs(value) === Infinity ? (value > 0 ? '+Inf' : '-Inf') : String(value));
