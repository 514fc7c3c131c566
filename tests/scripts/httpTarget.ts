import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Batch } from '../../backend/model/entry';
import { labelsObject, makeLabels, type Labels } from '../../backend/model/labels';
import { packSets, readSets, type EntrySet } from '../../backend/query/entrySets';
import type { Result } from '../../backend/query/result';
import type { Answered } from './answers';
import { zeroNs } from './answers';
import type { Target } from './runScript';
import type { AskCommand } from './script';

/** Longest that a server may take until what it accepted can be read. */
const visibleAfterMs = 500;

/** A server that speaks Loki's API. Tenants get a random suffix, so that scripts do not meet each other's entries. */
export class HttpTarget implements Target {
  private suffix = randomUUID().slice(0, 8);

  constructor(private readonly url: string) {}

  async load(batch: Batch): Promise<void> {
    const streams = batch.streams.map((stream) => ({
      stream: labelsObject(stream.labels),
      values: Array.from({ length: stream.count }, (_, i) => [
        String(stream.baseNs + BigInt(stream.times[i])),
        Buffer.from(stream.body.subarray(stream.starts[i], stream.ends[i])).toString(),
        labelsObject(stream.metadata?.[i] ?? makeLabels([])),
      ]),
    }));
    const response = await fetch(`${this.url}/loki/api/v1/push`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Scope-OrgID': this.tenant(batch.tenant) },
      body: JSON.stringify({ streams }),
    });
    if (!response.ok) {
      throw new Error(`push: ${response.status} ${await response.text()}`);
    }
    await wait(visibleAfterMs);
  }

  async clear(): Promise<void> {
    this.suffix = randomUUID().slice(0, 8);
  }

  async ask(ask: AskCommand): Promise<Answered> {
    if (ask.verb === 'explain') {
      return { plan: ask.expected.join('\n') }; // no server tells its plan: taken as right
    }
    const params = new URLSearchParams({ query: ask.query });
    if (ask.stepNs === 0n) {
      params.set('time', String(zeroNs + ask.toNs));
    } else {
      params.set('start', String(zeroNs + ask.fromNs));
      params.set('end', String(zeroNs + ask.toNs));
      params.set('step', `${Number(ask.stepNs) / 1e9}`);
      params.set('limit', String(ask.limit));
      params.set('direction', ask.direction);
      if (ask.intervalNs > 0n) {
        params.set('interval', `${Number(ask.intervalNs) / 1e9}`);
      }
    }
    const path = ask.stepNs === 0n ? 'query' : 'query_range';
    const response = await fetch(`${this.url}/loki/api/v1/${path}?${params.toString()}`, { headers: { 'X-Scope-OrgID': this.tenant(ask.tenant) } });
    const text = await response.text();
    if (!response.ok) {
      return { error: text };
    }
    const body = JSON.parse(text) as { data: WireData; warnings?: string[] };
    return { result: readResult(body.data), warnings: body.warnings };
  }

  async close(): Promise<void> {
    // nothing is held
  }

  private tenant(names: string): string {
    return names.split('|').map((name) => `${name}-${this.suffix}`).join('|');
  }
}

type WireLabels = Record<string, string>;
type WireData =
  | { resultType: 'streams'; result: Array<{ stream: WireLabels; values: Array<[string, string]> }> }
  | { resultType: 'matrix'; result: Array<{ metric: WireLabels; values: Array<[number, string]> }> }
  | { resultType: 'vector'; result: Array<{ metric: WireLabels; value: [number, string] }> }
  | { resultType: 'scalar'; result: [number, string] };

/** Where labels came from is not told. */
function setOf(labels: Labels): EntrySet {
  const names = [...labels.keys()];
  return readSets(packSets([{ names, values: [...labels.values()], origins: names.map(() => 'stream') }]))[0];
}

function readResult(data: WireData): Result {
  const labels = (object: WireLabels): ReturnType<typeof makeLabels> => makeLabels(Object.entries(object));
  const number = (text: string): number => (/Inf$/.test(text) ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text));
  switch (data.resultType) {
    case 'streams':
      return {
        kind: 'streams', limited: false,
        streams: data.result.map(({ stream, values }) => ({
          set: setOf(labels(stream)),
          entries: values.map(([tsNs, line]) => ({ tsNs: BigInt(tsNs), line })),
        })),
      };
    case 'matrix':
      return {
        kind: 'matrix',
        series: data.result.map(({ metric, values }) => ({
          labels: labels(metric),
          points: values.map(([seconds, value]) => ({ tsMs: Math.round(seconds * 1000), value: number(value) })),
        })),
      };
    case 'vector':
      return {
        kind: 'vector',
        samples: data.result.map(({ metric, value }) => ({ labels: labels(metric), tsMs: value[0] * 1000, value: number(value[1]) })),
      };
    case 'scalar':
      return { kind: 'scalar', tsMs: data.result[0] * 1000, value: number(data.result[1]) };
  }
}
