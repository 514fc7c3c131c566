import assert from 'node:assert/strict';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { Random } from '../../../bench/random';
import { filterPasses } from '../format/grams';
import { passingGroups } from './groupFilters';
import { Connection } from './snapshot';

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));

function randomFilter(random: Random): Buffer | null {
  return random.chance(0.2) ? null : Buffer.from(Array.from({ length: 8 << random.below(10) }, () => random.below(256) | random.below(256)));
}

test('groups pass alike whether their filters are looked at one by one or by SQLite', () => {
  const random = new Random(seed);
  const db = new Database(':memory:');
  db.exec('CREATE TABLE groups (id INTEGER PRIMARY KEY, filter BLOB)');
  const filters = new Map<number, Buffer | null>();
  for (let id = 1; id < 2_000; id += 1 + random.below(3)) {
    filters.set(id, randomFilter(random));
    db.prepare('INSERT INTO groups VALUES (?, ?)').run(id, filters.get(id));
  }
  const connection = new Connection(db, 'groups', 0);
  for (let round = 0; round < 200; round++) {
    const asked = Array.from({ length: 2_000 }, (_, id) => id).filter(() => random.chance(random.pick([0.01, 0.5, 1])));
    const probes = Array.from({ length: 1 + random.below(20) }, () => random.below(2 ** 30));
    const wanted = asked.filter((id) => filters.has(id) && filterPasses(filters.get(id)!, probes));
    assert.deepEqual(passingGroups(connection, asked, probes), wanted, `round ${round}, seed ${seed}`);
  }
  db.close();
});
