import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { after, mock, test } from 'node:test';
import Database from 'better-sqlite3';
import { Random } from '../../bench/random';
import { batch, contractDayNs, entry, labels, linesOf, never, select } from '../contract';
import { repairDataDir } from './repair';
import type { SqliteStore } from './sqliteStore';
import type { SealPolicy } from './write/sealPolicy';
import { openTestStore, testFolder } from './testStore';

const mounted: string[] = [];
after(() => mounted.forEach((at) => execFileSync('umount', ['--lazy', at])));
const root = testFolder();
const dayNs = 86_400_000_000_000n;
const day = new Date(Number(contractDayNs / 1_000_000n)).toISOString().slice(0, 10);

const open = (dir: string, told: string[] = [], seal: Partial<SealPolicy> = {}): SqliteStore => openTestStore(dir, told, { seal });

const line = (i: number, text = `line ${i}`): Parameters<typeof batch>[1] => [labels({ app: 'a' }), [entry(contractDayNs + BigInt(i), text)]];
const count = async (store: SqliteStore): Promise<number> => (await store.stats(select(), never)).entries;

async function noDamage(store: SqliteStore): Promise<void> {
  for await (const damage of store.check()) {
    assert.fail(damage);
  }
}

/** A file system of its own, as small as wanted; undefined where that is not allowed. */
function smallDisk(bytes: number): string | undefined {
  const at = mkdtempSync(path.join(root, 'disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', at], { stdio: 'ignore' });
    mounted.push(at);
    return at;
  } catch {
    // only root may mount; the caller leaves the test out
    return undefined;
  }
}

test('no descriptor for a file: 503 instead of an answer without it', async (context) => {
  const dir = mkdtempSync(path.join(root, 'data-'));
  const written = open(dir);
  await written.append(batch('t', line(1)));
  await written.compact();
  await written.close();
  const store = open(dir);
  const filesMax = (max: string): unknown => execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${max}`], { stdio: 'ignore' });
  const soft = /Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  if (!soft) {
    context.skip('the limit of open files is read from /proc');
    return;
  }
  // room to start the program that raises the limit again
  filesMax(`${readdirSync('/proc/self/fd').length + 30}:`);
  const taken: number[] = [];
  try {
    assert.throws(() => {
      for (;;) {
        taken.push(openSync('/dev/null', 'r'));
      }
    }, { code: 'EMFILE' });
    await assert.rejects(count(store), { status: 503, message: /hot\.db can't be opened: too many files are open/ });
  } finally {
    taken.forEach(closeSync);
    filesMax(`${soft}:`);
  }
  assert.equal(await count(store), 1);
  await store.close();
});

test('a disk that fills up: 503, what was acknowledged stays, and it goes on when there is room', async (context) => {
  const disk = smallDisk(8 * 1024 * 1024);
  if (!disk) {
    context.skip('mounting a small disk needs root');
    return;
  }
  const ballast = path.join(disk, 'ballast');
  writeFileSync(ballast, Buffer.alloc(4 * 1024 * 1024, 1));
  const random = new Random(5);
  const told: string[] = [];
  const store = open(path.join(disk, 'data'), told, { hotBytesMax: 500_000 });
  let acknowledged = 0;
  let refused = 0;
  for (let i = 0; refused < 5; i++) {
    await store.append(batch('t', line(i, random.hex(100_000)))).then(
      () => acknowledged++,
      (error: { status: number; message: string }) => {
        assert.equal(error.status, 503, error.message);
        assert.match(error.message, /the disk refuses to store: .*full/);
        refused++;
      }
    );
    await new Promise(setImmediate);
  }
  assert.ok(acknowledged > 3);
  assert.equal(await count(store), acknowledged);
  rmSync(ballast);
  await store.append(batch('t', line(1_000_000, 'there is room')));
  await store.compact();
  assert.equal(await count(store), acknowledged + 1);
  assert.equal(new Set(await linesOf(store)).size, acknowledged + 1);
  await noDamage(store);
  await store.close();
});

test('a directory that can only be read is refused in plain words', (context) => {
  const disk = smallDisk(1024 * 1024);
  if (!disk) {
    context.skip('mounting a small disk needs root');
    return;
  }
  execFileSync('mount', ['-o', 'remount,ro', disk]);
  assert.throws(() => open(path.join(disk, 'data')), /can't be used for data: /);
});

test('a store that becomes read-only answers 503 and is read on', async () => {
  const store = open(mkdtempSync(path.join(root, 'data-')));
  await store.append(batch('t', line(1)));
  const { hot } = (store as unknown as { parts: { writer: { writer: { tenant(name: string): { hot: Database.Database } } } } }).parts.writer.writer.tenant('t');
  hot.pragma('query_only = 1');
  await assert.rejects(store.append(batch('t', line(2))), { status: 503, message: /the disk refuses to store: .*readonly/ });
  assert.equal(await count(store), 1);
  hot.pragma('query_only = 0');
  await store.append(batch('t', line(2)));
  assert.equal(await count(store), 2);
  await store.close();
});

/** A directory with a sealed line of yesterday and hot rows of today. */
async function sealedAndHot(): Promise<{ dir: string; hot: string }> {
  const dir = mkdtempSync(path.join(root, 'data-'));
  const store = open(dir);
  await store.append(batch('t', [labels({ app: 'a' }), [entry(contractDayNs - dayNs, 'sealed')]]));
  await store.compact();
  const random = new Random(2);
  for (let i = 0; i < 40; i++) {
    await store.append(batch('t', line(i, `hot ${i} ${random.hex(2000)}`)));
  }
  await store.close();
  return { dir, hot: path.join(dir, 'tenants', 't', 'hot.db') };
}

test('a damaged hot.db: pushes hear of it, sealed days are read, repair saves what is readable and pushes go on', async () => {
  const original = await sealedAndHot();
  const size = statSync(original.hot).size;
  const damages: Array<[string, (file: string) => void]> = [
    ['cut at half', (file) => truncateSync(file, Math.floor(size / 2 / 4096) * 4096)],
    ['cut to nothing but a head', (file) => truncateSync(file, 100)],
    ['no database', (file) => overwrite(file, 0, Buffer.alloc(64, 'garbage '))],
    ['schema overwritten', (file) => overwrite(file, 100, Buffer.alloc(3000, 0xff))],
    ['second page overwritten', (file) => overwrite(file, 4_096, Buffer.alloc(4_096, 0x5a))],
    ['last page overwritten', (file) => overwrite(file, size - 4_096, Buffer.alloc(4_096, 0x5a))],
  ];
  for (const [name, damage] of damages) {
    const dir = mkdtempSync(path.join(root, 'hurt-'));
    copyTree(original.dir, dir);
    damage(path.join(dir, 'tenants', 't', 'hot.db'));
    const store = open(dir);
    const pushed = await store.append(batch('t', line(5_000, 'after the damage'))).then(() => true, (error: { status?: number; message: string }) => {
      assert.equal(error.status, 503, `${name}: ${error.message}`);
      assert.match(error.message, /hot\.db/, name);
      return false;
    });
    assert.ok((await readable(store, contractDayNs - dayNs, contractDayNs)).some((found) => found.endsWith(' sealed')), `${name}: the sealed day is read`);
    const said: string[] = [];
    for await (const sentence of store.check()) {
      said.push(sentence);
    }
    await store.close();
    assert.ok(said.some((sentence) => sentence.includes('hot.db')), `${name}: check names the file (push ${pushed}): ${said.join(', ')}`);
    for await (const sentence of repairDataDir(dir)) {
      said.push(sentence);
    }
    const repaired = open(dir);
    await repaired.append(batch('t', line(6_000, 'after the repair')));
    const lines = await linesOf(repaired);
    assert.ok(lines.some((found) => found.endsWith(' sealed')) && lines.some((found) => found.includes('after the repair')), name);
    await noDamage(repaired);
    await repaired.close();
  }
});

async function readable(store: SqliteStore, startNs: bigint, endNs: bigint): Promise<string[]> {
  return linesOf(store, { startNs, endNs });
}

function overwrite(file: string, at: number, bytes: Buffer): void {
  const handle = openSync(file, 'r+');
  writeSync(handle, bytes, 0, bytes.length, at);
  closeSync(handle);
}

function copyTree(from: string, to: string): void {
  for (const name of readdirSync(from, { recursive: true, withFileTypes: true })) {
    const target = path.join(to, path.relative(from, path.join(name.parentPath, name.name)));
    mkdirSync(name.isDirectory() ? target : path.dirname(target), { recursive: true });
    if (name.isFile()) {
      copyFileSync(path.join(name.parentPath, name.name), target);
    }
  }
}

test('a hot.db of a newer format is left alone; pushes hear why, sealed days are read', async () => {
  const { dir, hot } = await sealedAndHot();
  const db = new Database(hot);
  db.exec("UPDATE meta SET value = 99 WHERE key = 'format'");
  db.close();
  const store = open(dir);
  await assert.rejects(store.append(batch('t', line(1))), { status: 503, message: /hot\.db: has format 99/ });
  await store.append(batch('other', line(1)));
  assert.ok((await linesOf(store)).some((found) => found.endsWith(' sealed')));
  await store.close();
});

test('logs of SQLite that a crash or a copy left behind do no harm', async () => {
  const { dir, hot } = await sealedAndHot();
  writeFileSync(`${hot}-wal`, Buffer.alloc(50_000, 0x37));
  writeFileSync(`${hot}-shm`, Buffer.alloc(32_768, 0x37));
  const store = open(dir);
  assert.equal(await count(store), 41);
  await store.append(batch('t', line(9_000)));
  assert.equal(await count(store), 42);
  await noDamage(store);
  await store.close();
});

test('a path with spaces and umlauts, and one behind a link', async () => {
  const dir = path.join(root, 'Überwachung der Küche', 'daten ß');
  mkdirSync(path.dirname(dir), { recursive: true });
  const store = open(dir);
  await store.append(batch('t', line(1)));
  await store.compact();
  await store.close();
  const link = path.join(root, 'link');
  symlinkSync(dir, link);
  const linked = open(link);
  await linked.append(batch('t', line(2)));
  assert.equal(await count(linked), 2);
  assert.throws(() => open(dir), /is in use by another Binocle server/);
  await linked.close();
});

test('a clock that is set back stops neither sealing nor pushes', async () => {
  const dir = mkdtempSync(path.join(root, 'data-'));
  mock.timers.enable({ apis: ['Date'], now: Date.now() + 86_400_000 });
  try {
    const store = open(dir, [], { hotAgeMs: 20 });
    await store.append(batch('t', line(1)));
    mock.timers.setTime(1_000_000_000_000);
    const file = path.join(dir, 'tenants', 't', `${day}.db`);
    for (let i = 2; !existsSync(file); i++) {
      assert.ok(i < 500, 'nothing was sealed');
      await store.append(batch('t', line(i)));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await noDamage(store);
    await store.close();
  } finally {
    mock.timers.reset();
  }
});

test('retention by size drops the oldest first, by whole days and then by blocks, and ends', async () => {
  const dir = mkdtempSync(path.join(root, 'data-'));
  const store = open(dir);
  const random = new Random(9);
  for (let k = 0; k < 4; k++) {
    for (let part = 0; part < 4; part++) {
      const lines = Array.from({ length: 60 }, (_, i) => entry(contractDayNs + BigInt(k) * dayNs + BigInt(part * 100 + i), `day ${k} ${random.hex(10_000)}`));
      await store.append(batch(k % 2 ? 't' : 'u', [labels({ app: `a${part}` }), lines]));
    }
  }
  await store.compact();
  const left = async (k: number): Promise<number> => (await store.stats({ ...select({ tenant: k % 2 ? 't' : 'u' }), startNs: contractDayNs + BigInt(k) * dayNs, endNs: contractDayNs + BigInt(k + 1) * dayNs }, never)).entries;
  const all = [await left(0), await left(1), await left(2), await left(3)];
  assert.deepEqual(all, [240, 240, 240, 240]);
  const bytesMax = Math.floor(bytesUnder(path.join(dir, 'tenants')) * 0.6);
  const report = await store.retain({ rules: [], bytesMax }, contractDayNs);
  const kept = [await left(0), await left(1), await left(2), await left(3)];
  assert.equal(kept[0], 0, 'the oldest day went whole');
  assert.ok(kept[1] > 0 && kept[1] < 240, `of the next, the oldest blocks: ${kept[1]}`);
  assert.deepEqual(kept.slice(2), [240, 240]);
  assert.ok(bytesUnder(path.join(dir, 'tenants')) <= bytesMax);
  assert.equal(report.entriesRemoved, 960 - kept.reduce((sum, one) => sum + one, 0));
  assert.ok(report.bytesFreed > 0);
  await noDamage(store);
  // more free space than the disk can have: everything goes, and it comes to an end
  await store.retain({ rules: [], freeBytesMin: 1e18 }, contractDayNs);
  assert.deepEqual([await left(0), await left(1), await left(2), await left(3)], [0, 0, 0, 0]);
  await store.close();
});

const bytesUnder = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((found) => found.isFile())
    .reduce((sum, found) => sum + statSync(path.join(found.parentPath, found.name)).size, 0);
