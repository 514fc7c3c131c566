import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeStreamEntries } from '../model/entry';
import { makeLabels } from '../model/labels';
import { defaultLimits } from '../query/budget';
import type { Fragment, FragmentResult, FragmentRunner } from '../query/fragment';
import { runFragment } from '../query/fragments/runFragment';
import { MemoryStore } from '../store/memory';
import type { NewestDay } from '../store/store';
import { WarmUp } from './warmUp';

const startNs = 1_795_176_000_000_000_000n;
const endNs = startNs + 86_400_000_000_000n;

interface Ran {
  fragment: Fragment;
  result: FragmentResult;
}

/** A warm-up over a day of one stream with a line in its last minute; `ran` gathers what it asks. */
async function makeWarmUp(bytes: number, signal: AbortSignal, limits = defaultLimits): Promise<{ warmUp: WarmUp; ran: Ran[] }> {
  const store = new MemoryStore();
  const line = Buffer.from('{"status":"500","msg":"an error"}');
  await store.append({ tenant: 't', streams: makeStreamEntries(makeLabels([['service_name', 'x']]), [{ tsNs: endNs - 1n, line }]) });
  const ran: Ran[] = [];
  const runner: FragmentRunner = {
    parallel: 2,
    run: async (fragment, ended) => {
      const result = await runFragment(structuredClone(fragment), store, ended);
      ran.push({ fragment, result });
      return result;
    },
  };
  // every look at the clock takes fifteen milliseconds
  let clockMs = 0;
  const day: NewestDay = { tenant: 't', startNs, endNs, bytes };
  return { warmUp: new WarmUp({ runner, limits: () => limits, newest: () => [day], now: () => endNs + 1n, clockMs: () => (clockMs += 15) }, signal), ran };
}

const never = new AbortController().signal;
const found = ({ result }: Ran): number => (result.kind === 'log' ? result.lines.length : result.series.length);

test('before it listens a server asks for lines, counts and fields of the youngest minute, for each thread, and none of it fails', async () => {
  const { warmUp, ran } = await makeWarmUp(0, never);
  await warmUp.atStart();
  const logs = ran.filter(({ fragment }) => fragment.kind === 'log');
  assert.deepEqual(logs.map(found), [0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
  const samples = ran.filter(({ fragment }) => fragment.kind === 'samples');
  assert.ok(samples.length >= 12 && samples.some((one) => found(one) > 0));
});

async function untilDone(warmUp: WarmUp): Promise<number> {
  let rounds = 1;
  while (!(await warmUp.round())) {
    rounds++;
  }
  return rounds;
}

test('at rest it asks over longer and longer ranges, and ends', async () => {
  const { warmUp, ran } = await makeWarmUp(1e9, never);
  const rounds = await untilDone(warmUp);
  assert.ok(rounds > 2 && rounds < 100, `${rounds}`);
  const minutes = ran.flatMap(({ fragment }) => (fragment.kind === 'log' && fragment.limit === 1_000 ? [Number((fragment.endNs - fragment.startNs) / 60_000_000_000n)] : []));
  assert.deepEqual(minutes.slice(0, 6), [1, 2, 4, 8, 16, 32]);
  assert.ok(Math.max(...minutes) <= 1_440);
});

test('a day of few bytes is not asked about at rest; who is stopped asks nothing more', async () => {
  const small = await makeWarmUp(1_000, never);
  assert.equal(await small.warmUp.round(), false);
  assert.equal(small.ran.length, 0);
  const stop = new AbortController();
  const large = await makeWarmUp(1e9, stop.signal);
  stop.abort();
  assert.equal(await large.warmUp.round(), true);
  assert.equal(large.ran.length, 0);
});

test('what the limits of a tenant refuse is asked once', async () => {
  const blocked: string[] = [];
  const { warmUp, ran } = await makeWarmUp(1e9, never, { ...defaultLimits, blocked: (query) => blocked.push(query) > 0 });
  await untilDone(warmUp);
  assert.equal(ran.length, 0);
  const asked = blocked.length;
  assert.equal(await warmUp.round(), true);
  assert.equal(blocked.length, asked);
  const some = await makeWarmUp(1e9, never, { ...defaultLimits, blocked: (query) => query.includes('json') });
  assert.equal(await some.warmUp.round(), false);
  assert.ok(some.ran.length > 0);
});
