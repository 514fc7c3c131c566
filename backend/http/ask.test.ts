import assert from 'node:assert/strict';
import test from 'node:test';
import { needsRoom, RequestError } from '../model/errors';
import { defaultLimits } from '../query/budget';
import { LocalRunner } from '../query/localRunner';
import type { QueryRequest } from '../query/request';
import { batch, contractDayNs, entry, labels } from '../store/contract';
import { MemoryStore } from '../store/memory';
import type { Select } from '../store/store';
import { AnswerRoom } from './answerRoom';
import { answerInTurn, ask } from './ask';
import { QueryGate } from './queryGate';

const lineBytes = 100_000;
const request: QueryRequest = {
  kind: 'range', tenants: ['t'], query: '{app="a"}', startNs: contractDayNs, endNs: contractDayNs + 1_000_000_000n, limit: 100, direction: 'forward', stepNs: 1_000_000_000n, intervalNs: 0,
};

async function makeDeps(lines: number, relieve = (): void => undefined): Promise<Parameters<typeof ask>[0]> {
  const store = new MemoryStore();
  await store.append(batch('t', [labels({ app: 'a' }), Array.from({ length: lines }, (_, i) => entry(contractDayNs + BigInt(i), `${i} ${'x'.repeat(lineBytes)}`))]));
  return { answers: new AnswerRoom(256 * 1024 * 1024, relieve), queryGate: new QueryGate(), runner: new LocalRunner(store) };
}

const never = new AbortController().signal;

/** How many of `times` equal queries hold their answers at the same time. */
async function heldTogether(deps: Parameters<typeof ask>[0], times: number): Promise<number> {
  let held = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: times }, () =>
      ask(deps, request, { limits: defaultLimits, signal: never }, async ({ result }) => {
        assert.ok(result.kind === 'streams');
        most = Math.max(most, ++held);
        await new Promise((resolve) => setTimeout(resolve, 20));
        held--;
      })
    )
  );
  return most;
}

test('small answers are held beside each other, large ones one after the other', async () => {
  assert.equal(await heldTogether(await makeDeps(5), 6), 6);
  let relieved = 0;
  // 10 MB each: four would be more than the 32 MB there are, and who comes next needs room for the largest
  assert.equal(await heldTogether(await makeDeps(100, () => relieved++), 4), 1);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(relieved, 8, 'before and after each');
});

test('what is too large for a large answer as well is refused with the limit', async () => {
  const deps = await makeDeps(40);
  await assert.rejects(ask(deps, request, { limits: { ...defaultLimits, textBytesMax: 3_000_000 }, signal: never }, () => undefined), { status: 400, message: /larger than 3 MB together: ask for fewer lines/ });
  await assert.rejects(ask(deps, request, { limits: { ...defaultLimits, textBytesMax: 1_000_000 }, signal: never }, () => undefined), { status: 400, message: /larger than 1 MB together/ });
});

test('a query that keeps very many series runs again alone, its fragments one after the other', async () => {
  const store = new MemoryStore();
  await store.append(batch('t', ...Array.from({ length: 6_000 }, (_, i): Parameters<typeof batch>[1] => [labels({ app: 'a', n: String(i) }), [entry(contractDayNs, 'x')]])));
  const local = new LocalRunner(store);
  let [small, running] = [0, 0];
  const together: number[] = [];
  const runner: typeof local = Object.assign(Object.create(local) as typeof local, {
    run: async (...args: Parameters<typeof local.run>) => {
      if (args[0].limits.small) {
        small++;
        return local.run(...args);
      }
      together.push(++running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      return local.run(...args).finally(() => running--);
    },
  });
  const deps = { answers: new AnswerRoom(256 * 1024 * 1024, () => undefined), queryGate: new QueryGate(), runner };
  const instant: QueryRequest = { kind: 'instant', tenants: ['t'], query: 'sum by (n) (count_over_time({app="a"}[1h])) + sum by (n) (count_over_time({app="a"}[2h]))', timeNs: contractDayNs + 1n };
  const values = await ask(deps, instant, { limits: { ...defaultLimits, seriesMax: 0 }, signal: never }, ({ result }) => (result.kind === 'vector' ? result.samples.map(({ value }) => value) : []));
  assert.equal(values.length, 6_000);
  assert.ok(values.every((value) => value === 2));
  assert.deepEqual(together, [1, 1]);
  assert.equal(small, 2, 'it was tried as a small one');
});

test('a question that says it needs room is asked of the runner, beside others while it is small, and in turn when it needs room there too', async () => {
  const answers = new AnswerRoom(256 * 1024 * 1024, () => undefined);
  const questionGate = new QueryGate();
  const question = { kind: 'labels' as const, tenants: ['t'], startNs: 0n, endNs: 1n, matchers: [] };
  const store = Object.assign(new MemoryStore(), {
    labelNames: ({ piecesMax }: Select) => (piecesMax === undefined ? Promise.resolve(['a']) : Promise.reject(new RequestError(400, 'too many', undefined, needsRoom))),
  });
  let [small, running, left] = [0, 0, 0];
  const taken: unknown[] = [];
  const local = new LocalRunner(store);
  const runner: typeof local = Object.assign(Object.create(local) as typeof local, {
    answer: async (...args: Parameters<typeof local.answer>) => {
      if (args[0].piecesMax !== undefined) {
        small++;
        return local.answer(...args);
      }
      assert.equal(++running, 1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      return local.answer(...args).finally(() => running--);
    },
  });
  const room = { leave: () => void left++, take: async (answer: unknown) => void taken.push(answer) };
  const asked = (): Promise<string> => answerInTurn({ answers, questionGate, runner, store }, question, never, room);
  assert.deepEqual(await Promise.all([asked(), asked()]), ['["a"]', '["a"]']);
  assert.deepEqual([small, left, taken], [2, 2, ['["a"]', '["a"]']]);
  Object.assign(store, { labelNames: ({ piecesMax = 0 }: Select) => (piecesMax > 10_000 ? Promise.resolve(['b']) : Promise.reject(new RequestError(400, 'too many', undefined, needsRoom))) });
  assert.equal(await asked(), '["b"]');
  assert.deepEqual([small, left], [3, 2], 'it was small enough for a reader');
  const refused = { ...question, kind: 'stats' as const };
  Object.assign(store, { stats: () => Promise.reject(new RequestError(400, 'no')) });
  await assert.rejects(answerInTurn({ answers, questionGate, runner, store }, refused, never), { message: 'no' });
  await assert.rejects(answerInTurn({ answers, questionGate, runner, store }, refused, AbortSignal.abort()), { status: 499 });
});

test('large questions that wait for the room of another do not keep small ones from running', async () => {
  const deps = await makeDeps(100);
  let read!: () => void;
  const isRead = new Promise<void>((resolve) => (read = resolve));
  let taken = 0;
  const large = Array.from({ length: 9 }, () => ask(deps, request, { limits: defaultLimits, signal: never }, () => (taken++, isRead)));
  while (taken === 0) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const small = ask(deps, { ...request, limit: 1 }, { limits: defaultLimits, signal: never }, () => 'small');
  const late = new Promise((resolve) => setTimeout(() => resolve('late'), 3_000).unref());
  assert.equal(await Promise.race([small, late]), 'small');
  assert.equal(taken, 1);
  read();
  await Promise.all(large);
});
