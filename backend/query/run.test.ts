import assert from 'node:assert';
import test from 'node:test';
import { makeStreamEntries } from '../model/entry';
import { RequestError } from '../model/errors';
import { makeLabels } from '../model/labels';
import { MemoryStore } from '../store/memory';
import type { Scan } from '../store/store';
import { defaultLimits, type QueryLimits } from './budget';
import { packSets } from './entrySets';
import type { Fragment, FragmentResult, FragmentRunner } from './fragment';
import { LocalRunner } from './localRunner';
import type { QueryRequest } from './request';
import { runQuery, type QueryAnswer } from './run';

/** Limits, cancelling and what is beyond Loki: the parts of the engine that scripts can't say. */

const zeroNs = 1_795_176_000_000_000_000n;
const hourNs = 3_600_000_000_000n;

/** 600 streams with one line a minute for an hour; stream 0 has the most bytes. */
async function makeStore(): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (let stream = 0; stream < 600; stream++) {
    const entries = Array.from({ length: 10 }, (_, i) => ({ tsNs: zeroNs + BigInt(i) * 60_000_000_000n, line: Buffer.from('x'.repeat(600 - stream)) }));
    await store.append({ tenant: 't', streams: makeStreamEntries(makeLabels([['app', 'x'], ['n', String(stream)]]), entries) });
  }
  return store;
}

const range = (query: string, change: Partial<Extract<QueryRequest, { kind: 'range' }>> = {}): QueryRequest => ({
  kind: 'range', tenants: ['t'], query, startNs: zeroNs, endNs: zeroNs + hourNs, stepNs: 60_000_000_000n, limit: 100, direction: 'backward', intervalNs: 0, ...change,
});
const instant = (query: string): QueryRequest => ({ kind: 'instant', tenants: ['t'], query, timeNs: zeroNs + hourNs });

test('long labels that each line brings are bounded as lines are, in log queries and in series', async () => {
  const store = new MemoryStore();
  const entries = Array.from({ length: 400 }, (_, i) => ({ tsNs: zeroNs + BigInt(i), line: Buffer.from('line'), metadata: makeLabels([['trace', `${i} `.padEnd(60_000, 'x')]]) }));
  await store.append({ tenant: 't', streams: makeStreamEntries(makeLabels([['app', 'x']]), entries) });
  const ask = (request: QueryRequest): Promise<QueryAnswer> => runQuery(request, { runner: new LocalRunner(store), limits: defaultLimits }, new AbortController().signal);
  const refusals: Array<[QueryRequest, RegExp]> = [
    [range('{app="x"}', { limit: 400 }), /^the lines and labels of the answer are larger than 21 MB together/],
    [range('{app="x"} | json', { limit: 400 }), /^the lines and labels of the answer are larger than 21 MB together/],
    [instant('count_over_time({app="x"}[1h])'), /^the query would keep more than 2000000 numbers/],
  ];
  for (const [request, text] of refusals) {
    await assert.rejects(ask(request), (error) => error instanceof RequestError && error.status === 400 && text.test(error.message));
  }
  for (const request of [range('{app="x"}', { limit: 300 }), range('{app="x"} | drop trace', { limit: 400 }), instant('sum(count_over_time({app="x"}[1h]))')]) {
    await ask(request);
  }
});

test('the engine', async (context) => {
  const store = await makeStore();
  const ask = (request: QueryRequest, limits: Partial<QueryLimits> = {}, runner: FragmentRunner = new LocalRunner(store)): Promise<QueryAnswer> =>
    runQuery(request, { runner, limits: { ...defaultLimits, ...limits } }, new AbortController().signal);
  const refuses = async (request: QueryRequest, limits: Partial<QueryLimits>, status: number, text: RegExp): Promise<void> => {
    await assert.rejects(ask(request, limits), (error) => error instanceof RequestError && error.status === status && text.test(error.message));
  };

  await context.test('answers the greatest series and a warning where Loki refuses', async () => {
    const { result, warnings } = await ask(range('bytes_over_time({app="x"}[1m])'));
    assert.ok(result.kind === 'matrix');
    assert.equal(result.series.length, 500);
    assert.ok(result.series.every(({ labels }) => Number(labels.get('n')) < 500));
    assert.match(warnings[0], /^maximum of series \(500\) reached for a single query: the 500 greatest of 600 series/);
    const one = await ask(instant('bytes_over_time({app="x"}[1h])'), { seriesMax: 3 });
    assert.ok(one.result.kind === 'vector');
    assert.deepEqual(one.result.samples.map(({ labels }) => labels.get('n')), ['0', '1', '2']);
    const alike = 'sum by (m) (count_over_time({app="x"} | label_format m="{{sub 1000 .n}}" [1h]))';
    for (const request of [range(alike), instant(alike)]) {
      const { result } = await ask(request, { seriesMax: 3 });
      const answered = result.kind === 'matrix' ? result.series : result.kind === 'vector' ? result.samples : [];
      assert.deepEqual(answered.map(({ labels }) => labels.get('m')), ['1000', '401', '402'], 'of equal series the first by labels, in whatever order they were read');
    }
    const fits = await ask(range('topk(3, count_over_time({app="x"}[1m]))'));
    assert.deepEqual(fits.warnings, [], 'only series of the answer count');
  });

  await context.test('a store that ends a scan when the time is over gives no short answer', async () => {
    const slow = Object.assign(new MemoryStore(), {
      // eslint-disable-next-line require-yield
      async *scan(_scan: Scan, signal: AbortSignal) {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
    });
    for (const query of ['{app="x"}', 'rate({app="x"} |= "y" [1m])']) {
      await assert.rejects(ask(range(query), { timeoutMs: 5 }, new LocalRunner(slow)), { status: 504 });
    }
  });

  await context.test('a time of 0 is no limit, and one that no timer can hold is not none', async () => {
    const late = Object.assign(new MemoryStore(), {
      // eslint-disable-next-line require-yield
      async *scan() {
        await new Promise((resolve) => setTimeout(resolve, 20));
      },
    });
    for (const timeoutMs of [0, 30 * 86_400_000]) {
      assert.equal((await ask(range('{app="x"}'), { timeoutMs }, new LocalRunner(late))).result.kind, 'streams');
    }
  });

  await context.test('refuses in words that say what to do', async () => {
    const metric = 'sum(rate({app="x"}[1m]))';
    await refuses(range('{app="x"}', { limit: 6_000 }), {}, 400, /^max entries limit per query exceeded, limit > max_entries_limit_per_query \(6000 > 5000\)$/);
    await refuses(range(metric), { lengthNsMax: 1_800e9 }, 400, /^the query time range exceeds the limit \(query length: 1h0m0s, limit: 30m\)$/);
    await refuses(range('rate({app="x"}[5m])'), { rangeNsMax: 60e9 }, 400, /^\[interval\] value exceeds limit: \[5m\] > \[1m\]$/);
    await refuses(range('{app="x"}'), { requiredLabels: ['env', 'app'] }, 400, /missing required matchers \[env\], labels present in the query were \[app\]/);
    await refuses(range('{app="x"}'), { minimumLabels: 2 }, 400, /less label matchers than required: \(present: \[app\], number_present: 1, required_number_label_matchers: 2\)/);
    await refuses(range(metric), { blocked: (text) => text.includes('rate') }, 400, /^query blocked by policy$/);
    await refuses(range(metric, { stepNs: 0n }), {}, 400, /zero or negative query resolution step/);
    await refuses(range('{app="x"} |= "y"'), { bytesReadMax: 10_000 }, 400, /^the query would read too many bytes \(query: .*, limit: 10 kB\); consider/);
    await refuses(range('sum by (n) (count_over_time({app="x"} |= "x" [1m]))'), { cellsMax: 10_000 }, 400, /aggregate by fewer labels/);
    await refuses(range('count_over_time({app="x"}[1m])'), { pointsMax: 1_000 }, 400, /more than 1000 points/);
    await refuses(range('quantile_over_time(0.5, {app="x"} | unwrap n [1h]) by ()'), { cellsMax: 5_000 }, 400, /numbers in memory/); // one window alone
    await refuses(instant('quantile_over_time(0.5, {app="x"} | unwrap n [1h]) by ()'), { cellsMax: 5_000 }, 400, /numbers in memory/);
    await refuses(range('{app="x"'), {}, 400, /^parse error at line 1, col 9: syntax error/);
  });

  await context.test('evaluates fewer steps at a time when the samples of all do not fit', async () => {
    for (const query of ['quantile_over_time(0.9, {app="x"} | unwrap n [2m]) by ()', 'max(rate_counter({app="x", n=~".+"} | unwrap n [2m])) + sum(count_over_time({app="x"}[1m]))']) {
      const whole = await ask(range(query));
      const inParts = await ask(range(query), { cellsMax: 4_000 });
      assert.ok(whole.result.kind === 'matrix' && whole.result.series[0].points.length > 5);
      assert.deepEqual(inParts.result, whole.result);
      assert.ok(inParts.stats.fragments > whole.stats.fragments, `${inParts.stats.fragments} fragments`);
    }
  });

  await context.test('evaluates fewer steps at a time only as long as the series of all steps fit', async () => {
    const ids = new MemoryStore();
    const entries = Array.from({ length: 2_000 }, (_, i) => ({ tsNs: zeroNs + BigInt(i) * 1_800_000_000n, line: Buffer.from('x'), metadata: makeLabels([['id', String(i)], ['ms', '7']]) }));
    await ids.append({ tenant: 't', streams: makeStreamEntries(makeLabels([['app', 'x']]), entries) });
    const query = (by: string): QueryRequest => range(`count(quantile_over_time(0.9, {app="x"} | unwrap ms [1m]) by (${by}))`);
    await assert.rejects(ask(query('id'), { cellsMax: 20_000 }, new LocalRunner(ids)), /aggregate by fewer labels/);
    await ask(query('app'), { cellsMax: 2_000 }, new LocalRunner(ids));
  });

  await context.test('counts what all parts of a query read, not each for itself', async () => {
    const query = range('quantile_over_time(0.9, {app="x", n=~"5.*"} |= "x" | unwrap n [4m]) by ()');
    const whole = await ask(query);
    const limits = { bytesReadMax: 2 * whole.stats.bytesProcessed };
    await ask(query, limits);
    await refuses(query, { ...limits, cellsMax: 1_100 }, 400, /too many bytes/);
  });

  await context.test('moves an older start without an error', async () => {
    const { result } = await ask(range('{app="x"}'), { lookbackNsMax: 1 });
    assert.ok(result.kind === 'streams' && result.streams.length === 0);
  });

  await context.test('answers both points where label_replace makes labels equal, in order of time', async () => {
    const query = 'label_replace(sum by (n) (count_over_time({n=~"1|2"}[1m])), "n", "same", "n", ".*")';
    const { result } = await ask(range(query, { endNs: zeroNs + 120_000_000_000n }));
    assert.ok(result.kind === 'matrix');
    assert.equal(result.series.length, 1);
    const times = result.series[0].points.map(({ tsMs }) => tsMs - Number(zeroNs / 1_000_000n));
    assert.deepEqual(times, [0, 0, 60_000, 60_000, 120_000, 120_000]);
  });

  await context.test('stops when the time is over or the client is gone', async () => {
    const endless: FragmentRunner = {
      parallel: 2,
      run: (_: Fragment, signal: AbortSignal) => new Promise<FragmentResult>((_resolve, reject) => signal.addEventListener('abort', () => reject(new RequestError(499, 'gone')))),
    };
    await assert.rejects(ask(range('{app="x"}'), { timeoutMs: 5 }, endless), (error) => error instanceof RequestError && error.status === 504 && error.message.includes('timeout'));
    const client = new AbortController();
    const asked = runQuery(range('rate({app="x"}[1m])'), { runner: endless, limits: defaultLimits }, client.signal);
    client.abort();
    await assert.rejects(asked, (error) => error instanceof RequestError && error.status === 499);
  });

  await context.test('a limit stops the reading', async () => {
    const { stats } = await ask(range('{app="x"}', { limit: 5 }));
    assert.equal(stats.entriesReturned, 5);
    assert.ok(stats.chunks < 60, `read ${stats.chunks} of 600 chunks`);
  });

  await context.test('statistics tell how many of the lines passed the stages, not how many points or entries are answered', async () => {
    const long = `|= "${'x'.repeat(300)}"`;
    for (const query of [`sum(count_over_time({app="x"} ${long} [2h]))`, `sum(sum_over_time({app="x"} ${long} | unwrap n [2h]))`, `count_over_time({app="x"} ${long} | n="1" [2h])`]) {
      const { stats } = await ask(instant(query));
      assert.deepEqual([query, stats.linesProcessed, stats.linesPassed], [query, 6_000, query.includes('n=') ? 10 : 3_010]);
    }
    const { stats } = await ask(range(`{app="x"} ${long}`, { limit: 5_000 }));
    assert.deepEqual([stats.linesPassed, stats.entriesReturned], [3_010, 3_010]);
  });

  await context.test('a failing fragment ends the query with its error and stops the others', async () => {
    let stopped = 0;
    const failing: FragmentRunner = {
      parallel: 2,
      run: (fragment, signal) => {
        if (fragment.kind === 'log' && fragment.pauseBytes > 0) {
          const { startNs, endNs } = fragment;
          const nothing = { sets: packSets([]), set: new Uint32Array(0), times: new BigInt64Array(0), lines: [], read: { lines: 0, bytes: 0, chunks: 0, passed: 0 } };
          return Promise.resolve({ kind: 'log', ...nothing, rest: { startNs, endNs } });
        }
        signal.addEventListener('abort', () => stopped++);
        return fragment.kind === 'log' && fragment.endNs === zeroNs + hourNs
          ? Promise.reject(new RequestError(400, 'broken'))
          : new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new RequestError(499, 'gone'))));
      },
    };
    await assert.rejects(ask(range('{app="x"} |= "x"'), {}, failing), /broken/);
    assert.equal(stopped, 2);
  });
});
