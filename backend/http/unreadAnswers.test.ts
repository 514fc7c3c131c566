import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import express from 'express';
import type { ByteBudget } from '../ingest/byteBudget';
import { defaultLimits } from '../query/budget';
import { LocalRunner } from '../query/localRunner';
import { batch, contractDayNs, entry, labels } from '../store/contract';
import { MemoryStore } from '../store/memory';
import type { CountRequest, Store } from '../store/store';
import { AnswerRoom } from './answerRoom';
import type { AppDeps, AppSettings } from './deps';
import { exploreRoutes } from './explore';
import { defaultServerLimits } from './limits';
import { queryRoutes } from './query';
import { QueryGate } from './queryGate';

/** Answers larger than what sockets take, to clients that do not read them: room is held, and given back when they have read. */

async function serve(context: TestContext, store: Store): Promise<{ answers: AnswerRoom; ask: (path: string, params: Record<string, string>) => Promise<Unread> }> {
  const answers = new AnswerRoom(256 * 1024 * 1024, () => undefined);
  const metrics = { queryLatency: { observe: () => undefined }, queryBytesPerSecond: { observe: () => undefined } };
  const deps = {
    store, answers, runner: new LocalRunner(store), queryGate: new QueryGate(), questionGate: new QueryGate(), metrics, log: { debug: () => undefined },
    limits: () => ({ ...defaultServerLimits, query: defaultLimits }), now: () => contractDayNs + 3_600_000_000_000n,
    settings: { authEnabled: false, multiTenantQueries: false } satisfies Partial<AppSettings>,
  } as unknown as AppDeps;
  const server = createServer(express().use(exploreRoutes(deps), queryRoutes(deps)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const ask = async (path: string, params: Record<string, string>): Promise<Unread> => {
    const unread = new Unread((server.address() as AddressInfo).port, `${path}?${new URLSearchParams(params)}`);
    context.after(() => unread.leave());
    await unread.begun;
    return unread;
  };
  return { answers, ask };
}

/** A client that reads no more than the beginning of its answer until it is told to. */
class Unread {
  readonly begun: Promise<void>;
  private readonly socket: Socket;
  private text = '';

  constructor(port: number, path: string) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.write(`GET ${path} HTTP/1.0\r\n\r\n`);
    this.begun = new Promise((resolve, reject) => {
      this.socket.once('error', reject);
      this.socket.once('data', (part) => {
        this.text += String(part);
        this.socket.pause();
        resolve();
      });
    });
  }

  /** The body of the answer. */
  read(): Promise<string> {
    this.socket.on('data', (part) => (this.text += String(part)));
    this.socket.resume();
    return new Promise((resolve) => this.socket.once('close', () => resolve(this.text.slice(this.text.indexOf('\r\n\r\n') + 4))));
  }

  leave(): void {
    this.socket.destroy();
  }
}

/** Whether all of a budget is free within a moment. */
async function isFree(budget: ByteBudget): Promise<boolean> {
  let free = false;
  const taken = budget.reserve(budget.bytesMax).then((bytes) => {
    free = true;
    budget.release(bytes);
  });
  // when it never gets room it is refused after this test has looked
  taken.catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 200));
  return free;
}

const range = { start: String(contractDayNs), end: String(contractDayNs + 1_000_000_000_000n) };

/** Each of `streams` with a byte in each bucket. */
function fullStore(streams: number): Store {
  return Object.assign(new MemoryStore(), {
    count: ({ count }: CountRequest) =>
      Promise.resolve(Array.from({ length: streams }, (_, i) => ({ stream: labels({ app: String(i) }), lines: new Float64Array(count), bytes: new Float64Array(count).fill(i + 1) }))),
  });
}

test('a volume holds room until its client has read it', async (context) => {
  const { answers, ask } = await serve(context, fullStore(1_000));
  const client = await ask('/loki/api/v1/index/volume_range', { query: '{app=~".+"}', ...range, step: '1', limit: '1000' });
  assert.equal(await isFree(answers.small), false);
  const { data } = JSON.parse(await client.read()) as { data: { resultType: string; result: Array<{ metric: unknown; values: Array<[number, string]> }> } };
  assert.deepEqual([data.resultType, data.result.length, data.result.at(-1)?.metric], ['matrix', 1_000, { app: '0' }]);
  assert.ok(data.result.every(({ values }, i) => values.length >= 1_000 && values[7][1] === String(1_000 - i)));
  assert.equal(await isFree(answers.small), true);
});

test('so does the room of a volume whose client goes away', async (context) => {
  const { answers, ask } = await serve(context, fullStore(1_000));
  (await ask('/loki/api/v1/index/volume_range', { query: '{app=~".+"}', ...range, step: '1', limit: '1000' })).leave();
  assert.equal(await isFree(answers.small), true);
});

for (const [path, params, expected] of [
  ['/loki/api/v1/detected_field/text/values', { line_limit: '200' }, /^{"values":\["0 x/],
  ['/api/prom/query', { limit: '200' }, /^{"streams":\[{"labels"/],
] as const) {
  test(`${path}: the sample holds its room until the client has read what was found in it`, async (context) => {
    const store = new MemoryStore();
    await store.append(batch('fake', [labels({ app: 'a' }), Array.from({ length: 150 }, (_, i) => entry(contractDayNs + BigInt(i), `{"text":"${i} ${'x'.repeat(100_000)}"}`))]));
    const { answers, ask } = await serve(context, store);
    const client = await ask(path, { query: '{app="a"}', ...range, ...params });
    assert.equal(await isFree(answers.large), false);
    assert.match(await client.read(), expected);
    assert.equal(await isFree(answers.large), true);
  });
}
