import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Random } from '../../backend/bench/random';
import { scanOf } from '../../backend/store/contract';
import { lineLatin1 } from '../../backend/store/memory';
import { openStore } from '../../backend/store/open';
import type { ChildMessage, ParentMessage } from './messages';

export interface CrashReport {
  rounds: number;
  batches: number;
  lines: number;
  /** Batches under way at a kill: they may be there or not, but never in part. */
  doubtful: number;
}

interface Sent {
  message: ParentMessage;
  acknowledged: boolean;
}

const clients = 4;
const tenants = ['one', 'two/..'];
const dayNs = 86_400_000_000_000n;
const originNs = 1_763_769_600_000_000_000n;

/**
 * Kills a store with SIGKILL at random instants while clients push, starts it again on the same files, and compares what was
 * acknowledged with what is read: each line exactly once. A client sends a push that got no answer again, as agents do.
 */
export async function crashRounds(rounds: number, seed: number): Promise<CrashReport> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'binocle-crash-'));
  const random = new Random(seed);
  const report: CrashReport = { rounds: 0, batches: 0, lines: 0, doubtful: 0 };
  const history: Sent[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      await runUntilKilled(dir, random, history, { afterPushes: 1 + random.below(20), thenMs: random.below(60) });
      report.rounds++;
      if (round % 5 === 4 || round === rounds - 1) {
        await verify(dir, history);
      }
    }
    report.batches = history.filter((sent) => sent.acknowledged).length;
    report.lines = history.filter((sent) => sent.acknowledged).reduce((sum, sent) => sum + linesOf(sent.message).length, 0);
    report.doubtful = history.length - report.batches;
    rmSync(dir, { recursive: true, force: true });
    return report;
  } catch (error) {
    throw new Error(`seed ${seed}, data kept in ${dir}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** When to kill: so long after so many pushes were acknowledged, whatever the machine's speed. */
interface Life {
  afterPushes: number;
  thenMs: number;
}

/** One life of the child: clients push one after the other, then the kill. */
async function runUntilKilled(dir: string, random: Random, history: Sent[], life: Life): Promise<void> {
  const child = spawn(process.execPath, ['--import', 'tsx', path.join(__dirname, 'child.ts'), dir], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const waiting = new Map<number, Sent>();
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let began = false;
  let acknowledged = 0;
  let killed = false;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the store did not start')), 60_000);
    exited.then((status) => (killed ? resolve() : reject(new Error(`the store ended by itself with status ${status}`))), reject);
    child.on('message', (message: ChildMessage) => {
      if (!began) {
        began = true;
        clearTimeout(timer);
        for (let client = 0; client < clients; client++) {
          push(child, client, random, history, waiting);
        }
      }
      if (message.kind === 'failed') {
        reject(new Error(`a push failed: ${message.error}`));
      } else if (message.kind === 'done' && !killed) {
        const sent = waiting.get(message.number)!;
        waiting.delete(message.number);
        sent.acknowledged = true;
        if (++acknowledged === life.afterPushes) {
          setTimeout(() => {
            killed = true;
            child.kill('SIGKILL');
          }, life.thenMs);
        }
        push(child, Number(sent.message.agent), random, history, waiting);
      }
    });
  });
}

/** Sends the next push of a client: the one that got no answer before, or a new one. */
function push(child: ChildProcess, client: number, random: Random, history: Sent[], waiting: Map<number, Sent>): void {
  const mine = history.filter((sent) => sent.message.agent === String(client));
  const last = mine.at(-1);
  const sent = last && !last.acknowledged ? last : newPush(client, mine.length, random, history);
  waiting.set(sent.message.number, sent);
  child.send(sent.message);
}

function newPush(client: number, sequence: number, random: Random, history: Sent[]): Sent {
  const streams: ParentMessage['streams'] = [];
  for (let k = random.below(3); k >= 0; k--) {
    const startNs = originNs + BigInt(random.below(2 * 86_400)) * 1_000_000_000n;
    const overMidnight = random.chance(0.15);
    const entries = Array.from({ length: 1 + random.below(40) }, (_, i) => ({
      ts: String((overMidnight ? originNs + dayNs - 20_000_000_000n : startNs) + BigInt(i) * 1_000_000_000n),
      line: `client ${client} push ${sequence} stream ${k} entry ${i} ${random.hex(random.below(300))}`,
    }));
    streams.push({ labels: { app: random.pick(['a', 'b', 'c', 'd', 'gone']) }, entries });
  }
  const message: ParentMessage = { number: history.length + 1, tenant: tenants[client % tenants.length], agent: String(client), sequence: sequence + 1, streams };
  const sent = { message, acknowledged: false };
  history.push(sent);
  return sent;
}

function linesOf(message: ParentMessage): string[] {
  return message.streams.flatMap(({ labels, entries }) => (labels.app === 'gone' ? [] : entries.map(({ ts, line }) => `${labels.app} ${ts} ${line}`)));
}

async function verify(dir: string, history: Sent[]): Promise<void> {
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
      for await (const chunk of store.scan(scanOf({ tenant }), new AbortController().signal)) {
        for (let i = 0; i < chunk.count; i++) {
          const line = `${chunk.stream.get('app')} ${chunk.baseNs + BigInt(chunk.times[i])} ${lineLatin1(chunk, i)}`;
          found.set(line, (found.get(line) ?? 0) + 1);
        }
      }
      checkTenant(tenant, found, history.filter((sent) => sent.message.tenant === tenant));
      const stats = await store.stats(scanOf({ tenant }));
      assert.equal(stats.entries, [...found.values()].reduce((sum, count) => sum + count, 0), 'stats agree with the scan');
    }
    for await (const damage of store.check()) {
      assert.fail(damage);
    }
  } finally {
    await store.close();
  }
}

function checkTenant(tenant: string, found: Map<string, number>, history: Sent[]): void {
  const known = new Set<string>();
  for (const { message, acknowledged } of history) {
    const lines = linesOf(message);
    lines.forEach((line) => known.add(line));
    const there = lines.filter((line) => found.has(line)).length;
    assert.ok(there === lines.length || (!acknowledged && there === 0), `tenant ${tenant}: ${there} of ${lines.length} lines of ${acknowledged ? 'an acknowledged' : 'an unanswered'} push ${message.number} are there`);
  }
  for (const [line, count] of found) {
    assert.equal(count, 1, `tenant ${tenant}: ${line} is there ${count} times`);
    assert.ok(known.has(line) || line.startsWith('gone '), `tenant ${tenant}: ${line} was never sent`);
  }
}
