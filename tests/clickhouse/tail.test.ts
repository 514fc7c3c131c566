import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { WebSocket } from 'ws';
import type { TailFrame } from '../../src/wire';
import { pushJson, runServer } from '../server/running';
import { missing, startServers } from './servers';

/** What a tail got: lines in the order in which they came. */
interface Tail {
  lines: string[];
  dropped: number;
  until(count: number): Promise<void>;
  close(): void;
}

const msMax = 20_000;

async function follow(base: string, query: string, params: Record<string, string> = {}): Promise<Tail> {
  const socket = new WebSocket(`${base.replace('http', 'ws')}/loki/api/v1/tail?${new URLSearchParams({ query, limit: '5000', ...params })}`, { headers: { 'x-scope-orgid': 'one' } });
  const tail: Tail = {
    lines: [], dropped: 0,
    until: async (count) => {
      for (const started = Date.now(); tail.lines.length + tail.dropped < count; ) {
        assert.ok(Date.now() - started < msMax, `${tail.lines.length} lines and ${tail.dropped} dropped of ${count} came`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    close: () => socket.close(),
  };
  socket.on('message', (data) => {
    const frame = JSON.parse(String(data)) as TailFrame;
    const values = frame.streams.flatMap(({ values: own }) => own).sort(([a], [b]) => (BigInt(a) < BigInt(b) ? -1 : 1));
    tail.lines.push(...values.map(([, line]) => line));
    tail.dropped += frame.dropped_entries?.length ?? 0;
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return tail;
}

test('tails on two servers of one cluster show what either stores: once, in order', { skip: missing }, async (context) => {
  const servers = await startServers(2);
  const dir = mkdtempSync(path.join(tmpdir(), 'binocle-tail-'));
  const serve = (name: string): Promise<string> =>
    runServer(context, ['--store', servers.address('tailed'), '--data', path.join(dir, name), '-auth.enabled']);
  const [a, b] = [await serve('a'), await serve('b')];
  context.after(() => {
    servers.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  let last = BigInt(Date.now()) * 1_000_000n;
  const push = async (base: string, tenant: string, lines: string[], stream: Record<string, string> = { app: 'tailed' }): Promise<void> => {
    const values = lines.map((line) => [String((last += 1_000n)), line]);
    const answer = await pushJson(base, [{ stream, values }], { 'x-scope-orgid': tenant });
    assert.equal(answer.status, 204, await answer.text());
  };
  const named = (base: string): string => (base === a ? 'a' : 'b');
  for (let i = 0; i < 10; i++) {
    await push(i % 2 ? a : b, 'one', [`before ${i}`]);
  }
  const tails = await Promise.all([follow(a, '{app=~"tailed|second"} != "hidden"'), follow(b, '{app=~"tailed|second"} != "hidden"')]);
  const sent: string[] = [];
  await Promise.all(
    [a, b].map(async (base) => {
      for (let i = 0; i < 40; i++) {
        const line = `${named(base)} ${i}`;
        sent.push(line);
        await push(base, 'one', [line, 'hidden'], { app: i % 5 ? 'tailed' : 'second', host: named(base) });
        await push(base, 'two', [`of another tenant ${i}`]);
      }
    })
  );
  for (const tail of tails) {
    await tail.until(90);
  }
  // twice: stored once, so told once
  await push(b, 'one', ['the end']);
  last -= 1_000n;
  await push(a, 'one', ['the end']);
  const many = Array.from({ length: 2_000 }, (_, i) => `many ${i}`);
  await push(b, 'one', many);
  for (const tail of tails) {
    await tail.until(2_091);
  }
  // what waited while ClickHouse was away comes when it has arrived, and tails go on
  servers.nodes[0].process.kill('SIGKILL');
  await push(a, 'one', ['waited']);
  await servers.restart(0);
  for (const tail of tails) {
    await tail.until(2_092);
  }
  await push(b, 'one', ['afterwards']);
  for (const tail of tails) {
    await tail.until(2_093);
    assert.equal(tail.dropped, 0);
  }
  // more at once than is read for tails is not read, and said
  await push(b, 'one', Array.from({ length: 30_001 }, () => 'x'));
  for (const tail of tails) {
    await tail.until(2_094);
    tail.close();
    assert.equal(tail.dropped, 1);
    assert.deepEqual([...tail.lines].sort(), [...Array.from({ length: 10 }, (_, i) => `before ${i}`), ...sent, 'the end', ...many, 'waited', 'afterwards'].sort(), 'everything once');
    for (const origin of ['before', 'a', 'b', 'many']) {
      const numbers = tail.lines.filter((line) => line.startsWith(`${origin} `)).map((line) => Number(line.split(' ')[1]));
      assert.deepEqual(numbers, [...numbers].sort((x, y) => x - y), `lines of ${origin} in order`);
    }
  }
});
