import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { batch, contractDayNs, entry, labels } from '../../contract';
import { BufferPool, packBatch } from './pack';
import type { SealPolicy } from './sealPolicy';
import { steadyMs } from './steadyClock';
import { TenantWriter } from './tenantWriter';

/** When hot rows become blocks, and blocks come to rest: told by a small policy and times that are given. */

const root = mkdtempSync(path.join(os.tmpdir(), 'binocle-tenant-'));
after(() => rmSync(root, { recursive: true, force: true }));
const hourMs = 3_600_000;
const policy: SealPolicy = { hotBytesMax: 1_000, hotRowsMax: 10, hotRowsMin: 10, hotRowsEach: 1, hotAgeMs: hourMs, mergeEveryMs: 10_000, denseAfterMs: 1_000, quietAfterMs: Infinity };
const day = Number(contractDayNs / 86_400_000_000_000n);

let serial = 0;
/** One row of a line of so many bytes. */
function push(writer: TenantWriter, bytes: number, app = 'a'): number {
  const line = String(++serial).padEnd(bytes, 'x');
  assert.equal(line.length, bytes);
  const packed = packBatch(batch('t', [labels({ app }), [entry(contractDayNs + BigInt(serial), line)]]), undefined, new BufferPool());
  writer.append([packed]);
  return writer.append([packed])[0].repeated;
}

const openAt = (dir: string, seal: Partial<SealPolicy> = {}): TenantWriter => new TenantWriter(dir, 't', { keepRepeats: false, seal: { ...policy, ...seal } });
const open = (seal: Partial<SealPolicy> = {}): TenantWriter => openAt(mkdtempSync(path.join(root, 'data-')), seal);
const hotRows = (writer: TenantWriter): number => writer.hot.prepare('SELECT count(*) FROM hot').pluck().get() as number;
const blocks = (writer: TenantWriter): number => writer.day(day).db.prepare('SELECT count(*) FROM blocks').pluck().get() as number;

test('hot rows are sealed when their text is much, when they are many and when they are old; repeats count for nothing', () => {
  const writer = open();
  assert.equal(push(writer, 995), 1);
  assert.ok(!writer.work(steadyMs() + hourMs / 2), 'neither much nor old');
  push(writer, 5, 'b');
  assert.ok(writer.work(steadyMs()), 'much');
  assert.deepEqual([hotRows(writer), blocks(writer)], [0, 2]);
  for (let i = 0; i < 9; i++) {
    push(writer, 5);
  }
  assert.ok(!writer.work(steadyMs()), 'not yet many');
  push(writer, 5);
  assert.ok(writer.work(steadyMs()), 'many');
  push(writer, 5);
  const oldMs = steadyMs() + hourMs;
  assert.ok(writer.work(oldMs), 'old');
  assert.ok(!writer.work(oldMs), 'nothing is left');
  assert.deepEqual([hotRows(writer), blocks(writer)], [0, 4]);
  writer.close();
});

test('fewer rows are sealed as soon as streams have enough of them to make blocks worth their while', () => {
  const writer = open({ hotRowsMax: 20, hotRowsMin: 4, hotRowsEach: 3 });
  const pushes = (count: number, streams: number): void => {
    for (let i = 0; i < count; i++) {
      push(writer, 5, `stream ${i % streams}`);
    }
  };
  pushes(3, 1);
  assert.ok(!writer.work(steadyMs()), 'enough of one stream, and too few in all');
  pushes(5, 3);
  assert.ok(!writer.work(steadyMs()), 'less than three of each');
  pushes(1, 1);
  assert.ok(writer.work(steadyMs()), 'nine of three streams');
  assert.deepEqual([hotRows(writer), blocks(writer)], [0, 3]);
  pushes(19, 19);
  assert.ok(!writer.work(steadyMs()), 'one of each stream');
  pushes(1, 1);
  assert.ok(writer.work(steadyMs()), 'many, whatever streams they are of');
  writer.close();
});

test('pushes wait when there is four times too much text or twice too many rows, also after a start, and go on when it is sealed', () => {
  const dir = mkdtempSync(path.join(root, 'data-'));
  let writer = openAt(dir);
  for (const [bytes, count] of [[500, 8], [5, 20]]) {
    for (let i = 0; i < count; i++) {
      assert.ok(!writer.behind, `after ${i} rows of ${bytes}`);
      push(writer, bytes, `stream ${i % 3}`);
    }
    assert.ok(writer.behind);
    writer.close();
    writer = openAt(dir);
    assert.ok(writer.behind, 'after a start');
    assert.ok(writer.work(steadyMs()));
    assert.ok(!writer.behind && hotRows(writer) === 0);
  }
  writer.close();
});

test('small blocks of a stream are merged when they are eight, and looked for again after a while', () => {
  const writer = open({ hotRowsMax: 1 });
  const nowMs = steadyMs();
  const seal = (count: number): void => {
    for (let i = 0; i < count; i++) {
      push(writer, 5);
      assert.ok(writer.work(nowMs));
    }
  };
  seal(7);
  assert.ok(!writer.work(nowMs));
  assert.equal(blocks(writer), 7);
  seal(1);
  assert.ok(!writer.work(nowMs + policy.mergeEveryMs - 1), 'it was looked lately');
  const laterMs = nowMs + policy.mergeEveryMs;
  assert.ok(writer.work(laterMs));
  assert.equal(blocks(writer), 1);
  assert.ok(!writer.work(laterMs));
  writer.close();
});

test('a day is packed anew and tidied when it took nothing for a while, and once', () => {
  const writer = open({ hotRowsMax: 1 });
  const nowMs = steadyMs() + hourMs;
  push(writer, 5);
  assert.ok(writer.work(nowMs));
  const dense = (): unknown => writer.day(day).db.prepare("SELECT value FROM meta WHERE key = 'dense'").pluck().get();
  assert.ok(!writer.rest(nowMs + policy.denseAfterMs - 1));
  assert.equal(dense(), undefined);
  for (let steps = 0; writer.rest(nowMs + policy.denseAfterMs); steps++) {
    assert.ok(steps < 10, 'rest comes to an end');
  }
  assert.equal(dense(), 1);
  push(writer, 5);
  assert.ok(writer.work(nowMs + 2_000));
  while (writer.rest(nowMs + 3_000)) {
    assert.equal(dense(), 2);
  }
  assert.equal(dense(), 2);
  writer.close();
});
