import assert from 'node:assert/strict';
import test from 'node:test';
import { labelsText } from '../../backend/model/labels';
import { seeded, testSeed } from '../../backend/text/random';
import { parseAddress } from '../../backend/store/clickhouse/address';
import { ClickHouseClient } from '../../backend/store/clickhouse/client';
import { batch, chunksOf, contractDayNs, entry, labels, never, scanOf, select } from '../../backend/store/contract';
import { openStore } from '../../backend/store/open';
import { modernMissing, startModern } from './modern';
import { missing, startServers } from './servers';

const tenant = 't';
const hourNs = 3_600_000_000_000n;

test('sums are exact however often inserts left a row, merged or not', { skip: missing }, async (context) => {
  const servers = await startServers(2);
  context.after(() => servers.stop());
  await compareSums(servers.address('twice'));
});

test('sums are exact on the modern engine too', { skip: modernMissing }, async (context) => {
  const engine = await startModern();
  context.after(() => engine.stop());
  await compareSums(engine.address('twice'));
});

async function compareSums(url: string): Promise<void> {
  const below = seeded(testSeed);
  const { store } = await openStore({ driver: 'clickhouse', url });
  const client = new ClickHouseClient(parseAddress(url), () => undefined);
  for (const node of client.address.nodes) {
    await client.run('SYSTEM STOP MERGES', { node });
  }
  // some streams in order of time, as logs come, some not
  for (let round = 0; round < 12; round++) {
    const times = ['a', 'b', 'c'].map((app, k) => Array.from({ length: 150 }, (_, i) => contractDayNs + (k === 0 ? BigInt(round * 150 + i) * 11_000_000_000n : BigInt(below(20_000)) * 1_000_000_000n)));
    await store.append(batch(tenant, ...times.map((own, k): Parameters<typeof batch>[1] => [labels({ app: 'abc'[k] }), own.map((ns, i) => entry(ns, `${round} ${i} ${'x'.repeat(below(9))}`))])));
  }
  for (let round = 0; round < 3; round++) {
    const columns = (arrival: string): string => `tenant, stream_id, ts, ${arrival}, writer, repeat, level, meta_k, meta_v, line`;
    await client.run(`INSERT INTO entries (${columns('arrival')}) SELECT ${columns('arrival + 1000000')} FROM entries WHERE sipHash64(ts, ${round + testSeed}) % 9 = 0`);
  }
  const entries = (await chunksOf(store, scanOf({ tenant }))).flatMap(({ stream, count, baseNs, times, offsets }) =>
    Array.from({ length: count }, (_, i) => ({ stream: labelsText(stream), ns: baseNs + BigInt(times[i]), bytes: offsets[i + 1] - offsets[i] }))
  );
  assert.equal(entries.length, 12 * 3 * 150);
  const [rows] = await client.rows('count() FROM entries', (row) => row.count());
  assert.ok(rows > entries.length, 'there are repeats');
  for (const when of ['as inserted', 'merged']) {
    for (let round = 0; round < 8; round++) {
      const startNs = contractDayNs + BigInt(below(3_600)) * 1_000_000_000n;
      const [stepNs, count] = [[hourNs / 60n, 240], [hourNs, 3], [5n * hourNs, 1], [997_000_000n, 900]][below(4)] as [bigint, number];
      const counted = await store.count!({ ...select({ tenant }), startNs, stepNs, count, by: 'stream', metadataNames: [] }, never);
      const wanted = new Map<string, { lines: number[]; bytes: number[] }>();
      for (const { stream, ns, bytes } of entries) {
        const bucket = Number((ns - startNs + stepNs - 1n) / stepNs);
        if (ns > startNs - stepNs && bucket < count) {
          const one = wanted.get(stream) ?? { lines: new Array<number>(count).fill(0), bytes: new Array<number>(count).fill(0) };
          wanted.set(stream, one);
          one.lines[bucket]++;
          one.bytes[bucket] += bytes;
        }
      }
      const found = new Map(counted!.map(({ stream, lines, bytes }) => [labelsText(stream), { lines: [...lines], bytes: [...bytes] }]));
      assert.deepEqual(found, wanted, `SEED=${testSeed - 1}, ${when}: ${count} steps of ${stepNs} from ${startNs}`);
      const range = { startNs, endNs: startNs + BigInt(below(20_000)) * 1_000_000_000n };
      const inside = entries.filter(({ ns }) => ns >= range.startNs && ns < range.endNs);
      const stats = await store.stats(select({ tenant, ...range }), never);
      assert.deepEqual([stats.entries, stats.bytes, stats.streams], [inside.length, inside.reduce((sum, { bytes }) => sum + bytes, 0), new Set(inside.map(({ stream }) => stream)).size], `SEED=${testSeed - 1}`);
    }
    for (const node of client.address.nodes) {
      await client.run('SYSTEM START MERGES', { node });
    }
    await store.compact();
  }
  await client.close();
  await store.close();
}
