import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { Agent, request } from 'undici';
import { Random } from '../../backend/bench/random';
import { writeReceipt } from '../../backend/model/receiptHeaders';
import { never, scanOf } from '../../backend/store/contract';
import { lineLatin1 } from '../../backend/store/memory';
import { openStore } from '../../backend/store/open';

export interface CrashReport {
  rounds: number;
  /** Pushes that were acknowledged, and their lines that are to be kept. */
  batches: number;
  lines: number;
  /** Pushes that a kill left without an answer: each was sent again. */
  resent: number;
  /** Pushes without an answer at the last kill: they may be there or not, but never in part. */
  doubtful: number;
}

interface Push {
  number: number;
  tenant: string;
  /** Clients with a name are agents with receipts; the others count on equal lines being stored once. */
  agent?: string;
  sequence: number;
  streams: Array<{ labels: Record<string, string>; entries: Array<{ ts: string; line: string }> }>;
  acknowledged: boolean;
  tries: number;
}

/** Tenant and name of each client; everything of the last tenant is past its retention at once. */
const clients = [
  { tenant: 'one', agent: 'a' },
  { tenant: 'one' },
  { tenant: "Two.'x'", agent: 'b' },
  { tenant: "Two.'x'" },
  { tenant: 'gone', agent: 'c' },
];
const tenants = [...new Set(clients.map(({ tenant }) => tenant))];
const dayNs = 86_400_000_000_000n;
const originNs = 1_763_769_600_000_000_000n;

/**
 * Kills a server with SIGKILL at random instants while clients push over HTTP and an operator flushes, deletes and asks; starts it again on the
 * same files, and compares what was acknowledged with what is stored: each line exactly once. A push without an answer is sent again, as
 * agents do.
 */
export async function crashRounds(rounds: number, seed: number): Promise<CrashReport> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'binocle-crash-'));
  const random = new Random(seed);
  const child = await bundledChild();
  const history: Push[][] = clients.map(() => []);
  const all = (): Push[] => history.flat();
  try {
    for (let round = 0; round < rounds; round++) {
      await runUntilKilled(child, dir, random, history, { afterPushes: 1 + random.below(40), thenMs: random.below(120) });
      if (round % 10 === 9 || round === rounds - 1) {
        await verify(dir, all());
      }
    }
    const acknowledged = all().filter((push) => push.acknowledged);
    rmSync(dir, { recursive: true, force: true });
    return {
      rounds,
      batches: acknowledged.length,
      lines: acknowledged.reduce((sum, push) => sum + linesOf(push).length, 0),
      resent: all().filter(({ tries }) => tries > 1).length,
      doubtful: all().length - acknowledged.length,
    };
  } catch (error) {
    throw new Error(`seed ${seed}, data kept in ${dir}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** One file starts three times as fast as the sources. It lies beside the threads it starts. */
async function bundledChild(): Promise<string> {
  const outfile = path.join('backend', 'dist', 'crashChild.js');
  await build({ entryPoints: [path.join(__dirname, 'child.ts')], bundle: true, platform: 'node', target: 'node20', format: 'cjs', packages: 'external', outfile, logLevel: 'warning' });
  return outfile;
}

/** When to kill: so long after so many pushes were acknowledged, whatever the machine's speed. */
interface Life {
  afterPushes: number;
  thenMs: number;
}

/** One life of the server: clients push one after the other, an operator works, then the kill. */
async function runUntilKilled(file: string, dir: string, random: Random, history: Push[][], life: Life): Promise<void> {
  const child = spawn(process.execPath, [file, dir], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const url = await new Promise<string>((resolve, reject) => {
    child.once('message', (message: { url: string }) => resolve(message.url));
    exited.then((status) => reject(new Error(`the server ended by itself with status ${status}`)), reject);
  });
  const agent = new Agent({ connections: 10 });
  let killed = false;
  let left = life.afterPushes;
  const alive = (): boolean => !killed;
  const acknowledge = (): void => {
    if (--left === 0) {
      setTimeout(() => {
        killed = true;
        child.kill('SIGKILL');
      }, life.thenMs);
    }
  };
  const work = clients.map((_, client) => pushUntil(url, agent, alive, acknowledge, () => nextPush(client, random, history)));
  await Promise.all([...work, operate(url, agent, alive)]);
  assert.equal(await exited, null, 'the server ended by itself');
  await agent.destroy();
}

async function pushUntil(url: string, agent: Agent, alive: () => boolean, acknowledge: () => void, next: () => Push): Promise<void> {
  while (alive()) {
    const push = next();
    push.tries++;
    const status = await request(`${url}/loki/api/v1/push`, { dispatcher: agent, method: 'POST', headers: headersOf(push), body: bodyOf(push) }).then(
      async (response) => {
        const text = await response.body.text();
        assert.ok([204, 429].includes(response.statusCode), `push ${push.number} answered ${response.statusCode}: ${text}`);
        return response.statusCode;
      },
      (error: Error) => {
        assert.ok(!(error instanceof assert.AssertionError), error);
        return 0;
      }
    );
    if (status === 204) {
      push.acknowledged = true;
      acknowledge();
    } else if (status === 0) {
      // the kill, or a connection that the kill is about to take: nothing more is known
      return;
    }
  }
}

/** Work that meets the clients' all the time; answers come or not. */
async function operate(url: string, agent: Agent, alive: () => boolean): Promise<void> {
  const start = String(originNs - dayNs);
  const end = String(originNs + 3n * dayNs);
  const asks = [
    { method: 'POST', path: '/flush' },
    { method: 'POST', path: `/loki/api/v1/delete?${new URLSearchParams({ query: '{app="gone"}', start, end })}` },
    { method: 'GET', path: `/loki/api/v1/query_range?${new URLSearchParams({ query: 'sum by (app) (count_over_time({app=~".+"}[1h]))', start, end, step: '3600' })}` },
    { method: 'POST', path: `/loki/api/v1/delete?${new URLSearchParams({ query: '{app="gone"} |= "7"', start, end })}` },
  ] as const;
  for (let i = 0; alive(); i++) {
    const { method, path: where } = asks[i % asks.length];
    await request(url + where, { dispatcher: agent, method, headers: { 'x-scope-orgid': tenants[i % tenants.length] } }).then(
      async ({ statusCode, body }) => {
        const text = await body.text();
        assert.ok(statusCode < 500, `${where} answered ${statusCode}: ${text}`);
      },
      (error: Error) => {
        // the kill takes the connection with it; anything else is a finding
        assert.ok(!(error instanceof assert.AssertionError), error);
      }
    );
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

const headersOf = ({ tenant, agent, sequence }: Push): Record<string, string> => ({
  'content-type': 'application/json',
  'x-scope-orgid': tenant,
  ...(agent ? writeReceipt({ agent, sequence, state: '' }) : {}),
});

const bodyOf = ({ streams }: Push): string => JSON.stringify({ streams: streams.map(({ labels, entries }) => ({ stream: labels, values: entries.map(({ ts, line }) => [ts, line]) })) });

/** The next push of a client: the one that got no answer before, or a new one. */
function nextPush(client: number, random: Random, history: Push[][]): Push {
  const mine = history[client];
  const last = mine.at(-1);
  if (last && !last.acknowledged) {
    return last;
  }
  const push = newPush(client, mine.length, random);
  mine.push(push);
  return push;
}

function newPush(client: number, sequence: number, random: Random): Push {
  const { tenant, agent } = clients[client];
  const streams: Push['streams'] = [];
  for (let k = random.below(3); k >= 0; k--) {
    const startNs = originNs + BigInt(random.below(2 * 86_400)) * 1_000_000_000n;
    const overMidnight = random.chance(0.15);
    const entries = Array.from({ length: 1 + random.below(40) }, (_, i) => ({
      ts: String((overMidnight ? originNs + dayNs - 20_000_000_000n : startNs) + BigInt(i) * 1_000_000_000n),
      line: `client ${client} push ${sequence} stream ${k} entry ${i} ${random.hex(random.below(300))}`,
    }));
    streams.push({ labels: { app: tenant === 'gone' ? 'gone' : random.pick(['a', 'b', 'c', 'd', 'gone']) }, entries });
  }
  return { number: client * 1_000_000 + sequence, tenant, agent, sequence: sequence + 1, streams, acknowledged: false, tries: 0 };
}

/** What must be kept of a push. */
function linesOf(push: Push): string[] {
  return push.streams.flatMap(({ labels, entries }) => (labels.app === 'gone' ? [] : entries.map(({ ts, line }) => `${labels.app} ${ts} ${line}`)));
}

async function verify(dir: string, history: Push[]): Promise<void> {
  const { store } = await openStore({
    driver: 'sqlite',
    dir,
    readerThreads: 1,
    log: (message, error) => {
      throw new Error(message, { cause: error });
    },
  });
  try {
    for (const tenant of tenants) {
      const found = new Map<string, number>();
      for await (const chunk of store.scan(scanOf({ tenant }), never)) {
        for (let i = 0; i < chunk.count; i++) {
          const line = `${chunk.stream.get('app')} ${chunk.baseNs + BigInt(chunk.times[i])} ${lineLatin1(chunk, i)}`;
          found.set(line, (found.get(line) ?? 0) + 1);
        }
      }
      checkTenant(tenant, found, history.filter((push) => push.tenant === tenant));
      const stats = await store.stats(scanOf({ tenant }), never);
      assert.equal(stats.entries, [...found.values()].reduce((sum, count) => sum + count, 0), 'stats agree with the scan');
    }
    for await (const damage of store.check()) {
      assert.fail(damage);
    }
  } finally {
    await store.close();
  }
}

function checkTenant(tenant: string, found: Map<string, number>, history: Push[]): void {
  const known = new Set<string>();
  for (const push of history) {
    const lines = linesOf(push);
    lines.forEach((line) => known.add(line));
    const there = lines.filter((line) => found.has(line)).length;
    assert.ok(
      there === lines.length || (!push.acknowledged && there === 0),
      `tenant ${tenant}: ${there} of ${lines.length} lines of ${push.acknowledged ? 'an acknowledged' : 'an unanswered'} push ${push.number} are there`
    );
  }
  for (const [line, count] of found) {
    assert.equal(count, 1, `tenant ${tenant}: ${line} is there ${count} times`);
    assert.ok(known.has(line) || line.startsWith('gone '), `tenant ${tenant}: ${line} was never sent`);
  }
}
