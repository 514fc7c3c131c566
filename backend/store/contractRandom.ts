import assert from 'node:assert/strict';
import { Random } from '../bench/random';
import { makeStreamEntries, type Batch, type Entry } from '../model/entry';
import { labelsText, makeLabels, type Labels } from '../model/labels';
import { matcher } from './matchers';
import { canBecomeLabel } from '../text/labelName';
import { lineLatin1, MemoryStore } from './memory';
import type { Chunk, CountRequest, Hint, LabelHint, Scan, Select, Store } from './store';

/** How the contract opens a driver. */
export interface ContractDriver {
  /** Opens a new, empty store. */
  open(options: { keepRepeats?: boolean }): Promise<Store>;
  /** Closes the store and opens its data anew; undefined for drivers that keep nothing. */
  reopen?(store: Store): Promise<Store>;
}

const dayNs = 86_400_000_000_000n;
const originNs = 1_763_769_600_000_000_000n;
const never = new AbortController().signal;
const tenants = ['one', 'two'];
const words = ['error', 'Error', 'timeout', 'GET', '/api/v1', 'user=', 'ÄÖ', '4bf92f3577b34da6', 'a3ce929d0e0e4736', '\n', '"', ' ', ' ', ' ', '500', 'zz', '\u0000', '😀'];
const apps = ['a', 'b', 'c'];

function randomTime(random: Random): bigint {
  const coarse = random.chance(0.5);
  const offset = BigInt(random.below(3 * 1440)) * 60_000_000_000n;
  return originNs - dayNs + offset + (coarse ? 0n : BigInt(random.below(60_000)) * 1_000_000n + BigInt(random.below(3)));
}

function randomLine(random: Random): string {
  return Array.from({ length: random.below(12) }, () => random.pick(words)).join('');
}

function randomBatch(random: Random): Batch {
  const streams: Batch['streams'] = [];
  const streamCount = 1 + random.below(4);
  for (let k = 0; k < streamCount; k++) {
    const set = makeLabels([['app', random.pick(apps)], ...(random.chance(0.5) ? [['env', random.pick(['prod', 'dev'])] as const] : [])]);
    const from = randomTime(random);
    const near = random.chance(0.7);
    const metadata = [undefined, undefined, makeLabels([['detected_level', 'info']]), makeLabels([['detected_level', 'error']]), makeLabels([['trace_id', `t${random.below(3)}`]]), makeLabels([['trace.id', 't']])];
    const withMetadata = random.chance(0.5);
    const entries: Entry[] = Array.from({ length: random.below(random.chance(0.1) ? 2000 : 40) }, (_, i) => ({
      tsNs: near ? from + BigInt(i * random.below(1000)) * 1_000_000n : randomTime(random),
      line: Buffer.from(randomLine(random)),
      metadata: withMetadata ? random.pick(metadata) : undefined,
    }));
    if (entries.length === 0) {
      continue;
    }
    for (const part of makeStreamEntries(set, entries)) {
      streams.push(random.chance(0.6) ? { ...part, levels: Uint8Array.from({ length: part.count }, () => random.below(7)) } : part);
    }
  }
  return { tenant: random.pick(tenants), streams };
}

function randomSelect(random: Random): Select {
  const matchers = [
    [],
    [matcher('app', '=', random.pick(apps))],
    [matcher('app', '=~', 'a|c')],
    [matcher('env', '!=', 'prod')],
    [matcher('env', '=', '')],
    [matcher('app', '!~', 'b'), matcher('env', '=~', 'p.*')],
  ];
  const [startNs, endNs] = random.chance(0.3) ? [originNs - 9n * dayNs, originNs + 9n * dayNs] : [randomTime(random), randomTime(random)].sort((a, b) => Number(a - b));
  return { tenant: random.pick(tenants), matchers: random.pick(matchers), startNs, endNs };
}

function randomHints(random: Random): Hint[] {
  return Array.from({ length: random.below(3) }, () => ({
    kind: random.chance(0.8) ? ('any' as const) : ('none' as const),
    texts: Array.from({ length: 1 + random.below(2) }, () => (random.chance(0.5) ? randomLine(random).slice(0, 40) : random.pick(words))),
    ignoreCase: random.chance(0.4),
  }));
}

function randomLabelHints(random: Random): LabelHint[] {
  const labels = ['trace_id', 'trace_id_extracted', 'env', 'detected_level', 'nowhere'];
  return random.chance(0.5) ? [] : randomHints(random).map((hint) => ({ label: random.pick(labels), hint }));
}

const fold = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

function hintsPass(hints: Hint[], line: string): boolean {
  return hints.every(({ kind, texts, ignoreCase }) => {
    const has = texts.some((text) => {
      const bytes = Buffer.from(text).toString('latin1');
      return ignoreCase ? fold(line).includes(fold(bytes)) : line.includes(bytes);
    });
    return has === (kind === 'any');
  });
}

/** Every entry of a scan that the hints leave, as text; sorted, since two drivers cut chunks differently. */
async function entriesOf(store: Store, scan: Scan): Promise<string[]> {
  const found: string[] = [];
  let last: Chunk | undefined;
  for await (const chunk of store.scan(scan, never)) {
    const inOrder = !last || (scan.direction === 'backward' ? chunk.maxNs <= last.maxNs : chunk.minNs >= last.minNs);
    assert.ok(inOrder, 'chunks come in order');
    last = chunk;
    for (let i = 0; i < chunk.count; i++) {
      const line = lineLatin1(chunk, i);
      assert.ok(i === 0 || chunk.times[i] >= chunk.times[i - 1], 'times ascend');
      const metadata: Labels = chunk.metadata ? (chunk.metadataSets?.[chunk.metadata[i]] ?? new Map()) : new Map();
      const mustHold = (scan.labelHints ?? []).filter(({ label }) => !chunk.stream.has(label) && ![...metadata.keys()].some((name) => canBecomeLabel(name, label)));
      if (hintsPass([...scan.hints, ...mustHold.map(({ hint }) => hint)], line)) {
        found.push(JSON.stringify([labelsText(chunk.stream), String(chunk.baseNs + BigInt(chunk.times[i])), line, labelsText(metadata), chunk.levels?.[i] ?? 0]));
      }
    }
  }
  return found.sort();
}

async function countsOf(store: Store, request: CountRequest): Promise<string[] | undefined> {
  const rows = await store.count?.(request, never);
  return rows
    ?.filter((row) => row.lines.some((lines) => lines > 0))
    .map((row) => JSON.stringify([labelsText(row.stream), row.level ?? null, [...row.lines], [...row.bytes]]))
    .sort();
}

function randomCount(random: Random): CountRequest {
  const aligned = random.chance(0.6);
  const select = randomSelect(random);
  const startNs = aligned ? select.startNs - (select.startNs % 60_000_000_000n) : select.startNs;
  return {
    ...select,
    startNs,
    stepNs: aligned ? BigInt(1 + random.below(90)) * 60_000_000_000n : BigInt(1 + random.below(1e6)) * 7_000_001n,
    count: 1 + random.below(60),
    by: random.pick(['stream', 'detected_level', '__level__'] as const),
    metadataNames: random.pick(['all' as const, [], ['trace_id']]),
  };
}

async function compareAnswers(random: Random, model: Store, store: Store): Promise<void> {
  const select = randomSelect(random);
  const scan: Scan = {
    ...randomSelect(random), direction: random.pick(['forward', 'backward']), needs: { text: 'lines', metadata: true, levels: true },
    hints: randomHints(random), labelHints: randomLabelHints(random), transient: random.chance(0.5),
    limitHint: random.chance(0.5) ? 1 + random.below(300) : undefined,
  };
  assert.deepEqual(await entriesOf(store, scan), await entriesOf(model, scan));
  await compareWanted(random, store, scan);
  assert.deepEqual(await store.labelNames(select, never), await model.labelNames(select, never));
  assert.deepEqual(await store.labelValues('env', select, never), await model.labelValues('env', select, never));
  const texts = (sets: Labels[]): string[] => sets.map(labelsText);
  assert.deepEqual(texts([...(await store.series(select, never))]), texts([...(await model.series(select, never))]));
  const [stats, wanted] = [await store.stats(select, never), await model.stats(select, never)];
  assert.equal(stats.entries, wanted.entries);
  assert.equal(stats.streams, wanted.streams);
  const request = randomCount(random);
  const counts = await countsOf(store, request);
  if (counts) {
    assert.deepEqual(counts, await countsOf(model, request));
  }
}

/** A scan that is told how far its caller wants to read gives all up to there. */
async function compareWanted(random: Random, store: Store, scan: Scan): Promise<void> {
  const borderNs = randomTime(random);
  const near = (timeNs: bigint): boolean => (scan.direction === 'forward' ? timeNs < borderNs : timeNs > borderNs);
  const nearOf = (entries: string[]): string[] => entries.filter((entry) => near(BigInt((JSON.parse(entry) as string[])[1])));
  assert.deepEqual(nearOf(await entriesOf(store, { ...scan, wants: near })), nearOf(await entriesOf(store, scan)), 'all that is wanted');
}

/** What changes data at random in both stores; they must answer the same. */
async function changeBoth(random: Random, model: Store, store: Store): Promise<void> {
  const roll = random.next();
  if (roll < 0.15) {
    await store.compact();
  } else if (roll < 0.25) {
    const startNs = randomTime(random);
    const select = { ...randomSelect(random), startNs, endNs: startNs + BigInt(random.below(1e6)) * 1_000_000_000n };
    const letter = random.pick(['r', ' ', '0']);
    const drops = (chunk: Chunk): Uint8Array => Uint8Array.from({ length: chunk.count }, (_, i) => Number(lineLatin1(chunk, i).includes(letter)));
    const request = random.chance(0.5) ? { ...select, drops } : select;
    assert.equal(await store.delete(request), await model.delete(request), 'deleted');
  } else if (roll < 0.3) {
    const policy = { rules: [{ tenant: random.pick([...tenants, '*']), matchers: random.chance(0.5) ? [] : [matcher('app', '=', random.pick(apps))], ageNs: dayNs * BigInt(1 + random.below(2)) }] };
    const nowNs = originNs + dayNs + BigInt(random.below(86_400)) * 1_000_000_000n;
    assert.equal((await store.retain(policy, nowNs)).entriesRemoved, (await model.retain(policy, nowNs)).entriesRemoved, 'retained');
  } else {
    const batch = randomBatch(random);
    assert.deepEqual(await store.append(batch), await model.append(batch), 'appended');
    if (random.chance(0.1)) {
      assert.deepEqual(await store.append(batch), await model.append(batch), 'appended again');
    }
  }
}

/** Random batches, deletes, retention, compaction and queries; the driver must answer as the memory store does. */
export async function compareRandomly(driver: ContractDriver, rounds: number): Promise<void> {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));
  console.log(`    seed of the random contract: ${seed}`);
  const random = new Random(seed);
  const model = new MemoryStore();
  let store = await driver.open({});
  try {
    for (let round = 0; round < rounds; round++) {
      for (let change = random.below(4); change >= 0; change--) {
        await changeBoth(random, model, store);
      }
      if (driver.reopen && random.chance(0.1)) {
        store = await driver.reopen(store);
      }
      await compareAnswers(random, model, store);
    }
    for await (const damage of store.check()) {
      assert.fail(damage);
    }
  } catch (error) {
    throw new Error(`with SEED=${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  } finally {
    await store.close();
  }
}
