import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { batch, contractDayNs, entry, labels, linesOf } from '../contract';
import { formatVersion } from './database';
import { openTestStore, testFolder } from './testStore';

/** Files as format 1 wrote them: 300 lines of each of two streams in a day; one line that is not sealed and a receipt in `hot.db`. */
const fixtures = path.resolve(__dirname, '../../../tests/fixtures/sqlite');

function fixtureLine(app: string, i: number): string {
  return `${app} request ${i} took ${(i * 37) % 1000}ms id=${((i * 2654435761) % 4294967296).toString(16).padStart(8, '0')} é${i % 3 ? '' : ' warn'}`;
}

/** The entries of the fixture, as `linesOf` writes them. */
function fixtureEntries(app: string): string[] {
  return Array.from({ length: 300 }, (_, i) => {
    const seconds = (i * 1e9 + ((i * 7919) % 1000) * 1e6) / 1e9;
    return `{app="${app}"} ${seconds} ${Buffer.from(fixtureLine(app, i)).toString('latin1')}${i % 2 ? ` {user="u${i % 5}"}` : ''}`;
  });
}

test('files of format 1 are read, and become the format of today when they are packed densely', async () => {
  const dir = testFolder();
  const folder = path.join(dir, 'tenants', 'fake');
  mkdirSync(folder, { recursive: true });
  for (const file of ['hot.db', '2025-11-22.db']) {
    writeFileSync(path.join(folder, file), gunzipSync(readFileSync(path.join(fixtures, `format1-${file}.gz`))));
  }
  const format = (): unknown => {
    const db = new Database(path.join(folder, '2025-11-22.db'), { readonly: true });
    try {
      return db.prepare("SELECT value FROM meta WHERE key = 'format'").pluck().get();
    } finally {
      db.close();
    }
  };
  const told: string[] = [];
  const store = openTestStore(dir, told);
  try {
    const expected = [...fixtureEntries('web'), ...fixtureEntries('worker'), '{app="web"} 400 still hot'].sort();
    assert.equal(format(), 1);
    assert.deepEqual((await linesOf(store, { tenant: 'fake' })).sort(), expected);
    assert.deepEqual(await store.receipt('fake', 'a'), { agent: 'a', sequence: 7, state: '{}' });
    // its lines are known as repeats, and more may join them
    const more = [entry(contractDayNs, fixtureLine('web', 0)), ...Array.from({ length: 300 }, (_, i) => entry(contractDayNs + BigInt(500 + i) * 1_000_000_000n, `new ${i}`))];
    assert.deepEqual(await store.append(batch('fake', [labels({ app: 'web' }), more])), { stored: 300, repeated: 1 });
    await store.compact();
    assert.equal(format(), formatVersion);
    assert.deepEqual((await linesOf(store, { tenant: 'fake' })).sort(), [...expected, ...more.slice(1).map((_, i) => `{app="web"} ${500 + i} new ${i}`)].sort());
    for await (const damage of store.check()) {
      told.push(damage);
    }
    assert.deepEqual(told, []);
  } finally {
    await store.close();
  }
});
