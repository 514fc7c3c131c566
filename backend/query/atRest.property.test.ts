import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Random } from '../bench/random';
import { makeStreamEntries, type Batch, type Entry } from '../model/entry';
import { makeLabels } from '../model/labels';
import { MemoryStore } from '../store/memory';
import type { SqliteStore } from '../store/sqlite/sqliteStore';
import type { StoreReader } from '../store/store';
import { defaultLimits } from './budget';
import { LocalRunner } from './localRunner';
import type { QueryRequest } from './request';
import { runQuery } from './run';
import { openTestStore, testFolder } from '../store/sqlite/testStore';

/**
 * Texts at rest are split into columns, of which a query reads only fields or lines that it looks at (store/sqlite/text/splitFields.ts, splitLines.ts). Answers
 * must be those of a store that knows none of this.
 */
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));
const secondNs = 1_000_000_000n;
/** An hour before midnight, so that two days have a part of the lines. */
const zeroNs = 1_795_176_000_000_000_000n - (1_795_176_000_000_000_000n % 86_400_000_000_000n) - 3_600n * secondNs;
const spanSeconds = 7_200;

const words = ['error', 'timeout', 'Käse', 'cache', 'beef', 'GET', 'done', 'ab', 'x1y2z3w4', 'deadbeef'];
/** What one statement of a program writes. */
const statements: Array<(random: Random) => string> = [
  (random) => `{"level":"${random.pick(['info', 'warn', 'error'])}","status":${random.pick([200, 404, 500])},"trace_id":"${random.hex(32)}","took":${random.below(5_000)},"msg":"${random.pick(words)} ${random.pick(words)}"}`,
  (random) => `{"status":"${random.pick([200, 404, 500])}","http":{"path":"/a/${random.pick(words)}"},"dur":"${random.below(900)}ms","a b":1,"neg":${random.below(10) - 5}}`,
  (random) => `level=${random.pick(['info', 'warn'])} status=${random.pick([200, 500])} took=${random.below(3_000)} dur=${random.below(900)}ms msg="${random.pick(words)} in ${random.below(99)}" id=${random.hex(16)}`,
  (random) => `10.0.${random.below(3)}.${random.below(255)} - - "${random.pick(['GET', 'POST'])} /x/${random.pick(words)} HTTP/1.1" ${random.pick([200, 500])}`,
  (random) => `${random.pick(words)} happened in ${Array.from({ length: 6 }, () => random.pick([...'abcdefghij'])).join('')}`,
  (random) => random.pick(['', '{"status":500,', 'status="5', '{"status":"500"} tail', `one odd line ${random.hex(5)}`]),
];

/** Times are in no two entries the same, so that order is certain. */
let serial = 0n;

function randomBatch(random: Random): Batch {
  const stream = makeLabels([['app', random.pick(['a', 'b', 'c'])], ...(random.chance(0.2) ? [['status', '500'] as const] : [])]);
  const some = [random.pick(statements), random.pick(statements)];
  const start = random.below(spanSeconds);
  const entries: Entry[] = Array.from({ length: 10 + random.below(600) }, (_, i) => ({
    tsNs: zeroNs + BigInt(start + i) * secondNs + serial++,
    line: Buffer.from((random.chance(0.02) ? random.pick(statements) : random.pick(some))(random)),
    metadata: random.chance(0.3) ? makeLabels([[random.pick(['detected_level', 'took']), random.pick(['info', '5'])]]) : undefined,
  }));
  return { tenant: 't', streams: makeStreamEntries(stream, entries) };
}

function randomQuery(random: Random): string {
  const selector = random.pick(['{app=~".+"}', '{app="a"}']);
  const word = random.pick(words);
  const lines = random.pick([`|= "${word}"`, `|= "${word}" |= "${random.pick(words)}"`, `|= "${word}" or "${random.pick(words)}"`, `|= "${word} "`, `!= "${word}"`, `|~ "${word}|${random.pick(words)}"`, '|= "500"']);
  const parser = random.pick(['| json', '| logfmt', '| logfmt --keep-empty']);
  const filter = random.pick(['', '| status="500"', '| took > 1000', '| level=~"warn|error"', '| http_path=~".*Käse"', '| dur > 500ms', '| __error__=""', '| label_format z=level | z="info"', '| drop __error__', '| trace_id=~"a.*"']);
  const grouping = random.pick(['by (status)', 'by (level)', 'by (app)', '', 'by (__error__)', 'by (status_extracted)', 'by (http_path, detected_level)']);
  return random.pick([
    `${selector} ${lines}`,
    `${selector} ${lines} ${parser} ${filter}`,
    `sum ${grouping} (count_over_time(${selector} ${parser} ${filter} [5m]))`,
    `sum ${grouping} (count_over_time(${selector} ${lines} ${parser} ${filter} [1m]))`,
    `sum ${grouping} (bytes_over_time(${selector} ${random.pick([parser, lines])} ${filter} [7m]))`,
    `sum ${grouping} (sum_over_time(${selector} ${parser} ${filter} | unwrap ${random.pick(['took', 'neg', 'status'])} | __error__="" [5m]))`,
    `quantile_over_time(0.9, ${selector} ${parser} ${filter} | unwrap duration(dur) | __error__="" [5m]) ${grouping}`,
  ]);
}

/** The answer, or the error, as lines of text; and how many lines were read for it. */
async function ask(reader: StoreReader, request: QueryRequest): Promise<{ answer: string[]; linesRead?: number }> {
  try {
    const { result, stats } = await runQuery(request, { runner: new LocalRunner(reader), limits: { ...defaultLimits, entriesMax: 100_000 } }, new AbortController().signal);
    const answer = result.kind === 'streams' ? result.streams.flatMap(({ set, entries }) => entries.map(({ tsNs, line }) => `${set.text()} ${tsNs} ${line}`)) : [JSON.stringify(result, plain)];
    return { answer: answer.sort(), linesRead: stats.linesProcessed };
  } catch (error) {
    // with several failing series it is open which one is named, and with what error
    return { answer: [String(error).slice(0, 28)] };
  }
}

function plain(_: string, value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.every((item) => typeof item === 'object') ? value.map((item) => JSON.stringify(item, plain)).sort() : value;
  }
  return typeof value === 'bigint' ? String(value) : value instanceof Map ? [...value] : ArrayBuffer.isView(value) ? Array.from(value as Float64Array) : value;
}

/** A store that is gone when the test is over. */
function openStore(context: TestContext, log: (message: string) => void): SqliteStore {
  const store = openTestStore(testFolder(), undefined, { log });
  context.after(() => store.close());
  return store;
}

test('a store at rest answers as the memory store does', async (context) => {
  const random = new Random(seed);
  const told: string[] = [];
  const memory = new MemoryStore();
  const store = openStore(context, (message) => told.push(message));
  for (let round = 0; round < 12; round++) {
    for (let i = 0; i < 3; i++) {
      const batch = randomBatch(random);
      await memory.append(batch);
      await store.append(batch);
    }
    if (random.chance(0.8)) {
      await store.compact();
    }
    for (let i = 0; i < 15; i++) {
      const [from, to] = random.chance(0.3) ? [0, 2 * spanSeconds] : [random.below(spanSeconds), random.below(spanSeconds)].sort((a, b) => a - b);
      const request: QueryRequest = {
        kind: 'range', tenants: ['t'], query: randomQuery(random), startNs: zeroNs + BigInt(from) * secondNs, endNs: zeroNs + BigInt(to) * secondNs + 7n, stepNs: 60n * secondNs,
        limit: random.pick([1, 10, 100_000]), direction: random.pick(['forward', 'backward']), intervalNs: random.chance(0.1) ? 1_000_000 : 0,
      };
      const [expected, found] = [await ask(memory, request), await ask(store, request)];
      const message = `seed ${seed}, round ${round}: ${request.query} from ${from} to ${to}, ${request.direction}, limit ${request.limit}`;
      assert.deepEqual(found.answer, expected.answer, message);
    }
  }
  assert.deepEqual(told, []);
});

test('lines that were read are counted alike, whether a block is at rest or not', async (context) => {
  const store = openStore(context, (message) => assert.fail(message));
  const entries = Array.from({ length: 500 }, (_, i) => ({ tsNs: zeroNs + BigInt(i), line: Buffer.from(`level=${i % 50 === 0 ? 'error' : 'info'} took=${i}ms`) }));
  await store.append({ tenant: 't', streams: makeStreamEntries(makeLabels([['app', 'a']]), entries) });
  const read = async (query: string): Promise<number | undefined> =>
    (await ask(store, { kind: 'range', tenants: ['t'], query, startNs: zeroNs, endNs: zeroNs + secondNs, stepNs: secondNs, limit: 1000, direction: 'backward', intervalNs: 0 })).linesRead;
  const queries = ['{app="a"} |= "error"', 'sum by (level) (count_over_time({app="a"} | logfmt [1s]))'];
  const hot = await Promise.all(queries.map(read));
  await store.compact();
  assert.deepEqual([hot, await Promise.all(queries.map(read))], [[500, 500], [500, 500]]);
});

test('of streams of many lines a query for the last ones reads few', async (context) => {
  const store = openStore(context, (message) => assert.fail(message));
  const lines = 1_000;
  const entriesOf = (stream: number): Entry[] => Array.from({ length: lines }, (_, i) => ({ tsNs: zeroNs + BigInt(10 * i + stream), line: Buffer.from(`level=${i % 10 === 0 ? 'error' : 'info'} stream=${stream} took=${i}ms`) }));
  await store.append({ tenant: 't', streams: ['0', '1'].flatMap((app, stream) => makeStreamEntries(makeLabels([['app', app]]), entriesOf(stream))) });
  await store.compact();
  const last = async (query: string, limit: number, direction: 'forward' | 'backward'): Promise<{ answer: string[]; linesRead?: number }> =>
    ask(store, { kind: 'range', tenants: ['t'], query, startNs: zeroNs, endNs: zeroNs + secondNs, stepNs: secondNs, limit, direction, intervalNs: 0 });
  for (const direction of ['forward', 'backward'] as const) {
    const all = (await last('{app=~".+"}', 2 * lines, direction)).answer.map((line) => line.replace(/^\S+ /, '')).sort();
    for (const limit of [1, 99, 100, 101]) {
      const { answer, linesRead } = await last('{app=~".+"}', limit, direction);
      const expected = direction === 'forward' ? all.slice(0, limit) : all.slice(-limit);
      assert.deepEqual(answer.map((line) => line.replace(/^\S+ /, '')).sort(), expected);
      assert.ok(linesRead! <= 500, `${linesRead} lines read for ${limit}`);
    }
    const errors = await last('{app=~".+"} | logfmt | level="error"', 100, direction);
    assert.equal(errors.answer.length, 100);
    assert.ok(errors.linesRead! < 2 * lines, `${errors.linesRead} lines read for those with a level`);
    assert.equal((await last('{app=~".+"} | logfmt | level="error"', 1_000, direction)).answer.length, lines / 5);
  }
});
