import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crashRounds } from './crash';

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));

test('kill -9 at any instant loses nothing acknowledged and doubles nothing', async () => {
  console.log(`    seed of the crash test: ${seed}`);
  const report = await crashRounds(5, seed);
  assert.ok(report.rounds === 5 && report.batches >= 5, JSON.stringify(report));
});
