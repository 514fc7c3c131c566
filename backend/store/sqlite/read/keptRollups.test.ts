import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../bench/random';
import { makeLabels } from '../../../model/labels';
import type { BlockHeader } from '../format/block';
import type { Columns } from '../format/columns';
import { KeptRollups, type KeptRollup } from './keptRollups';
import { minuteLength, packRollup, RollupReader } from '../format/rollup';

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));

const header = (id: number, count: number): BlockHeader => ({ id, grp: 1, stream: 1, min: 0, max: 0, count, bytes: 0 });

function randomRollup(random: Random, count: number): Uint8Array {
  const times = Float64Array.from({ length: count }, () => random.below(1_440) * minuteLength + 1).sort();
  const metadataSets = [makeLabels([]), makeLabels([['detected_level', 'info']]), makeLabels([['detected_level', 'error'], ['trace_id', 'x']])];
  const columns: Columns = {
    count,
    times,
    offsets: Uint32Array.from({ length: count + 1 }, (_, i) => 10 * i),
    text: new Uint8Array(0),
    levels: Uint8Array.from({ length: count }, () => random.below(7)),
    metadata: Uint32Array.from({ length: count }, () => random.below(3)),
    metadataSets,
  };
  return packRollup(columns)!;
}

function rowsOf(packed: Uint8Array): number[][] {
  const reader = new RollupReader(packed);
  const rows: number[][] = [];
  while (reader.next()) {
    rows.push([reader.minute, reader.kind, reader.lines, reader.bytes]);
  }
  return rows;
}

const keptRows = (all: KeptRollups, { from, to }: KeptRollup): number[][] =>
  Array.from({ length: to - from }, (_, i) => [all.minutes[from + i], all.kinds[from + i], all.lines[from + i], all.bytes[from + i]]);

for (const rowsMax of [undefined, 5_000, 1_000]) {
  test(`rollups are answered as they were packed, ${rowsMax ? `with room for ${rowsMax} rows` : 'with the usual room'}`, () => {
    const random = new Random(seed);
    const kept = new KeptRollups(rowsMax);
    const file = {};
    const packed = Array.from({ length: 30 }, () => randomRollup(random, 1 + random.below(600)));
    for (let round = 0; round < 300; round++) {
      const id = random.below(packed.length);
      const found = kept.of(file, header(id, 1), () => packed[id])!;
      assert.deepEqual(keptRows(kept, found), rowsOf(packed[id]), `round ${round}, seed ${seed}`);
      assert.deepEqual(found.names, { detected: new RollupReader(packed[id]).detectedNames, metadata: new RollupReader(packed[id]).metadataNames });
    }
  });
}

test('what is kept is not read again, until the block has lost entries or another file asks', () => {
  const random = new Random(seed);
  const kept = new KeptRollups();
  const packed = randomRollup(random, 50);
  let reads = 0;
  const read = (): Uint8Array => (reads++, packed);
  const file = {};
  kept.of(file, header(7, 50), read);
  kept.of(file, header(7, 50), read);
  assert.equal(reads, 1);
  kept.of(file, header(7, 49), read);
  assert.equal(reads, 2);
  kept.of({}, header(7, 49), read);
  assert.equal(reads, 3);
});

test('a block without a rollup, and one larger than all room, have none here', () => {
  const kept = new KeptRollups(100);
  assert.equal(kept.of({}, header(1, 1), () => null), undefined);
  const large = randomRollup(new Random(seed), 600);
  assert.equal(kept.of({}, header(2, 600), () => large), undefined);
  const small = randomRollup(new Random(seed), 20);
  const found = kept.of({}, header(3, 20), () => small)!;
  assert.deepEqual(keptRows(kept, found), rowsOf(small));
});
