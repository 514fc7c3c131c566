import assert from 'node:assert';
import test from 'node:test';
import type { RangeFunction } from '../../src/logql/ast';
import { makeStreamEntries, type Entry } from '../model/entry';
import { labelsText, makeLabels } from '../model/labels';
import { MemoryStore } from '../store/memory';
import type { StoreReader } from '../store/store';
import { defaultLimits } from './budget';
import type { Fragment, FragmentResult, FragmentRunner } from './fragment';
import type { QueryRequest } from './request';
import { runFragment } from './fragments/runFragment';
import { runQuery } from './run';

/** Every range function against its definition, computed sample by sample, over random entries, steps, ranges and offsets. */

const rounds = 150;
const zeroNs = 1_795_176_000_000_000_000n;

interface Sample {
  timeNs: bigint;
  value: number;
  bytes: number;
  host: string;
}

type Definition = (samples: Sample[], rangeSeconds: number, phi: number) => number;

const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
const valuesOf = (samples: Sample[]): number[] => samples.map(({ value }) => value);

const variance: Definition = (samples) => {
  const mean = sum(valuesOf(samples)) / samples.length;
  return sum(samples.map(({ value }) => (value - mean) ** 2)) / samples.length;
};

const definitions: Partial<Record<RangeFunction, Definition>> = {
  count_over_time: (samples) => samples.length,
  rate: (samples, seconds) => samples.length / seconds,
  bytes_over_time: (samples) => sum(samples.map(({ bytes }) => bytes)),
  bytes_rate: (samples, seconds) => sum(samples.map(({ bytes }) => bytes)) / seconds,
  sum_over_time: (samples) => sum(valuesOf(samples)),
  avg_over_time: (samples) => sum(valuesOf(samples)) / samples.length,
  min_over_time: (samples) => Math.min(...valuesOf(samples)),
  max_over_time: (samples) => Math.max(...valuesOf(samples)),
  first_over_time: (samples) => samples[0].value,
  last_over_time: (samples) => samples[samples.length - 1].value,
  stdvar_over_time: variance,
  stddev_over_time: (samples, seconds, phi) => Math.sqrt(variance(samples, seconds, phi)),
  quantile_over_time: (samples, _, phi) => {
    const sorted = valuesOf(samples).sort((a, b) => a - b);
    const rank = phi * (sorted.length - 1);
    const lower = Math.floor(rank);
    const upper = Math.min(sorted.length - 1, lower + 1);
    return sorted[lower] * (1 - (rank - lower)) + sorted[upper] * (rank - lower);
  },
  rate_counter: (samples, seconds) => {
    if (samples.length < 2) {
      return 0;
    }
    const [first, last] = [samples[0], samples[samples.length - 1]];
    let increase = last.value - first.value;
    samples.slice(1).forEach(({ value }, i) => (increase += value < samples[i].value ? samples[i].value : 0));
    const sampled = Number(last.timeNs - first.timeNs) / 1000;
    let toStart = seconds;
    if (increase > 0 && first.value >= 0) {
      toStart = Math.min(toStart, (sampled * first.value) / increase);
    }
    const between = sampled / (samples.length - 1);
    return (increase * ((sampled + (toStart < between * 1.1 ? toStart : between / 2)) / sampled)) / seconds;
  },
};

const unwrapped = new Set<RangeFunction>([
  'sum_over_time', 'avg_over_time', 'min_over_time', 'max_over_time', 'first_over_time', 'last_over_time', 'stdvar_over_time', 'stddev_over_time',
  'quantile_over_time', 'rate_counter',
]);
const ungrouped = new Set<RangeFunction>(['sum_over_time', 'rate_counter']);

/** mulberry32: small, seeded. */
function makeRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

class Copying implements FragmentRunner {
  constructor(private readonly reader: StoreReader, readonly parallel: number) {}
  async run(fragment: Fragment, signal: AbortSignal): Promise<FragmentResult> {
    return structuredClone(await runFragment(structuredClone(fragment), this.reader, signal));
  }
}

async function makeStore(random: (below: number) => number): Promise<{ store: MemoryStore; samples: Sample[] }> {
  const store = new MemoryStore();
  const samples: Sample[] = [];
  for (const [index, host] of ['a', 'b', 'c'].entries()) {
    const entries: Entry[] = [];
    // Hosts never share a time, since which of two comes first is not defined then; those of host a often meet the edges of windows.
    let at = zeroNs - 300_000_000_000n + BigInt(index);
    const count = 20 + random(300);
    for (let i = 0; i < count; i++) {
      at += BigInt(1 + random(20)) * (random(3) === 0 ? 5n : 500_000_000n);
      const value = random(40) - 5;
      const line = `v=${value}${' '.repeat(random(9))}`;
      entries.push({ tsNs: at, line: Buffer.from(line) });
      samples.push({ timeNs: at, value, bytes: line.length, host });
    }
    // Half of the stores get their entries out of order and in several pushes.
    const pushes = random(2) === 0 ? [entries] : [entries.filter((_, i) => i % 3 === 1), entries.filter((_, i) => i % 3 !== 1)];
    for (const push of pushes) {
      await store.append({ tenant: 't', streams: makeStreamEntries(makeLabels([['app', 'x'], ['host', host]]), push) });
    }
  }
  return { store, samples: samples.sort((a, b) => (a.timeNs < b.timeNs ? -1 : a.timeNs > b.timeNs ? 1 : 0)) };
}

const withoutCount = (store: MemoryStore): StoreReader => ({
  scan: (scan, signal) => store.scan(scan, signal), labelNames: (select, signal) => store.labelNames(select, signal), series: (select, signal) => store.series(select, signal),
  labelValues: (name, select, signal) => store.labelValues(name, select, signal), stats: (select, signal) => store.stats(select, signal),
});

function close(a: number, b: number): boolean {
  return a === b || Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));
}

test('range functions equal their definitions', async (context) => {
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
  context.diagnostic(`SEED=${seed}`);
  const random = makeRandom(seed);
  const names = Object.keys(definitions) as RangeFunction[];
  let compared = 0;
  for (let round = 0; round < rounds; round++) {
    const { store, samples } = await makeStore(random);
    const fn = names[round % names.length];
    const stepS = [1, 7, 10, 30, 60][random(5)];
    const rangeS = [1, 5, 10, 45, 60, 90, 600, 5_000][random(8)];
    const offsetS = [0, 0, 30, -20][random(4)];
    const steps = 1 + random(60);
    const phi = [0, 0.25, 0.5, 0.99, 1][random(5)];
    const byHost = ungrouped.has(fn) || !unwrapped.has(fn) || random(2) === 0;
    const grouping = unwrapped.has(fn) && !ungrouped.has(fn) ? (byHost ? ' by (host)' : ' by ()') : '';
    const inner = `{app="x"}${unwrapped.has(fn) ? ' | logfmt | unwrap v' : ''} [${rangeS}s]${offsetS === 0 ? '' : ` offset ${offsetS}s`}`;
    const query = `${fn}(${fn === 'quantile_over_time' ? `${phi}, ` : ''}${inner})${grouping}`;
    const stepNs = BigInt(stepS) * 1_000_000_000n;
    const endNs = zeroNs + BigInt(steps - 1) * stepNs;
    for (const [parallel, reader] of [[1, store], [3, store], [2, withoutCount(store)]] as const) {
      const instant = steps === 1;
      const asked: QueryRequest = instant
        ? { kind: 'instant', tenants: ['t'], query, timeNs: zeroNs }
        : { kind: 'range', tenants: ['t'], query, startNs: zeroNs, endNs, stepNs, limit: 100, direction: 'forward', intervalNs: 0 };
      const { result } = await runQuery(asked, { runner: new Copying(reader, parallel), limits: defaultLimits }, new AbortController().signal);
      const actual = new Map<string, number>();
      if (result.kind === 'matrix') {
        result.series.forEach(({ labels, points }) => points.forEach(({ tsMs, value }) => actual.set(`${labels.get('host') ?? ''} ${tsMs}`, value)));
      } else if (result.kind === 'vector') {
        result.samples.forEach(({ labels, tsMs, value }) => actual.set(`${labels.get('host') ?? ''} ${tsMs}`, value));
      }
      for (let step = 0; step < steps; step++) {
        // Range queries start at a multiple of the step; zero is one of all the steps used here but 7s.
        const atNs = instant ? zeroNs : zeroNs - (zeroNs % stepNs) + BigInt(step) * stepNs;
        const toNs = atNs - BigInt(offsetS) * 1_000_000_000n;
        const fromNs = toNs - BigInt(rangeS) * 1_000_000_000n;
        for (const host of byHost ? ['a', 'b', 'c'] : ['']) {
          const window = samples.filter((sample) => (!byHost || sample.host === host) && sample.timeNs > fromNs && sample.timeNs <= toNs);
          const key = `${host} ${Number(atNs / 1_000_000n)}`;
          const expected = window.length > 0 ? definitions[fn]!(window, rangeS, phi) : undefined;
          const found = actual.get(key);
          const same = expected === undefined || found === undefined ? expected === found : close(expected, found);
          assert.ok(same, `SEED=${seed} ${query} step ${stepS}s parallel ${parallel} at ${key}: ${found}, by definition ${expected}`);
          compared++;
        }
      }
    }
  }
  assert.ok(compared > 10_000);
});

test('series of the count path and of the scan are the same', async () => {
  const random = makeRandom(7);
  const { store } = await makeStore(random);
  for (const query of ['count_over_time({app="x"}[1m])', 'sum by (host) (rate({app="x"}[90s]))', 'sum without (host) (bytes_over_time({app=~"x"}[5m] offset 1m))']) {
    const answers = [];
    for (const reader of [store, withoutCount(store)]) {
      const asked: QueryRequest = {
        kind: 'range', tenants: ['t'], query, startNs: zeroNs, endNs: zeroNs + 600_000_000_000n, stepNs: 30_000_000_000n,
        limit: 100, direction: 'forward', intervalNs: 0,
      };
      const { result, stats } = await runQuery(asked, { runner: new Copying(reader, 1), limits: defaultLimits }, new AbortController().signal);
      assert.equal(stats.linesProcessed === 0, reader === store, 'only the scan reads lines');
      assert.equal(result.kind, 'matrix');
      answers.push(result.kind === 'matrix' ? result.series.map(({ labels, points }) => [labelsText(labels), points]) : []);
    }
    assert.deepEqual(answers[0], answers[1]);
  }
});
