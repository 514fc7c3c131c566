import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogExpr } from '../../../src/logql/ast';
import { parse } from '../../../src/logql';
import { makeLabels } from '../../model/labels';
import { buildPipeline } from '../../pipeline';
import { chunkOf } from '../../pipeline/testChunk';
import type { Chunk } from '../../store/store';
import { seeded, testSeed } from '../../text/random';
import { FragmentBudget } from '../budget';
import { EntryCollector } from './entryCollector';
import type { LogFragment } from '../fragment';

const limits = { bytesMax: 0, cellsMax: 1_000_000, textBytesMax: 1_000_000 };
const baseNs = 1_763_769_600_000_000_000n;

test('the nearest entries are kept, of equal times those offered first', () => {
  const random = seeded(testSeed);
  for (let round = 0; round < 300; round++) {
    const direction = random(2) ? 'forward' : 'backward';
    const sign = direction === 'forward' ? 1 : -1;
    const limit = 1 + random(40);
    const fragment: LogFragment = {
      kind: 'log', tenants: ['t'], limits, expr: parse('{a="a"}').expr as LogExpr, direction, limit, intervalNs: 0, startNs: baseNs, endNs: baseNs + 1_000n, pauseBytes: 0,
    };
    const nearest = (chunk: Chunk): bigint => (direction === 'forward' ? chunk.minNs : chunk.maxNs);
    const chunks = Array.from({ length: 1 + random(6) }, (_, c) => {
      const times = Array.from({ length: 1 + random(60) }, () => BigInt(random(100))).sort((a, b) => Number(a - b));
      return chunkOf(makeLabels([['c', String(c)]]), times.map((tsNs, i) => ({ tsNs: baseNs + tsNs, line: `${c}/${i}` })));
    }).sort((a, b) => sign * Number(nearest(a) - nearest(b)));
    const collector = new EntryCollector(fragment, new FragmentBudget(limits));
    const offered: Array<{ tsNs: bigint; line: string }> = [];
    for (const chunk of chunks) {
      const stream = buildPipeline([], {}).forStream(chunk.stream);
      const order = Array.from({ length: chunk.count }, (_, i) => (direction === 'forward' ? i : chunk.count - 1 - i));
      offered.push(...order.map((i) => ({ tsNs: chunk.baseNs + BigInt(chunk.times[i]), line: Buffer.from(chunk.text.subarray(chunk.offsets[i], chunk.offsets[i + 1])).toString() })));
      if (collector.wants(nearest(chunk)) && order.every((i) => collector.offer(chunk, i, stream))) {
        collector.endChunk();
      }
    }
    const wanted = offered.sort((a, b) => sign * Number(a.tsNs - b.tsNs)).slice(0, limit);
    const { lines, times } = collector.finish();
    assert.deepEqual(lines.map((line, i) => ({ tsNs: times[i], line })), wanted, `round ${round}, seed ${testSeed}`);
  }
});

interface Kept {
  /** Label sets of ten entries each, by how long their text is. */
  sets: number[];
  limit?: number;
  refused: boolean;
}

const rooms: Array<[what: string, kept: Kept]> = [
  ['sets of ordinary length cost their entries only', { sets: Array.from({ length: 50 }, () => 700), refused: false }],
  ['a long set costs its text once, however many entries share it', { sets: [600_000], refused: false }],
  ['long sets cost more than there is room for', { sets: [600_000, 600_000], refused: true }],
  ['what is let go costs nothing any more', { sets: Array.from({ length: 5 }, () => 300_000), limit: 10, refused: false }],
];

for (const [what, { sets, limit = 1_000, refused }] of rooms) {
  test(`room for labels: ${what}`, () => {
    const fragment: LogFragment = {
      kind: 'log', tenants: ['t'], limits, expr: parse('{a="a"}').expr as LogExpr, direction: 'forward', limit, intervalNs: 0, startNs: baseNs, endNs: baseNs + 1_000n, pauseBytes: 0,
    };
    const collector = new EntryCollector(fragment, new FragmentBudget(limits));
    const offer = (): void =>
      sets.forEach((length, set) => {
        // each comes before what was offered already
        const from = baseNs + BigInt(10 * (sets.length - set));
        const metadata = makeLabels([['trace', `${set}`.padEnd(length, 'x')]]);
        const chunk = chunkOf(makeLabels([['a', 'a']]), Array.from({ length: 10 }, (_, i) => ({ tsNs: from + BigInt(i), line: 'line', metadata })));
        const stream = buildPipeline([], {}).forStream(chunk.stream);
        if (Array.from({ length: chunk.count }, (_, i) => i).every((i) => collector.offer(chunk, i, stream))) {
          collector.endChunk();
        }
      });
    if (refused) {
      assert.throws(offer, { status: 400, message: /^the lines and labels of the answer are larger than 1 MB together: ask for fewer lines \(limit\), / });
    } else {
      offer();
    }
  });
}
