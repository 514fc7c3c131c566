import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Batch } from '../../backend/model/entry';
import { RequestError } from '../../backend/model/errors';
import { LocalRunner } from '../../backend/query/localRunner';
import { defaultLimits } from '../../backend/query/budget';
import { runQuery } from '../../backend/query/run';
import { parseAddress } from '../../backend/store/clickhouse/address';
import { ClickHouseClient, readRows } from '../../backend/store/clickhouse/client';
import { RowWriter } from '../../backend/store/clickhouse/rowBinary';
import { mayPass, parseServerError, ServerError, Unreachable } from '../../backend/store/clickhouse/serverError';
import { batch, contractDayNs, entry, labels, linesOf, never, scanOf, select } from '../../backend/store/contract';
import { matcher } from '../../backend/store/matchers';
import { openStore } from '../../backend/store/open';
import type { Store } from '../../backend/store/store';
import { pushJson, queryLines, runServer } from '../server/running';
import { missing, startServers, type Servers } from './servers';

const tenant = 't';
const streamsMax = 40;
const hourNs = 3_600_000_000_000n;

/** Lines of many streams over several hours, so that every shard gets some. */
function manyLines(count: number, word: string): Batch {
  return batch(
    tenant,
    ...Array.from({ length: streamsMax }, (_, k): Parameters<typeof batch>[1] => [
      labels({ app: `app${k}` }),
      Array.from({ length: count / streamsMax }, (_, i) => entry(contractDayNs + (BigInt(i) % 7n) * hourNs + BigInt(i), `${word} ${k} ${i}`)),
    ])
  );
}

const silent = (): void => undefined;

async function open(url: string, dir?: string): Promise<Store> {
  return (await openStore({ driver: 'clickhouse', url, dir, log: silent })).store;
}

async function entriesIn(store: Store): Promise<{ scanned: number; unique: number; counted: number }> {
  const lines = await linesOf(store, { tenant });
  return { scanned: lines.length, unique: new Set(lines).size, counted: (await store.stats(select({ tenant }), never)).entries };
}

const exactly = (count: number): Awaited<ReturnType<typeof entriesIn>> => ({ scanned: count, unique: count, counted: count });

/** Waits for what a server does in its own time. */
async function until(holds: () => Promise<boolean>, msMax = 10_000): Promise<void> {
  for (const started = Date.now(); !(await holds()); ) {
    assert.ok(Date.now() - started < msMax, 'it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('errors of ClickHouse servers', () => {
  const texts: Array<[string, number, string]> = [
    ['Code: 395, e.displayText() = DB::Exception: Value passed to \'throwIf\' function is non zero, e.what() = DB::Exception\n', 395, "Value passed to 'throwIf' function is non zero (code 395)"],
    ['Code: 395. DB::Exception: Value passed is non-zero. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO) (version 26.7.2.1)\n', 395, 'Value passed is non-zero. (FUNCTION_THROW_IF_VALUE_IS_NON_ZERO) (code 395)'],
    ['\r\n__exception__\r\nabcdefghijklmnop\r\nCode: 33. DB::Exception: cut. (X) (version 26.1)\n57 abcdefghijklmnop\r\n__exception__\r\n', 33, 'cut. (X) (code 33)'],
    ['something else', 0, 'something else'],
  ];
  test('are read in the old and the modern form', () => {
    for (const [text, code, message] of texts) {
      const error = parseServerError(text);
      assert.deepEqual([error.code, error.text], [code, message]);
    }
  });

  const row = (text: string): Buffer => {
    const rows = new RowWriter();
    rows.u8(1);
    rows.text(text);
    return Buffer.from(rows.finish());
  };
  const readAll = (answer: Buffer): string[] => readRows(answer, (reader) => reader.text());
  test('in the place of a row are errors, inside of a row they are text', () => {
    for (const [text, code] of texts.slice(0, 3)) {
      assert.deepEqual(readAll(Buffer.concat([row(text), row('x')])), [text, 'x']);
      assert.throws(() => readAll(Buffer.concat([row('x'), Buffer.from(text)])), (error: ServerError) => error.code === code);
      assert.throws(() => readAll(Buffer.concat([row('x'), row('longer line').subarray(0, 5), Buffer.from(text)])), (error: ServerError) => error.code === code);
    }
    assert.throws(() => readAll(row('longer line').subarray(0, 5)), Unreachable);
  });
});

test('what answers in the place of ClickHouse is told from it: a balancer without servers may pass, a wrong address does not', async (context) => {
  let [status, page] = [502, '<html>Bad Gateway</html>'];
  const other = createServer((_, response) => response.writeHead(status).end(page)).listen(0, '127.0.0.1');
  await once(other, 'listening');
  context.after(() => other.close());
  const url = `clickhouse://127.0.0.1:${(other.address() as AddressInfo).port}/x`;
  await assert.rejects(open(url), (error: Error) => mayPass(error) && /\(status 502\) is not ClickHouse/.test(error.message));
  for (page of ['<h1>Error Code: 503</h1>', 'Status Code: 503. No server is available']) {
    status = 503;
    await assert.rejects(open(url), (error: Error) => mayPass(error) && /\(status 503\) is not ClickHouse/.test(error.message));
    // a server's own words count, whatever the status
    page = `Code: 60${page.includes('<') ? ', e.displayText() =' : '.'} DB::Exception: Table x.y doesn't exist.`;
    await assert.rejects(open(url), (error: Error) => !mayPass(error) && /Table x\.y doesn't exist\. \(code 60\)/.test(error.message));
  }
  status = 404;
  page = '<html>Not Found</html>';
  await assert.rejects(open(url), (error: Error) => !mayPass(error) && /\(status 404\) is not ClickHouse/.test(error.message));
});

describe('a cluster with a fault', { skip: missing }, () => {
  let servers: Servers;
  before(async () => {
    // what an operator may have set, and what halves answers in silence
    servers = await startServers(2, '<skip_unavailable_shards>1</skip_unavailable_shards><insert_distributed_sync>0</insert_distributed_sync>');
  });
  after(() => servers.stop());

  test('every row of every shard is in every answer', async () => {
    const store = await open(servers.address('whole'));
    const client = new ClickHouseClient(parseAddress(servers.address('whole')), silent);
    await store.append(manyLines(4_000, 'Failed password'));
    const local = await Promise.all(
      parseAddress(servers.address('whole')).nodes.map((node) => client.rows('count(), max(stream_id) FROM entries_local', (row) => ({ rows: row.count(), id: row.u64() }), { node }))
    );
    assert.ok(local.every(([{ rows, id }]) => rows > 500 && id > 2n ** 53n), 'both shards have rows, with ids that no double holds');
    assert.deepEqual(await entriesIn(store), exactly(4_000));
    // (?i) inside match() loses lines on old servers
    const queries = ['{app=~".+"} |~ "(?i)FAILED password"', '{app=~"app.*"} |= "Failed" != "nothing"', '{app=~".+", env=""} |~ "(?i)f(ai)led.p"'];
    for (const query of queries) {
      const { result } = await runQuery(
        { kind: 'instant', tenants: [tenant], query: `sum(count_over_time(${query} [24h]))`, timeNs: contractDayNs + 24n * hourNs - 1n },
        { runner: new LocalRunner(store), limits: defaultLimits },
        never
      );
      assert.equal(result.kind === 'vector' && result.samples[0].value, 4_000, query);
    }
    await client.close();
    await store.close();
  });

  test('an exception in the middle of rows fails the query', async () => {
    const client = new ClickHouseClient({ ...parseAddress(servers.address('default')), database: 'default' }, silent);
    const rest = 'number, toUInt8(throwIf(number = 900000)) FROM system.numbers LIMIT 1000000';
    await assert.rejects(client.rows(rest, (row) => [row.u64(), row.u8()]), (error: ServerError) => error.code === 395);
    await client.close();
  });

  test('a query that nobody waits for is killed', async () => {
    const client = new ClickHouseClient({ ...parseAddress(servers.address('default')), database: 'default' }, silent);
    const running = async (): Promise<number> => (await client.rows("count() FROM system.processes WHERE query LIKE '%system.numbers WHERE number%' AND query NOT LIKE '%processes%'", (row) => row.count()))[0];
    const abort = new AbortController();
    const query = client.rows('count() FROM system.numbers WHERE number % 7 = 3', (row) => row.count(), { signal: abort.signal });
    await until(async () => (await running()) === 1);
    abort.abort();
    await assert.rejects(query);
    await until(async () => (await running()) === 0);
    await client.close();
  });

  test('a frozen shard: a timeout, nothing left running, and whole answers afterwards', async () => {
    const url = servers.address('frozen', 'timeout_seconds=1');
    const store = await open(url);
    await store.append(manyLines(400, 'x'));
    servers.nodes[1].process.kill('SIGSTOP');
    try {
      await assert.rejects(linesOf(store, { tenant }), (error: RequestError) => error.status === 504 && error.message.includes('timeout'));
      await assert.rejects(store.append(manyLines(400, 'y')), (error: RequestError) => error.status === 503);
    } finally {
      servers.nodes[1].process.kill('SIGCONT');
    }
    const client = new ClickHouseClient(parseAddress(url), silent);
    await until(async () => (await client.rows("count() FROM system.processes WHERE query LIKE '%entries%' AND query NOT LIKE '%processes%'", (row) => row.count()))[0] === 0);
    await client.close();
    await store.append(manyLines(400, 'y'));
    assert.deepEqual(await entriesIn(store), exactly(800));
    await store.close();
  });

  test('a dead shard: every answer is an error, never a half; pushes wait in the spool and arrive once', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'binocle-spool-'));
    const url = servers.address('dead');
    const plain = await open(url);
    let store = await open(url, dir);
    await store.append(manyLines(400, 'before'));
    servers.nodes[1].process.kill('SIGKILL');
    const away = (error: RequestError): boolean => error instanceof RequestError && error.status === 503 && (error.retryAfterSeconds ?? 0) > 0;
    await assert.rejects(linesOf(store, { tenant }), away);
    await assert.rejects(store.stats(select({ tenant }), never), away);
    await assert.rejects(store.series(select({ tenant }), never), away);
    await assert.rejects(store.labelNames(select({ tenant }), never), away);
    await assert.rejects(store.count!({ ...select({ tenant }), startNs: contractDayNs, stepNs: hourNs, count: 24, by: 'stream', metadataNames: [] }, never), away);
    await assert.rejects(store.delete({ ...select({ tenant }) }), away);
    await assert.rejects(plain.append(manyLines(400, 'during')), away);
    const receipt = { agent: 'agent', sequence: 3, state: 'here' };
    assert.equal((await store.append(manyLines(400, 'during'), receipt)).stored, 400);
    assert.equal((await store.append(manyLines(400, 'during'), receipt)).stored, 0, 'the receipt is known to the spool');
    await store.close();
    await servers.restart(1);
    store = await open(url, dir);
    await until(async () => (await store.receipt(tenant, 'agent'))?.state === 'here');
    assert.deepEqual(await entriesIn(store), exactly(800));
    assert.equal((await plain.append(manyLines(400, 'during'))).repeated, 400);
    await Promise.all([plain.close(), store.close()]);
    rmSync(dir, { recursive: true, force: true });
  });

  test('two servers that store the same at the same time store it once', async () => {
    const url = servers.address('race');
    const both = [await open(url), await open(url)];
    for (let round = 0; round < 3; round++) {
      await Promise.all(both.map((store) => store.append(manyLines(2_000, `round ${round}`))));
      assert.deepEqual(await entriesIn(both[0]), exactly(2_000 * (round + 1)));
    }
    assert.equal(await both[1].delete(select({ tenant })), 6_000);
    assert.deepEqual(await entriesIn(both[0]), exactly(0));
    await Promise.all(both.map((store) => store.close()));
  });
});

describe('one server with a fault', { skip: missing }, () => {
  let servers: Servers;
  before(async () => {
    servers = await startServers(1);
  });
  after(() => servers.stop());

  test('killed during an insert that is sent again: every line once', async () => {
    const url = servers.address('killed');
    const store = await open(url);
    let expected = 0;
    for (const [round, waitMs] of [0, 30, 120].entries()) {
      const lines = manyLines(20_000, `round ${round}`);
      const pushed = store.append(lines).catch((error: unknown) => error);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      servers.nodes[0].process.kill('SIGKILL');
      await pushed;
      await servers.restart(0);
      const again = await store.append(lines);
      expected += 20_000;
      assert.equal(again.stored + again.repeated, 20_000);
      assert.equal((await store.stats(select({ tenant }), never)).entries, expected);
    }
    assert.deepEqual(await entriesIn(store), exactly(expected));
    await store.close();
  });

  test('a full spool refuses with 503 and a time to come again', async () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'binocle-spool-'));
    const store = await open(servers.address('full', 'spool_mb=1'), dir);
    servers.nodes[0].process.kill('SIGKILL');
    const large = (word: string): Batch => batch(tenant, [labels({ app: 'a' }), [entry(contractDayNs, word.repeat(100_000))]]);
    await store.append(large('spool'));
    await assert.rejects(store.append(large('more than fits')), (error: RequestError) => error.status === 503 && error.retryAfterSeconds === 30);
    await servers.restart(0);
    await store.close();
    const again = await open(servers.address('full', 'spool_mb=1'), dir);
    await until(async () => (await linesOf(again, { tenant })).length === 1);
    await again.close();
    rmSync(dir, { recursive: true, force: true });
  });

  test('started while ClickHouse is away: says so, keeps pushes, and is ready when it comes', async (context) => {
    const dir = mkdtempSync(path.join(tmpdir(), 'binocle-spool-'));
    context.after(() => rmSync(dir, { recursive: true, force: true }));
    const url = servers.address('late');
    servers.nodes[0].process.kill('SIGKILL');
    await assert.rejects(open(url), /can't be reached/, 'commands do not wait');
    const base = await runServer(context, ['--store', url, '--data', dir]);
    const ask = async (path: string): Promise<[number, string]> => {
      const answer = await fetch(base + path);
      return [answer.status, await answer.text()];
    };
    const range = { start: String(contractDayNs), end: String(contractDayNs + hourNs) };
    const away = /not ready: ClickHouse at http:\/\/127\.0\.0\.1:\d+ can't be reached/;
    for (const path of ['/ready', `/loki/api/v1/query_range?${new URLSearchParams({ query: '{app="a"}', ...range })}`, '/loki/api/v1/labels']) {
      const [status, text] = await ask(path);
      assert.equal(status, 503, path);
      assert.match(text, away, path);
    }
    assert.equal((await pushJson(base, [{ stream: { app: 'a' }, values: [[String(contractDayNs), 'waits']] }])).status, 204);
    await servers.restart(0);
    await until(async () => (await ask('/ready'))[0] === 200);
    await until(async () => (await queryLines(base, '{app="a"}', range)).length === 1);
    assert.equal((await pushJson(base, [{ stream: { app: 'a' }, values: [[String(contractDayNs + 1n), 'at once']] }])).status, 204);
    assert.deepEqual(await queryLines(base, '{app="a"}', range), ['waits', 'at once']);
  });

  test('what does not fit is said at the start', async () => {
    await assert.rejects(open(servers.address('checked', 'schema=check')), /lacks tables or columns; with schema=create this would run:\nCREATE TABLE/);
    await assert.rejects(open(servers.address('wrong', 'cluster=nowhere')), /knows no cluster nowhere/);
    const store = await open(servers.address('old'));
    await store.close();
    const client = new ClickHouseClient(parseAddress(servers.address('old')), silent);
    await client.run('ALTER TABLE entries DROP COLUMN writer');
    await assert.rejects(open(servers.address('old', 'schema=check')), /would run:\nALTER TABLE old.entries ADD COLUMN writer UInt32/);
    await (await open(servers.address('old'))).close();
    await (await open(servers.address('old', 'schema=check'))).close();
    await client.run('INSERT INTO format (version) VALUES (99)');
    await assert.rejects(open(servers.address('old')), /format 99/);
    await client.run('ALTER TABLE streams DROP COLUMN lv');
    await assert.rejects(open(servers.address('old')), /ADD COLUMN lv/);
    await client.close();
    for (const [text, message] of [['clickhouse:/x', /an address such as/], ['clickhouse://h/a-b', /no name/], ['clickhouse://h/db?x=1', /no option x/], ['clickhouse://h/db?timeout_seconds=0', /timeout_seconds/]] as const) {
      assert.throws(() => parseAddress(text), message);
    }
  });

  test('of more streams than are named in one statement only those go and count that were meant', async () => {
    const store = await open(servers.address('many'));
    const many = 20_500;
    const streams = Array.from({ length: many }, (_, i): Parameters<typeof batch>[1] => [labels({ app: 'many', n: String(i) }), [entry(contractDayNs + BigInt(i), 'x')]]);
    await store.append(batch(tenant, ...streams, [labels({ app: 'other' }), [entry(contractDayNs, 'stays')]]));
    const chosen = select({ tenant, matchers: [matcher('app', '=', 'many')] });
    assert.deepEqual([(await store.stats(chosen, never)).entries, [...(await store.series(chosen, never))].length], [many, many]);
    assert.equal(await store.delete(chosen), many);
    assert.deepEqual((await linesOf(store, { tenant })).map((line) => line.split(' ').at(-1)), ['stays']);
    await store.close();
  });

  test('windows with more rows or bytes than are held at once are cut, and nothing is lost', async () => {
    const store = await open(servers.address('windows'));
    const count = 70_000;
    const lines = Array.from({ length: count }, (_, i) => entry(contractDayNs + BigInt(i < 35_000 ? 5 : i), `line ${i}`));
    await store.append(batch(tenant, [labels({ app: 'a' }), lines.slice(0, 50_000)], [labels({ app: 'b' }), lines.slice(50_000)]));
    const wide = Array.from({ length: 90 }, (_, i) => entry(contractDayNs + hourNs + BigInt(i) * 1_000_000n, `${i} ${'x'.repeat(400_000)}`));
    await store.append(batch(tenant, [labels({ app: 'wide' }), wide]));
    for (const direction of ['forward', 'backward'] as const) {
      let read = 0;
      for await (const chunk of store.scan(scanOf({ tenant, direction, limitHint: direction === 'backward' ? 10 : undefined }), never)) {
        read += chunk.count;
      }
      assert.equal(read, count + 90);
    }
    await store.close();
  });
});
