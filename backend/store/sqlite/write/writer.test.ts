import Database from 'better-sqlite3';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { batch, contractDayNs, entry, labels } from '../../contract';
import type { RetentionPolicy } from '../../store';
import { dayFile, hotFile } from '../names';
import { BufferPool, packBatch } from './pack';
import type { SealPolicy } from './sealPolicy';
import { steadyMs } from './steadyClock';
import { SqliteWriter } from './writer';
import { WriterLoop } from './writerLoop';

/** How many tenants share one writer: more than may be open at once. */

const root = mkdtempSync(path.join(os.tmpdir(), 'binocle-writer-'));
after(() => rmSync(root, { recursive: true, force: true }));
const hourMs = 3_600_000;
const policy: SealPolicy = { hotBytesMax: 1e6, hotRowsMax: 1_000, hotRowsMin: Infinity, hotRowsEach: 1, hotAgeMs: hourMs, mergeEveryMs: 10_000, denseAfterMs: hourMs, quietAfterMs: hourMs };
const day = Number(contractDayNs / 86_400_000_000_000n);
const many = Array.from({ length: 70 }, (_, i) => `tenant${i}`);

const newDir = (): string => mkdtempSync(path.join(root, 'data-'));
const open = (dir: string, seal: Partial<SealPolicy> = {}): SqliteWriter => new SqliteWriter(dir, { keepRepeats: false, seal: { ...policy, ...seal } });

function push(writer: SqliteWriter, tenant: string, line = 'a line'): void {
  const [result] = writer.append([packBatch(batch(tenant, [labels({ app: 'a' }), [entry(contractDayNs, line)]]), undefined, new BufferPool())]);
  assert.deepEqual(result, { stored: 1, repeated: 0 });
}

/** All the background work that is due at a time. */
function settle(writer: SqliteWriter, nowMs: number): void {
  for (let steps = 0; writer.work(nowMs) || writer.rest(nowMs); steps++) {
    assert.ok(steps < 2_000, 'the work comes to an end');
  }
}

function told<T>(file: string, sql: string): T {
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare(sql).pluck().get() as T;
  } finally {
    db.close();
  }
}

const unsealed = (dir: string, tenants: string[]): string[] => tenants.filter((tenant) => told<number>(hotFile(dir, tenant), 'SELECT count(*) FROM hot') > 0);
const undense = (dir: string, tenants: string[]): string[] => tenants.filter((tenant) => told<number>(dayFile(dir, tenant, day), "SELECT value FROM meta WHERE key = 'dense'") !== 1);

test('tenants that had to be closed for others come to rest all the same', () => {
  const dir = newDir();
  const writer = open(dir);
  many.forEach((tenant) => push(writer, tenant));
  settle(writer, steadyMs() + hourMs / 2);
  assert.equal(unsealed(dir, many).length, many.length, 'nothing is old yet');
  settle(writer, steadyMs() + 2 * hourMs);
  assert.deepEqual(unsealed(dir, many), []);
  assert.deepEqual(undense(dir, many), []);
  writer.close();
});

test('so do all tenants that a server finds when it starts', () => {
  const dir = newDir();
  let writer = open(dir);
  many.forEach((tenant) => push(writer, tenant));
  writer.close();
  writer = open(dir);
  writer.warm((message, error) => assert.fail(`${message} ${String(error)}`));
  settle(writer, steadyMs() + 2 * hourMs);
  assert.deepEqual(unsealed(dir, many), []);
  assert.deepEqual(undense(dir, many), []);
  writer.close();
});

test('a tenant that had to be closed knows what it holds when it pushes again', () => {
  const dir = newDir();
  const writer = open(dir);
  many.forEach((tenant) => push(writer, tenant));
  for (const tenant of many) {
    const [again] = writer.append([packBatch(batch(tenant, [labels({ app: 'a' }), [entry(contractDayNs, 'a line'), entry(contractDayNs, 'another')]]), undefined, new BufferPool())]);
    assert.deepEqual(again, { stored: 1, repeated: 1 }, tenant);
  }
  writer.close();
});

test('rows of many tenants are sealed when they are too many in all, those of who has most', () => {
  const dir = newDir();
  const writer = open(dir, { hotRowsMax: 10 });
  const tenants = many.slice(0, 9);
  tenants.slice(0, 4).forEach((tenant) => Array.from({ length: 7 }, (_, i) => push(writer, tenant, `line ${i}`)));
  const few = tenants.slice(4);
  few.forEach((tenant) => push(writer, tenant));
  settle(writer, steadyMs());
  assert.equal(unsealed(dir, tenants).length, 9, '33 rows are not too many');
  Array.from({ length: 3 }, (_, i) => push(writer, tenants[0], `more ${i}`));
  settle(writer, steadyMs());
  assert.deepEqual(unsealed(dir, tenants), [...tenants.slice(1, 4), ...few], 'one that has too many of its own');
  few.forEach((tenant) => Array.from({ length: 3 }, (_, i) => push(writer, tenant, `more ${i}`)));
  settle(writer, steadyMs());
  assert.equal(unsealed(dir, tenants).length, 7, 'too many of all: one step is enough');
  assert.deepEqual(unsealed(dir, few), few, 'not of who has few');
  writer.close();
});

test('retention takes turns with pushes, and a store that closes ends it', async () => {
  const writer = open(newDir());
  const loop = new WriterLoop(writer, (message, error) => assert.fail(`${message} ${String(error)}`));
  const tenants = many.slice(0, 5);
  tenants.forEach((tenant) => push(writer, tenant));
  const policyOf = (ageNs: bigint): RetentionPolicy => ({ rules: [{ tenant: '*', matchers: [], ageNs }] });
  const order: string[] = [];
  const retained = loop.retain(policyOf(1n), contractDayNs + 2n).then(({ entriesRemoved }) => order.push(`${entriesRemoved} removed`));
  const pushed = loop.append(packBatch(batch(many[0], [labels({ app: 'b' }), [entry(contractDayNs, 'younger')]]), undefined, new BufferPool())).then(({ stored }) => order.push(`${stored} stored`));
  await Promise.all([retained, pushed]);
  assert.deepEqual(order, ['1 stored', '5 removed']);
  const broken = assert.rejects(loop.retain(policyOf(1n), contractDayNs + 2n), /the store is closed/);
  await loop.close();
  await broken;
});
