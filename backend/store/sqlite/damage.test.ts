import assert from 'node:assert/strict';
import { closeSync, cpSync, existsSync, mkdtempSync, openSync, readdirSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { Random } from '../../bench/random';
import { batch, contractDayNs, entry, labels, linesOf, never, select } from '../contract';
import { repairDataDir } from './repair';
import { checkDataDir } from './check';
import type { SqliteStore } from './sqliteStore';
import { openTestStore, testFolder } from './testStore';

const root = testFolder();
const dayNs = 86_400_000_000_000n;
const days = 3;
const linesPerDay = 2000;

const open = (dir: string, told: string[] = []): SqliteStore => openTestStore(dir, told);

/** A directory with three sealed days of lines that do not compress away. */
async function filled(): Promise<string> {
  const dir = mkdtempSync(path.join(root, 'data-'));
  const random = new Random(7);
  const store = open(dir);
  for (let day = 0; day < days; day++) {
    const lines = Array.from({ length: linesPerDay }, (_, i) => entry(contractDayNs + BigInt(day) * dayNs + BigInt(i) * 1_000_000n, `day ${day} line ${i} ${random.hex(100)}`));
    await store.append(batch('t', [labels({ app: 'a' }), lines]));
  }
  await store.compact();
  await store.close();
  return dir;
}

function dayFiles(dir: string): string[] {
  const folder = path.join(dir, 'tenants', 't');
  return readdirSync(folder).filter((name) => /^\d.*\.db$/.test(name)).sort().map((name) => path.join(folder, name));
}

async function damages(dir: string): Promise<string[]> {
  const found: string[] = [];
  for await (const damage of checkDataDir(dir)) {
    found.push(damage);
  }
  return found;
}

/** Lines by day that a store still reads. */
async function readable(dir: string, told: string[]): Promise<number[]> {
  const store = open(dir, told);
  try {
    const lines = await linesOf(store);
    return Array.from({ length: days }, (_, day) => lines.filter((line) => line.includes(` day ${day} line `)).length);
  } finally {
    await store.close();
  }
}

test('a file cut short is named, the other days stay readable, repair saves what it can', async () => {
  const dir = await filled();
  const [, torn] = dayFiles(dir);
  truncateSync(torn, Math.floor(statSync(torn).size / 8192) * 4096);
  assert.ok((await damages(dir)).some((damage) => damage.includes(torn)));
  const told: string[] = [];
  const left = await readable(dir, told);
  assert.deepEqual([left[0], left[2]], [linesPerDay, linesPerDay]);
  assert.ok(left[1] < linesPerDay);
  assert.ok(told.some((message) => message.includes(torn)), told.join('\n'));
  const said: string[] = [];
  for await (const sentence of repairDataDir(dir)) {
    said.push(sentence);
  }
  assert.ok(said.some((sentence) => sentence.includes(torn)), said.join('\n'));
  assert.deepEqual(await damages(dir), []);
  assert.deepEqual([(await readable(dir, []))[0], (await readable(dir, []))[2]], [linesPerDay, linesPerDay]);
  assert.ok(existsSync(`${torn}.damaged`), 'the damaged file is kept');
});

test('flipped bits are never handed out as log lines', async () => {
  const random = new Random(Number(process.env.SEED ?? 11));
  const original = await filled();
  const told: string[] = [];
  const whole = new Set(await (async () => {
    const store = open(original);
    const lines = await linesOf(store);
    await store.close();
    return lines;
  })());
  for (let round = 0; round < 12; round++) {
    const dir = mkdtempSync(path.join(root, 'flipped-'));
    cpSync(original, dir, { recursive: true });
    const file = dayFiles(dir)[1];
    const handle = openSync(file, 'r+');
    for (let k = 0; k < 3; k++) {
      writeSync(handle, Buffer.from([random.below(256)]), 0, 1, 4096 + random.below(statSync(file).size - 4096));
    }
    closeSync(handle);
    const store = open(dir, told);
    for (const line of await linesOf(store)) {
      assert.ok(whole.has(line), `a line that was never written: ${line.slice(0, 200)}`);
    }
    await store.close();
  }
});

test('a file of a newer format is refused by name and left alone', async () => {
  const dir = await filled();
  const [, newer] = dayFiles(dir);
  const db = new Database(newer);
  db.prepare("UPDATE meta SET value = 99 WHERE key = 'format'").run();
  db.close();
  const told: string[] = [];
  assert.deepEqual(await readable(dir, told), [linesPerDay, 0, linesPerDay]);
  assert.match(told.join('\n'), /has format 99, and this version of Binocle reads up to/);
  assert.match((await damages(dir)).join('\n'), /has format 99/);
});

test('a file that is no database is named', async () => {
  const dir = await filled();
  const [first] = dayFiles(dir);
  const handle = openSync(first, 'r+');
  writeSync(handle, Buffer.alloc(200, 'garbage '));
  closeSync(handle);
  assert.match((await damages(dir)).join('\n'), /is damaged/);
  const told: string[] = [];
  assert.deepEqual(await readable(dir, told), [0, linesPerDay, linesPerDay]);
  assert.ok(told.some((message) => message.includes(first)));
});

test('a damaged day holds up neither pushes nor the sealing of other days', async () => {
  const dir = await filled();
  const [first, second] = dayFiles(dir);
  writeFileSync(second, Buffer.alloc(8192, 'garbage '));
  const told: string[] = [];
  const store = openTestStore(dir, told, { keepRepeats: true, seal: { hotBytesMax: 1000 } });
  const line = 'x'.repeat(5000);
  for (let i = 0; i < 20; i++) {
    for (const day of [0n, 1n]) {
      await store.append(batch('t', [labels({ app: `b${day}` }), [entry(contractDayNs + day * dayNs + BigInt(i), `${i} ${line}`)]]));
    }
  }
  assert.equal((await linesOf(store)).filter((found) => found.includes(line)).length, 40);
  const sealed = new Database(first, { readonly: true });
  const blocks = (): unknown => sealed.prepare('SELECT count(*) FROM blocks JOIN streams ON streams.id = stream WHERE labels LIKE ?').pluck().get('%b0%');
  for (let tries = 0; tries < 200 && blocks() === 0; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.notEqual(blocks(), 0, 'the healthy day was sealed');
  assert.ok(told.length > 0 && told.length < 50, `${told.length} messages`);
  sealed.close();
  await store.close();
});

test('a disk that is full answers 503, keeps what it had and takes more when there is room', async () => {
  const dir = mkdtempSync(path.join(root, 'data-'));
  const store = open(dir);
  await store.append(batch('t', [labels({ app: 'a' }), [entry(contractDayNs, 'before')]]));
  // SQLite's own limit on pages gives the same SQLITE_FULL that a full disk gives
  const { hot } = writerOf(store).tenant('t');
  const pages = hot.pragma('page_count', { simple: true }) as number;
  hot.pragma(`max_page_count = ${pages + 1}`);
  const big = batch('t', [labels({ app: 'a' }), [entry(contractDayNs + 1n, 'small'), entry(contractDayNs + 2n, 'x'.repeat(500_000))]]);
  await assert.rejects(store.append(big), { status: 503, message: /the disk refuses/ });
  assert.equal((await store.stats(select(), never)).entries, 1);
  hot.pragma('max_page_count = 4294967294');
  assert.equal((await store.append(big)).stored, 2);
  await store.close();
});

/** The writer inside a store of one thread, to reach SQLite's own settings. */
function writerOf(store: SqliteStore): { tenant(name: string): { hot: Database.Database } } {
  return (store as unknown as { parts: { writer: { writer: { tenant(name: string): { hot: Database.Database } } } } }).parts.writer.writer;
}

test('a directory that can not be made is refused in plain words', () => {
  const file = path.join(root, 'a file');
  writeFileSync(file, '');
  assert.throws(() => open(path.join(file, 'data')), /can't be used for data/);
});

test('a block whose rollup is damaged may have any names in its metadata', async () => {
  const dir = mkdtempSync(path.join(root, 'data-'));
  const before = open(dir);
  await before.append(batch('t', [labels({ app: 'a' }), [entry(contractDayNs, 'a line', labels({ trace: 't1' }))]]));
  await before.compact();
  await before.close();
  const db = new Database(dayFiles(dir)[0]);
  db.exec("UPDATE rollups SET data = x'05616161'");
  db.close();
  const store = open(dir);
  try {
    const labelHints = [{ label: 'trace', hint: { kind: 'any' as const, texts: ['t1'], ignoreCase: false } }];
    for (const time of ['first', 'second']) {
      let lines = 0;
      for await (const chunk of store.scan({ ...select(), direction: 'backward', needs: { text: 'lines', metadata: true, levels: false }, hints: [], labelHints }, never)) {
        lines += chunk.count;
      }
      assert.equal(lines, 1, `asked for the ${time} time`);
    }
  } finally {
    await store.close();
  }
});

test('what only counts leaves a block out that is damaged, and says so', async () => {
  const dir = mkdtempSync(path.join(root, 'data-'));
  const before = open(dir);
  const hourNs = 3_600_000_000_000n;
  await before.append(batch('t', ...['a', 'b'].map((app): Parameters<typeof batch>[1] => [labels({ app }), [entry(contractDayNs, 'one'), entry(contractDayNs + hourNs, 'two')]])));
  await before.compact();
  await before.close();
  const db = new Database(dayFiles(dir)[0]);
  const damaged = "(SELECT blocks.id FROM blocks JOIN streams ON streams.id = stream WHERE labels LIKE '%\"b\"%')";
  db.exec(`UPDATE rollups SET data = x'05616161' WHERE id IN ${damaged}; UPDATE heads SET data = x'05616161' WHERE id IN ${damaged}`);
  db.close();
  const told: string[] = [];
  const store = open(dir, told);
  const named = (times: number): void => assert.equal(told.splice(0).filter((message) => message.includes('is damaged and was left out')).length, times);
  try {
    const counted = { ...select(), by: 'stream' as const, metadataNames: [], count: 3 };
    for (const stepNs of [hourNs, hourNs / 2n + 1n]) {
      const rows = await store.count({ ...counted, stepNs, startNs: contractDayNs }, never);
      assert.deepEqual(rows?.map(({ stream, lines }) => [stream.get('app'), Math.max(...lines)]), [['a', 1]]);
      assert.ok(told.splice(0).every((message) => message.includes('is damaged')));
    }
    const between = { startNs: contractDayNs + 1n, endNs: contractDayNs + hourNs };
    assert.deepEqual([...(await store.series(select(between), never))], []);
    named(1);
    assert.equal((await store.stats(select({ ...between, endNs: between.endNs + 1n }), never)).entries, 1);
    named(1);
  } finally {
    await store.close();
  }
});

test('a hot row that is damaged is left out and named; the rest of its day is counted, listed, sealed and added to', async () => {
  const dir = mkdtempSync(path.join(root, 'data-'));
  const before = open(dir);
  const hourNs = 3_600_000_000_000n;
  const streams = ['a', 'b'].map((app): Parameters<typeof batch>[1] => [labels({ app }), [entry(contractDayNs, `one ${app}`), entry(contractDayNs + hourNs, `two ${app}`)]]);
  await before.append(batch('t', ...streams));
  await before.close();
  const db = new Database(path.join(dir, 'tenants', 't', 'hot.db'));
  db.exec("UPDATE hot SET data = x'ffffffff05616161' WHERE stream LIKE '%\"b\"%'");
  db.close();

  const told: string[] = [];
  const store = open(dir, told);
  const named = (): void => assert.ok(told.splice(0).some((message) => /hot row \d+ .*is damaged and was left out/.test(message)));
  try {
    const between = { startNs: contractDayNs + 1n, endNs: contractDayNs + hourNs };
    const rows = await store.count({ ...select(), by: '__level__', metadataNames: [], count: 2, stepNs: hourNs, startNs: contractDayNs }, never);
    assert.deepEqual(rows?.map(({ stream, lines }) => [stream.get('app'), [...lines]]), [['a', [1, 1]]]);
    named();
    assert.deepEqual([...(await store.series(select(between), never))], []);
    named();
    assert.equal((await store.stats(select({ ...between, endNs: between.endNs + 1n }), never)).entries, 1);
    named();
    assert.deepEqual((await linesOf(store)).map((line) => line.slice(-5)), ['one a', 'two a']);
    named();
    await store.append(batch('t', [labels({ app: 'b' }), [entry(contractDayNs, 'new b')]]));
    await assert.rejects(store.compact(), /hot row \d+ .*is damaged and was left out/);
    await store.compact();
    told.length = 0;
    assert.deepEqual((await linesOf(store)).map((line) => line.slice(-5)).sort(), ['new b', 'one a', 'two a']);
    named();
  } finally {
    await store.close();
  }
  const sealed = new Database(dayFiles(dir)[0], { readonly: true });
  assert.deepEqual(sealed.prepare('SELECT sum(count) FROM blocks').pluck().get(), 3);
  sealed.close();
});

/** A directory with two hot rows, or with two sealed blocks, of two lines each. */
async function twoStreams(sealed: boolean): Promise<{ dir: string; file: string }> {
  const dir = mkdtempSync(path.join(root, 'data-'));
  const store = open(dir);
  await store.append(batch('t', ...['a', 'b'].map((app): Parameters<typeof batch>[1] => [labels({ app }), [entry(contractDayNs, `first of ${app}`), entry(contractDayNs + 1n, `second of ${app}`)]])));
  if (sealed) {
    await store.compact();
  }
  await store.close();
  return { dir, file: sealed ? dayFiles(dir)[0] : path.join(dir, 'tenants', 't', 'hot.db') };
}

// what SQLite itself finds nothing wrong with: of the first row or block, what was changed, what check says, and how many of four entries repair saves
const unlike = 'holds something else than its columns say';
const changes: Array<[sql: string, said: string, saved: number]> = [
  ['UPDATE hot SET count = count + 1 WHERE id = 1', unlike, 4],
  ['UPDATE hot SET bytes = bytes + 1 WHERE id = 1', unlike, 4],
  ['UPDATE hot SET min = min - 1 WHERE id = 1', unlike, 4],
  ['UPDATE hot SET max = max + 1 WHERE id = 1', unlike, 4],
  ['UPDATE hot SET data = substr(data, 1, length(data) - 1) WHERE id = 1', "can't be read: a hot row is damaged", 2],
  ["UPDATE hot SET data = x'0000' WHERE id = 1", "can't be read: ", 2],
  ['UPDATE blocks SET count = count + 1 WHERE id = 1', unlike, 4],
  ['UPDATE blocks SET bytes = bytes + 1 WHERE id = 1', unlike, 4],
  ['UPDATE blocks SET min = min - 1 WHERE id = 1', unlike, 4],
  ['UPDATE blocks SET max = max + 1 WHERE id = 1', unlike, 4],
  ['UPDATE blocks SET grp = 99 WHERE id = 1', 'names a stream or a group that is not there', 4],
  ['UPDATE blocks SET stream = 99 WHERE id = 1', 'names a stream or a group that is not there', 2],
  ['DELETE FROM heads WHERE id = 1', 'lacks its entries', 2],
  ['DELETE FROM texts WHERE id = 1', 'lacks its entries', 2],
  ["UPDATE heads SET data = x'05616161' WHERE id = 1", "can't be read: ", 2],
  ["INSERT INTO grams (grams) VALUES ('delete-all')", 'is missing from the text index', 4],
];

for (const [sql, said, saved] of changes) {
  test(`check and repair after ${sql}`, async () => {
    const sealed = !/ hot /.test(sql);
    const { dir, file } = await twoStreams(sealed);
    assert.deepEqual(await damages(dir), []);
    const db = new Database(file);
    db.exec(sql);
    db.close();
    const found = await damages(dir);
    assert.ok(found[0]?.startsWith(`${file}: ${sealed ? 'block' : 'hot row'} 1 ${said}`), found.join('\n'));
    const sentences: string[] = [];
    for await (const sentence of repairDataDir(dir)) {
      sentences.push(sentence);
    }
    assert.deepEqual(sentences, [`${file}: ${saved} entries saved, ${saved === 4 ? 0 : 1} places could not be read; the file is kept as ${file}.damaged`]);
    assert.deepEqual(await damages(dir), []);
    const store = open(dir);
    const whole = ['first of a', 'first of b', 'second of a', 'second of b'];
    assert.deepEqual((await linesOf(store)).map((line) => /\w+ of .$/.exec(line)?.[0]).sort(), whole.filter((line) => saved === 4 || line.endsWith('b')));
    await store.close();
  });
}
