import assert from 'node:assert/strict';
import test from 'node:test';
import { levelNames } from '../../src/levels/levels';
import { labelsText, makeLabels } from '../../backend/model/labels';
import type { Batch } from '../../backend/model/entry';
import { defaultLimits } from '../../backend/query/budget';
import { LocalRunner } from '../../backend/query/localRunner';
import { runQuery } from '../../backend/query/run';
import { parseAddress } from '../../backend/store/clickhouse/address';
import { ClickHouseClient } from '../../backend/store/clickhouse/client';
import { batch, contractDayNs, entry, labels, never, select } from '../../backend/store/contract';
import { MemoryStore } from '../../backend/store/memory';
import { openStore } from '../../backend/store/open';
import type { Store, StoreReader } from '../../backend/store/store';
import { seeded, testSeed } from '../../backend/text/random';
import { modernMissing, startModern } from './modern';
import { missing, startServers } from './servers';

const minuteNs = 60_000_000_000n;

test('what is added up in ClickHouse is what the entries give', { skip: missing }, async (context) => {
  const servers = await startServers(2);
  context.after(() => servers.stop());
  await compare(servers.address('sums', 'partial=allow'));
});

test('what is added up in the modern engine is what the entries give', { skip: modernMissing }, async (context) => {
  const engine = await startModern();
  context.after(() => engine.stop());
  await compare(engine.address('sums'));
});

const words = ['error', 'Error', '%', '_', '\\', "'", 'ÄÖ', '\n', '😀', ' ', 'a%b', '100%'];
const plain = ['0', '7', '-3', '123456789012', '-99999', '42'];
/** Values and names of which no server may make a number of its own. */
const odd: Array<[string, string]> = [
  ['n', '1.5'], ['n', '-0'], ['n', '+5'], ['n', '007'], ['n', '1e3'], ['n', '0x1F'], ['n', '5\n'], ['n', ' 5'], ['n', 'abc'], ['n', '9007199254740993'], ['n', '99999999999999999999'], ['n', 'NaN'],
  ['n', 'Inf'], ['n ', '8'], [' n', '9'], ['\u00a0m', '9'],
];

/** Lines over some hours in four streams, with numbers but for the tenant `lines`; one entry has the special metadata. */
function entriesOf(tenant: string, below: (limit: number) => number, special?: [string, string]): Batch {
  const streams = ['a', 'b', 'c', 'd'].map((app, k): Parameters<typeof batch>[1] => [
    labels(tenant === 'label' && k === 2 ? { app, n: '12' } : k % 2 ? { app, env: 'prod' } : { app }),
    Array.from({ length: 400 }, (_, i) => {
      const line = Array.from({ length: 1 + below(4) }, () => words[below(words.length)]).join('') + String(i);
      const pairs: Array<[string, string]> = [...(below(3) && tenant !== 'lines' ? [['n', plain[below(plain.length)]] as [string, string]] : []), ...(below(2) ? [['detected_level', below(2) ? 'error' : 'info'] as [string, string]] : [])];
      const own = special && k === 0 && i === 200 ? [...pairs.filter(([name]) => name !== special[0]), special] : tenant === 'empty' && i % 7 === 0 ? [['n', ''] as [string, string]] : pairs;
      return entry(contractDayNs + BigInt(below(240)) * minuteNs + BigInt(i), line, own.length > 0 ? makeLabels(own) : undefined);
    }),
  ]);
  const made = batch(tenant, ...streams);
  made.streams.forEach((stream) => (stream.levels = Uint8Array.from({ length: stream.count }, () => below(levelNames.length))));
  return made;
}

const lineQueries = [
  'count_over_time({app=~".+"} |= "error" [R])', 'sum by (app) (rate({app=~".+"} |= "%" != "\\n" [R]))', 'bytes_over_time({app=~"a|b"} != "error" != "_" [R])',
  'sum(bytes_rate({app=~".+"} |= "Error" or "ÄÖ" or "\\\\" [R]))', 'sum by (detected_level) (count_over_time({app=~".+"} |= "a%b" | detected_level="error" or app="b" [R]))',
  'sum by (app) (count_over_time({app=~".+"} != "\'" or "😀" | env="prod" | drop env [R]))', 'count_over_time({app=~".+"} |= "no such word" [R])',
];
const numberQueries = [
  'sum_over_time({app=~".+"} | unwrap n [R])', 'sum by (app) (sum_over_time({app=~".+"} | unwrap n | __error__="" [R]))', 'rate({app="a"} |= "error" | unwrap n [R])',
  'min_over_time({app=~".+"} | unwrap n [R]) by (app)', 'max_over_time({app=~"a|b|c"} | detected_level="info" | unwrap n [R]) by (detected_level)', 'max(max_over_time({app=~".+"} != "_" | unwrap n [R]))',
];
const otherQueries = [
  'max_over_time({app=~".+"} | unwrap n [R]) by (__level__)', 'min_over_time({app=~".+"} | unwrap n [R]) by (detected_level, __level__)',
  'avg_over_time({app=~".+"} | unwrap n [R]) by (app)', 'quantile_over_time(0.9, {app=~".+"} | unwrap n [R]) by (app)', 'last_over_time({app="a"} | unwrap n [R]) by (app)', 'sum_over_time({app=~".+"} | n > 5 | unwrap n [R])',
  'sum_over_time({app=~".+"} | drop n="7" | unwrap n [R])', 'sum_over_time({app=~".+"} | keep app | unwrap n [R])', 'sum by (n) (sum_over_time({app=~".+"} | unwrap n [R]))', 'sum_over_time({app=~".+"} | unwrap bytes(n) | __error__="" [R])',
  'sum_over_time({app=~".+"} | unwrap n_extracted [R])', 'sum_over_time({app=~".+"} | unwrap n | n < 10 [R])', 'count_over_time({app=~".+"} |= "error" |~ "[0-9]5" [R])', 'count_over_time({app=~".+"} |= "" [R])', 'count_over_time({app=~".+"} != "" [R])',
];

async function compare(url: string): Promise<void> {
  const below = seeded(testSeed);
  const model = new MemoryStore();
  const { store } = await openStore({ driver: 'clickhouse', url });
  const client = new ClickHouseClient(parseAddress(url), () => undefined);
  const batches = [entriesOf('lines', below), entriesOf('plain', below), entriesOf('empty', below), entriesOf('label', below), ...odd.map((special, k) => entriesOf(`odd${k}`, below, special))];
  for (const one of batches) {
    await Promise.all([store.append(one), model.append(one)]);
  }
  // a broken insert left some rows twice
  const columns = (arrival: string): string => `tenant, stream_id, ts, ${arrival}, writer, repeat, level, meta_k, meta_v, line`;
  await client.run(`INSERT INTO entries (${columns('arrival')}) SELECT ${columns('arrival + 1000000')} FROM entries WHERE tenant IN ('lines', 'plain') AND sipHash64(ts, ${testSeed}) % 9 = 0`);
  const told = { sums: 0, refused: 0 };
  const noting = noteSums(store, told);
  const ask = async (reader: StoreReader, query: string, tenant: string, seconds: number): Promise<string[]> => {
    try {
      const request = { kind: 'range' as const, tenants: [tenant], query: query.replace('R', `${seconds}s`), startNs: contractDayNs, endNs: contractDayNs + 240n * minuteNs, stepNs: 7n * minuteNs, direction: 'forward' as const, limit: 100, intervalNs: 0 };
      const { result } = await runQuery(request, { runner: new LocalRunner(reader), limits: defaultLimits }, never);
      assert.ok(result.kind === 'matrix');
      return result.series.map((row) => JSON.stringify([labelsText(row.labels), row])).sort();
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  };
  const same = async (queries: string[], tenants: string[], readers: StoreReader[] = [noting]): Promise<void> => {
    for (const tenant of tenants) {
      for (const query of queries) {
        const seconds = [60, 420, 1000][below(3)];
        const wanted = await ask(model, query, tenant, seconds);
        for (const reader of readers) {
          assert.deepEqual(await ask(reader, query, tenant, seconds), wanted, `SEED=${testSeed - 1} ${tenant} ${query} ${seconds}s`);
        }
      }
    }
  };
  const partial = store.partial?.((warning) => assert.fail(warning));
  const readers = [noting, ...(partial ? [partial] : [])];
  await same(lineQueries.slice(0, 3), ['lines'], readers);
  await same(lineQueries.slice(3), ['lines']);
  await same(numberQueries, ['plain'], readers);
  await same(numberQueries, ['empty']);
  assert.deepEqual(told, { sums: lineQueries.length + 2 * numberQueries.length, refused: 0 }, 'ClickHouse added up');
  await same(lineQueries.slice(0, 2), ['plain']);
  await same(otherQueries, ['plain']);
  told.refused = 0;
  await same([numberQueries[0]], ['label', ...odd.map((_, k) => `odd${k}`)]);
  await same(['sum by (m) (count_over_time({app="a"} |= "200" [R]))', 'sum by (m) (count_over_time({app="a"}[R]))'], [`odd${odd.length - 1}`]);
  assert.ok(told.refused >= odd.length, 'what ClickHouse could get wrong it leaves to this process');
  // too large for a double: the order of adding would show
  const large = batch('large', [labels({ app: 'a' }), Array.from({ length: 12 }, (_, i) => entry(contractDayNs + BigInt(i), 'x', makeLabels([['n', '999999999999999']])))]);
  await Promise.all([store.append(large), model.append(large)]);
  await same([numberQueries[0]], ['large']);
  const unusable = { ...select({ tenant: 'plain' }), startNs: contractDayNs, stepNs: minuteNs, count: 9, by: 'stream' as const, metadataNames: [] };
  assert.equal(await store.aggregate!({ ...unusable, lines: [{ kind: 'any', texts: ['\0'], ignoreCase: false }] }, never), undefined);
  await client.close();
  await store.close();
}

function noteSums(store: Store, told: { sums: number; refused: number }): StoreReader {
  return Object.assign(Object.create(store) as Store, {
    aggregate: async (...args: Parameters<NonNullable<Store['aggregate']>>) => {
      const answer = await store.aggregate!(...args);
      told[answer ? 'sums' : 'refused']++;
      return answer;
    },
    partial: () => undefined,
  });
}
