import assert from 'node:assert/strict';
import test from 'node:test';
import { defaultLimits } from '../query/budget';
import { LocalRunner } from '../query/localRunner';
import type { QueryRequest } from '../query/request';
import { batch, contractDayNs, entry, labels } from '../store/contract';
import { MemoryStore } from '../store/memory';
import { AnswerRoom } from './answerRoom';
import { ask } from './ask';
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
  assert.equal(relieved, 8, 'before and after each');
});

test('what is too large for a large answer as well is refused with the limit', async () => {
  const deps = await makeDeps(40);
  await assert.rejects(ask(deps, request, { limits: { ...defaultLimits, textBytesMax: 3_000_000 }, signal: never }, () => undefined), { status: 400, message: /larger than 3 MB together: ask for fewer lines/ });
  await assert.rejects(ask(deps, request, { limits: { ...defaultLimits, textBytesMax: 1_000_000 }, signal: never }, () => undefined), { status: 400, message: /larger than 1 MB together/ });
});
