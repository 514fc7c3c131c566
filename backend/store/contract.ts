import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { makeStreamEntries, type Batch, type Entry } from '../model/entry';
import { labelsText, makeLabels, type Labels } from '../model/labels';
import { compareRandomly, type ContractDriver } from './contractRandom';
import { lineLatin1 } from './memory';
import { matcher } from './matchers';
import type { Chunk, Scan, Select, Store } from './store';

export type { ContractDriver } from './contractRandom';

export interface ContractOptions {
  /** Tests a driver can't pass, and why. */
  skip?: Array<{ test: string; reason: string }>;
  /** Rounds of random batches and queries compared with the memory store. */
  randomRounds?: number;
}

const minuteNs = 60_000_000_000n;
const dayNs = 24n * 60n * minuteNs;
/** A midnight, so that tests can step over the change of partition. */
export const contractDayNs = 1_763_769_600_000_000_000n;
const at = (seconds: number): bigint => contractDayNs + BigInt(Math.round(seconds * 1e9));
/** Of questions that nobody breaks off. */
export const never = new AbortController().signal;

export function labels(pairs: Record<string, string>): Labels {
  return makeLabels(Object.entries(pairs));
}

export function entry(tsNs: bigint, line: string, metadata?: Labels): Entry {
  return { tsNs, line: Buffer.from(line), metadata };
}

export function batch(tenant: string, ...streams: Array<[Labels, Entry[]]>): Batch {
  return { tenant, streams: streams.flatMap(([set, entries]) => makeStreamEntries(set, entries)) };
}

export function select(partial: Partial<Select> = {}): Select {
  return { tenant: 't', matchers: [], startNs: contractDayNs - 400n * dayNs, endNs: contractDayNs + 400n * dayNs, ...partial };
}

export function scanOf(partial: Partial<Scan> = {}): Scan {
  return {
    ...select(partial),
    direction: 'forward',
    needs: { text: 'lines', metadata: true, levels: true },
    hints: [],
    ...partial,
  };
}

export async function chunksOf(store: Store, scan: Scan): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const chunk of store.scan(scan, never)) {
    chunks.push(chunk);
  }
  return chunks;
}

/** `stream time line metadata` of every entry, times in seconds after the contract's day. */
export async function linesOf(store: Store, partial: Partial<Scan> = {}): Promise<string[]> {
  const lines: string[] = [];
  for (const chunk of await chunksOf(store, scanOf(partial))) {
    for (let i = 0; i < chunk.count; i++) {
      const tsNs = chunk.baseNs + BigInt(chunk.times[i]);
      const metadata = chunk.metadata ? chunk.metadataSets?.[chunk.metadata[i]] : undefined;
      lines.push(`${labelsText(chunk.stream)} ${Number(tsNs - contractDayNs) / 1e9} ${lineLatin1(chunk, i)}${metadata?.size ? ` ${labelsText(metadata)}` : ''}`);
    }
  }
  return lines;
}

/** The suite every driver passes. Calls `open` for each group of tests; each test uses a tenant of its own name where it can. */
export function runStoreContract(name: string, driver: ContractDriver, options: ContractOptions = {}): void {
  const skipOf = (title: string): string | false => options.skip?.find((skip) => skip.test === title)?.reason ?? false;
  describe(`store contract: ${name}`, () => {
    let store: Store;
    before(async () => {
      store = await driver.open({});
    });
    after(() => store.close());
    for (const [title, body] of Object.entries(cases)) {
      test(title, { skip: skipOf(title) }, () => body(store, title));
    }

    test('keeps repeats when told to', { skip: skipOf('keeps repeats when told to') }, async () => {
      const keeping = await driver.open({ keepRepeats: true });
      const twice = batch('t', [labels({ app: 'a' }), [entry(at(1), 'x'), entry(at(1), 'x')]]);
      assert.deepEqual(await keeping.append(twice), { stored: 2, repeated: 0 });
      assert.deepEqual(await keeping.append(twice), { stored: 2, repeated: 0 });
      assert.equal((await linesOf(keeping)).length, 4);
      await keeping.compact();
      assert.equal((await linesOf(keeping)).length, 4);
      await keeping.close();
    });

    const survives = 'survives closing and opening';
    test(survives, { skip: skipOf(survives) || (!driver.reopen && 'keeps nothing') }, async () => {
      let again = await driver.open({});
      await again.append(batch('t', [labels({ app: 'a' }), [entry(at(1), 'one'), entry(at(86_401), 'two')]]), { agent: 'g', sequence: 4, state: 's' });
      again = await driver.reopen!(again);
      assert.deepEqual(await linesOf(again), ['{app="a"} 1 one', '{app="a"} 86401 two']);
      assert.deepEqual(await again.receipt('t', 'g'), { agent: 'g', sequence: 4, state: 's' });
      assert.equal((await again.append(batch('t', [labels({ app: 'a' }), [entry(at(86_401), 'two')]]))).repeated, 1);
      await again.close();
    });

    const random = 'random batches and queries equal memory';
    test(random, { skip: skipOf(random) }, async () => {
      await compareRandomly(driver, Number(process.env.CONTRACT_ROUNDS ?? options.randomRounds ?? 25));
    });
  });
}

/** Tests by title. Each gets the shared store; the title serves as its tenant. */
const cases: Record<string, (store: Store, tenant: string) => Promise<void>> = {
  'gives back what it took, per stream in order of time': async (store, tenant) => {
    const a = labels({ app: 'a' });
    await store.append(batch(tenant, [a, [entry(at(3), 'third'), entry(at(1), 'first')]], [labels({ app: 'b' }), [entry(at(2), 'other')]]));
    await store.append(batch(tenant, [a, [entry(at(2), 'second')]]));
    const lines = await linesOf(store, { tenant, matchers: [matcher('app', '=', 'a')] });
    assert.deepEqual(lines.sort(), ['{app="a"} 1 first', '{app="a"} 2 second', '{app="a"} 3 third']);
    for (const chunk of await chunksOf(store, scanOf({ tenant }))) {
      assert.ok(chunk.times.every((time, i) => i === 0 || time >= chunk.times[i - 1]), 'times ascend');
      assert.equal(chunk.baseNs + BigInt(chunk.times[0]), chunk.minNs);
      assert.equal(chunk.baseNs + BigInt(chunk.times[chunk.count - 1]), chunk.maxNs);
    }
  },

  'keeps the order of arrival of equal times': async (store, tenant) => {
    const a = labels({ app: 'a' });
    await store.append(batch(tenant, [a, [entry(at(1), 'z'), entry(at(1), 'a'), entry(at(1), 'm')]]));
    assert.deepEqual(await linesOf(store, { tenant }), ['{app="a"} 1 z', '{app="a"} 1 a', '{app="a"} 1 m']);
    await store.compact();
    assert.deepEqual(await linesOf(store, { tenant }), ['{app="a"} 1 z', '{app="a"} 1 a', '{app="a"} 1 m']);
  },

  'stores an entry of equal time and line once, whatever its metadata': async (store, tenant) => {
    const a = labels({ app: 'a' });
    const first = batch(tenant, [a, [entry(at(1), 'x'), entry(at(1), 'x', labels({ k: 'v' })), entry(at(1), 'y'), entry(at(2), 'x')]], [labels({ app: 'b' }), [entry(at(1), 'x')]]);
    assert.deepEqual(await store.append(first), { stored: 4, repeated: 1 });
    assert.deepEqual(await store.append(first), { stored: 0, repeated: 5 });
    await store.compact();
    assert.deepEqual(await store.append(batch(tenant, [a, [entry(at(0), 'x'), entry(at(1), 'y'), entry(at(2), 'new')]])), { stored: 2, repeated: 1 });
    assert.equal((await linesOf(store, { tenant })).length, 6);
  },

  'keeps tenants apart': async (store, tenant) => {
    const names = [tenant, `${tenant}/../x`, '..', '.', 'A', 'a', 'tenant with blanks', 'ünïcode', '%2e%2e', 'x'.repeat(150)];
    for (const name of names) {
      await store.append(batch(name, [labels({ app: 'a' }), [entry(at(1), `of ${name}`)]]), { agent: 'g', sequence: names.indexOf(name) + 1, state: '' });
    }
    for (const name of names) {
      assert.deepEqual(await linesOf(store, { tenant: name }), [`{app="a"} 1 ${Buffer.from(`of ${name}`).toString('latin1')}`]);
      assert.equal((await store.receipt(name, 'g'))?.sequence, names.indexOf(name) + 1);
    }
    const known = await store.tenants();
    assert.deepEqual(names.filter((name) => !known.includes(name)), []);
    assert.deepEqual(await linesOf(store, { tenant: 'nobody' }), []);
    assert.deepEqual(await store.labelNames(select({ tenant: 'nobody' }), never), []);
  },

  'takes a receipt once': async (store, tenant) => {
    const a = labels({ app: 'a' });
    assert.equal(await store.receipt(tenant, 'agent'), undefined);
    const receipt = { agent: 'agent', sequence: 7, state: '{"file":123}' };
    assert.equal((await store.append(batch(tenant, [a, [entry(at(1), 'x')]]), receipt)).stored, 1);
    assert.deepEqual(await store.receipt(tenant, 'agent'), receipt);
    assert.equal((await store.append(batch(tenant, [a, [entry(at(2), 'again')]]), receipt)).stored, 0);
    assert.equal((await store.append(batch(tenant, [a, [entry(at(2), 'older')]]), { ...receipt, sequence: 6 })).stored, 0);
    assert.equal((await store.append(batch(tenant, [a, [entry(at(3), 'next')]]), { ...receipt, sequence: 8 })).stored, 1);
    assert.deepEqual(await linesOf(store, { tenant }), ['{app="a"} 1 x', '{app="a"} 3 next']);
    assert.equal((await store.append(batch(tenant), { ...receipt, sequence: 9 })).stored, 0);
    assert.equal((await store.receipt(tenant, 'agent'))?.sequence, 9);
    await store.append(batch(tenant), { agent: 'other', sequence: 1, state: '' });
    await store.append(batch(`${tenant} of others`), { agent: 'foreign', sequence: 1, state: '' });
    assert.deepEqual((await store.receipts(tenant)).sort((x, y) => (x.agent < y.agent ? -1 : 1)), [{ ...receipt, sequence: 9 }, { agent: 'other', sequence: 1, state: '' }]);
    assert.deepEqual(await store.receipts('nobody'), []);
  },

  'selects by matchers as LogQL does': async (store, tenant) => {
    const sets = [{ app: 'a', env: 'prod' }, { app: 'b', env: 'dev' }, { app: 'ab' }, { app: 'a\nb', env: 'prod' }];
    await store.append(batch(tenant, ...sets.map((set, i): [Labels, Entry[]] => [makeLabels(Object.entries(set)), [entry(at(i), `line ${i}`)]])));
    const cases: Array<[Parameters<typeof matcher>[], number[]]> = [
      [[], [0, 1, 2, 3]],
      [[['app', '=', 'a']], [0]],
      [[['app', '!=', 'a']], [1, 2, 3]],
      [[['app', '=~', 'a|b']], [0, 1]],
      [[['app', '=~', 'a.*']], [0, 2]],
      [[['app', '!~', 'a.*']], [1, 3]],
      [[['app', '=~', '(?s)a.*']], [0, 2, 3]],
      [[['app', '=~', '.*']], [0, 1, 2, 3]],
      [[['app', '!~', '.*']], [3]],
      [[['env', '=', '']], [2]],
      [[['env', '!=', '']], [0, 1, 3]],
      [[['env', '=~', '.*']], [0, 1, 2, 3]],
      [[['env', '=~', '.+']], [0, 1, 3]],
      [[['env', '=~', 'prod|']], [0, 2, 3]],
      [[['nope', '=', '']], [0, 1, 2, 3]],
      [[['nope', '!=', 'x']], [0, 1, 2, 3]],
      [[['app', '=~', '(?i)A']], [0]],
      [[['app', '=', 'a'], ['env', '=', 'dev']], []],
      [[['app', '=~', '.*b'], ['env', '!~', 'prod']], [1, 2]],
    ];
    for (const [matchers, wanted] of cases) {
      const found = await linesOf(store, { tenant, matchers: matchers.map((args) => matcher(...args)) });
      assert.deepEqual(found.map((line) => Number(line.slice(-1))).sort(), wanted, JSON.stringify(matchers));
    }
    await assert.rejects(chunksOf(store, scanOf({ tenant, matchers: [matcher('app', '=~', '(')] })), { status: 400 });
  },

  'takes the range as start inclusive, end exclusive': async (store, tenant) => {
    const times = [contractDayNs - 1n, contractDayNs, contractDayNs + 1n, contractDayNs + dayNs - 1n, contractDayNs + dayNs];
    await store.append(batch(tenant, [labels({ app: 'a' }), times.map((time, i) => entry(time, `line ${i}`))]));
    for (const compact of [false, true]) {
      if (compact) {
        await store.compact();
      }
      for (let from = 0; from < times.length; from++) {
        for (let to = from; to < times.length; to++) {
          const range = { tenant, startNs: times[from], endNs: times[to] };
          const found = await linesOf(store, range);
          assert.equal(found.length, to - from, `${from} to ${to}`);
          assert.equal((await store.stats(select(range), never)).entries, to - from);
          assert.equal([...(await store.series(select(range), never))].length, to > from ? 1 : 0);
        }
      }
    }
  },

  'orders chunks for a merge, in both directions': async (store, tenant) => {
    for (let round = 0; round < 6; round++) {
      const streams = ['a', 'b', 'c'].map((app, k): [Labels, Entry[]] => [
        labels({ app }),
        Array.from({ length: 40 }, (_, i) => entry(at(((round * 7919 + i * 104_729 + k * 31) % 200_000) - 50_000), `${app} ${round} ${i}`)),
      ]);
      await store.append(batch(tenant, ...streams));
      if (round % 2 === 1) {
        await store.compact();
      }
    }
    const forward = await chunksOf(store, scanOf({ tenant }));
    assert.ok(forward.every((chunk, i) => i === 0 || chunk.minNs >= forward[i - 1].minNs));
    const backward = await chunksOf(store, scanOf({ tenant, direction: 'backward' }));
    assert.ok(backward.every((chunk, i) => i === 0 || chunk.maxNs <= backward[i - 1].maxNs));
    const count = (chunks: Chunk[]): number => chunks.reduce((sum, chunk) => sum + chunk.count, 0);
    assert.equal(count(forward), 720);
    assert.equal(count(backward), 720);
  },

  'stops when the signal fires': async (store, tenant) => {
    await store.append(batch(tenant, [labels({ app: 'a' }), Array.from({ length: 500 }, (_, i) => entry(at(i), `line ${i}`))], [labels({ app: 'b' }), [entry(at(1), 'x')]]));
    const abort = new AbortController();
    abort.abort();
    let read = 0;
    for await (const chunk of store.scan(scanOf({ tenant }), abort.signal)) {
      read += chunk.count;
    }
    assert.equal(read, 0);
    const all = select({ tenant });
    await assert.rejects(() => store.labelNames(all, abort.signal));
    await assert.rejects(() => store.labelValues('app', all, abort.signal));
    await assert.rejects(() => store.series(all, abort.signal));
    await assert.rejects(() => store.stats(all, abort.signal));
  },

  'keeps any bytes in lines, labels and metadata': async (store, tenant) => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const set = makeLabels([['__proto__', 'p'], ['constructor', 'quo"te\\ \n\u0000'], ['ünï', '日本語 😀'], ['toString', "'; DROP TABLE streams; --"]]);
    const metadata = makeLabels([['__proto__', 'x'], ['trace_id', '\u0000"']]);
    await store.append({ tenant, streams: makeStreamEntries(set, [{ tsNs: at(1), line: bytes, metadata }, { tsNs: at(2), line: new Uint8Array(0) }]) });
    for (const compact of [false, true]) {
      if (compact) {
        await store.compact();
      }
      const [chunk] = await chunksOf(store, scanOf({ tenant, matchers: [matcher('__proto__', '=', 'p')] }));
      assert.equal(chunk.count, 2);
      assert.deepEqual(Buffer.from(chunk.text.subarray(chunk.offsets[0], chunk.offsets[1])), Buffer.from(bytes));
      assert.equal(chunk.offsets[2] - chunk.offsets[1], 0);
      assert.deepEqual(chunk.stream, set);
      assert.deepEqual(chunk.metadataSets?.[chunk.metadata![0]], metadata);
      assert.equal(chunk.metadataSets?.[chunk.metadata![1]].size ?? 0, 0);
      assert.deepEqual([...(await store.series(select({ tenant }), never))], [set]);
      assert.deepEqual(await store.labelNames(select({ tenant }), never), [...set.keys()].sort());
      assert.deepEqual(await store.labelValues('__proto__', select({ tenant }), never), ['p']);
      assert.deepEqual(await store.labelValues('hasOwnProperty', select({ tenant }), never), []);
    }
  },

  'answers label names and values of the range only': async (store, tenant) => {
    await store.append(batch(tenant, [labels({ app: 'b', old: 'x' }), [entry(at(10), 'x'), entry(at(30), 'x')]], [labels({ app: 'a' }), [entry(at(20), 'x')]], [labels({ app: 'c', far: 'y' }), [entry(at(200_000), 'x')]]));
    for (const compact of [false, true]) {
      if (compact) {
        await store.compact();
      }
      const middle = select({ tenant, startNs: at(15), endNs: at(25) });
      assert.deepEqual(await store.labelNames(middle, never), ['app']);
      assert.deepEqual(await store.labelValues('app', middle, never), ['a']);
      assert.deepEqual(await store.labelValues('app', select({ tenant }), never), ['a', 'b', 'c']);
      assert.deepEqual(await store.labelNames(select({ tenant, matchers: [matcher('app', '=~', 'a|c')] }), never), ['app', 'far']);
      assert.deepEqual([...(await store.series(select({ tenant, endNs: at(100) }), never))].map(labelsText), ['{app="a"}', '{app="b", old="x"}']);
    }
  },

  'counts as a scan would, into buckets that exclude their start and include their end': async (store, tenant) => {
    const levels = Uint8Array.from([3, 3, 5, 0]);
    const entries = [entry(at(60), 'on'), entry(at(60.000000001), 'after'), entry(at(119), 'in the next'), entry(at(120), 'its end', labels({ detected_level: 'error' }))];
    const [columns] = makeStreamEntries(labels({ app: 'a' }), entries);
    await store.append({ tenant, streams: [{ ...columns, levels }] });
    for (const compact of [false, true]) {
      if (compact) {
        await store.compact();
      }
      const request = { ...select({ tenant }), startNs: at(60), endNs: at(181), stepNs: minuteNs, count: 3, metadataNames: [] };
      const byStream = await store.count?.({ ...request, by: 'stream' }, never);
      if (byStream === undefined) {
        return; // the fast path is optional
      }
      assert.deepEqual(byStream.map((row) => [...row.lines]), [[1, 3, 0]]);
      assert.deepEqual(byStream.map((row) => [...row.bytes]), [[2, 23, 0]]);
      const own = (await store.count?.({ ...request, by: '__level__' }, never)) ?? [];
      assert.deepEqual(own.map((row) => [row.level, ...row.lines]).sort(), [['error', 0, 1, 0], ['info', 1, 1, 0], ['unknown', 0, 1, 0]]);
      const detected = (await store.count?.({ ...request, by: 'detected_level', metadataNames: 'all' }, never)) ?? [];
      assert.deepEqual(detected.map((row) => [row.level ?? '', ...row.lines]).sort(), [['', 1, 2, 0], ['error', 0, 1, 0]]);
      assert.equal(await store.count?.({ ...request, by: 'stream', metadataNames: 'all' }, never), undefined);
    }
  },

  'deletes at once and says how many': async (store, tenant) => {
    const a = labels({ app: 'a' });
    const lines = Array.from({ length: 300 }, (_, i) => entry(at(i), `line ${i}`));
    await store.append(batch(tenant, [a, lines], [labels({ app: 'b' }), [entry(at(5), 'stays')]]));
    const onA = { ...select({ tenant }), matchers: [matcher('app', '=', 'a')] };
    assert.equal(await store.delete({ ...onA, startNs: at(10), endNs: at(20) }), 10);
    assert.equal(await store.delete({ ...onA, startNs: at(10), endNs: at(20) }), 0);
    await store.compact();
    const drops = (chunk: Chunk): Uint8Array => Uint8Array.from({ length: chunk.count }, (_, i) => (lineLatin1(chunk, i).endsWith('7') ? 1 : 0));
    assert.equal(await store.delete({ ...onA, drops }), 29);
    assert.equal((await linesOf(store, { ...onA })).length, 261);
    assert.equal((await store.stats(onA, never)).entries, 261);
    assert.equal((await store.append(batch(tenant, [a, [entry(at(7), 'line 7')]]))).stored, 1);
    assert.equal(await store.delete({ ...onA, drops: (chunk) => new Uint8Array(chunk.count).fill(1) }), 262);
    assert.equal((await store.append(batch(tenant, [a, lines]))).stored, 300);
    await store.compact();
    assert.equal(await store.delete(onA), 300);
    assert.deepEqual(await linesOf(store, { tenant }), ['{app="b"} 5 stays']);
    assert.deepEqual(await store.labelValues('app', select({ tenant }), never), ['b']);
  },

  'deletes at the same time leave nothing that one of them took': async (store, tenant) => {
    const lines = Array.from({ length: 300 }, (_, i) => entry(at(i), `line ${i}`));
    const all = { ...select({ tenant }), matchers: [matcher('app', '=', 'a')] };
    const endingIn = (digit: string) => (chunk: Chunk): Uint8Array => Uint8Array.from({ length: chunk.count }, (_, i) => (lineLatin1(chunk, i).endsWith(digit) ? 1 : 0));
    for (const rest of [() => Promise.resolve(), () => store.compact()]) {
      await store.append(batch(tenant, [labels({ app: 'a' }), lines]));
      await rest();
      await Promise.all([
        ...['1', '2', '3', '4'].map((digit) => store.delete({ ...all, drops: endingIn(digit) })),
        store.delete({ ...all, startNs: at(0), endNs: at(100) }),
        store.retain({ rules: [{ tenant, matchers: [], ageNs: 1n }] }, at(150)),
      ]);
      const left = (await linesOf(store, { ...all })).map((line) => line.split(' ').pop() as string);
      assert.equal(left.length, 90, 'of the younger half, six digits of ten');
      assert.deepEqual(left.filter((number) => Number(number) < 150 || /[1-4]$/.test(number)), []);
      await store.delete(all);
    }
  },

  'finds what hints ask for': async (store, tenant) => {
    const words = ['alpha', 'Beta Gamma', 'trace 4bf92f3577b34da6a3ce929d0e0e4736 end', 'ÄÖÜ', 'quote " and \\ back', 'tab\there', '%_*^'];
    await store.append(batch(tenant, [labels({ app: 'a' }), words.map((word, i) => entry(at(i), `${word} ${i}`))]));
    for (const compact of [false, true]) {
      if (compact) {
        await store.compact();
      }
      for (const text of ['alpha', 'ta Ga', '4bf92f3577b34da6a3ce929d0e0e4736', 'b34da6a3ce929', 'ÄÖÜ', '" and \\', 'b\th', '%_*', 'a', '']) {
        const found = await linesOf(store, { tenant, hints: [{ kind: 'any', texts: [text], ignoreCase: false }] });
        const wanted = words.flatMap((word, i) => (word.includes(text) ? [i] : []));
        const numbers = found.map((line) => Number(line.slice(-1)));
        assert.ok(wanted.every((i) => numbers.includes(i)), `${JSON.stringify(text)}: ${found}`);
      }
      const folded = await linesOf(store, { tenant, hints: [{ kind: 'any', texts: ['BETA', 'nothing'], ignoreCase: true }, { kind: 'none', texts: ['alpha'], ignoreCase: false }] });
      assert.ok(folded.some((line) => line.includes('Beta')));
    }
  },

  'drops what is older than its rule says': async (store, tenant) => {
    const nowNs = at(0) + 10n * dayNs;
    for (const app of ['short', 'long', 'ever']) {
      await store.append(batch(tenant, [labels({ app }), Array.from({ length: 20 }, (_, day) => entry(nowNs - BigInt(day) * dayNs - 1n, `${app} ${day}`))]));
    }
    await store.compact();
    const report = await store.retain(
      {
        rules: [
          { tenant, matchers: [matcher('app', '=', 'ever')], ageNs: 0n },
          { tenant, matchers: [matcher('app', '=', 'short')], ageNs: 2n * dayNs },
          { tenant, matchers: [], ageNs: 5n * dayNs },
        ],
      },
      nowNs
    );
    const left = async (app: string): Promise<number> => (await linesOf(store, { tenant, matchers: [matcher('app', '=', app)] })).length;
    assert.deepEqual([await left('short'), await left('long'), await left('ever')], [2, 5, 20]);
    assert.equal(report.entriesRemoved, 33);
  },

  'drops nothing that is younger than its rule says, to the nanosecond; rules of the tenant come first': async (store, tenant) => {
    const hourNs = dayNs / 24n;
    const nowNs = at(0) + 3n * dayNs;
    const everybodys = { tenant: '*', matchers: [matcher('of', '=', tenant)], ageNs: hourNs };
    await store.append(batch(tenant, [labels({ of: tenant }), Array.from({ length: 72 }, (_, i) => entry(nowNs - BigInt(i + 1) * hourNs, `line ${i + 1}`))]));
    await store.compact();
    let before = 72;
    for (const hours of [71, 49, 48, 47, 24, 5]) {
      const report = await store.retain({ rules: [everybodys, { tenant, matchers: [], ageNs: BigInt(hours) * hourNs }] }, nowNs);
      const left = (await linesOf(store, { tenant })).map((line) => Number(line.slice(line.lastIndexOf(' '))));
      assert.deepEqual(left, Array.from({ length: hours }, (_, i) => hours - i));
      assert.equal(report.entriesRemoved, before - hours);
      before = hours;
    }
    assert.equal((await store.retain({ rules: [everybodys] }, nowNs)).entriesRemoved, 4);
  },

  'finds no damage': async (store) => {
    for await (const damage of store.check()) {
      assert.fail(damage);
    }
  },
};
