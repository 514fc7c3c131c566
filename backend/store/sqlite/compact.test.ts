import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { Random } from '../../bench/random';
import { batch, contractDayNs, entry, labels, linesOf, never, select } from '../contract';
import type { NeededFields, Scan } from '../store';
import type { SqliteStore } from './sqliteStore';
import { openTestStore, testFolder } from './testStore';

const root = testFolder();
const dayNs = 86_400_000_000_000n;

const open = (dir: string, told: string[] = []): SqliteStore => openTestStore(dir, told);

/** Three days of lines that do not compress away: several steps of every kind. */
async function fill(store: SqliteStore): Promise<void> {
  const random = new Random(3);
  for (let day = 0; day < 3; day++) {
    for (let part = 0; part < 6; part++) {
      const lines = Array.from({ length: 500 }, (_, i) => entry(contractDayNs + BigInt(day) * dayNs + BigInt(part * 1000 + i) * 1_000_000n, `day ${day} part ${part} line ${i} ${random.hex(1000)}`));
      await store.append(batch('t', [labels({ app: `a${part % 2}` }), lines]));
    }
  }
}

test('pushes are taken while everything is brought into its smallest form', async () => {
  const dir = mkdtempSync(path.join(root, 'data-'));
  const store = open(dir);
  await fill(store);
  let done = false;
  const flushed = Promise.all([store.compact(), store.compact()]).then(() => (done = true));
  let taken = 0;
  for (; !done; taken++) {
    await store.append(batch('t', [labels({ app: 'late' }), [entry(contractDayNs + BigInt(taken), `late ${taken}`)]]));
  }
  await flushed;
  assert.ok(taken >= 10, `${taken} pushes were taken meanwhile`);
  assert.equal((await store.stats(select(), never)).entries, 9000 + taken);
  assert.equal(new Set(await linesOf(store)).size, 9000 + taken);
  for await (const damage of store.check()) {
    assert.fail(damage);
  }
  await store.close();
});

test('the index ends in one piece, as small as at once', async () => {
  const dir = mkdtempSync(path.join(root, 'data-'));
  const store = open(dir);
  await fill(store);
  await store.compact();
  await store.close();
  const folder = path.join(dir, 'tenants', 't');
  for (const name of readdirSync(folder).filter((file) => /^\d.*\.db$/.test(file))) {
    const db = new Database(path.join(folder, name));
    const bytes = (): number => db.prepare('SELECT sum(length(block)) FROM grams_data').pluck().get() as number;
    const stepwise = bytes();
    db.exec("INSERT INTO grams (grams) VALUES ('optimize')");
    assert.ok(stepwise <= bytes() * 1.02, `${stepwise} bytes, ${bytes()} at once`);
    db.close();
  }
});

test('a damaged day is named, the others are compacted', async () => {
  const dir = mkdtempSync(path.join(root, 'data-'));
  const store = open(dir);
  await fill(store);
  await store.close();
  const folder = path.join(dir, 'tenants', 't');
  const middle = dayName(contractDayNs + dayNs);
  for (const end of ['-wal', '-shm']) {
    rmSync(path.join(folder, `${middle}.db${end}`), { force: true });
  }
  writeFileSync(path.join(folder, `${middle}.db`), Buffer.alloc(8192, 'garbage '));
  const again = open(dir);
  await again.append(batch('t', [labels({ app: 'x' }), [entry(contractDayNs + dayNs, 'for the damaged day')]], [labels({ app: 'x' }), [entry(contractDayNs, 'for a healthy day')]]));
  await assert.rejects(again.compact(), new RegExp(`${middle}.db: is damaged`));
  const hot = new Database(path.join(folder, 'hot.db'), { readonly: true });
  assert.deepEqual(hot.prepare('SELECT DISTINCT day FROM hot').pluck().all(), [Number((contractDayNs + dayNs) / dayNs)]);
  hot.close();
  assert.ok((await linesOf(again)).some((line) => line.includes('for the damaged day')), 'what waits is still read');
  await again.close();
});

const dayName = (ns: bigint): string => new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 10);

test('fields that are needed leave out nothing that hints ask for', async () => {
  const store = open(mkdtempSync(path.join(root, 'data-')));
  const random = new Random(5);
  const lines = Array.from({ length: 400 }, (_, i) => entry(contractDayNs + BigInt(i), `status=${random.below(600)} user=${random.pick(['ann', 'bob', 'zoe'])} trace=${random.hex(16)}`));
  await store.append(batch('t', [labels({ app: 'a' }), lines]));
  await store.compact();
  const found = async (more: Partial<Scan>): Promise<number> => {
    let count = 0;
    const fields: NeededFields = { parser: 'logfmt', names: new Set(['status']) };
    for await (const chunk of store.scan({ ...select(), direction: 'forward', needs: { text: 'lines', fields, metadata: false, levels: false }, hints: [], ...more }, never)) {
      count += chunk.count;
    }
    return count;
  };
  const ann = lines.filter(({ line }) => Buffer.from(line).includes('ann')).length;
  assert.equal(await found({ hints: [{ kind: 'any', texts: ['ann'], ignoreCase: false }] }), ann);
  assert.ok((await found({ labelHints: [{ label: 'user', hint: { kind: 'any', texts: ['ann'], ignoreCase: false } }] })) >= ann);
  assert.equal(await found({}), 400);
  await store.close();
});
