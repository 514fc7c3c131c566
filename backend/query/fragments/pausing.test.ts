import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../bench/random';
import { makeStreamEntries, type Entry } from '../../model/entry';
import { makeLabels } from '../../model/labels';
import { MemoryStore } from '../../store/memory';
import { defaultLimits } from '../budget';
import type { Fragment, FragmentResult, FragmentRunner } from '../fragment';
import type { QueryRequest } from '../request';
import { runFragment } from './runFragment';
import { runQuery } from '../run';

/** A log query that pauses after some bytes and goes on in several fragments answers what it answers in one. */
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));
const zeroNs = 1_795_176_000_000_000_000n;
const lengthNs = 3_600_000_000_000n;

async function makeStore(random: Random): Promise<MemoryStore> {
  const store = new MemoryStore();
  // all times differ, since which of two equal ones comes first is not defined
  const times = [...new Set(Array.from({ length: 6_000 }, () => random.below(3_600_000)))];
  for (const tenant of ['t', 'u']) {
    for (const host of ['a', 'b', 'c']) {
      const own = times.filter(() => random.chance(0.2)).sort((a, b) => a - b);
      const entries: Entry[] = own.map((ms) => ({ tsNs: zeroNs + BigInt(ms) * 1_000_000n, line: Buffer.from(`${host} ${ms} ${random.chance(0.05) ? 'rare' : 'usual'}`) }));
      times.splice(0, times.length, ...times.filter((ms) => !own.includes(ms)));
      await store.append({ tenant, streams: makeStreamEntries(makeLabels([['host', host]]), entries) });
    }
  }
  return store;
}

/** Runs fragments as a pool does, and pauses the first one after `pauseBytes`; none where that is 0. */
class PausingRunner implements FragmentRunner {
  readonly parallel: number;
  paused = 0;

  constructor(
    private readonly store: MemoryStore,
    private readonly pauseBytes: number
  ) {
    this.parallel = pauseBytes > 0 ? 3 : 1;
  }

  async run(fragment: Fragment, signal: AbortSignal): Promise<FragmentResult> {
    const asked = fragment.kind === 'log' && fragment.pauseBytes > 0 ? { ...fragment, pauseBytes: this.pauseBytes } : fragment;
    const result = await runFragment(asked, this.store, signal);
    this.paused += result.kind === 'log' && result.rest ? 1 : 0;
    return result;
  }
}

test('pausing changes no answer', async () => {
  const random = new Random(seed);
  const store = await makeStore(random);
  let paused = 0;
  for (let round = 0; round < 60; round++) {
    const request: QueryRequest = {
      kind: 'range', tenants: random.chance(0.3) ? ['t', 'u'] : ['t'], query: random.pick(['{host=~".+"}', '{host=~".+"} |= "rare"', '{host="a"} | pattern `<_> <ms> <_>` | ms > 1000000']),
      startNs: zeroNs + BigInt(random.below(1_000)) * 1_000_000_000n, endNs: zeroNs + lengthNs, stepNs: 1n, limit: 1 + random.below(random.chance(0.5) ? 50 : 3_000),
      direction: random.pick(['forward', 'backward']), intervalNs: 0,
    };
    const answers = [];
    for (const pauseBytes of [0, 1 + random.below(60_000)]) {
      const runner = new PausingRunner(store, pauseBytes);
      const { result } = await runQuery(request, { runner, limits: defaultLimits }, new AbortController().signal);
      assert.ok(result.kind === 'streams');
      answers.push({ limited: result.limited, streams: result.streams.map(({ set, entries }) => [set.text(), entries]) });
      paused += runner.paused;
    }
    assert.deepEqual(answers[1], answers[0], `seed ${seed}: ${request.query} ${request.direction} limit ${request.limit}`);
  }
  assert.ok(paused > 0, 'some of them pause');
});
