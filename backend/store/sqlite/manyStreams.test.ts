import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Matcher } from '../../../src/logql/ast';
import { collectNow } from '../../runtime/garbage';
import { needsRoom } from '../../model/errors';
import { batch, contractDayNs, entry, labels, never } from '../contract';
import type { Scan, Select } from '../store';
import type { SqliteStore } from './sqliteStore';
import { openTestStore, testFolder } from './testStore';

const streams = 3_000;
const range = { tenant: 't', startNs: contractDayNs, endNs: contractDayNs + 3_600_000_000_000n };
const scan: Scan = { ...range, matchers: [], direction: 'backward', needs: { text: 'lines', metadata: true, levels: false }, hints: [] };

const matcher = (name: string, op: Matcher['op'], value: string): Matcher => ({ name, op, value, span: { start: 0, end: 0 } });

/** More blocks than a connection keeps the headers of, so that they are gone through one by one. */
describe('a day of more streams than headers are kept', () => {
  const dir = testFolder();
  let store: SqliteStore;

  before(async () => {
    store = openTestStore(dir);
    const all = Array.from({ length: streams }, (_, i): Parameters<typeof batch>[1] => [
      labels({ job: i % 2 ? 'odd' : 'even', pod: `p${i}` }),
      // each reaches over any cut in the middle, and half of them do so more than once
      [0, 10, 20].map((second) => entry(contractDayNs + BigInt(second) * 1_000_000_000n + BigInt(i), `line ${i} ${second}`, i % 2 ? labels({ trace: `t${i}` }) : undefined)),
    ]);
    await store.append(batch('t', ...all));
    await store.compact();
  });

  after(async () => {
    await store.close();
  });

  async function times(more: Partial<Scan>): Promise<bigint[]> {
    const found: bigint[] = [];
    for await (const chunk of store.scan({ ...scan, ...more }, never)) {
      for (let i = 0; i < chunk.count; i++) {
        found.push(chunk.baseNs + BigInt(chunk.times[i]));
      }
    }
    return found;
  }

  test('is read in order and whole, also when every block reaches over the ends of the range', async () => {
    const second = 1_000_000_000n;
    assert.equal((await times({})).length, 3 * streams);
    for (const direction of ['forward', 'backward'] as const) {
      const cut = await times({ direction, startNs: contractDayNs + 5n * second, endNs: contractDayNs + 15n * second });
      assert.equal(cut.length, streams);
      assert.deepEqual(cut, [...cut].sort((a, b) => Number(direction === 'forward' ? a - b : b - a)));
    }
  });

  test('selects streams by each kind of matcher', async () => {
    const select = async (op: Matcher['op'], name: string, value: string): Promise<number> => (await times({ matchers: [matcher(name, op, value)] })).length / 3;
    assert.equal(await select('=', 'job', 'odd'), streams / 2);
    assert.equal(await select('!=', 'job', 'odd'), streams / 2);
    assert.equal(await select('=~', 'pod', 'p1.'), 10);
    assert.equal(await select('!~', 'pod', 'p1.'), streams - 10);
    assert.equal(await select('=', 'pod', 'nobody'), 0);
    assert.equal(await select('=', 'nothing', ''), streams);
    assert.equal(await select('!=', 'nothing', 'a'), streams);
    assert.equal(await select('=~', 'nothing', '.+'), 0);
    assert.equal(await select('=', 'job', ''), 0);
    assert.equal(await select('=~', 'pod', 'p1.|'), 10);
    assert.equal((await times({ matchers: [matcher('job', '=', 'odd'), matcher('pod', '!~', 'p1.'), matcher('nothing', '=', '')] })).length / 3, streams / 2 - 5);
    assert.equal((await times({ matchers: [matcher('pod', '=', 'p7'), matcher('job', '!=', 'odd')] })).length, 0);
    assert.equal((await times({ matchers: [matcher('job', '=', 'odd'), matcher('pod', '=~', 'p1.')] })).length / 3, 5);
  });

  test('is counted, named and summed', async () => {
    assert.equal([...(await store.series({ ...range, matchers: [] }, never))].length, streams);
    assert.equal((await store.labelValues('pod', { ...range, matchers: [] }, never)).length, streams);
    assert.deepEqual(await store.labelNames({ ...range, matchers: [] }, never), ['job', 'pod']);
    assert.deepEqual([(await store.stats({ ...range, matchers: [] }, never)).streams, (await store.stats({ ...range, matchers: [] }, never)).entries], [streams, 3 * streams]);
    assert.deepEqual(await store.labelValues('job', { ...range, matchers: [matcher('pod', '!~', 'p1?[02468]')] }, never), ['even', 'odd']);
    assert.deepEqual(await store.labelValues('job', { ...range, matchers: [matcher('pod', '=~', 'p..?[02468]')] }, never), ['even']);
    assert.deepEqual(await store.labelValues('nothing', { ...range, matchers: [] }, never), []);
    const counted = await store.count({ ...range, endNs: range.endNs, matchers: [], stepNs: 3_600_000_000_000n, count: 1, by: 'stream', metadataNames: [], startNs: contractDayNs + 3_599_999_999_999n }, never);
    assert.equal(counted?.length, streams);
    assert.deepEqual(new Set(counted!.map(({ lines, stream }) => `${lines} ${stream.size}`)), new Set(['3 2']));
  });

  test('is told by the entries where blocks reach over both ends of the range', async () => {
    const second = 1_000_000_000n;
    const cut = (from: bigint, to: bigint): Select => ({ tenant: 't', matchers: [], startNs: contractDayNs + from * second, endNs: contractDayNs + to * second });
    assert.equal((await store.labelValues('pod', cut(5n, 15n), never)).length, streams);
    assert.deepEqual(await store.labelNames(cut(5n, 15n), never), ['job', 'pod']);
    assert.deepEqual(await store.labelValues('pod', cut(5n, 9n), never), []);
    assert.deepEqual(await store.labelNames(cut(5n, 9n), never), []);
    assert.deepEqual([...(await store.series(cut(5n, 9n), never))], []);
    assert.deepEqual(await store.stats(cut(5n, 9n), never), { streams: 0, chunks: 0, entries: 0, bytes: 0 });
  });

  test('is counted by some labels only where the others are not looked at', async () => {
    const count = { ...range, matchers: [], stepNs: 3_600_000_000_000n, count: 1, by: 'stream' as const, metadataNames: [], startNs: range.endNs - 1n };
    const counted = await store.count({ ...count, labels: ['job', 'nothing'], seriesMax: 2 }, never);
    assert.deepEqual(new Set(counted?.map(({ stream, lines }) => `${[...stream].join()} ${lines[0]}`)), new Set([`job,even ${1.5 * streams}`, `job,odd ${1.5 * streams}`]));
    assert.deepEqual((await store.count({ ...count, labels: [] }, never))?.map(({ stream, lines }) => [stream.size, lines[0]]), [[0, 3 * streams]]);
  });

  test('is not looked at by a small question', async () => {
    const small = { ...range, matchers: [], piecesMax: 2_500 };
    const count = { ...small, stepNs: 3_600_000_000_000n, count: 1, by: 'stream' as const, metadataNames: [], startNs: range.endNs - 1n };
    for (const asked of [store.labelNames(small, never), store.labelValues('pod', small, never), store.series(small, never), store.stats(small, never), store.count(count, never)]) {
      await assert.rejects(asked, { status: 400, code: needsRoom });
    }
    const one = { ...small, matchers: [matcher('pod', '=', 'p7'), matcher('job', '!=', 'even')] };
    assert.deepEqual(await store.labelValues('job', one, never), ['odd']);
    assert.equal((await store.stats(one, never)).entries, 3);
    assert.equal((await store.count({ ...count, ...one, startNs: range.endNs - 1n }, never))?.length, 1);
  });

  test('ends with a code when it needs more room than a small question has', async () => {
    await assert.rejects(times({ piecesMax: 2_500 }), { status: 400, code: needsRoom });
    assert.equal((await times({ piecesMax: 2_500, matchers: [matcher('job', '=', 'odd')] })).length, 1.5 * streams);
    const count = { ...range, matchers: [], stepNs: 3_600_000_000_000n, count: 1, by: 'stream' as const, metadataNames: [] };
    await assert.rejects(store.count({ ...count, startNs: range.endNs - 1n, seriesMax: 2_500 }, never), { status: 400, code: needsRoom });
  });

  test('finds a label of the metadata behind label hints', async () => {
    const labelHints = [{ label: 'trace', hint: { kind: 'any' as const, texts: ['nothing says this'], ignoreCase: false } }];
    // those whose metadata may bring the label are exempt from the hint, the others can't pass it
    assert.equal((await times({ labelHints })).length, 1.5 * streams);
  });
});

test('more streams than wait with their columns, all cut by the end of the range, are read once each', async () => {
  const dir = testFolder();
  const store = openTestStore(dir);
  try {
    const lines = 200;
    await store.append(
      batch('t', ...Array.from({ length: 1_200 }, (_, i): Parameters<typeof batch>[1] => [labels({ pod: `p${i}` }), Array.from({ length: lines }, (_, k) => entry(contractDayNs + BigInt(k * 10_000 + i), `${i} ${k}`))]))
    );
    await store.compact();
    for (const direction of ['forward', 'backward'] as const) {
      const seen: string[] = [];
      const cut = { startNs: contractDayNs + 10n * 10_000n, endNs: contractDayNs + 190n * 10_000n };
      for await (const chunk of store.scan({ ...scan, ...cut, direction, limitHint: 5_000 }, never)) {
        for (let i = 0; i < chunk.count; i++) {
          seen.push(Buffer.from(chunk.text.subarray(chunk.offsets[i], chunk.offsets[i + 1])).toString());
        }
      }
      assert.equal(new Set(seen).size, 1_200 * 180);
      assert.equal(seen.length, 1_200 * 180, direction);
    }
  } finally {
    await store.close();
  }
});

/** Bytes of buffers that live. What a collection finds dead is freed behind it, at its leisure. */
async function buffersHeld(): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < 10; round++) {
    collectNow();
    await new Promise((resolve) => setTimeout(resolve, 20));
    least = Math.min(least, process.memoryUsage().arrayBuffers);
  }
  return least;
}

test('blocks that wait hold on to the few lines that are read first, not to the columns of all', async () => {
  const dir = testFolder();
  const store = openTestStore(dir);
  try {
    const [blocks, lines] = [50, 5_000];
    for (let i = 0; i < blocks; i++) {
      await store.append(batch('t', [labels({ pod: `p${i}` }), Array.from({ length: lines }, (_, k) => entry(contractDayNs + BigInt(k * 1_000 + i), `${k}`))]));
    }
    await store.compact();
    const before = await buffersHeld();
    for await (const _chunk of store.scan({ ...scan, endNs: contractDayNs + BigInt((lines - 10) * 1_000), limitHint: 100 }, never)) {
      const held = (await buffersHeld()) - before;
      // times and offsets alone are twelve bytes a line
      assert.ok(held < (blocks * lines * 12) / 4, `${held} bytes`);
      break;
    }
  } finally {
    await store.close();
  }
});
